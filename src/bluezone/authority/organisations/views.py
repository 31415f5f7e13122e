"""Staff pages of organisations: list and search, from an area down to one of them; whom to ask there."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.queries import known_path
from bluezone.authority.organisations import queries, services
from bluezone.authority.organisations.kinds import KIND_NAMES, PEOPLE_NAMES, Kind, People
from bluezone.authority.organisations.models import Organisation
from bluezone.authority.organisations.rules import grouped, school_year_text
from bluezone.authority.organisations.sealed_contact import ContactPerson, UnreadableContact
from bluezone.authority.organisations.staff import Registrar, contact_reader_of, editor_of, reader_of

__all__ = ["contact", "erase_contact", "organisation", "organisations"]

_PAGE = 50
_LONGEST_SEARCH = 100


@login_required
@never_cache
@require_safe
def organisations(request: HttpRequest) -> HttpResponse:
    """``/organisations/``: ``?area=01/009&q=thcs&kind=school&page=2``."""
    registrar = reader_of(request)
    area_path = request.GET.get("area", "")
    words = request.GET.get("q", "").replace("\0", "")[:_LONGEST_SEARCH]  # PostgreSQL has no NUL
    if not _is_path(area_path):
        raise Http404
    below = queries.areas_below(area_path, registrar.scope)
    # Who holds organisations by management has no area, but looks into those that they are in.
    is_theirs = not area_path or bool(below) or known_path(area_path, registrar.scope)
    if not is_theirs and not queries.organisations(registrar.scope, area_path=area_path).exists():
        raise Http404
    kind = _kind(request.GET.get("kind", ""))
    rows = queries.organisations(registrar.scope, area_path=area_path, words=words, kind=kind)
    page = Paginator(rows, _PAGE).get_page(request.GET.get("page"))
    newest = queries.latest_headcounts(list(page), registrar.scope)
    context = {
        "registrar": registrar,
        "area": area_path,
        "crumbs": _crumbs(area_path, registrar.scope),
        "below": below,
        "words": words,
        "kind": kind,
        "kinds": KIND_NAMES.items(),
        "page": page,
        "rows": [
            {
                "organisation": one,
                "kind": KIND_NAMES[Kind(one.kind)],
                "counts": [
                    (PEOPLE_NAMES[People(count.people)], grouped(count.value), count.as_of)
                    for count in newest.get(one.pk, {}).values()
                ],
            }
            for one in page
        ],
    }
    return render(request, "organisations/list.html", context)


@login_required
@never_cache
@require_safe
def organisation(request: HttpRequest, key: str) -> HttpResponse:
    """``/organisations/KEY/``: one of them, without whom to ask."""
    registrar = reader_of(request)
    return _page(request, registrar, _found(key, registrar.scope), None)


@login_required
@never_cache
@require_POST
def contact(request: HttpRequest, key: str) -> HttpResponse:
    """``/organisations/KEY/contact``: whom to ask, shown on purpose and recorded."""
    registrar = contact_reader_of(request)
    one = _found(key, registrar.scope)
    try:
        person = services.see_contact(key, scope=registrar.scope, by=registrar.actor, now=registrar.now)
    except UnreadableContact:
        messages.error(request, "Không giải mã được người liên hệ. Hãy báo quản trị máy chủ.")
        person = None
    return _page(request, registrar, one, person)


@login_required
@never_cache
@require_POST
def erase_contact(request: HttpRequest, key: str) -> HttpResponse:
    """``/organisations/KEY/contact/erase``: at the person's demand."""
    registrar = editor_of(request)
    _found(key, registrar.scope)
    if services.erase_contact(key, scope=registrar.scope, by=registrar.actor, now=registrar.now):
        messages.success(request, "Đã xóa người liên hệ.")
    return redirect("organisation", key=key)


def _page(
    request: HttpRequest, registrar: Registrar, one: Organisation, person: ContactPerson | None
) -> HttpResponse:
    scope = registrar.scope
    manager = one.managed_by
    context = {
        "registrar": registrar,
        "one": one,
        "kind": KIND_NAMES[Kind(one.kind)],
        "crumbs": _crumbs(one.located_in.path, scope),
        "manager_name": one.managed_by_name if manager is None else manager.name,
        "manager_key": manager.key if manager and queries.organisation_of(manager.key, scope) else "",
        "manages": queries.managed_by(one, scope)[:200],
        "headcounts": [
            (PEOPLE_NAMES[People(count.people)], grouped(count.value), count.as_of)
            for count in queries.headcounts_of(one, scope)[:200]
        ],
        "classes": [(school_year_text(row.school_year), row) for row in queries.classes_of(one, scope)[:500]],
        "has_contact": queries.has_contact(one, scope),
        "may_see": queries.organisation_of(one.key, registrar.contacts) is not None,
        "may_erase": queries.organisation_of(one.key, registrar.edits) is not None,
        "person": person,
    }
    return render(request, "organisations/organisation.html", context)


def _found(key: str, scope: Scope) -> Organisation:
    one = queries.organisation_of(key, scope)
    if one is None:
        raise Http404
    return one


def _is_path(text: str) -> bool:
    try:
        Scope.of([text] if text else [])
    except ValueError:
        return False
    return text != "*"


def _kind(text: str) -> Kind | None:
    try:
        return Kind(text) if text else None
    except ValueError:
        raise Http404 from None


def _crumbs(path: str, scope: Scope) -> Sequence[tuple[str, str]]:
    """Paths and names from the highest area that the scope holds down to this one."""
    segments = path.split("/") if path else []
    paths = ["/".join(segments[: at + 1]) for at in range(len(segments))]
    names = dict(Area.objects.filter(path__in=paths).order_by("valid_from").values_list("path", "name"))
    return [(one, names.get(one, one)) for one in paths if scope.allows(one) or one == path]

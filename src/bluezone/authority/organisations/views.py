"""Staff pages of organisations: list and search, from an area down to one of them; whom to ask there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.queries import known_path
from bluezone.authority.formats.numbers import grouped
from bluezone.authority.organisations import queries, services
from bluezone.authority.organisations.history import changes_of, organisations_on
from bluezone.authority.organisations.kinds import Kind, People, kind_name, people_name
from bluezone.authority.organisations.models import FormerState, Headcount, Organisation
from bluezone.authority.organisations.rules import school_year_text
from bluezone.authority.organisations.sealed_contact import ContactPerson, UnreadableContact
from bluezone.authority.organisations.sheet_export import HEADING, sheet_rows
from bluezone.authority.organisations.staff import Registrar, contact_reader_of, editor_of, reader_of
from bluezone.authority.tabular.writing import write_csv, write_xlsx

__all__ = ["contact", "erase_contact", "organisation", "organisations", "table"]

_PAGE = 50
_LONGEST_SEARCH = 100


@login_required
@never_cache
@require_safe
def organisations(request: HttpRequest) -> HttpResponse:
    """``/organisations/``: ``?area=01/009&q=thcs&kind=school&page=2``; on an earlier day with ``&day=``."""
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
    day = _day(request.GET.get("day", ""), registrar.today)
    closed = "closed" in request.GET
    found = (
        organisations_on(day, registrar.scope, area_path=area_path, words=words, kind=kind) if day else None
    )
    rows = (
        queries.organisations(registrar.scope, area_path=area_path, words=words, kind=kind, closed=closed)
        if found is None
        else found.rows
    )
    page = Paginator(rows, _PAGE).get_page(request.GET.get("page"))
    newest = queries.latest_headcounts(list(page), registrar.scope, day)
    shown = queries.organisations(registrar.scope, closed=True).filter(pk__in=[one.pk for one in page])
    linked = set(shown.order_by().values_list("pk", flat=True))
    context = {
        "registrar": registrar,
        "area": area_path,
        "crumbs": _crumbs(area_path, registrar.scope),
        "below": [] if day else below,
        "day": day,
        "today": registrar.today,
        "closed": closed,
        "words": words,
        "kind": kind,
        "kinds": [(one, kind_name(one)) for one in Kind],
        "page": page,
        "rows": [
            {
                "organisation": one,
                "then": (then := one if found is None else found.state(one)),
                "is_linked": one.pk in linked,
                "has_ended": _has_ended(then.located_in, day or registrar.today),
                "kind": kind_name(Kind(then.kind)),
                "counts": [
                    (people_name(People(count.people)), grouped(count.value), count.as_of)
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
def table(request: HttpRequest, form: str) -> HttpResponse:
    """``/organisations/table.csv`` or ``.xlsx``: the list of today, as a sheet that can come in again."""
    registrar = reader_of(request)
    area_path = request.GET.get("area", "")
    words = request.GET.get("q", "").replace("\0", "")[:_LONGEST_SEARCH]
    if not _is_path(area_path) or form not in ("csv", "xlsx"):
        raise Http404
    kind = _kind(request.GET.get("kind", ""))
    rows = sheet_rows(queries.organisations(registrar.scope, area_path=area_path, words=words, kind=kind))
    if form == "csv":
        data, content_type = write_csv(HEADING, rows), "text/csv; charset=utf-8"
    else:
        data = write_xlsx(gettext("Danh bạ"), HEADING, rows)
        content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    name = f"don-vi-{registrar.today:%Y-%m-%d}.{form}"
    return HttpResponse(data, content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


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
        messages.error(request, gettext("Không giải mã được người liên hệ. Hãy báo quản trị máy chủ."))
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
        messages.success(request, gettext("Đã xóa người liên hệ."))
    return redirect("organisation", key=key)


def _page(
    request: HttpRequest, registrar: Registrar, one: Organisation, person: ContactPerson | None
) -> HttpResponse:
    scope = registrar.scope
    manager = one.managed_by
    changes = changes_of(one, scope)
    context = {
        "registrar": registrar,
        "one": one,
        "kind": kind_name(Kind(one.kind)),
        "crumbs": _crumbs(one.located_in.path, scope),
        "manager_name": one.managed_by_name if manager is None else manager.name,
        "manager_key": manager.key if manager and queries.organisation_of(manager.key, scope) else "",
        "manages": queries.managed_by(one, scope)[:200],
        "headcounts": [
            (
                people_name(People(count.people)),
                grouped(count.value),
                count.as_of,
                _elsewhere(one, changes, count),
            )
            for count in queries.headcounts_of(one, scope)[:200]
        ],
        "changes": [(change, kind_name(Kind(change.kind))) for change in changes],
        "heir_key": one.continued_by.key
        if one.continued_by and queries.organisation_of(one.continued_by.key, scope)
        else "",
        "classes": [(school_year_text(row.school_year), row) for row in queries.classes_of(one, scope)[:500]],
        "has_contact": queries.has_contact(one, scope),
        "may_see": queries.organisation_of(one.key, registrar.contacts) is not None,
        "is_school": one.kind == Kind.SCHOOL,
        "may_edit": queries.organisation_of(one.key, registrar.edits) is not None,
        "person": person,
    }
    return render(request, "organisations/organisation.html", context)


def _has_ended(area: Area, day: date) -> bool:
    return area.valid_until is not None and area.valid_until <= day


def _elsewhere(one: Organisation, changes: Sequence[FormerState], count: Headcount) -> str:
    """Where the organisation was on the day of a count, if it has moved since."""
    past = [change for change in reversed(changes) if change.until and change.until > count.as_of]
    if not past or past[0].located_in_id == one.located_in_id:
        return ""
    return past[0].located_in.name


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


def _day(text: str, today: date) -> date | None:
    """An earlier day; ``None`` for the present."""
    try:
        day = date.fromisoformat(text) if text else today
    except ValueError:
        raise Http404 from None
    return day if day < today else None


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

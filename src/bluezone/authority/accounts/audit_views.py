"""Pages of the audit log for auditors: search, and take what was found along; each look is recorded too."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bluezone.authority.access.audit import record, user_actor
from bluezone.authority.access.audit_queries import (
    AuditPlace,
    AuditSearch,
    LoggedEntry,
    audit_entries,
    audit_page,
)
from bluezone.authority.access.queries import scope_of
from bluezone.authority.access.roles import AUDIT_READERS
from bluezone.authority.access.scope import Scope
from bluezone.authority.accounts.audit_forms import AuditForm
from bluezone.authority.accounts.models import User
from bluezone.authority.accounts.staff import Myself, myself
from bluezone.authority.tabular.writing import write_csv

__all__ = ["audit", "export"]

_PAGE = 50
_MOST = 50_000
"""Of an export: more is for the command line."""

_USUAL = timedelta(days=30)
_HEADING = ("recorded_at", "actor", "action", "subject", "details", "seal")


@login_required
@never_cache
@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """``/audit/``: ``?person=an&action=keys&area=01/009&since=2021-03-01&before=…``."""
    me, scope = _auditor(request)
    form = _form(request, me)
    if not form.is_valid():
        return render(request, "accounts/audit.html", {"form": form}, status=422)
    before = _place(request.GET.get("before", ""))
    found, has_older = audit_page(form.search, scope, size=_PAGE, before=before)
    _record_look(me, "access.audit-searched", form.search, {"shown": len(found)})
    kept = {name: form.data[name] for name in form.fields if form.data.get(name)}
    context = {
        "form": form,
        "rows": _rows(found),
        "is_searched": True,
        "query": urlencode(kept),
        "older": has_older
        and urlencode({**kept, "before": f"{found[-1].recorded_at.isoformat()}_{found[-1].id}"}),
        "is_first": before is None,
    }
    return render(request, "accounts/audit.html", context)


@login_required
@never_cache
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """``/audit/export?format=csv`` or ``json``: what the page finds, oldest first."""
    me, scope = _auditor(request)
    form, wanted = _form(request, me), request.GET.get("format", "")
    if wanted not in ("csv", "json"):
        raise Http404
    if not form.is_valid():
        return render(request, "accounts/audit.html", {"form": form}, status=422)
    found = list(islice(audit_entries(form.search, scope), _MOST + 1))
    is_cut, found = len(found) > _MOST, found[:_MOST]
    _record_look(me, "access.audit-exported", form.search, {"format": wanted, "entries": len(found)})
    if wanted == "json":
        document = {"entries": [_document(one) for one in found], "is_cut": is_cut}
        text = json.dumps(document, ensure_ascii=False, indent=1)
        response = HttpResponse(text, content_type="application/json; charset=utf-8")
    else:
        cells = [[_text(value) for value in _document(one).values()] for one in found]
        note = [[f"only the first {_MOST} entries; see `bluezone audit show`"]] if is_cut else []
        response = HttpResponse(write_csv(_HEADING, [*cells, *note]), content_type="text/csv; charset=utf-8")
    name = f"bluezone-audit-{timezone.localtime(me.now):%Y%m%d-%H%M}.{wanted}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _auditor(request: HttpRequest) -> tuple[Myself, Scope]:
    me = myself(request)
    scope = scope_of(me.user, AUDIT_READERS, me.now)
    if scope == Scope.nothing():
        raise PermissionDenied("no role that searches the audit log")
    return me, scope


def _form(request: HttpRequest, me: Myself) -> AuditForm:
    given = {name: request.GET.get(name, "").replace("\0", "") for name in AuditForm.base_fields}
    if not given["since"] and not given["until"]:
        given["since"] = _day(me.now - _USUAL).isoformat()
    return AuditForm(given)


def _day(moment: datetime) -> date:
    return timezone.localtime(moment).date()


def _place(text: str) -> AuditPlace | None:
    if not text:
        return None
    moment, _, entry = text.rpartition("_")
    try:
        place = AuditPlace(datetime.fromisoformat(moment), UUID(entry))
    except ValueError:
        raise Http404 from None
    if place.recorded_at.tzinfo is None:
        raise Http404
    return place


@transaction.atomic
def _record_look(me: Myself, action: str, search: AuditSearch, more: Mapping[str, str | int]) -> None:
    """What was looked for, in references: a look at the log is in the log."""
    looked_for = {
        "person": search.person,
        "for_action": search.action,
        "for_area": search.area,
        "since": search.since.isoformat() if search.since else "",
        "until": search.until.isoformat() if search.until else "",
    }
    details = {name: value for name, value in looked_for.items() if value} | dict(more)
    record(user_actor(me.user.pk), action, "audit", details, now=me.now)


def _rows(found: Sequence[LoggedEntry]) -> list[dict[str, object]]:
    names = _names(reference for one in found for reference in (one.actor, one.subject))
    return [
        {
            "entry": one,
            "actor": names.get(one.actor, one.actor),
            "subject": names.get(one.subject, one.subject),
            "details": [(name, value) for name, value in one.details.items() if value is not None],
        }
        for one in found
    ]


def _names(references: Iterable[str]) -> Mapping[str, str]:
    """Login names of the staff among references: shown, and never part of an entry."""
    wanted = {one.removeprefix("user:") for one in references if one.startswith("user:")}
    ids = [UUID(one) for one in wanted if _is_uuid(one)]
    return {f"user:{pk}": name for pk, name in User.objects.filter(pk__in=ids).values_list("pk", "username")}


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _document(one: LoggedEntry) -> dict[str, object]:
    return {
        "recorded_at": one.recorded_at.isoformat(),
        "actor": one.actor,
        "action": one.action,
        "subject": one.subject,
        "details": one.details,
        "seal": one.seal,
    }


def _text(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name}={one}" for name, one in value.items())
    return "" if value is None else str(value)

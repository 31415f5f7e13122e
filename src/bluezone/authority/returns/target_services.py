"""The only writers of organisations' targets: set for one, or for all of a kind in an area, and withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from bluezone.authority.access.audit import Actor, record
from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.queries import shared_area
from bluezone.authority.organisations.models import Organisation
from bluezone.authority.returns.metrics import Form, form_of
from bluezone.authority.returns.models import ReturnTarget
from bluezone.authority.tabular.faults import SaidRefused

__all__ = ["ReturnTargetRefused", "set_return_targets", "withdraw_return_targets"]

_BATCH = 2_000


class ReturnTargetRefused(SaidRefused):
    """A target cannot be set. Its text is English; ``said`` has both languages."""


@transaction.atomic
def set_return_targets(
    organisations: Sequence[Organisation],
    due: date,
    percent: Decimal,
    *,
    subject: str,
    scope: Scope,
    by: Actor,
    now: datetime,
) -> int:
    """Set what share each of these is to reach by a day; returns how many had another target or none.

    :param subject: for the audit log, the area or organisation that was meant.
    :raises ReturnTargetRefused: one outside the scope, or that counts no staff; no share with two decimals.
    """
    if not 0 < percent <= 100 or percent != round(percent, 2):
        raise ReturnTargetRefused(
            f"{percent} không phải tỷ lệ trên 0 đến 100 với nhiều nhất hai chữ số thập phân",
            f"{percent} is not a rate above 0 and up to 100 with at most two decimals",
        )
    _check(organisations, scope)
    current = _current(organisations, due)
    changed = [one for one in organisations if one.pk not in current or current[one.pk].percent != percent]
    old = [current[one.pk] for one in changed if one.pk in current]
    ReturnTarget.objects.filter(pk__in=[one.pk for one in old]).update(ended_at=now)
    made = ReturnTarget.objects.bulk_create(
        (
            ReturnTarget(organisation=one, due=due, percent=percent, set_at=now, set_by=by.reference)
            for one in changed
        ),
        batch_size=_BATCH,
    )
    by_organisation = {one.organisation_id: one for one in made}
    for one in old:
        one.superseded_by = by_organisation[one.organisation_id]
    ReturnTarget.objects.bulk_update(old, ["superseded_by"], batch_size=500)
    details: dict[str, str | int | None] = {
        "due": due.isoformat(),
        "percent": str(percent),
        "organisations": len(changed),
        "area": shared_area(one.located_in_id for one in organisations),
    }
    record(by, "returns.target-set", subject, details, now=now)
    return len(changed)


@transaction.atomic
def withdraw_return_targets(
    organisations: Sequence[Organisation], due: date, *, subject: str, scope: Scope, by: Actor, now: datetime
) -> int:
    """Take the targets of a day back from these; they stay in the database. How many had one.

    :raises ReturnTargetRefused: one outside the scope.
    """
    _check(organisations, scope)
    current = _current(organisations, due)
    ended = ReturnTarget.objects.filter(pk__in=[one.pk for one in current.values()])
    ended.update(ended_at=now, ended_by=by.reference)
    details: dict[str, str | int | None] = {
        "due": due.isoformat(),
        "organisations": len(current),
        "area": shared_area(one.located_in_id for one in organisations),
    }
    record(by, "returns.target-withdrawn", subject, details, now=now)
    return len(current)


def _check(organisations: Sequence[Organisation], scope: Scope) -> None:
    for one in organisations:
        if not (scope.allows(one.located_in.path) or scope.allows(one.path)):
            raise ReturnTargetRefused(
                f"{one.name} không thuộc phạm vi của bạn", f"{one.name} is not within your scope"
            )
        if form_of(one.kind, Form.STAFF) is None:
            raise ReturnTargetRefused(
                f"{one.name} không báo cáo cán bộ", f"{one.name} makes no return of its staff"
            )


def _current(organisations: Sequence[Organisation], due: date) -> dict[int, ReturnTarget]:
    """Locked with their organisations: two that set targets at a time would both find nothing to replace."""
    keys = [one.pk for one in organisations]
    list(Organisation.objects.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk"))
    rows = ReturnTarget.objects.filter(organisation__in=keys, due=due, ended_at=None)
    return {one.organisation_id: one for one in rows}

"""How many codes may be issued in a day: as the last weeks lead to expect, or as somebody has set for it.

So a stolen account or API key can issue some times a usual day's codes, not thousands. Days are Hà Nội's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Min, Q, QuerySet, Sum
from django.utils.translation import gettext

from bluezone.authority.access.audit import Actor, record
from bluezone.authority.access.scope import EVERYWHERE, Scope, check_area_path
from bluezone.authority.keys.issue_rules import DAYS_LOOKED_AT, CodeRefused, expected_codes
from bluezone.authority.keys.models import IssueLimit, StatisticCount, VerificationCode
from bluezone.authority.keys.report_types import ReportTypeName
from bluezone.authority.keys.rules import HANOI
from bluezone.authority.keys.statistics_rules import REPORT_TYPE_BINS, Measure

__all__ = [
    "DayLimit",
    "check_issue_limit",
    "check_user_report_limit",
    "day_limit",
    "limits_held",
    "set_issue_limit",
]

_MOST = 1_000_000
_LONGEST_REASON = 300

_log = structlog.get_logger("bluezone.authority.keys")


@dataclass(frozen=True, slots=True)
class DayLimit:
    """How many codes may be issued today where, and how many have been."""

    area_path: str
    codes: int
    issued: int
    is_set: bool
    """Somebody set it; else it is what the last weeks lead to expect."""

    @property
    def is_reached(self) -> bool:
        """No more today."""
        return self.issued >= self.codes


def day_limit(area_path: str, now: datetime) -> DayLimit:
    """The limit that holds today for codes issued in an area: the one set nearest above it, or the usual one.

    Areas with a limit of their own do not count for the usual one, so that an outbreak in one district does
    not use up the codes of all others.
    """
    today = now.astimezone(HANOI).date()
    # in the order in which they were set, so that the last one of an area holds
    limits = {one.area_path: one for one in IssueLimit.objects.filter(day=today).order_by("pk")}
    nearest = next((limits[path] for path in _upwards(area_path) if path in limits), None)
    issued = _issued_today(now)
    if nearest is not None:
        below = Scope.of([nearest.area_path]).filter(issued, "area_path")
        return DayLimit(nearest.area_path, nearest.codes, below.count(), is_set=True)
    for path in limits:
        issued = issued.exclude(Q(area_path=path) | Q(area_path__startswith=f"{path}/"))
    usual = expected_codes(
        _last_days(today), factor=settings.BLUEZONE_ISSUE_FACTOR, default=settings.BLUEZONE_ISSUE_LIMIT
    )
    return DayLimit(EVERYWHERE, usual, issued.count(), is_set=False)


def limits_held(scope: Scope, now: datetime) -> Sequence[DayLimit]:
    """The limits that hold today at the top of a scope, and wherever inside it one was set for today."""
    today = now.astimezone(HANOI).date()
    tops = [EVERYWHERE] if scope.unlimited else sorted(scope.prefixes)
    set_today = scope.filter(IssueLimit.objects.filter(day=today), "area_path")
    areas = set_today.values_list("area_path", flat=True).distinct()
    held = {one.area_path: one for one in (day_limit(path, now) for path in [*tops, *areas])}
    return [held[path] for path in sorted(held)]


def check_issue_limit(area_path: str, now: datetime) -> None:
    """Refuse when today's codes are used up, and log it for an alarm.

    :raises CodeRefused: naming the limit and who can raise it.
    """
    limit = day_limit(area_path, now)
    if not limit.is_reached:
        return
    _log.error("the daily limit of codes is reached", area=limit.area_path, limit=limit.codes)
    raise CodeRefused(
        gettext(
            "Hôm nay đã cấp đủ {codes} mã, là giới hạn để ngăn lạm dụng. Hãy báo cán bộ dịch tễ "
            "hoặc người vận hành máy chủ: họ có thể nâng giới hạn cho hôm nay."
        ).format(codes=limit.codes),
        "quota_exceeded",
        429,
        english=f"today's limit of {limit.codes} codes is reached; whoever runs this server can raise it",
    )


def check_user_report_limit(now: datetime) -> None:
    """Self reports have a limit of their own: whoever floods them uses up no health worker's codes.

    :raises CodeRefused: as many as the setting allows have been made today.
    """
    midnight = _midnight(now.astimezone(HANOI).date())
    # codes, not numbers that reported: of those some may report again
    reports = VerificationCode.objects.filter(
        issued_at__gte=midnight, report_type=ReportTypeName.USER_REPORT.value
    )
    if reports.count() < settings.BLUEZONE_USER_REPORT_LIMIT:
        return
    _log.error("the daily limit of self reports is reached", limit=settings.BLUEZONE_USER_REPORT_LIMIT)
    raise CodeRefused("too many self reports today, try tomorrow", "quota_exceeded", 429)


@transaction.atomic
def set_issue_limit(
    area_path: str, day: date, codes: int, reason: str, *, scope: Scope, by: Actor, now: datetime
) -> IssueLimit:
    """How many codes may be issued below an area on a day, whatever the last weeks were like; setting
    another number replaces it, setting the same again for the same reason changes nothing.

    :param scope: where the one who sets it may; see ``access.roles.LIMIT_SETTERS``.
    :raises CodeRefused: outside the scope, a day that is over, no reason, or a number out of range.
    """
    if area_path != EVERYWHERE:
        check_area_path(area_path)
    if not scope.allows(area_path):
        raise CodeRefused(gettext("Địa bàn này nằm ngoài phạm vi được giao."), "outside_scope", 403)
    if day < now.astimezone(HANOI).date():
        raise CodeRefused(gettext("Ngày {day} đã qua.").format(day=f"{day:%d/%m/%Y}"), "invalid_date")
    if not 0 <= codes <= _MOST:
        raise CodeRefused(gettext("Số mã phải từ 0 đến {most}.").format(most=_MOST), "invalid_limit")
    if not reason.strip() or len(reason) > _LONGEST_REASON:
        raise CodeRefused(
            gettext("Cần lý do, tối đa {longest_reason} ký tự.").format(longest_reason=_LONGEST_REASON),
            "missing_reason",
        )
    before = IssueLimit.objects.filter(area_path=area_path, day=day).order_by("-pk").first()
    wanted = (codes, reason.strip(), by.user_id)
    if before is not None and (before.codes, before.reason, before.set_by_id) == wanted:
        return before
    row = IssueLimit.objects.create(
        area_path=area_path, day=day, codes=codes, reason=wanted[1], set_by_id=by.user_id, set_at=now
    )
    details: dict[str, str | int | None] = {
        "area": area_path,
        "day": day.isoformat(),
        "codes": codes,
        "codes_before": None if before is None else before.codes,
        "limit": row.pk,  # the reason is there: it may name somebody, and an entry is never erased
    }
    record(by, "keys.issue-limit-set", f"area:{area_path}", details, now=now)
    return row


def _last_days(today: date) -> Sequence[int]:
    """Codes of each of the last 21 days, oldest first, from the first day on that any was issued."""
    counted = StatisticCount.objects.filter(measure=Measure.ISSUED, day__lt=today).exclude(
        bin=REPORT_TYPE_BINS[ReportTypeName.USER_REPORT]
    )
    first = counted.aggregate(day=Min("day"))["day"]
    if first is None:
        return []
    days = [today - timedelta(days=ago) for ago in range(DAYS_LOOKED_AT, 0, -1)]
    sums = counted.filter(day__gte=days[0]).values_list("day").annotate(codes=Sum("count"))
    codes = dict(sums.order_by("day"))
    return [codes.get(day, 0) for day in days if day >= first]


def _issued_today(now: datetime) -> QuerySet[VerificationCode]:
    midnight = _midnight(now.astimezone(HANOI).date())
    issued = VerificationCode.objects.filter(issued_at__gte=midnight)
    return issued.exclude(report_type=ReportTypeName.USER_REPORT.value)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), HANOI)


def _upwards(path: str) -> Sequence[str]:
    """The path, then what is above it, then everywhere."""
    parts = path.split("/")
    return [*("/".join(parts[:count]) for count in range(len(parts), 0, -1)), EVERYWHERE]

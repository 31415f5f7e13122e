"""Pure decisions of the key server: which keys of a publish request are taken, and what may be revised.

Limits and behaviour follow the public reference key server; where it is known to err, the rule says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from bluezone.authority.keys.report_types import ReportTypeName, backfilled_risk, may_revise
from bluezone.authority.keys.wire import WireKey, decode_base64
from bluezone.errors import Refused
from bluezone.protocols.gaen import INTERVAL_SECONDS, KEY_BYTES, MAX_ROLLING_PERIOD

__all__ = [
    "HANOI",
    "LIMITS",
    "MAX_TEST_AGE_DAYS",
    "AcceptedKey",
    "DateFault",
    "Decision",
    "KnownKey",
    "PublishLimits",
    "PublishRefused",
    "check_test_dates",
    "decide_keys",
    "decide_revision",
    "ends_released",
    "floor_to",
    "midnight_interval",
    "release_time",
]

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
"""Whose calendar the days of tests and symptoms are in."""

MAX_TEST_AGE_DAYS = 14
"""No code for an older test: keys are not kept longer."""
_DAY_INTERVALS = MAX_ROLLING_PERIOD
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PublishLimits:
    """What is accepted; the defaults are the reference server's."""

    max_keys: int = 30
    max_same_start: int = 3
    max_age: timedelta = timedelta(hours=360)
    max_risk: int = 8
    max_days_from_onset: int = 14
    max_onset_age_days: int = 28
    default_onset_days_ago: int = 4
    window: timedelta = timedelta(hours=1)
    embargo: timedelta = timedelta(hours=2)


LIMITS = PublishLimits()


class DateFault(StrEnum):
    """What is wrong with the dates of a test; staff read it in the words of ``date_faults``."""

    MISSING = "missing"
    TEST_DATE = "test-date"
    ONSET_DATE = "onset-date"
    ONSET_OF_NEGATIVE = "onset-of-negative"

    @property
    def code(self) -> str:
        """The reference's word for it."""
        return "missing_date" if self is DateFault.MISSING else "invalid_date"

    @property
    def english(self) -> str:
        """As an error of the API."""
        return _ENGLISH_DATE_FAULTS[self]


_ENGLISH_DATE_FAULTS = {
    DateFault.MISSING: "testDate or symptomDate is required",
    DateFault.TEST_DATE: f"testDate must be within the last {MAX_TEST_AGE_DAYS} days, in Viet Nam's calendar",
    DateFault.ONSET_DATE: (
        f"symptomDate must be within the last {LIMITS.max_onset_age_days} days, in Viet Nam's calendar"
    ),
    DateFault.ONSET_OF_NEGATIVE: "a negative test has no symptomDate",
}


class PublishRefused(Refused):
    """A publish request was turned down as a whole; ``code`` and ``status`` are the reference server's."""

    def __init__(self, code: str, message: str, status: int = 400, warnings: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.warnings = tuple(warnings)


@dataclass(frozen=True, slots=True)
class AcceptedKey:
    """A key that will be stored. ``index`` is its place in the request; ``release_at`` is truncated."""

    index: int
    tek: bytes = field(repr=False)
    rolling_start: int
    rolling_period: int
    transmission_risk: int
    days_since_onset: int
    release_at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """The keys to store, why others are not, and what was left out without being an error."""

    accepted: tuple[AcceptedKey, ...]
    errors: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KnownKey:
    """What the store knows of a key that is published again."""

    rolling_start: int
    rolling_period: int
    report_type: ReportTypeName
    revised_report_type: ReportTypeName | None


def decide_keys(
    keys: Sequence[WireKey],
    report_type: ReportTypeName,
    *,
    onset_sent: int,
    onset_certified: int,
    now: datetime,
    limits: PublishLimits = LIMITS,
) -> Decision:
    """Which keys of a request are taken.

    :param onset_sent: interval number of the request's onset, ``onset_certified`` the certificate's; 0: none.
    :raises PublishRefused: no keys, too many, none usable, or overlaps that no honest device makes.
    """
    if not keys:
        raise PublishRefused("bad_request", "no exposure keys in publish request")
    if len(keys) > limits.max_keys:
        raise PublishRefused(
            "bad_request", f"{len(keys)} exposure keys in publish request, at most {limits.max_keys}"
        )
    onset_day = _onset_interval(onset_sent, onset_certified, now, limits) // _DAY_INTERVALS
    oldest, current = _interval(now - limits.max_age), _interval(now)
    present, past_embargo = floor_to(now, limits.window), _interval(now - limits.embargo)
    accepted: dict[bytes, AcceptedKey] = {}
    errors: list[str] = []
    warnings: list[str] = []
    for index, key in enumerate(keys):
        tek, fault = _tek_or_fault(key, oldest, current, limits)
        if not fault and tek in accepted:
            fault = "it is in the request twice"
        if fault:
            errors.append(f"key {index} cannot be imported: {fault}")
            continue
        days = key.rolling_start // _DAY_INTERVALS - onset_day
        if abs(days) > limits.max_days_from_onset:
            warnings.append(
                f"key {index} is {abs(days)} days from symptom onset, "
                f"over {limits.max_days_from_onset}: left out"
            )
            continue
        end = key.rolling_start + key.rolling_period
        accepted[tek] = AcceptedKey(
            index=index,
            tek=tek,
            rolling_start=key.rolling_start,
            rolling_period=key.rolling_period,
            transmission_risk=backfilled_risk(report_type, key.transmission_risk),
            days_since_onset=days,
            release_at=present if end <= past_embargo else release_time(end, now=now, limits=limits),
        )
    if not accepted and errors:
        raise PublishRefused("bad_request", "; ".join(errors), warnings=warnings)
    _check_overlaps(
        sorted(accepted.values(), key=lambda key: (key.rolling_start, key.rolling_period)), limits
    )
    return Decision(tuple(accepted.values()), tuple(errors), tuple(warnings))


def decide_revision(
    known: KnownKey, key: AcceptedKey, after: ReportTypeName, token: dict[bytes, tuple[int, int]] | None
) -> bool:
    """Whether a key published before gets a new report type; false when nothing changes.

    :param token: the keys of the revision token as {TEK: (start, period)}; ``None`` without a token.
    :raises PublishRefused: the token is missing or not for this key, or the change is not allowed.
    """
    if token is None:
        raise PublishRefused("missing_revision_token", "no revision token, but sent existing keys")
    shape = (key.rolling_start, key.rolling_period)
    if token.get(key.tek) != shape or shape != (known.rolling_start, known.rolling_period):
        raise PublishRefused("invalid_revision_token", "revision token is invalid")
    if after in (known.report_type, known.revised_report_type):
        return False
    if known.revised_report_type is not None:
        raise PublishRefused("key_already_revised", "key was already revised")
    if not may_revise(known.report_type, after):
        raise PublishRefused(
            "invalid_report_type_transition",
            f'invalid report type transition: cannot transition from "{known.report_type}" to "{after}"',
        )
    return True


def check_test_dates(
    report_type: ReportTypeName, test_date: date | None, onset_date: date | None, today: date
) -> DateFault | None:
    """What is wrong with the dates of a test for which a code is wanted; or ``None``."""
    if test_date is None and onset_date is None:
        return DateFault.MISSING
    if test_date is not None and not today - timedelta(days=MAX_TEST_AGE_DAYS) <= test_date <= today:
        return DateFault.TEST_DATE
    if (
        onset_date is not None
        and not today - timedelta(days=LIMITS.max_onset_age_days) <= onset_date <= today
    ):
        return DateFault.ONSET_DATE
    if onset_date is not None and report_type is ReportTypeName.NEGATIVE:
        return DateFault.ONSET_OF_NEGATIVE
    return None


def midnight_interval(day: date) -> int:
    """The interval number at which a UTC day begins."""
    return (day - _EPOCH.date()).days * _DAY_INTERVALS


def floor_to(moment: datetime, step: timedelta) -> datetime:
    """The last whole multiple of ``step`` since the epoch that is not after ``moment``."""
    return _EPOCH + (moment - _EPOCH) // step * step


def _tek_or_fault(key: WireKey, oldest: int, current: int, limits: PublishLimits) -> tuple[bytes, str]:
    """A single key's bytes, or why it is not taken.

    :param oldest: a key must end after this interval, and start no later than ``current``.
    """
    try:
        tek = decode_base64(key.key)
    except ValueError as error:
        return b"", f"the key is {error}"
    end = key.rolling_start + key.rolling_period
    if len(tek) != KEY_BYTES:
        fault = f"the key has {len(tek)} bytes, must have {KEY_BYTES}"
    elif not 1 <= key.rolling_period <= MAX_ROLLING_PERIOD:
        fault = f"rolling period {key.rolling_period} is outside 1-{MAX_ROLLING_PERIOD}"
    elif end <= oldest:
        fault = f"it ends at interval {end}, must end after {oldest}"
    elif key.rolling_start > current:
        fault = f"it starts at interval {key.rolling_start}, in the future"
    elif not 0 <= key.transmission_risk <= limits.max_risk:
        fault = f"transmission risk {key.transmission_risk} is outside 0-{limits.max_risk}"
    else:
        fault = ""
    return tek, fault


def _onset_interval(sent: int, certified: int, now: datetime, limits: PublishLimits) -> int:
    current = _interval(now)
    oldest = (current // _DAY_INTERVALS - limits.max_onset_age_days) * _DAY_INTERVALS
    tomorrow = now.astimezone(HANOI).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    for one in (sent, certified):
        if oldest <= one < _interval(tomorrow):
            return min(one, current)  # before 7:00 in Hà Nội, today has not begun in UTC
    return current - limits.default_onset_days_ago * _DAY_INTERVALS


def release_time(end_interval: int, *, now: datetime, limits: PublishLimits) -> datetime:
    """Not before a key has expired and the clock tolerance of listeners has passed; whole windows only."""
    embargoed = _EPOCH + timedelta(seconds=end_interval * INTERVAL_SECONDS) + limits.embargo
    if embargoed <= now:
        return floor_to(now, limits.window)
    return floor_to(embargoed + limits.window - timedelta(microseconds=1), limits.window)


def ends_released(start: datetime, end: datetime, limits: PublishLimits = LIMITS) -> tuple[range, ...]:
    """The intervals at which keys end that a report cut short, and that are released in an export window.

    What :func:`release_time` says, turned round. In parts, by the export window of the report, since that
    is when the same person's other keys go out. Windows are whole multiples of their length and the limits'.
    """
    wait = limits.window + limits.embargo
    first, stop = _interval(start - wait) + 1, _interval(end - wait) + 1
    window = _interval(end) - _interval(start)
    begins = range(first // window * window, stop, window)
    return tuple(range(max(first, begin), min(stop, begin + window)) for begin in begins)


def _check_overlaps(keys: Sequence[AcceptedKey], limits: PublishLimits) -> None:
    """``keys`` sorted by start, then period. Keys may overlap only if they start together."""
    for before, after in pairwise(keys):
        end = before.rolling_start + before.rolling_period
        if before.rolling_start != after.rolling_start < end:
            raise PublishRefused(
                "bad_request",
                f"exposure keys overlap: one starts at {after.rolling_start}, "
                f"another lasts from {before.rolling_start} to {end}",
            )
    for start, count in Counter(key.rolling_start for key in keys).items():
        if count > limits.max_same_start:
            raise PublishRefused(
                "bad_request", f"{count} keys start at {start}, at most {limits.max_same_start} may"
            )


def _interval(moment: datetime) -> int:
    return int((moment - _EPOCH).total_seconds()) // INTERVAL_SECONDS

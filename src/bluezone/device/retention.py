"""Deleting after 14 days by a clock that may be wrong: a leap must hold before anything is deleted by it.

What is deleted is gone for good, so one moment of a clock that is weeks ahead must not empty the store. A
leap is more than a day since the last look. After one, only the time before it counts, until the new one
has held for six hours; a device that is switched on once a week deletes by the time of the week before.

A moment, less than an hour, at a time that fits neither what was before nor what came after is passed over:
a computer without a battery for its clock starts every session at some old date, until the network tells it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bluezone.device.store import DeviceStore

__all__ = ["LEAP", "MOMENT", "STEADY", "last_scan", "purge_by_steady_time"]

LEAP = timedelta(hours=24)
STEADY = timedelta(hours=6)
MOMENT = timedelta(hours=1)
_NOTE_SECONDS = 600
_SETTING = "retention-clock"


def purge_by_steady_time(store: DeviceStore, now: datetime) -> int:
    """Delete what is older than 14 days by the time that is sure; call often. Returns how many encounters."""
    second = int(now.timestamp())
    seen = store.setting(_SETTING) or {"sure": 0, "since": second, "last": None, "before": None}
    sure, since, last, before = seen["sure"], seen["since"], seen["last"], seen["before"]
    note = last is None or abs(second - last) >= _NOTE_SECONDS
    if _leapt(last, second) and before is not None and _was_a_moment(before, (since, last), second):
        (since, last), before = before, None
    if _leapt(last, second):
        if second > last:  # a step back needs no lowering: what is later than now never counts
            held = last - since >= MOMENT.total_seconds()
            sure = last if held else max(sure, last)  # nor does a moment lower what was sure
        before, since = (since, last), second
    elif second - since >= STEADY.total_seconds():
        sure = second
    if note:
        store.set_setting(_SETTING, {"sure": sure, "since": since, "last": second, "before": before})
    return store.purge(datetime.fromtimestamp(min(sure, second), UTC))


def last_scan(store: DeviceStore) -> datetime | None:
    """When this was called last, which is after each scan: to about ten minutes."""
    seen = store.setting(_SETTING)
    return None if seen is None or seen["last"] is None else datetime.fromtimestamp(seen["last"], UTC)


def _leapt(last: int | None, second: int) -> bool:
    return last is not None and abs(second - last) > LEAP.total_seconds()


def _was_a_moment(before: tuple[int, int], between: tuple[int, int], second: int) -> bool:
    """Whether the clock was only for a moment ``between``, and is back to go on from ``before``."""
    in_order = before[1] <= between[0] and between[1] <= second
    length = between[1] - between[0]
    shorter = length < min(before[1] - before[0], MOMENT.total_seconds())
    return shorter and not in_order and second >= before[1]

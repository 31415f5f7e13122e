"""Deleting after 14 days by a clock that may be wrong: a leap must hold before anything is deleted by it.

What is deleted is gone for good, so one moment of a clock that is weeks ahead must not empty the store. A
leap is more than a day since the hour before. After one, only the time before it counts, until the new one
has held for six hours; a device that is switched on once a week deletes by the time of the week before.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bluezone.device.store import DeviceStore

__all__ = ["LEAP", "STEADY", "purge_by_steady_time"]

LEAP = timedelta(hours=24)
STEADY = timedelta(hours=6)
_NOTE_SECONDS = 3600
_SETTING = "retention-clock"


def purge_by_steady_time(store: DeviceStore, now: datetime) -> int:
    """Delete what is older than 14 days by the time that is sure; call often. Returns how many encounters."""
    second = int(now.timestamp())
    seen = store.setting(_SETTING)
    sure, since, last = (seen["sure"], seen["since"], seen["last"]) if seen else (0, second, None)
    leapt = last is not None and abs(second - last) > LEAP.total_seconds()
    if leapt:
        sure, since = last, second
    elif second - since >= STEADY.total_seconds():
        sure = second
    if last is None or leapt or abs(second - last) >= _NOTE_SECONDS:
        store.set_setting(_SETTING, {"sure": sure, "since": since, "last": second})
    return store.purge(datetime.fromtimestamp(min(sure, second), UTC))

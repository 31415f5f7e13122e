"""When everybody's device scans and changes its identifier, over a whole record, as the agent would.

Times are seconds after ``LOCAL_MIDNIGHT``. They are drawn for everybody, whoever has the app.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from bluezone.device.agent import MAX_SCAN_GAP_SECONDS, AgentSettings
from bluezone.protocols.gaen import INTERVAL_SECONDS, MAX_ROLLING_PERIOD
from bluezone.replay.contact_trace import DAY_SECONDS, LOCAL_MIDNIGHT, ContactTrace
from bluezone.replay.device_settings import DEVICE_SETTINGS
from bluezone.replay.random_streams import Purpose, random_for

__all__ = ["Schedule", "schedule", "switched_on"]

SWITCH_ON_SECONDS = 300
"""Every device is switched on within this time before a record begins."""
_KEY_SECONDS = INTERVAL_SECONDS * MAX_ROLLING_PERIOD


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """What devices do, in order of person and time.

    Of ``k`` scans: ``scan_person`` int32 (k,), ``scan_time`` float64 (k,), ``scan_stands_for`` int32 (k,),
    the seconds since the scan before, at most 300. Of ``m`` identifiers: ``identifier_person`` int32 (m,) and
    ``identifier_start`` float64 (m,); each is on the air until the next, under the number of the interval in
    which it began.
    """

    scan_person: NDArray[np.int32]
    scan_time: NDArray[np.float64]
    scan_stands_for: NDArray[np.int32]
    identifier_person: NDArray[np.int32]
    identifier_start: NDArray[np.float64]

    def identifier_intervals(self) -> NDArray[np.int64]:
        """The interval number (ENIN) of each identifier, int64 (m,)."""
        return np.floor_divide(self.identifier_start + LOCAL_MIDNIGHT, INTERVAL_SECONDS).astype(np.int64)


def switched_on(trace: ContactTrace) -> list[tuple[int, int]]:
    """When devices are used, in order: from a recorded day's first row to its last one's end.

    Days that follow each other with hardly a pause are one stretch.
    """
    stretches: list[tuple[int, int]] = []
    for day in np.unique(trace.day).tolist():
        seconds = trace.second[trace.day == day]
        start = day * DAY_SECONDS + int(seconds.min())
        end = day * DAY_SECONDS + int(seconds.max()) + trace.step
        if stretches and start <= stretches[-1][1] + SWITCH_ON_SECONDS:
            start = stretches.pop()[0]
        stretches.append((start, end))
    return stretches


def schedule(
    people: int,
    stretches: Sequence[tuple[int, int]],
    *,
    seed: int,
    settings: AgentSettings = DEVICE_SETTINGS,
) -> Schedule:
    """When each device scans and changes its identifier, at the agent's random times.

    It is switched on within a scan interval before each stretch, and goes on to the stretch's end. With a
    key's UTC day its identifier ends too; a key that ends before the stretch begins is left out.
    """
    scan_random = random_for(seed, Purpose.SCANS)
    identifier_random = random_for(seed, Purpose.IDENTIFIERS)
    scans: list[tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.int32]]] = []
    identifiers: list[tuple[NDArray[np.int32], NDArray[np.float64]]] = []
    for start, end in stretches:
        on = start - scan_random.uniform(0, settings.scan_interval[1], people)
        times = _repeated(on, end, settings.scan_interval, scan_random)
        gaps = np.minimum(MAX_SCAN_GAP_SECONDS, np.rint(np.diff(times, axis=1)))
        first = np.full((people, 1), round(settings.scan_seconds))
        stands_for = np.concatenate([first, gaps], axis=1)
        rows, columns = np.nonzero(times < end)
        scans.append(
            (rows.astype(np.int32), times[rows, columns], stands_for[rows, columns].astype(np.int32))
        )
        for since, until in _key_days(start, end):
            times = _repeated(np.maximum(on, since), until, settings.rotation, identifier_random)
            rows, columns = np.nonzero(times < until)
            identifiers.append((rows.astype(np.int32), times[rows, columns]))
    return Schedule(*_sorted_columns(scans), *_sorted_columns(identifiers))


def _repeated(
    first: NDArray[np.float64], end: float, gap: tuple[float, float], random: Generator
) -> NDArray[np.float64]:
    """Rows of times: ``first`` (n,) and on with random gaps, to ``end`` at least."""
    count = max(0, math.ceil((end - first.min(initial=end)) / gap[0]))
    gaps = random.uniform(*gap, (len(first), count))
    times: NDArray[np.float64] = np.cumsum(np.concatenate((first[:, None], gaps), axis=1), axis=1)
    return times


def _sorted_columns(parts: Sequence[tuple[NDArray[Any], ...]]) -> list[NDArray[Any]]:
    """Columns of parts put together, in order of the first two: person, then time."""
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.lexsort((columns[1], columns[0]))
    return [column[order] for column in columns]


def _key_days(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The keys' days that a stretch touches: from a day's beginning to its end or the stretch's."""
    since = start - (LOCAL_MIDNIGHT + start) % _KEY_SECONDS
    while since < end:
        yield since, min(end, since + _KEY_SECONDS)
        since += _KEY_SECONDS

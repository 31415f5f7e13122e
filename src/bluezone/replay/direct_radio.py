"""Whom every scan hears, of a whole record and everybody in it at once, without a radio in between.

It stands in for the virtual radio of :mod:`bluezone.replay.fleet` where people are too many for HCI packets:
devices scan and change their identifiers at the agent's times, and each advert arrives as strong as
:mod:`bluezone.replay.radio_model` has it, drawn by numpy. A whole scan belongs to the row of the record in
which it begins, and to the identifier that its sender has then; collisions are not modelled.

Every draw is made for everybody, whoever has the app, so the same seed gives the same air at each adoption.
Times are seconds after ``LOCAL_MIDNIGHT``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from bluezone.device.agent import AgentSettings
from bluezone.replay.contact_trace import DAY_SECONDS, LOCAL_MIDNIGHT, NEAR_RSSI_DBM, ContactTrace
from bluezone.replay.day import NEAR_METRES
from bluezone.replay.device_schedule import Schedule
from bluezone.replay.device_settings import DEVICE_SETTINGS
from bluezone.replay.radio_model import (
    FADING_DB,
    LOSS_AT_ONE_METRE_DB,
    NEAREST_METRES,
    PATH_LOSS_EXPONENT,
    REACH_DB,
    RECEIVER_DB,
    RECEPTION_DB,
    RECEPTION_SPREAD_DB,
    SHADOWING_DB,
    SHADOWING_SECONDS,
    TRANSMITTER_DB,
)
from bluezone.replay.random_streams import Purpose, random_for

__all__ = ["ADVERT_SECONDS", "Heard", "RadioConstants", "heard_among", "listen"]

ADVERT_SECONDS = 0.275
"""A device's advertising interval, and half the 0-10 ms that a controller adds to each at random."""
_MIN_RSSI, _MAX_RSSI = -127, 20
_LONGEST = 2.0**32


@dataclass(frozen=True, slots=True)
class RadioConstants:
    """The constants of :mod:`bluezone.replay.radio_model`, for what is drawn by numpy.

    ``measured_db`` is the one standard deviation where the record has a strength: what was measured holds the
    others already, and it was received.
    """

    loss_at_one_metre_db: float = LOSS_AT_ONE_METRE_DB
    exponent: float = PATH_LOSS_EXPONENT
    transmitter_db: float = TRANSMITTER_DB
    receiver_db: float = RECEIVER_DB
    shadowing_db: float = SHADOWING_DB
    shadowing_seconds: int = SHADOWING_SECONDS
    fading_db: float = FADING_DB
    reception_db: float = RECEPTION_DB
    reception_spread_db: float = RECEPTION_SPREAD_DB
    reach_db: float = REACH_DB
    measured_db: float = 1.0

    def median_loss(self, metres: NDArray[np.floating]) -> NDArray[np.float64]:
        """Median loss in dB over distances in metres, NaN for NaN."""
        far = np.maximum(np.asarray(metres, np.float64), NEAREST_METRES)
        return self.loss_at_one_metre_db + 10 * self.exponent * np.log10(far)


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What arrives, in order of the scan: ``h`` times a scan hears an identifier, ``r`` receptions.

    ``scan`` and ``identifier`` int64 (h,): rows of a :class:`Schedule`. ``rssi`` int8 (r,) in dBm; those of
    row ``i`` are ``rssi[offsets[i] : offsets[i + 1]]``, at least one; ``offsets`` int64 (h + 1,).
    """

    scan: NDArray[np.int64]
    identifier: NDArray[np.int64]
    offsets: NDArray[np.int64]
    rssi: NDArray[np.int8]


def listen(
    trace: ContactTrace,
    plan: Schedule,
    *,
    seed: int,
    settings: AgentSettings = DEVICE_SETTINGS,
    constants: RadioConstants = RadioConstants(),
) -> Heard:
    """Every advert that anybody's scans receive, rounded to whole dBm as a receiver gives it."""
    ways = _ways(trace, seed, constants)
    bounds = np.searchsorted(trace.day, np.arange(trace.days + 1)).tolist()
    days = [  # one by one, since the draws of a month of hundreds of people are many
        _listen_on(
            trace,
            slice(first, end),
            plan,
            ways,
            random_for(seed, Purpose.ADVERTS, day),
            settings=settings,
            constants=constants,
        )
        for day, (first, end) in enumerate(pairwise(bounds))
        if end > first
    ]
    return _in_order_of_scan(days)


def heard_among(heard: Heard, plan: Schedule, people: NDArray[np.bool_]) -> Heard:
    """What scans of some hear of some: ``people`` (n,) says who they are."""
    kept = people[plan.scan_person[heard.scan]] & people[plan.identifier_person[heard.identifier]]
    counts = np.diff(heard.offsets)
    return Heard(
        heard.scan[kept],
        heard.identifier[kept],
        np.concatenate(([0], np.cumsum(counts[kept]))),
        heard.rssi[np.repeat(kept, counts)],
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Ways:
    """By direction (``a`` hears ``b``, ``b`` hears ``a``) and row of the record, shape (2, n).

    ``loss``: without what differs from one advert to the next, whose standard deviation is ``spread``, in dB;
    ``limit``: the loss at which half of the adverts arrive; ``in_reach``: whether any may.
    """

    loss: NDArray[np.float64]
    spread: NDArray[np.float64]
    limit: NDArray[np.float64]
    in_reach: NDArray[np.bool_]


def _ways(trace: ContactTrace, seed: int, constants: RadioConstants) -> _Ways:
    people = len(trace.people)
    sends = random_for(seed, Purpose.TRANSMITTERS).normal(0.0, constants.transmitter_db, people)
    hears = random_for(seed, Purpose.RECEIVERS).normal(0.0, constants.receiver_db, people)
    offsets = np.stack((hears[trace.a] + sends[trace.b], hears[trace.b] + sends[trace.a]))
    median = constants.median_loss(trace.metres)
    measured = np.isnan(trace.metres)
    # The same loss that a list with distances has at the limit of what is near.
    at_limit = constants.median_loss(np.array([NEAR_METRES]))[0]
    loss = np.where(
        measured,
        at_limit + NEAR_RSSI_DBM - trace.rssi,
        median + offsets + _shadowing(trace, seed, constants),
    )
    both = np.broadcast_to
    return _Ways(
        loss,
        both(np.where(measured, constants.measured_db, constants.fading_db), loss.shape),
        both(np.where(measured, np.inf, constants.reception_db), loss.shape),
        both(measured | (median <= constants.reach_db), loss.shape),
    )


def _shadowing(trace: ContactTrace, seed: int, constants: RadioConstants) -> NDArray[np.float64]:
    """One draw for each pair and step, common to both directions."""
    time = LOCAL_MIDNIGHT + trace.day.astype(np.int64) * DAY_SECONDS + trace.second
    step = time // constants.shadowing_seconds
    step -= step.min(initial=step[0] if len(step) else 0)
    pair = trace.a.astype(np.int64) * len(trace.people) + trace.b
    distinct, which = np.unique(step * len(trace.people) ** 2 + pair, return_inverse=True)
    drawn = random_for(seed, Purpose.SHADOWING).normal(0.0, constants.shadowing_db, len(distinct))
    return drawn[which]


def _listen_on(
    trace: ContactTrace,
    rows: slice,
    plan: Schedule,
    ways: _Ways,
    random: Generator,
    *,
    settings: AgentSettings,
    constants: RadioConstants,
) -> Heard:
    loss, spread, limit = (of_way[:, rows].ravel() for of_way in (ways.loss, ways.spread, ways.limit))
    in_reach = ways.in_reach[:, rows].ravel()
    a, b = trace.a[rows], trace.b[rows]
    begin = np.tile(trace.day[rows].astype(np.int64) * DAY_SECONDS + trace.second[rows], 2)
    way, scan = _scans_within(plan, np.concatenate((a, b)), begin, trace.step, in_reach)
    sender = np.concatenate((b, a))[way]
    identifier = _row_before(plan.identifier_person, plan.identifier_start, sender, plan.scan_time[scan])
    # A scan begins at any phase of the sender's adverts, so it has n or n + 1 of them.
    adverts = np.floor(settings.scan_seconds / ADVERT_SECONDS + random.uniform(0, 1, len(way))).astype(
        np.int64
    )
    of = np.repeat(np.arange(len(way)), adverts)
    lost = random.normal(0, 1, len(of)) * spread[way][of] + loss[way][of]
    arrived = lost + random.normal(0, constants.reception_spread_db, len(of)) <= limit[way][of]
    counts = np.bincount(of[arrived], minlength=len(way))
    heard = counts > 0
    strength = np.rint(settings.tx_power - lost[arrived])
    return Heard(
        scan[heard],
        identifier[heard],
        np.concatenate(([0], np.cumsum(counts[heard]))),
        np.clip(strength, _MIN_RSSI, _MAX_RSSI).astype(np.int8),
    )


def _scans_within(
    plan: Schedule,
    person: NDArray[np.int32],
    begin: NDArray[np.int64],
    seconds: int,
    wanted: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of a row that is wanted and a scan of its person that begins within its ``seconds``."""
    scans = _by_person(plan.scan_person, plan.scan_time)
    first = np.searchsorted(scans, _by_person(person, begin))
    count = (np.searchsorted(scans, _by_person(person, begin + seconds)) - first) * wanted
    row = np.repeat(np.arange(len(person)), count)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    return row, first[row] + nth


def _row_before(
    persons: NDArray[np.int32],
    times: NDArray[np.float64],
    person: NDArray[np.int32],
    time: NDArray[np.float64],
) -> NDArray[np.int64]:
    """The last row of a person that is not after a time; both columns in order of person and time."""
    after: NDArray[np.int64] = np.searchsorted(
        _by_person(persons, times), _by_person(person, time), side="right"
    )
    return after - 1


def _by_person(
    person: NDArray[np.int32], time: NDArray[np.floating] | NDArray[np.int64]
) -> NDArray[np.float64]:
    """Person and time as one number to sort by, exact to milliseconds for thousands of people."""
    key: NDArray[np.float64] = person * _LONGEST + time
    return key


def _in_order_of_scan(parts: Sequence[Heard]) -> Heard:
    scan = np.concatenate([part.scan for part in parts])
    counts = np.concatenate([np.diff(part.offsets) for part in parts])
    rssi = np.concatenate([part.rssi for part in parts])
    before = np.cumsum(counts) - counts
    order = np.argsort(scan, kind="stable")
    offsets = np.concatenate(([0], np.cumsum(counts[order])))
    moved = np.repeat(before[order] - offsets[:-1], counts[order]) + np.arange(len(rssi))
    return Heard(
        scan[order], np.concatenate([part.identifier for part in parts])[order], offsets, rssi[moved]
    )

"""Everybody of a record has a device, some turn out positive: whom do the devices warn?

Only the radio is bypassed (:mod:`bluezone.replay.direct_radio`). Keys, adverts, scan summaries, reports over
HTTP, signed exports, matching, scores and alerts are those of live devices and of a live authority. What the
devices matched is kept, so that other presets and fewer people with the app can be scored from one run: who
has no app publishes nothing and is not heard.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal

import numpy as np

from bluezone.authority.keys.rules import HANOI, MAX_TEST_AGE_DAYS
from bluezone.clock import SettableClock
from bluezone.device.exposure_results import MatchedKey
from bluezone.device.service import open_client
from bluezone.device.store import Encounter
from bluezone.errors import Refused
from bluezone.protocols.risk import (
    ExposureWindow,
    RiskLevel,
    ScanInstance,
    daily_summaries,
    exposure_windows,
    surroundings_attenuation,
)
from bluezone.protocols.risk_presets import RiskPreset, load_preset
from bluezone.replay.aftermath import let_exports_out
from bluezone.replay.contact_trace import DAY_SECONDS, LOCAL_MIDNIGHT, ContactTrace, true_contacts
from bluezone.replay.demo_authority import demo_authority
from bluezone.replay.device_schedule import schedule, switched_on
from bluezone.replay.device_settings import DEVICE_SETTINGS
from bluezone.replay.direct_radio import heard_among, listen
from bluezone.replay.outbreak_devices import Adverts, check_device, draw_keys, publish_keys, store_scans
from bluezone.replay.random_streams import Purpose, random_for

__all__ = [
    "MAX_DELAY_DAYS",
    "CannotReplay",
    "Exposure",
    "Outbreak",
    "OutbreakOptions",
    "OutbreakProgress",
    "adopters",
    "run_outbreak",
    "warned",
]

MAX_DELAY_DAYS = MAX_TEST_AGE_DAYS
"""Later the authority gives no code for the test."""

OutbreakPhase = Literal["authority", "keys", "scans", "reports", "checks"]


class CannotReplay(Refused):
    """The record has too few people who met, or an option is outside what can be."""


@dataclass(frozen=True, slots=True)
class OutbreakOptions:
    """``f0`` people turn out positive at the end of the record's last day, and publish ``delay_days`` later.

    ``adopters``: rows of the trace's ``people`` who have the app; ``None``: everybody.
    """

    seed: int = 1
    f0: int = 5
    preset: str = "bluezone"
    delay_days: int = 0
    adopters: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class OutbreakProgress:
    """``done`` of ``total`` people in a phase."""

    phase: OutbreakPhase
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Exposure:
    """What the device of ``receiver`` heard of one published key, which is of ``f0``.

    ``others``: for each of ``scans``, who else it heard, and how strongly: (person, typical dBm); empty if
    none of them heard anybody else.
    """

    receiver: int
    f0: int
    key: MatchedKey
    scans: tuple[ScanInstance, ...]
    others: tuple[tuple[tuple[int, int], ...], ...] = ()

    def scans_among(self, people: Collection[int]) -> tuple[ScanInstance, ...]:
        """The scans as they had been if nobody but ``people`` could be heard: with other surroundings."""
        others = self.others or ((),) * len(self.scans)
        return tuple(
            replace(scan, surroundings=_surroundings([rssi for person, rssi in heard if person in people]))
            for scan, heard in zip(self.scans, others, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Outbreak:
    """What came out; people are rows of the trace's ``people``.

    ``contacts``: the true contacts of each F0, other F0s left out. ``alerted``: whose own device alerted by
    the preset of the run, F0s left out. ``keys`` were published; ``sightings`` kept, of ``receptions``.
    """

    f0: tuple[int, ...]
    contacts: Mapping[int, frozenset[int]]
    exposures: tuple[Exposure, ...]
    alerted: frozenset[int]
    checked_at: datetime
    keys: int
    sightings: int
    receptions: int
    seconds: float


def run_outbreak(
    trace: ContactTrace,
    options: OutbreakOptions,
    folder: Path,
    tell: Callable[[OutbreakProgress], None] = lambda _progress: None,
) -> Outbreak:
    """Run everything in ``folder``; once a process. Ctrl-C ends it at any point, leaving no thread behind.

    :raises Refused: ``CannotReplay``, or for an unknown preset; nothing is made in ``folder`` then.
    """
    began = time.perf_counter()
    load_preset(options.preset)
    _check_delay(options.delay_days)
    contacts = _choose_f0(trace, options)
    people = sorted(range(len(trace.people)) if options.adopters is None else options.adopters)
    with_app = np.zeros(len(trace.people), np.bool_)
    with_app[people] = True
    plan = schedule(len(trace.people), switched_on(trace), seed=options.seed)
    heard = heard_among(listen(trace, plan, seed=options.seed), plan, with_app)

    def follow(phase: OutbreakPhase, total: int) -> Callable[[int], None]:
        tell(OutbreakProgress(phase, 0, total))
        return lambda done: tell(OutbreakProgress(phase, done, total))

    devices, clock = folder / "devices", SettableClock(_tested_at(trace))
    prepared = follow("authority", 1)
    with demo_authority(folder / "authority", clock, "127.0.0.1", 0) as authority, open_client() as http:
        prepared(1)
        keys = draw_keys(devices, people, plan, authority, options.preset, follow("keys", len(people)))
        adverts = Adverts(plan, keys, DEVICE_SETTINGS)
        stored = store_scans(devices, people, plan, heard, adverts, follow("scans", len(people)))
        clock.advance(timedelta(days=options.delay_days))
        reporting = [person for person in contacts if with_app[person]]
        reported, published = follow("reports", len(reporting)), 0
        for count, person in enumerate(reporting, 1):
            code = authority.issue_code(tested_on=_last_day(trace), ill_since=_last_day(trace))
            published += publish_keys(devices / str(person), code, http, clock)
            reported(count)
        let_exports_out(authority, clock, published)
        # Without any export there is nothing to check: the server says so to each device.
        checking = people if published else []
        checked, checks = follow("checks", len(checking)), {}
        for count, person in enumerate(checking, 1):
            checks[person] = check_device(devices / str(person), http, clock)
            checked(count)
    whose = {key.data: person for person in reporting for key in keys[person]}
    return Outbreak(
        f0=tuple(contacts),
        contacts=contacts,
        exposures=tuple(
            _exposure(person, whose[key.tek], key, scans, found.heard, adverts.sender)
            for person, found in checks.items()
            for key, scans in found.exposures
        ),
        alerted=frozenset(person for person, found in checks.items() if found.alerts) - contacts.keys(),
        checked_at=clock.now(),
        keys=published,
        sightings=stored.sightings,
        receptions=stored.receptions,
        seconds=time.perf_counter() - began,
    )


def adopters(trace: ContactTrace, seed: int, adoption: float, draw: int = 0) -> frozenset[int]:
    """Who has the app where a share of all people has it; in one draw, who has it at 20 % has it at 40 %.

    :raises CannotReplay: if ``adoption`` is not from 0 to 1.
    """
    if not 0 <= adoption <= 1:
        raise CannotReplay(f"an adoption of {adoption:g} is no share from 0 to 1")
    order = random_for(seed, Purpose.ADOPTION, *([draw] if draw else [])).permutation(len(trace.people))
    return frozenset(order[: round(adoption * len(order))].tolist())


def warned(outbreak: Outbreak, preset: RiskPreset, adopters: frozenset[int] | None = None) -> frozenset[int]:
    """Whom a preset warns of what devices matched, where only ``adopters`` have the app; never an F0.

    By the very functions and on the very day that devices checked with: with the preset of the run and
    everybody who had a device then, these are those who were alerted.
    """
    windows: dict[int, list[ExposureWindow]] = defaultdict(list)
    for one in outbreak.exposures:
        if adopters is None or (one.receiver in adopters and one.f0 in adopters):
            windows[one.receiver] += exposure_windows(
                one.scans if adopters is None else one.scans_among(adopters),
                preset,
                report_type=one.key.report_type,
                days_since_onset=one.key.days_since_onset,
            )
    today = outbreak.checked_at.date()
    return frozenset(
        receiver
        for receiver, own in windows.items()
        if any(day.level is RiskLevel.HIGH for day in daily_summaries(own, preset, today=today))
    ) - frozenset(outbreak.f0)


def _exposure(
    receiver: int,
    f0: int,
    key: MatchedKey,
    scans: tuple[ScanInstance, ...],
    heard: Mapping[int, Sequence[Encounter]],
    sender: Mapping[bytes, int],
) -> Exposure:
    """An exposure with the names of everybody in its scans, which only a replay can know."""
    named = {
        time: [(sender[one.rpi], one.typical_rssi) for one in encounters]
        for time, encounters in heard.items()
    }
    others = tuple(tuple(one for one in named[scan.time] if one[0] != f0) for scan in scans)
    return Exposure(receiver, f0, key, scans, others)


def _surroundings(strengths: Sequence[int]) -> float | None:
    return surroundings_attenuation(
        len(strengths),
        sum(strengths) / max(1, len(strengths)),
        tx_power=DEVICE_SETTINGS.tx_power,
        rssi_correction=DEVICE_SETTINGS.rssi_correction,
    )


def _check_delay(days: int) -> None:
    if not 0 <= days <= MAX_DELAY_DAYS:
        raise CannotReplay(
            f"a delay of {days} days cannot be: the authority gives a code from 0 to {MAX_DELAY_DAYS} days"
            " after a test"
        )


def _choose_f0(trace: ContactTrace, options: OutbreakOptions) -> dict[int, frozenset[int]]:
    """The F0s in order, and the true contacts of each without other F0s; drawn among those who have any."""
    if options.seed < 0:
        raise CannotReplay(f"a seed is 0 or more, not {options.seed}")
    if options.f0 < 1:
        raise CannotReplay(f"at least one person must turn out positive, not {options.f0}")
    met: dict[int, set[int]] = defaultdict(set)
    for a, b in true_contacts(trace):
        met[a].add(b)
        met[b].add(a)
    if len(met) < options.f0:
        raise CannotReplay(
            f"{trace.name}: only {len(met)} of {len(trace.people)} people were near anybody for long enough"
            f" to be a true contact, so {options.f0} cannot turn out positive"
        )
    chosen = random_for(options.seed, Purpose.F0).choice(sorted(met), options.f0, replace=False)
    f0 = sorted(chosen.tolist())
    return {person: frozenset(met[person]).difference(f0) for person in f0}


def _tested_at(trace: ContactTrace) -> datetime:
    """A minute before the last day ends: before the hour, so that one export takes up all keys."""
    return datetime.fromtimestamp(LOCAL_MIDNIGHT + trace.days * DAY_SECONDS - 60, UTC)


def _last_day(trace: ContactTrace) -> date:
    return _tested_at(trace).astimezone(HANOI).date()

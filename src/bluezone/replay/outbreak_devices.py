"""Everybody's device in a replay of a record: its keys, what it heard, its report and its check.

All of it is what live devices run; only the radio is missing between one device's adverts and another's scan
summaries. Stores are opened one after the other, since hundreds of people have more files than a process may
keep open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import httpx
import numpy as np

from bluezone.clock import SettableClock
from bluezone.device import exposure_results
from bluezone.device.agent import AgentSettings
from bluezone.device.enrolment import enrolment_of
from bluezone.device.exposure_results import MatchedKey
from bluezone.device.report import NothingToReport
from bluezone.device.scan_summary import ScanSummary
from bluezone.device.service import check_now
from bluezone.device.store import DeviceStore, Encounter
from bluezone.protocols.advert import AdvertReader, build_gaen_advert
from bluezone.protocols.gaen import (
    MAX_ROLLING_PERIOD,
    Metadata,
    TemporaryExposureKey,
    derive_aemk,
    encrypt_metadata,
    interval_start,
    rolling_proximity_identifiers,
)
from bluezone.protocols.risk import ScanInstance
from bluezone.replay.aftermath import enrol, publish_with_code
from bluezone.replay.contact_trace import LOCAL_MIDNIGHT
from bluezone.replay.demo_authority import DemoAuthority
from bluezone.replay.device_schedule import Schedule
from bluezone.replay.direct_radio import Heard

__all__ = ["Adverts", "Checked", "Stored", "check_device", "draw_keys", "publish_keys", "store_scans"]

Done = Callable[[int], None]
"""Told how many people are done."""


@dataclass(frozen=True, slots=True)
class Stored:
    """``sightings``: scan instances kept; ``receptions``: adverts that they were made of."""

    sightings: int
    receptions: int


@dataclass(frozen=True, slots=True)
class Checked:
    """What a device's check left: the keys that it had heard with their scans, and whether it alerts.

    ``heard``: by a scan's time, everything that it heard.
    """

    exposures: tuple[tuple[MatchedKey, tuple[ScanInstance, ...]], ...]
    heard: dict[int, list[Encounter]]
    alerts: bool


def draw_keys(
    folder: Path,
    people: Sequence[int],
    plan: Schedule,
    authority: DemoAuthority,
    preset: str,
    done: Done,
) -> dict[int, list[TemporaryExposureKey]]:
    """Make a device for each of ``people``, enrol it, and let it draw its keys; by person, oldest first.

    Of each key only the last interval is claimed, which no identifier of that key can follow any more. A
    device on the air claims them one by one, each on disk before it is used.
    """
    intervals = plan.identifier_intervals()
    bounds = np.searchsorted(plan.identifier_person, np.arange(max(people, default=-1) + 2))
    keys: dict[int, list[TemporaryExposureKey]] = {}
    for count, person in enumerate(people, 1):
        own = intervals[bounds[person] : bounds[person + 1]]
        last_of_day = own[np.flatnonzero(np.diff(own // MAX_ROLLING_PERIOD, append=-1))]
        with DeviceStore.open(folder / str(person)) as store:
            enrol(store, authority, preset)
            keys[person] = [_claim(store, interval) for interval in last_of_day.tolist()]
        done(count)
    return keys


def _claim(store: DeviceStore, interval: int) -> TemporaryExposureKey:
    key = store.claim_interval(datetime.fromtimestamp(interval_start(interval), UTC))
    if key is None:
        raise RuntimeError(f"a fresh device will not go on the air in interval {interval}")
    return key


class Adverts:
    """What is on the air under each identifier of a schedule; made when it is first heard."""

    def __init__(
        self, plan: Schedule, keys: dict[int, list[TemporaryExposureKey]], settings: AgentSettings
    ) -> None:
        self._person = plan.identifier_person
        self._interval = plan.identifier_intervals()
        self._keys = {
            (person, key.rolling_start // MAX_ROLLING_PERIOD): key
            for person, own in keys.items()
            for key in own
        }
        self._metadata = Metadata(tx_power=settings.tx_power).pack()
        self._derived: dict[bytes, tuple[list[bytes], bytes]] = {}
        self._made: dict[int, bytes] = {}
        self.sender: dict[bytes, int] = {}
        """Whose an identifier is that was on the air."""

    def __getitem__(self, identifier: int) -> bytes:
        """The advert of a row of identifiers."""
        made = self._made.get(identifier)
        if made is None:
            made = self._made[identifier] = self._make(identifier)
        return made

    def _make(self, identifier: int) -> bytes:
        interval = int(self._interval[identifier])
        key = self._keys[int(self._person[identifier]), interval // MAX_ROLLING_PERIOD]
        derived = self._derived.get(key.data)
        if derived is None:
            derived = self._derived[key.data] = rolling_proximity_identifiers(key), derive_aemk(key.data)
        rpis, aemk = derived
        rpi = rpis[interval - key.rolling_start]
        self.sender[rpi] = int(self._person[identifier])
        return build_gaen_advert(rpi, encrypt_metadata(aemk, rpi, self._metadata))


def store_scans(
    folder: Path, people: Sequence[int], plan: Schedule, heard: Heard, adverts: Adverts, done: Done
) -> Stored:
    """Let each device hear what ``heard`` has for its scans, and keep its summaries."""
    reader = AdvertReader()
    times = (np.floor(plan.scan_time).astype(np.int64) + LOCAL_MIDNIGHT).tolist()
    stands_for = plan.scan_stands_for.tolist()
    scans = np.searchsorted(plan.scan_person, np.arange(max(people, default=-1) + 2))
    bounds = np.searchsorted(heard.scan, scans).tolist()
    sightings = receptions = 0
    for count, person in enumerate(people, 1):
        with DeviceStore.open(folder / str(person)) as store:
            kept = []
            for scan, summary in _summaries(heard, bounds[person], bounds[person + 1], adverts, reader):
                encounters = summary.encounters()
                kept.append((times[scan], stands_for[scan], encounters))
                sightings += len(encounters)
                receptions += summary.receptions
            store.add_scans(kept)  # one commit, since hundreds for each of hundreds of people take a minute
        done(count)
    return Stored(sightings, receptions)


def _summaries(
    heard: Heard, first: int, end: int, adverts: Adverts, reader: AdvertReader
) -> Iterator[tuple[int, ScanSummary]]:
    """The scans of some rows, each with its summary; one that hears nothing is left out."""
    offsets = heard.offsets[first : end + 1].tolist()
    base = offsets[0]
    rssi = heard.rssi[base : offsets[-1]].tolist()
    scan, summary = -1, ScanSummary()
    rows = zip(
        heard.scan[first:end].tolist(), heard.identifier[first:end].tolist(), pairwise(offsets), strict=True
    )
    for row_scan, identifier, (begin, until) in rows:
        if row_scan != scan:
            if scan >= 0:
                yield scan, summary
            scan, summary = row_scan, ScanSummary()
        advert = reader.read(adverts[identifier])
        if advert is None:
            raise RuntimeError("an advert of ours cannot be read")
        for strength in rssi[begin - base : until - base]:
            summary.add(advert, strength)
    if scan >= 0:
        yield scan, summary


def publish_keys(folder: Path, code: str, http: httpx.Client, clock: SettableClock) -> int:
    """Publish what a device still has of its keys; returns how many the server took."""
    with DeviceStore.open(folder, create=False) as store:
        store.purge(clock.now())
        try:
            return publish_with_code(store, code, http, clock).inserted
        except NothingToReport:
            return 0


def check_device(folder: Path, http: httpx.Client, clock: SettableClock) -> Checked:
    """Forget what is too old, then download, match, score, alert."""
    with DeviceStore.open(folder, create=False) as store:
        store.purge(clock.now())
        check_now(store, enrolment_of(store), http, clock)
        exposures = exposure_results.matched_exposures(store)
        heard = {scan.time: store.heard_at(scan.time) for _, scans in exposures for scan in scans}
        alerts = any(alert.withdrawn_at is None for alert in exposure_results.alerts(store))
    return Checked(tuple((key, tuple(scans)) for key, scans in exposures), heard, alerts)

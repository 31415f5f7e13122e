"""The main job: a day goes by, one person is confirmed and publishes, every device checks; was it right?

The radio day runs on a virtual clock. Then the devices talk real HTTP to a real authority on loopback, whose
clock is set forward past the last key's expiry and its two hours, so that the export may go out.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from bluezone.atomic_file import write_whole
from bluezone.clock import SettableClock
from bluezone.device import exposure_results
from bluezone.device.alerts import alert_text
from bluezone.device.enrolment import enrolment_of
from bluezone.device.service import check_now, open_client
from bluezone.device.store import DeviceStore
from bluezone.protocols.risk_presets import RiskPreset, load_preset
from bluezone.replay.aftermath import enrol, let_exports_out, publish_with_code
from bluezone.replay.day import Day, near_seconds
from bluezone.replay.demo_authority import DemoAuthority, demo_authority
from bluezone.replay.fleet import DayProgress, Fleet, live_through, open_fleet
from bluezone.replay.minutes_at_risk import weighed_scans
from bluezone.replay.outcome import Outcome, judge
from bluezone.replay.report import Event, Measured, ShownAlert, build_report

__all__ = ["CheckDone", "DemoOptions", "DemoResult", "Phase", "Update", "run_demo"]

_HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """``preset``: by which rule devices score; ``host``, ``port``: where the authority listens (0: any)."""

    seed: int = 1
    preset: str = "bluezone"
    host: str = "127.0.0.1"
    port: int = 0


@dataclass(frozen=True, slots=True)
class Phase:
    """The demo begins something; in words."""

    text: str


@dataclass(frozen=True, slots=True)
class CheckDone:
    """``done`` of ``people`` devices have checked for exposures."""

    done: int
    people: int


Update = Phase | DayProgress | CheckDone


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What came out; ``report`` is what the page draws, ``url`` where the page is while the server runs."""

    day: Day
    outcome: Outcome
    seconds_near: dict[str, int]
    alerts: tuple[ShownAlert, ...]
    keys_published: int
    keys_per_second: float
    receptions: int
    seconds: float
    preset: str
    report: dict[str, Any]
    url: str
    user: str
    password: str = field(repr=False)


@contextmanager
def run_demo(
    day: Day, data: Path, options: DemoOptions, tell: Callable[[Update], None]
) -> Iterator[DemoResult]:
    """Run everything in the folder ``data``; the authority keeps serving until the block is left.

    Only one demo can run in a process. Ctrl-C ends it at any point without leaving threads behind.

    :raises Refused: for an unknown preset or an address in use.
    """
    began = time.perf_counter()
    preset = load_preset(options.preset)
    clock = SettableClock(datetime.fromtimestamp(day.start, UTC))
    tell(Phase("setting up the authority: Thanh Xuân and its 11 wards"))
    with (
        demo_authority(data, clock, options.host, options.port) as authority,
        open_fleet(day, data / "devices") as fleet,
        open_client() as http,
    ):
        for store in fleet.stores.values():
            enrol(store, authority, preset.name)

        def follow(progress: DayProgress) -> None:
            clock.set(progress.moment)
            tell(progress)

        tell(Phase(f"{len(day.people)} devices live through the day"))
        receptions = live_through(day, fleet, seed=options.seed, progress=follow)
        events = _Events(clock)
        published = _confirm_and_publish(day, fleet, authority, http, clock, events, tell)
        _export(authority, clock, events, published, tell)
        speed = _check_all(fleet, http, clock, events, tell)

        seconds_near = near_seconds(day.contacts, day.f0)
        alerts = tuple(_alerts(fleet))
        outcome = judge(seconds_near, {alert.person for alert in alerts}, f0=day.f0)
        seconds = time.perf_counter() - began
        report = build_report(
            day,
            outcome,
            seconds_near=seconds_near,
            measured=list(_measured(fleet, day.f0, preset)),
            alerts=alerts,
            events=events.rows,
            seconds=seconds,
            receptions=receptions,
            preset=preset.name,
        )
        write_whole(data / "demo" / "report.json", json.dumps(report, ensure_ascii=False))
        yield DemoResult(
            day=day,
            outcome=outcome,
            seconds_near=seconds_near,
            alerts=alerts,
            keys_published=published,
            keys_per_second=speed,
            receptions=receptions,
            seconds=seconds,
            preset=preset.name,
            report=report,
            url=f"{authority.url}/demo/",
            user=authority.user,
            password=authority.password,
        )


class _Events:
    """What happened after the day, stamped by the demo's clock; in Vietnamese, for the page."""

    def __init__(self, clock: SettableClock) -> None:
        self._clock = clock
        self.rows: list[Event] = []

    def note(self, text: str) -> None:
        self.rows.append(Event(int(self._clock.now().timestamp()), text))


def _confirm_and_publish(
    day: Day,
    fleet: Fleet,
    authority: DemoAuthority,
    http: httpx.Client,
    clock: SettableClock,
    events: _Events,
    tell: Callable[[Update], None],
) -> int:
    """The F0 gets a code from a health worker and publishes; returns the number of keys."""
    name = next(person.name for person in day.people if person.id == day.f0)
    tell(Phase(f"{name} is confirmed, consents and publishes"))
    today = datetime.fromtimestamp(day.start, _HANOI).date()
    events.note(f"{name} có kết quả xét nghiệm dương tính (F0)")
    code = authority.issue_code(tested_on=today, ill_since=today)
    events.note("Trạm y tế cấp mã xác nhận dùng một lần")
    published = publish_with_code(fleet.stores[day.f0], code, http, clock)
    events.note(f"{name} đồng ý; máy công bố {published.inserted} khóa, không kèm tên hay lịch sử tiếp xúc")
    return published.inserted


def _export(
    authority: DemoAuthority,
    clock: SettableClock,
    events: _Events,
    published: int,
    tell: Callable[[Update], None],
) -> None:
    tell(Phase("the authority waits until the keys have expired and two hours more, and signs an export"))
    exported = let_exports_out(authority, clock, published)
    events.note(f"Cơ quan y tế ký và công bố tệp khóa ({exported} khóa), sau khi khóa hết hạn hơn 2 giờ")


def _check_all(
    fleet: Fleet, http: httpx.Client, clock: SettableClock, events: _Events, tell: Callable[[Update], None]
) -> float:
    """Every device downloads, matches and scores; returns the mean matching speed in keys/s."""
    tell(Phase("every device downloads the export and matches by itself"))
    keys, seconds = 0, 0.0
    for done, store in enumerate(fleet.stores.values(), 1):
        outcome = check_now(store, enrolment_of(store), http, clock)
        keys, seconds = keys + outcome.keys, seconds + outcome.seconds
        tell(CheckDone(done, len(fleet.stores)))
    events.note(f"{len(fleet.stores)} máy tải tệp, tự đối chiếu trên máy")
    return keys / seconds if seconds else 0.0


def _alerts(fleet: Fleet) -> Iterator[ShownAlert]:
    for person, store in fleet.stores.items():
        for alert in exposure_results.alerts(store):
            if alert.withdrawn_at is None:
                yield ShownAlert(
                    person=person,
                    day=alert.day.isoformat(),
                    minutes=round(alert.seconds / 60),
                    score=round(alert.score, 1),
                    closest_db=float(alert.closest_attenuation or 0),
                    certainty=alert.certainty.value,
                    text=alert_text(alert).as_text(),
                )


def _measured(fleet: Fleet, f0: str, preset: RiskPreset) -> Iterator[Measured]:
    """Every scan that heard the F0, and what a second of it counts under the preset."""
    for person, store in fleet.stores.items():
        yield from _measured_by(person, store, f0, preset)


def _measured_by(person: str, store: DeviceStore, f0: str, preset: RiskPreset) -> Iterator[Measured]:
    for key, scans in exposure_results.matched_exposures(store):
        for one in weighed_scans(key, scans, preset):
            yield Measured(
                by=person,
                of=f0,
                time=one.scan.time,
                attenuation_db=float(one.attenuation),
                seconds=one.scan.seconds_since_last_scan,
                weight=round(one.weight, 3),
            )

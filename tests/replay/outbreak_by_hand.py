"""An outbreak made by hand: who met whom, what devices heard of the one F0, without running any device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from bluezone.device.exposure_results import MatchedKey
from bluezone.protocols.gaen import ReportType
from bluezone.protocols.risk import ScanInstance
from bluezone.replay.contact_trace import ContactTrace, trace_from_rows
from bluezone.replay.outbreak import Exposure, Outbreak

MORNING = 9 * 3600  # in Hanoi, 02:00 UTC, so the UTC day is the local one
FIRST_DAY = 1_615_309_200  # 10 March 2021, 00:00 in Hanoi


def meeting_trace() -> ContactTrace:
    """F0 is person 10. 11 and 12 near it for 20 minutes; 13 for 5; 14 at 4 m for 20 minutes. Rows: 0 to 4."""
    rows = []
    for step in range(4):
        at = MORNING + 300 * step
        rows += [(0, at, "10", "11", 1.0), (0, at, "10", "12", 2.0), (0, at, "10", "14", 4.0)]
    rows.append((0, MORNING, "10", "13", 1.0))
    return trace_from_rows(rows)


def scans(attenuation: float, count: int = 4) -> tuple[ScanInstance, ...]:
    """``count`` scans of five minutes, one after the other, all of one attenuation."""
    return tuple(
        ScanInstance(FIRST_DAY + MORNING + 300 * at, attenuation, attenuation, 300) for at in range(count)
    )


def exposure(receiver: int, attenuation: float, count: int = 4) -> Exposure:
    key = MatchedKey(bytes(15) + b"k", ReportType.CONFIRMED_TEST, 0, False)
    return Exposure(receiver, 0, key, scans(attenuation, count), others=((),) * count)


def outbreak(
    *,
    alerted: frozenset[int] = frozenset({1, 4}),
    contacts: Mapping[int, frozenset[int]] | None = None,
    exposures: tuple[Exposure, ...] | None = None,
) -> Outbreak:
    """20 min each: 11 hears it at 45 dB, 12 at 75 dB, and 14, who was not near, at 45 dB; 13 five minutes
    at 45 dB. 15 minutes at 45 dB are enough for any preset, at 75 dB for none but "one sighting"."""
    heard = (exposure(1, 45.0), exposure(2, 75.0), exposure(3, 45.0, 1), exposure(4, 45.0))
    return Outbreak(
        f0=(0,),
        contacts=contacts or {0: frozenset({1, 2})},
        exposures=exposures or heard,
        alerted=alerted,
        checked_at=datetime(2021, 3, 11, 3, tzinfo=UTC),
        keys=1,
        sightings=13,
        receptions=90,
        seconds=0.5,
    )


def with_scan_seconds(one: Outbreak, seconds: int) -> Outbreak:
    """The same, with every scan standing for so long."""
    exposures = tuple(
        replace(
            exposure, scans=tuple(replace(scan, seconds_since_last_scan=seconds) for scan in exposure.scans)
        )
        for exposure in one.exposures
    )
    return replace(one, exposures=exposures)

"""What checking for exposures leaves in the store: how far it is with each export, matches, alerts."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from bluezone.device.http_answer import is_validator
from bluezone.device.store import DeviceStore
from bluezone.protocols.gaen import ReportType
from bluezone.protocols.risk import Certainty, DailySummary, ScanInstance

__all__ = [
    "LONGEST_GAP",
    "Alert",
    "AlertChanges",
    "MatchedKey",
    "MatchedScan",
    "RefusedExport",
    "alerts",
    "exports_due",
    "known_index_etag",
    "matched_exposures",
    "note_index",
    "pending_exports",
    "refuse_export",
    "refused_exports",
    "retry_refused_exports",
    "save_matches",
    "update_alerts",
]

LONGEST_GAP = 8
"""A refused file is tried again, since a download can be damaged and a server mended: in the next check, then
in every 2nd, every 4th, every 8th (at four hours each: 32 hours) for as long as it is listed."""


@dataclass(frozen=True, slots=True)
class MatchedKey:
    """A published key that was heard; the latest word of the authority on it."""

    tek: bytes
    report_type: ReportType
    days_since_onset: int | None
    revised: bool


@dataclass(frozen=True, slots=True)
class MatchedScan:
    """A scan instance of a matched key, under the identifier that was heard."""

    tek: bytes
    rpi: bytes
    scan: ScanInstance


@dataclass(frozen=True, slots=True)
class RefusedExport:
    """An export file that could not be used, why, and how often it was tried."""

    name: str
    reason: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Alert:
    """One day of exposure, as last computed. Times in Unix seconds."""

    day: date
    preset: str
    score: float
    seconds: int
    closest_attenuation: int | None
    certainty: Certainty
    created_at: int
    updated_at: int
    withdrawn_at: int | None


@dataclass(frozen=True, slots=True)
class AlertChanges:
    """Alerts to tell the owner about: ``new`` ones, and ``withdrawn`` ones. ``updated`` ones are silent."""

    new: tuple[Alert, ...]
    updated: tuple[Alert, ...]
    withdrawn: tuple[Alert, ...]


def known_index_etag(store: DeviceStore) -> str | None:
    """The validator of the index that :func:`note_index` saw last."""
    etag = store.setting("index-etag")
    return etag if isinstance(etag, str) and is_validator(etag) else None


def note_index(store: DeviceStore, names: Sequence[str], etag: str | None) -> None:
    """Make the list of exports the server's: new names are pending, names that are gone are forgotten."""
    with store.transaction() as connection:
        connection.execute("CREATE TEMP TABLE IF NOT EXISTS listed (name TEXT PRIMARY KEY)")
        connection.execute("DELETE FROM listed")
        connection.executemany("INSERT OR IGNORE INTO listed VALUES (?)", [(name,) for name in names])
        connection.execute("DELETE FROM exports WHERE name NOT IN (SELECT name FROM listed)")
        connection.executemany(
            "INSERT INTO exports (name, position, state) VALUES (?, ?, 'pending')"
            " ON CONFLICT (name) DO UPDATE SET position = excluded.position",
            [(name, position) for position, name in enumerate(names)],
        )
    # Not waited for: should a power cut take it, and the list with it, the server is asked for both again.
    store.set_setting("index-etag", etag, durable=False)


def pending_exports(store: DeviceStore) -> list[str]:
    """Names of exports that were neither processed nor refused yet, oldest first."""
    return [
        name for (name,) in store.query("SELECT name FROM exports WHERE state = 'pending' ORDER BY position")
    ]


def exports_due(store: DeviceStore) -> list[str]:
    """What one check, which is counted by this, has to process, oldest first: see :data:`LONGEST_GAP`."""
    counted = store.setting("checks")
    number = (counted if isinstance(counted, int) else 0) + 1
    store.set_setting("checks", number, durable=False)
    rows = store.query("SELECT name, attempts FROM exports WHERE state != 'processed' ORDER BY position")
    return [name for name, attempts in rows if number % _gap(attempts) == 0]


def _gap(attempts: int) -> int:
    return min(1 << min(max(attempts - 1, 0), 30), LONGEST_GAP)


def refuse_export(store: DeviceStore, name: str, reason: str) -> None:
    """Note that an export could not be used this time."""
    with store.transaction() as connection:
        connection.execute(
            "UPDATE exports SET state = 'refused', attempts = attempts + 1, reason = ? WHERE name = ?",
            (reason, name),
        )


def retry_refused_exports(store: DeviceStore) -> None:
    """Make refused exports pending again: there is a new reason to believe them."""
    with store.transaction(durable=True) as connection:
        connection.execute(
            "UPDATE exports SET state = 'pending', attempts = 0, reason = '' WHERE state = 'refused'"
        )


def refused_exports(store: DeviceStore) -> list[RefusedExport]:
    """Exports that could not be used so far."""
    rows = store.query("SELECT name, reason, attempts FROM exports WHERE state = 'refused' ORDER BY position")
    return [RefusedExport(*row) for row in rows]


def save_matches(
    store: DeviceStore,
    export: str,
    *,
    keys: int,
    matched: Iterable[MatchedKey],
    scans: Iterable[MatchedScan],
) -> None:
    """Keep what an export gave and mark it processed, in one transaction; doing so again changes nothing.

    What a revised form of a key said is not undone by an earlier form that comes later.
    """
    with store.transaction(durable=True) as connection:
        for key in matched:
            _save_key(connection, key)
        connection.executemany(
            "INSERT OR REPLACE INTO matched_scans VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    one.tek,
                    one.scan.time,
                    one.rpi,
                    one.scan.typical_attenuation,
                    one.scan.min_attenuation,
                    one.scan.seconds_since_last_scan,
                    one.scan.surroundings,
                )
                for one in scans
            ],
        )
        connection.execute(
            "UPDATE exports SET state = 'processed', reason = '', keys = ? WHERE name = ?", (keys, export)
        )


def _save_key(connection: sqlite3.Connection, key: MatchedKey) -> None:
    connection.execute(
        "INSERT INTO matched_keys VALUES (?, ?, ?, ?) ON CONFLICT (tek) DO UPDATE SET"
        " report_type = excluded.report_type, days_since_onset = excluded.days_since_onset,"
        " revised = excluded.revised WHERE excluded.revised >= revised",
        (key.tek, int(key.report_type), key.days_since_onset, int(key.revised)),
    )


def matched_exposures(store: DeviceStore) -> list[tuple[MatchedKey, list[ScanInstance]]]:
    """Every key that was heard and is not revoked, with all its scan instances, over all files so far."""
    exposures = []
    for tek, report_type, days, revised in store.query("SELECT * FROM matched_keys ORDER BY tek"):
        if report_type == ReportType.REVOKED:
            continue
        rows = store.query(
            "SELECT time, typical_attenuation, min_attenuation, seconds_since_last_scan, surroundings"
            " FROM matched_scans WHERE tek = ? ORDER BY time, rpi",
            (tek,),
        )
        key = MatchedKey(tek, ReportType(report_type), days, bool(revised))
        exposures.append((key, [ScanInstance(*row) for row in rows]))
    return exposures


def alerts(store: DeviceStore) -> list[Alert]:
    """All alerts, withdrawn ones too, newest day first."""
    rows = store.query("SELECT * FROM alerts ORDER BY day DESC")
    return [
        Alert(date.fromisoformat(day), preset, score, seconds, closest, Certainty(sure), made, changed, gone)
        for day, preset, score, seconds, closest, sure, made, changed, gone in rows
    ]


def update_alerts(
    store: DeviceStore, summaries: Iterable[DailySummary], preset: str, now: int, *, oldest: date
) -> AlertChanges:
    """Make the alerts those of ``summaries`` (days that alert), and tell what is new.

    There is one alert per day of exposure. While it stands, more exposure on that day updates it silently:
    the owner knows, and what to do is the same. An alert whose reason is gone (a key was revoked) is
    withdrawn; should the day alert again after that, it is new. Days before ``oldest`` are left alone: they
    are only past the preset's age limit.
    """
    before = {alert.day: alert for alert in alerts(store)}
    new, updated, withdrawn = [], [], []
    wanted = {summary.day: summary for summary in summaries}
    if not before and not wanted:  # as after most checks: nothing is written, so no disk is waited for
        return AlertChanges((), (), ())
    with store.transaction(durable=True) as connection:
        for day, summary in sorted(wanted.items()):
            known = before.get(day)
            is_new = known is None or known.withdrawn_at is not None
            closest = summary.closest_attenuation
            alert = Alert(
                day=day,
                preset=preset,
                score=summary.score,
                seconds=summary.seconds,
                closest_attenuation=None if closest is None else round(closest),
                certainty=summary.certainty,
                created_at=now if known is None or is_new else known.created_at,
                updated_at=now,
                withdrawn_at=None,
            )
            if is_new:
                new.append(alert)
            elif _differs(known, alert):
                updated.append(alert)
            else:
                continue
            _put_alert(connection, alert)
        for day, known in sorted(before.items()):
            if day not in wanted and day >= oldest and known.withdrawn_at is None:
                connection.execute(
                    "UPDATE alerts SET withdrawn_at = ?, updated_at = ? WHERE day = ?",
                    (now, now, day.isoformat()),
                )
                withdrawn.append(known)
    return AlertChanges(tuple(new), tuple(updated), tuple(withdrawn))


def _differs(known: Alert | None, alert: Alert) -> bool:
    return known is None or (
        (known.preset, known.score, known.seconds, known.closest_attenuation, known.certainty)
        != (alert.preset, alert.score, alert.seconds, alert.closest_attenuation, alert.certainty)
    )


def _put_alert(connection: sqlite3.Connection, alert: Alert) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO alerts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            alert.day.isoformat(),
            alert.preset,
            alert.score,
            alert.seconds,
            alert.closest_attenuation,
            alert.certainty.value,
            alert.created_at,
            alert.updated_at,
            alert.withdrawn_at,
        ),
    )

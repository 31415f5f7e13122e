"""Was this device near a published key? Download, verify, match, score, alert; repeatable at any point.

An export counts as processed in the very transaction that keeps its matches. Scores and alerts are computed
anew from all matches kept, so they add up over files, and a crash anywhere only means doing it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from time import perf_counter

from bluezone.clock import Clock
from bluezone.device import exposure_results as results
from bluezone.device.agent import AgentSettings
from bluezone.device.client import AuthorityClient
from bluezone.device.client_errors import (
    BadAnswer,
    DownloadInterrupted,
    ExportGone,
    ServerRefused,
    ServerUnreachable,
    TooLarge,
)
from bluezone.device.exposure_results import Alert, AlertChanges, MatchedKey, MatchedScan
from bluezone.device.server_answer import shown
from bluezone.device.store import DeviceStore
from bluezone.errors import Refused
from bluezone.matching.interface import Engine
from bluezone.matching.key_files import open_key_file
from bluezone.matching.match import KeyMatch, match_keys
from bluezone.protocols.export_errors import ExportError
from bluezone.protocols.export_signature import PublicKeys
from bluezone.protocols.gaen import DiagnosisKey, Metadata, decrypt_metadata, derive_aemk
from bluezone.protocols.risk import (
    DailySummary,
    RiskLevel,
    ScanInstance,
    attenuation,
    daily_summaries,
    exposure_windows,
    surroundings_attenuation,
)
from bluezone.protocols.risk_presets import RiskPreset

__all__ = ["CheckOutcome", "CheckProgress", "check_exposures", "current_summaries"]


@dataclass(frozen=True, slots=True)
class CheckProgress:
    """Which file of how many is at work, and how many keys of it are done."""

    file: int
    files: int
    keys: int


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """What a check did: files used and refused, keys matched and how fast, and what the owner must be told.

    ``refused`` and ``unfetched`` (files the server or the network did not give): (name, reason).
    ``interrupted``: the network failed on the way, so it is worth checking again soon.
    ``summaries``: every day with exposure that is kept, oldest first.
    """

    files: int
    refused: tuple[tuple[str, str], ...]
    unfetched: tuple[tuple[str, str], ...]
    interrupted: bool
    keys: int
    seconds: float
    matched_scans: int
    changes: AlertChanges
    summaries: tuple[DailySummary, ...]

    @property
    def keys_per_second(self) -> float:
        """Matching speed, downloads not counted; 0 where there was nothing to match."""
        return self.keys / self.seconds if self.seconds > 0 else 0.0

    @property
    def new_alerts(self) -> tuple[Alert, ...]:
        return self.changes.new


def check_exposures(
    store: DeviceStore,
    client: AuthorityClient,
    *,
    clock: Clock,
    preset: RiskPreset,
    trusted_keys: PublicKeys,
    engine: Engine,
    settings: AgentSettings,
    progress: Callable[[CheckProgress], None] = lambda _progress: None,
) -> CheckOutcome:
    """Process every export not yet processed, then score and alert.

    Files that are unsigned, of an unknown signer or damaged are refused one by one, and tried again in later
    checks, ever less often. Files that the server or the network does not give are left for the next check.
    Neither stops the others or the alerts: what there is counts. Only where the server itself is out of reach
    are the other files not asked for.

    :param trusted_keys: whose signatures to believe; without any, every file is refused.
    :param settings: this device's calibration.
    :raises Refused: if the index cannot be fetched.
    :raises StoreInUse: if another check is running on the store.
    """
    with store.exclusively("check"):
        index = client.fetch_index(results.known_index_etag(store))
        if index is not None:
            results.note_index(store, index.names, index.etag)
        names = results.exports_due(store)
        refused: list[tuple[str, str]] = []
        unfetched: list[tuple[str, str]] = []
        interrupted = False
        keys = scans = files = 0
        seconds = 0.0
        for number, name in enumerate(names, 1):
            try:
                path = client.download_export(name, store.downloads)
            except (BadAnswer, ExportGone, TooLarge) as error:
                refused.append((name, _refuse(store, name, error)))
                continue
            except (ServerRefused, DownloadInterrupted, ServerUnreachable) as error:
                unfetched.append((name, shown(str(error))))
                interrupted = interrupted or not isinstance(error, ServerRefused)
                if isinstance(error, ServerUnreachable) and not _is_reachable(store, client):
                    break  # else every other file would wait for its timeout
                continue
            began = perf_counter()
            try:
                found = _match_file(
                    store,
                    path,
                    trusted_keys,
                    engine,
                    settings,
                    partial(_tell, progress, number, len(names)),
                )
            except ExportError as error:
                refused.append((name, _refuse(store, name, error, path)))
                path.unlink(missing_ok=True)
                continue
            results.save_matches(
                store, name, keys=found.keys, matched=found.matched.values(), scans=found.scans.values()
            )
            seconds += perf_counter() - began
            path.unlink(missing_ok=True)
            keys, scans, files = keys + found.keys, scans + len(found.scans), files + 1
        summaries = current_summaries(store, clock, preset)
        today = clock.now().date()
        changes = results.update_alerts(
            store,
            [summary for summary in summaries if summary.level is RiskLevel.HIGH],
            preset.name,
            int(clock.now().timestamp()),
            oldest=today - timedelta(days=preset.max_age_days),
        )
        store.set_setting("last-check", int(clock.now().timestamp()), durable=False)
    return CheckOutcome(
        files=files,
        refused=tuple(refused),
        unfetched=tuple(unfetched),
        interrupted=interrupted,
        keys=keys,
        seconds=seconds,
        matched_scans=scans,
        changes=changes,
        summaries=tuple(summaries),
    )


def current_summaries(store: DeviceStore, clock: Clock, preset: RiskPreset) -> list[DailySummary]:
    """The days with exposure, from all matches kept so far."""
    windows = [
        window
        for key, scans in results.matched_exposures(store)
        for window in exposure_windows(
            scans, preset, report_type=key.report_type, days_since_onset=key.days_since_onset
        )
    ]
    return daily_summaries(windows, preset, today=clock.now().date())


def _refuse(store: DeviceStore, name: str, error: Refused, path: Path | None = None) -> str:
    """Note the refusal; the reason, which does not name our own file."""
    reason = shown(str(error).replace(f"{path}: ", ""))
    results.refuse_export(store, name, reason)
    return reason


def _is_reachable(store: DeviceStore, client: AuthorityClient) -> bool:
    """Whether a failure is the file's alone: does the same server still give its index?"""
    try:
        client.fetch_index(results.known_index_etag(store))
    except ServerUnreachable:
        return False
    except Refused:
        pass
    return True


def _tell(progress: Callable[[CheckProgress], None], file: int, files: int, keys: int) -> None:
    progress(CheckProgress(file, files, keys))


@dataclass(slots=True)
class _Found:
    keys: int
    matched: dict[tuple[bytes, bool], MatchedKey]
    scans: dict[tuple[bytes, int, bytes], MatchedScan]


def _match_file(
    store: DeviceStore,
    path: Path,
    trusted_keys: PublicKeys,
    engine: Engine,
    settings: AgentSettings,
    progress: Callable[[int], None],
) -> _Found:
    """Matches of one file with all encounters; own keys left out.

    :raises ExportError: if the file cannot be trusted or read; then nothing of it counts.
    """
    own = {key.tek.data for key in store.own_keys()}
    found = _Found(0, {}, {})
    any_sightings = False
    for sightings in store.sighting_chunks():
        any_sightings = True
        with open_key_file(path, public_keys=trusted_keys) as key_file:
            result = match_keys(engine, key_file.blocks(), sightings, progress)
        found.keys = result.keys
        for match in (*result.matches, *result.revoked):
            if match.key.tek.data not in own:
                row = match.sighting
                time, rpi = int(sightings.times[row]), sightings.rpis[row].tobytes()
                _keep(store, found, match, time, rpi, settings)
    if not any_sightings:
        with open_key_file(path, public_keys=trusted_keys) as key_file:
            found.keys = sum(len(block) for block in key_file.blocks())
    return found


def _keep(
    store: DeviceStore, found: _Found, match: KeyMatch, time: int, rpi: bytes, settings: AgentSettings
) -> None:
    stored = store.encounter(time, rpi)
    if stored is None:  # retention took it meanwhile
        return
    key = match.key
    heard = stored.encounter
    tx_power = _tx_power(key, rpi, heard.aem)
    found.matched[key.tek.data, match.revised] = MatchedKey(
        key.tek.data, key.report_type, key.days_since_onset, match.revised
    )
    found.scans[key.tek.data, time, rpi] = MatchedScan(
        key.tek.data,
        rpi,
        ScanInstance(
            time,
            attenuation(tx_power, heard.typical_rssi, settings.rssi_correction),
            attenuation(tx_power, heard.max_rssi, settings.rssi_correction),
            stored.seconds_since_last_scan,
            surroundings_attenuation(
                *store.heard_besides(time, rpi),
                tx_power=settings.tx_power,
                rssi_correction=settings.rssi_correction,
            ),
        ),
    )


def _tx_power(key: DiagnosisKey, rpi: bytes, aem: bytes) -> int:
    return Metadata.unpack(decrypt_metadata(derive_aemk(key.tek.data), rpi, aem)).tx_power

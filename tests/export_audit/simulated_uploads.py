"""A thousand people who report, and two authorities that export their keys: ours, and one without a thought.

Ours takes the real rules of release and padding and the real writer. The careless one puts uploads one after
the other into files that are made here, without our writer.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from bluezone.authority.keys.padding import KeyShape, invent_shapes, share_to_revise
from bluezone.authority.keys.report_types import EXPORT_TYPE, ReportTypeName, backfilled_risk
from bluezone.authority.keys.rules import LIMITS, ends_released, release_time
from bluezone.protocols import export_pb2 as pb
from bluezone.protocols.export_file import write_export
from bluezone.protocols.gaen import DiagnosisKey, ReportType, TemporaryExposureKey

FIRST_DAY = 20_000  # since the epoch: 4 October 2024
DAY_SECONDS = 86_400
_TYPES = (ReportTypeName.CONFIRMED, ReportTypeName.LIKELY, ReportTypeName.USER_REPORT)

_Group = tuple[int, str, int, int | None, int, bool]


@dataclass(frozen=True)
class ReportedKey:
    """A key of an upload; ``user`` is ``None`` for padding. ``released``: when it may be exported."""

    tek: bytes
    user: int | None
    shape: KeyShape
    released: float


@dataclass(frozen=True)
class Window:
    """The keys of one export, in the order of uploads; ``revised``: earlier ones, now confirmed."""

    start: int
    end: int
    keys: tuple[ReportedKey, ...]
    revised: tuple[ReportedKey, ...] = ()


def people_report(count: int, days: float, seed: int = 1, *, own_risk: bool = False) -> list[ReportedKey]:
    """Uploads of ``count`` people, spread evenly over ``days``, in their order.

    Four of five have all 14 days, others 1 to 13; each day is missing with 3 %. A third knows no onset: then
    the server takes four days ago; with others it took 5 days on average to report (gamma). Half the phones
    send the day's key too, cut short. 85, 10 and 5 % are confirmed, likely and self reports.
    """
    chance = Random(seed)
    keys: list[ReportedKey] = []
    times = sorted(FIRST_DAY * DAY_SECONDS + chance.random() * days * DAY_SECONDS for _ in range(count))
    for user, at in enumerate(times):
        today = int(at) // DAY_SECONDS
        ago = 4 if chance.random() < 1 / 3 else min(13, int(chance.gammavariate(2.8, 1.8)))
        (kind,) = chance.choices(_TYPES, (85, 10, 5))
        risk = chance.randint(1, 8) if own_risk else 0
        history = 14 if chance.random() < 0.8 else chance.randint(1, 13)
        sends_today = chance.random() < 0.5
        for day in range(today - history, today + sends_today):
            since = day - (today - ago)
            if (day < today and chance.random() < 0.03) or abs(since) > LIMITS.max_days_from_onset:
                continue
            cut = max(1, int(at) % DAY_SECONDS // 600)
            period = cut if day == today else 144
            now = datetime.fromtimestamp(at, UTC)
            released = release_time(day * 144 + period, now=now, limits=LIMITS).timestamp()
            shape = KeyShape(day * 144, period, backfilled_risk(kind, risk), kind.value, since)
            keys.append(ReportedKey(chance.randbytes(16), user, shape, released))
    return keys


def windows_of(keys: Sequence[ReportedKey], hours: float) -> list[Window]:
    """Which export each key goes out with: the first whose end is after its release."""
    period = int(hours * 3600)
    by_end: dict[int, list[ReportedKey]] = {}
    for key in keys:
        by_end.setdefault(int(key.released) // period * period + period, []).append(key)
    return [Window(end - period, end, tuple(found)) for end, found in sorted(by_end.items())]


def padded(window: Window, min_keys: int, seed: int = 2) -> Window:
    """The window with our padding, as ``services/export_batches.py`` adds it."""
    chance = Random(f"{seed} {window.end}")
    real = Counter(key.shape for key in window.keys)
    start, end = (datetime.fromtimestamp(moment, UTC) for moment in (window.start, window.end))
    made = invent_shapes(real, min_keys, ends_released(start, end), chance)
    phantoms = (ReportedKey(chance.randbytes(16), None, shape, window.start) for shape in made)
    return Window(window.start, window.end, (*window.keys, *phantoms))


def with_revisions(windows: Sequence[Window], seed: int = 3) -> list[Window]:
    """Half of those whose type may change are confirmed half a day to two days later, a window each.

    Phantoms go along as ``services/export_batches.py`` has them.
    """
    chance = Random(seed)
    period = windows[0].end - windows[0].start
    delay: dict[int, float] = {}
    due: dict[int, dict[_Group, list[ReportedKey]]] = {}
    phantoms: dict[_Group, list[ReportedKey]] = {}
    real: Counter[_Group] = Counter()
    for window in windows:
        for key in window.keys:
            kind, start, since = key.shape.report_type, key.shape.rolling_start, key.shape.days_since_onset
            whole = key.shape.rolling_period == 144
            group = (window.end, kind, start, since, key.shape.transmission_risk, whole)
            if key.user is None:
                phantoms.setdefault(group, []).append(key)
                continue
            real[group] += 1
            if key.shape.report_type == ReportTypeName.CONFIRMED:
                continue
            if key.user not in delay:
                delay[key.user] = chance.uniform(0.5, 2) * DAY_SECONDS if chance.random() < 0.5 else 0
            if delay[key.user]:
                end = int(window.end + delay[key.user]) // period * period + period
                due.setdefault(end, {}).setdefault(group, []).append(key)
    revised: dict[int, list[ReportedKey]] = {}
    for end, groups in sorted(due.items()):
        for group, keys in groups.items():
            known = phantoms.get(group, [])
            along = chance.sample(known, share_to_revise(real[group], len(keys), len(known)))
            phantoms[group] = [key for key in known if key not in along]
            real[group] -= len(keys)
            revised.setdefault(end, []).extend([*keys, *along])
    keys_of = {window.end: window.keys for window in windows}
    return [
        Window(end - period, end, keys_of.get(end, ()), tuple(revised.get(end, ())))
        for end in sorted(keys_of.keys() | revised.keys())
    ]


def our_export(window: Window) -> bytes:
    """By the project's writer."""
    revised = [replace(diagnosis_key(key), report_type=ReportType.CONFIRMED_TEST) for key in window.revised]
    return write_export(
        [diagnosis_key(key) for key in window.keys],
        region="VN",
        start=window.start,
        end=window.end,
        revised_keys=revised,
    )


def careless_export(window: Window) -> bytes:
    """Keys as they came, by a writer of our own."""
    rows = []
    for key in window.keys:
        shape = key.shape
        row = pb.DiagnosisKey(
            key_data=key.tek,
            transmission_risk_level=shape.transmission_risk,
            rolling_start_interval_number=shape.rolling_start,
            rolling_period=shape.rolling_period,
            report_type=pb.ReportType.Name(EXPORT_TYPE[ReportTypeName(shape.report_type)]),
            days_since_onset=shape.days_since_onset,
        )
        rows.append(row)
    message = pb.KeyExport(
        start_timestamp=window.start,
        end_timestamp=window.end,
        region="VN",
        batch_num=1,
        batch_size=1,
        keys=rows,
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("export.bin", b"EK Export v1    " + message.SerializeToString())
    return out.getvalue()


def diagnosis_key(key: ReportedKey) -> DiagnosisKey:
    """As it is exported."""
    shape = key.shape
    tek = TemporaryExposureKey(key.tek, shape.rolling_start, shape.rolling_period)
    kind: ReportType = EXPORT_TYPE[ReportTypeName(shape.report_type)]
    return DiagnosisKey(tek, kind, shape.days_since_onset, shape.transmission_risk)


def truth_of(windows: Sequence[Window]) -> Mapping[bytes, int | None]:
    """Whose each key is."""
    return {key.tek: key.user for window in windows for key in window.keys}


def write_files(folder: Path, windows: Sequence[Window], write: Callable[[Window], bytes]) -> list[Path]:
    """A file for each window."""
    paths = []
    for window in windows:
        path = folder / f"{window.start}-{window.end}-00001.zip"
        path.write_bytes(write(window))
        paths.append(path)
    return paths


def write_truth(path: Path, windows: Sequence[Window]) -> None:
    """What is true, as ``--truth`` reads it."""
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["tek", "user", "padding"])
        out.writerows(_truth_rows(windows))


def _truth_rows(windows: Sequence[Window]) -> Iterator[tuple[str, str, int]]:
    for window in windows:
        for key in window.keys:
            yield key.tek.hex(), "" if key.user is None else str(key.user), int(key.user is None)

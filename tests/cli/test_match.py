"""``bluezone match``: real files and made ones against sightings in a CSV."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bluezone.protocols.export_file import write_export
from bluezone.protocols.gaen import (
    DiagnosisKey,
    ReportType,
    TemporaryExposureKey,
    rolling_proximity_identifiers,
)
from bluezone.protocols.native_crate import bluezone_native

Run = Callable[..., Any]
START = 2_642_976  # of the published vector
TEK = "75c734c6dd1a782de7a965da5eb93125"


def export(path: Path, *keys: DiagnosisKey, revised: tuple[DiagnosisKey, ...] = ()) -> Path:
    at = START * 600
    path.write_bytes(write_export(keys, region="VN", start=at, end=at, revised_keys=revised))
    return path


def vector_key(period: int = 144, report_type: ReportType = ReportType.UNKNOWN) -> DiagnosisKey:
    return DiagnosisKey(TemporaryExposureKey(bytes.fromhex(TEK), START, period), report_type)


def csv(path: Path, *rows: tuple[str, float, float]) -> Path:
    lines = [",".join(map(str, row)) for row in rows]
    path.write_text("\n".join(["rpi,time,attenuation", *lines, ""]))
    return path


@pytest.fixture(scope="module")
def published(shared_data: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((shared_data / "vectors/gaen_v1_2.json").read_text())[
        "intervals"
    ]
    return found


@pytest.mark.parametrize("engine", ["reference", "native"])
def test_every_published_identifier_is_found(
    bluezone: Run,
    tmp_path: Path,
    published: list[dict[str, Any]],
    engine: str,
    request: pytest.FixtureRequest,
) -> None:
    if engine == "native":
        request.getfixturevalue("native_crate")
    heard = [(one["rpi"], one["interval"] * 600 + 60, 40 + at % 30) for at, one in enumerate(published)]
    ran = bluezone(
        *("match", export(tmp_path / "a.zip", vector_key()), "--allow-unsigned", "--json"),
        *("--sightings", csv(tmp_path / "s.csv", *heard[::-1]), "--engine", engine),
    )
    assert (ran.exit_code, ran.stderr) == (0, "")
    document = ran.document
    assert document["matches"] == [
        {"key": TEK, "interval": one["interval"], "time": time, "attenuation": attenuation}
        for one, (_, time, attenuation) in zip(published, heard, strict=True)
    ]
    assert (document["keys"], document["engine"]) == (1, engine)
    assert document["seconds"] > 0
    assert set(document) == {"matches", "keys", "seconds", "engine"}


def test_period_and_tolerance(bluezone: Run, tmp_path: Path, published: list[dict[str, Any]]) -> None:
    at = (START + 77) * 600
    offs = (-7_201, -7_200, 7_799, 7_800)  # 12 intervals are 7200 s before the first, after the last second
    sightings = csv(tmp_path / "s.csv", *((published[77]["rpi"], at + off, 50) for off in offs))
    for period, times in ((1, []), (77, []), (78, [at - 7_200, at + 7_799]), (144, [at - 7_200, at + 7_799])):
        file = export(tmp_path / "a.zip", vector_key(period))
        ran = bluezone("match", file, "--sightings", sightings, "--allow-unsigned", "--json")
        assert [one["time"] for one in ran.document["matches"]] == times


def test_the_real_files_in_any_order(bluezone: Run, shared_data: Path, tmp_path: Path) -> None:
    exports = shared_data / "exports"
    # Derived by the plain arithmetic from the first key of each file.
    first_keys = {
        "172fc480e598490c34177604339b1543": 2_649_980,
        "002a18465d25cea49a6bc4ff67e62081": 2_650_176,
    }
    heard = []
    for key, start in first_keys.items():
        rpi = rolling_proximity_identifiers(TemporaryExposureKey(bytes.fromhex(key), start))[0]
        heard.append((rpi.hex(), start * 600, 33.5))
    sightings = csv(tmp_path / "s.csv", *heard)
    files = sorted(exports.glob("*.zip"))
    assert len(files) == 4
    results = []
    for order in (files, files[::-1]):
        ran = bluezone("match", *order, "--sightings", sightings, "--allow-unsigned", "--json")
        assert ran.document["keys"] == 2 + 50 + 140 + 2_392
        results.append(ran.document["matches"])
    assert results[0] == results[1]
    assert [(one["key"], one["interval"], one["attenuation"]) for one in results[0]] == [
        (key, start, 33.5) for key, start in first_keys.items()
    ]
    pem = exports / "two-keys-signed.public.pem"
    signed = bluezone("match", exports / "two-keys-signed.zip", "--sightings", sightings, "--public-key", pem)
    assert signed.exit_code == 0
    assert "1 matches among 2 keys" in signed.stderr
    assert signed.stdout == "1589988000  172fc480e598490c34177604339b1543  interval 2649980  33.5 dB\n"


def test_nothing_is_used_when_one_file_is_refused(
    bluezone: Run, tmp_path: Path, published: list[dict[str, Any]]
) -> None:
    sightings = csv(tmp_path / "s.csv", (published[0]["rpi"], START * 600, 50))
    good = export(tmp_path / "a.zip", vector_key())
    bad = tmp_path / "b.zip"
    bad.write_bytes(good.read_bytes()[:-30])
    ran = bluezone("match", good, bad, "--sightings", sightings, "--allow-unsigned", "--json")
    assert (ran.exit_code, ran.document["error"]) == (1, "NotAnArchive")
    assert str(bad) in ran.document["message"]
    unsigned = bluezone("match", good, "--sightings", sightings, "--json")
    assert (unsigned.exit_code, unsigned.document["error"]) == (1, "MissingSignature")


def test_revoked_keys_match_nothing(bluezone: Run, tmp_path: Path, published: list[dict[str, Any]]) -> None:
    sightings = csv(tmp_path / "s.csv", (published[0]["rpi"], START * 600, 50))
    first = export(tmp_path / "a.zip", vector_key())
    revocation = export(tmp_path / "b.zip", revised=(vector_key(report_type=ReportType.REVOKED),))
    for files in ((first, revocation), (revocation, first)):
        ran = bluezone("match", *files, "--sightings", sightings, "--allow-unsigned", "--json")
        assert (ran.document["matches"], ran.document["keys"]) == ([], 2)
        assert "1 sightings are of revoked keys" in ran.stderr


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("rpi,time\n", "row 1: the header needs one column 'attenuation'"),
        ("rpi,time,attenuation\n00,1,2\n", "row 2, field rpi: an identifier has 16 bytes"),
        (f"rpi,time,attenuation\n{TEK},1,2\n{TEK},soon,2\n", "row 3, field time: 'soon' is not a number"),
    ],
)
def test_faults_of_the_csv_name_row_and_field(bluezone: Run, tmp_path: Path, text: str, reason: str) -> None:
    sightings = tmp_path / "s.csv"
    sightings.write_text(text)
    ran = bluezone("match", export(tmp_path / "a.zip"), "--sightings", sightings, "--json")
    assert (ran.exit_code, ran.document["error"]) == (1, "SightingFileError")
    assert ran.document["message"].startswith(f"{sightings}: {reason}")


def test_a_csv_that_is_no_text(bluezone: Run, tmp_path: Path) -> None:
    sightings = tmp_path / "s.csv"
    sightings.write_bytes(b"rpi,time,attenuation\n\xff\xfe\n")
    ran = bluezone("match", export(tmp_path / "a.zip"), "--sightings", sightings, "--json")
    assert (ran.exit_code, ran.document["error"]) == (1, "SightingFileError")


def test_engines(bluezone: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = (
        "match",
        export(tmp_path / "a.zip"),
        "--sightings",
        csv(tmp_path / "s.csv"),
        "--allow-unsigned",
    )
    reference = bluezone(*arguments, "--engine", "reference")
    assert (reference.exit_code, reference.stdout) == (0, "")
    assert reference.stderr.endswith("s (reference engine)\n")
    assert bluezone(*arguments, "--engine", "fast").exit_code == 2
    if bluezone_native is not None:
        for engine in ("auto", "native"):
            ran = bluezone(*arguments, "--engine", engine, "--json")
            assert (ran.exit_code, ran.document["engine"]) == (0, "native")
    monkeypatch.setattr("bluezone.matching.native.bluezone_native", None)
    ran = bluezone(*arguments, "--engine", "auto", "--json")
    assert (ran.exit_code, ran.document["engine"]) == (0, "reference")
    missing = bluezone(*arguments, "--engine", "native", "--json")
    assert (missing.exit_code, missing.document["error"]) == (1, "EngineUnavailable")
    assert "native matching engine is not installed" in missing.document["message"]


def test_progress_only_on_a_terminal(bluezone: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(range(1_000))
    monkeypatch.setattr("bluezone.cli.match.time.perf_counter", lambda: float(next(ticks)))
    arguments = ("match", export(tmp_path / "a.zip", vector_key()), "--allow-unsigned", "--json")
    arguments += ("--sightings", csv(tmp_path / "s.csv"))
    assert bluezone(*arguments).stderr == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    ran = bluezone(*arguments)
    assert ran.stderr == "\r1 keys\r\x1b[K"  # the line is left empty
    assert ran.document["keys"] == 1


def test_wrong_usage(bluezone: Run, tmp_path: Path) -> None:
    file, sightings = export(tmp_path / "a.zip"), csv(tmp_path / "s.csv")
    assert bluezone("match", tmp_path / "none.zip", "--sightings", sightings).exit_code == 2
    assert bluezone("match", file, "--sightings", tmp_path / "none.csv").exit_code == 2
    assert bluezone("match", file).exit_code == 2
    assert bluezone("match", "--sightings", sightings).exit_code == 2

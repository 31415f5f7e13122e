"""``bluezone risk evaluate`` on published measurements and on folders that lack some; calibrated devices."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.evaluation.scene_files import START, reception, write_scene

from bluezone.device import service
from bluezone.device.calibration_file import read_calibration
from bluezone.device.enrolment import enrolment_of, save_enrolment
from bluezone.device.store import DeviceStore
from bluezone.protocols.phone_calibration import parse_calibration
from bluezone.protocols.risk_presets import preset_names

Run = Callable[..., Any]
CALIBRATION = (
    "oem,model,rssi correction,tx,has direct measurement\n"
    "Samsung,SM-G973F,-3,-24,no\nGoogle,Pixel 4,-6,-31,yes\nGoogle,Pixel 5,-9,-40,yes\n"
    "A,Same,-1,-10,no\nB,Same,-2,-10,no\n"
)


def test_the_document(bluezone: Run, shared_data: Path) -> None:
    outcome = bluezone("risk", "evaluate", "--data", shared_data / "radio", "--json")
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    document = outcome.document
    assert document["missing"] == []
    assert [(scene["receptions"], scene["located"], scene["windows"]) for scene in document["scenes"]] == [
        (31_604, 13_017, 741),
        (65_419, 50_765, 1_743),
        (22_938, 22_041, 759),
        (12_722, 10_914, 436),
    ]
    close, wide = document["baseline"]["limits"]
    assert [(one["limit"], one["windows"]) for one in (close, wide)] == [(1.5, 3_679), (2.0, 3_679)]
    assert [round(one["auc"], 4) for one in (close, wide)] == [0.7348, 0.6924]
    assert [round(one["best_ndcf"], 4) for one in (close, wide)] == [0.6423, 0.7056]
    assert wide["reference"] == {"scenes": 5, "windows": 5_077, "auc": 0.711, "best_ndcf": 0.671}
    assert len(wide["held_out"]["scenes"]) == 4
    tram = document["tram"]
    assert [(rule["name"], rule["notified"]) for rule in tram["rules"]] == [
        ("ch-2020-early", 0),
        ("de-2020", 0),
        ("below-73", 34),
    ]
    assert (round(tram["rules"][2]["tpr"], 2), round(tram["rules"][2]["fpr"], 2)) == (0.57, 0.41)
    assert [preset["name"] for preset in tram["presets"]] == preset_names()
    assert document["phones"]["models"] == 9_896
    assert all(phone["known"] for phone in document["phones"]["phones"])


def test_tables_for_people(bluezone: Run, shared_data: Path) -> None:
    outcome = bluezone("risk", "evaluate", "--data", shared_data)
    assert outcome.exit_code == 0
    for cell in (
        "scenario03-office",
        "3,679",
        "0.735",
        "0.692",
        "16 of 28",
        "57%",
        "preset bluezone_v2",
        "9,896",
    ):
        assert cell in outcome.stdout


def small_folder(folder: Path) -> Path:
    """One scene of an unknown phone, near and far, nothing else."""
    folder.mkdir()
    write_scene(
        folder / "scenario01-own.sqlite",
        [
            reception(1, 2, START, -60, 1.0, models=("Pixel 4", "Bphone")),
            reception(1, 3, START, -90, 4.0, models=("Pixel 4", "SM-G973F/DS")),
        ],
    )
    return folder


def test_what_is_not_there_is_named_and_left_out(bluezone: Run, tmp_path: Path) -> None:
    folder = small_folder(tmp_path / "data")
    outcome = bluezone("risk", "evaluate", "--data", folder, "--json")
    assert outcome.exit_code == 0
    document = outcome.document
    assert len(document["missing"]) == 3
    assert [line.startswith("Left out: ") for line in outcome.stderr.splitlines()] == [True] * 3
    assert (document["tram"], document["phones"]) == (None, None)
    limit = document["baseline"]["limits"][0]
    assert (limit["auc"], limit["best_ndcf"], limit["threshold"], limit["held_out"]) == (
        1.0,
        0.0,
        -60.0,
        None,
    )
    assert bluezone("risk", "evaluate", "--data", folder).exit_code == 0


def test_phones_of_the_scenes_in_the_table(bluezone: Run, tmp_path: Path) -> None:
    folder = small_folder(tmp_path / "data")
    (folder / "calibration.csv").write_text(CALIBRATION)
    phones = bluezone("risk", "evaluate", "--data", folder, "--json").document["phones"]
    assert (phones["models"], phones["measured"]) == (5, 2)
    # Medians of -9 -6 -3 -2 -1 and -40 -31 -24 -10 -10.
    assert phones["fallback"] == {"rssi_correction": -3, "tx_power": -24}
    assert [
        (one["model"], one["rssi_correction"], one["measured"], one["known"]) for one in phones["phones"]
    ] == [
        ("Bphone", -3, False, False),
        ("Pixel 4", -6, True, True),
        ("SM-G973F/DS", -3, False, True),
    ]


def test_only_the_tram(bluezone: Run, tmp_path: Path, shared_data: Path) -> None:
    for name in ("dublintram_attenuations.txt", "dublintram_distances.txt"):
        shutil.copy(shared_data / "radio" / name, tmp_path)
    outcome = bluezone("risk", "evaluate", "--data", tmp_path, "--json")
    assert (outcome.document["baseline"], outcome.document["scenes"]) == (None, [])
    assert outcome.document["tram"]["pairs"] == 72
    assert "57%" in bluezone("risk", "evaluate", "--data", tmp_path).stdout


def test_a_bad_file_and_an_empty_folder_are_refused(bluezone: Run, tmp_path: Path) -> None:
    empty = bluezone("risk", "evaluate", "--data", tmp_path, "--json")
    assert (empty.exit_code, empty.document["error"]) == (1, "NoMeasurements")
    (tmp_path / "scenario01.sqlite").write_bytes(b"junk" * 500)
    outcome = bluezone("risk", "evaluate", "--data", tmp_path)
    assert outcome.exit_code == 1
    assert f"{tmp_path}/scenario01.sqlite: cannot be read" in outcome.stderr
    assert outcome.stdout == ""
    assert bluezone("risk", "evaluate").exit_code == 2


def test_document_and_charts_go_to_a_folder(bluezone: Run, tmp_path: Path, shared_data: Path) -> None:
    out = tmp_path / "kết quả"
    outcome = bluezone("risk", "evaluate", "--data", shared_data / "radio", "--out", out, "--json")
    assert outcome.exit_code == 0
    assert json.loads((out / "evaluation.json").read_text(encoding="utf-8")) == outcome.document
    assert outcome.document["radio"] is None  # was not asked for
    assert sorted(path.name for path in out.iterdir()) == ["evaluation.json", "models.svg"]
    (tmp_path / "file").write_text("")
    refused = bluezone("risk", "evaluate", "--data", shared_data / "radio", "--out", tmp_path / "file" / "in")
    assert refused.exit_code == 1
    assert f"cannot write {tmp_path}/file/in/evaluation.json" in refused.stderr


def test_a_device_loads_what_the_scenes_measured(bluezone: Run, device: Path) -> None:
    """Bphone hears Pixel 4 at -60 dBm, SM-G973F hears it at -90: the one is no model of the table."""
    small_folder(device / "data")
    (device / "data" / "calibration.csv").write_text(CALIBRATION)
    outcome = bluezone("risk", "calibrate", "--data", device / "data", device / "new.csv")
    assert outcome.exit_code == 0
    assert "6 phone models, of which these 3 are new" in outcome.stderr
    table = read_calibration(device / "new.csv")
    assert [row.model for row in table.rows] == ["SM-G973F", "Pixel 4", "Pixel 5", "Same", "Same", "Bphone"]
    published = parse_calibration(CALIBRATION, source="")
    assert table.lookup("Pixel 5") == published.lookup("Pixel 5")  # not in the scenes
    assert table.lookup("Bphone").measured
    assert (
        run_device(bluezone, device, "--phone-model", "SM-G973F", "--calibration", "new.csv").exit_code == 2
    )
    run = run_device(bluezone, device, "--phone-model", "SM-G973F", "--calibration", device / "new.csv")
    assert run.exit_code == 0
    assert "(measured)" in run.stderr


def test_calibrating_needs_scenes_and_a_table(bluezone: Run, tmp_path: Path, shared_data: Path) -> None:
    small_folder(tmp_path / "data")
    outcome = bluezone("risk", "calibrate", "--data", tmp_path / "data", tmp_path / "new.csv")
    assert outcome.exit_code == 1
    assert "calibrating needs scenes (scenario*.sqlite) and the published table" in outcome.stderr
    assert not (tmp_path / "new.csv").exists()


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An enrolled device whose radio is never started, and a calibration table beside it."""
    monkeypatch.setattr(service, "run_device", lambda *_args, **_more: None)
    with DeviceStore.open(tmp_path / "device") as store:
        save_enrolment(store, tx_power=-50, rssi_correction=7)
    (tmp_path / "phones.csv").write_text(CALIBRATION)
    return tmp_path


def run_device(bluezone: Run, folder: Path, *options: object) -> Any:
    return bluezone("device", "run", "--store", folder / "device", "--radio", "bluez", *options)


@pytest.mark.parametrize(
    ("model", "tx_power", "correction", "says"),
    [
        ("Pixel 4", -31, -6, "(measured)"),
        ("sm-g973f/DS", -24, -3, "its maker's values"),
        ("Bphone B86", -24, -3, "phones.csv does not know 'Bphone B86'; the median"),
    ],
)
def test_a_device_is_calibrated_by_its_model(
    bluezone: Run, device: Path, model: str, tx_power: int, correction: int, says: str
) -> None:
    outcome = run_device(bluezone, device, "--phone-model", model, "--calibration", device / "phones.csv")
    assert outcome.exit_code == 0
    assert says in outcome.stderr
    with DeviceStore.open(device / "device") as store:
        enrolment = enrolment_of(store)
    assert (enrolment.tx_power, enrolment.rssi_correction) == (tx_power, correction)
    assert enrolment.agent_settings().tx_power == tx_power
    assert run_device(bluezone, device).exit_code == 0  # remembered
    with DeviceStore.open(device / "device") as store:
        assert enrolment_of(store) == enrolment


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (("--phone-model", "Pixel 4"), 2, "the one needs the other"),
        (("--calibration", "phones.csv"), 2, "the one needs the other"),
        (("--phone-model", "Pixel 4", "--calibration", "phones.csv", "--tx-power", "-9"), 2, "--tx-power"),
        (
            ("--phone-model", "Pixel 4", "--calibration", "phones.csv", "--rssi-correction", "0"),
            2,
            "--rssi-correction",
        ),
        (("--phone-model", "Pixel 4", "--calibration", "none.csv"), 2, "does not exist"),
        (("--phone-model", "Same", "--calibration", "phones.csv"), 1, "A Same, B Same"),
        (
            ("--phone-model", "Pixel 4", "--calibration", "junk.csv"),
            1,
            "junk.csv, line 1: the columns must be",
        ),
        (("--phone-model", "Pixel 4", "--calibration", "bytes.csv"), 1, "bytes.csv: cannot be read as text"),
    ],
)
def test_options_that_cannot_be_change_nothing(
    bluezone: Run,
    device: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    code: int,
    says: str,
) -> None:
    monkeypatch.chdir(device)
    (device / "junk.csv").write_text("a,b\n1,2\n")
    (device / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    outcome = run_device(bluezone, device, *options)
    assert outcome.exit_code == code
    assert says in outcome.stderr
    with DeviceStore.open(device / "device") as store:
        assert (enrolment_of(store).tx_power, enrolment_of(store).rssi_correction) == (-50, 7)

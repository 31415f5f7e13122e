"""Which files of a folder are taken, and what is said of those that are not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from bluezone.evaluation.inputs import NoMeasurements, find_inputs


def touch(folder: Path, *names: str) -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).touch()


def test_names_as_published_and_as_kept_here(tmp_path: Path) -> None:
    for number, (attenuations, distances, calibration) in enumerate(
        (
            (
                "dublintram_dataset_attenuations.txt",
                "dublintram_dataset_distances.txt",
                "EN Calibration June 13th.csv",
            ),
            ("dublintram_attenuations.txt", "dublintram_distances.txt", "en-calibration-2020-06-13.csv"),
        )
    ):
        folder = tmp_path / str(number)
        touch(folder, attenuations, distances, calibration, "scenario05-party.sqlite", "README.md")
        inputs = find_inputs(folder)
        assert inputs.scenes == (folder / "scenario05-party.sqlite",)
        assert inputs.tram == (folder / attenuations, folder / distances)
        assert inputs.calibration == folder / calibration
        assert inputs.missing == ()


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    touch(tmp_path, "scenario01.sqlite", "dublintram_distances.txt")
    inputs = find_inputs(tmp_path)
    assert (inputs.tram, inputs.calibration) == (None, None)
    assert [text.removeprefix(f"{tmp_path}: ") for text in inputs.missing] == [
        "the file of minutes in the tram is missing (dublintram*attenuations.txt)",
        "the phone calibration is missing (*calibration*.csv)",
    ]
    only_tram = tmp_path / "tram"
    touch(only_tram, "dublintram_attenuations.txt", "dublintram_distances.txt")
    assert "there is no scene in it" in find_inputs(only_tram).missing[0]


def test_a_folder_radio_below_is_looked_into(tmp_path: Path) -> None:
    touch(tmp_path / "radio", "scenario01.sqlite")
    assert find_inputs(tmp_path).folder == tmp_path / "radio"
    touch(tmp_path, "scenario02.sqlite")  # what the folder itself holds comes first
    assert find_inputs(tmp_path).scenes == (tmp_path / "scenario02.sqlite",)


def test_nothing_no_folder_and_two_of_one_are_refused(tmp_path: Path) -> None:
    touch(tmp_path, "calibration.csv")
    with pytest.raises(NoMeasurements, match="nothing to evaluate"):
        find_inputs(tmp_path)
    for path in (tmp_path / "none", tmp_path / "calibration.csv"):
        with pytest.raises(NoMeasurements, match="no such folder"):
            find_inputs(path)
    with pytest.raises(NoMeasurements, match="cannot be looked into"):
        find_inputs(tmp_path / ("x" * 300))
    touch(tmp_path, "scenario01.sqlite", "EN calibration.csv")
    with pytest.raises(NoMeasurements, match=r"several files .*: EN calibration\.csv, calibration\.csv"):
        find_inputs(tmp_path)

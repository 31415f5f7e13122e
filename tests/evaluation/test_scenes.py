"""Reading the DP-3T scenes, and refusing what is none."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.evaluation.scene_files import START, TABLE, reception, write_scene

from bluezone.evaluation.scenes import BadScene, find_scenes, read_scene

# Receptions and those with a distance, as the repository's data set is described in our notes and README.
PUBLISHED = {
    "scenario01-lunch": (31_604, 13_017),
    "scenario02-train": (65_419, 50_765),
    "scenario03-office": (22_938, 22_041),
    "scenario04-queue": (12_722, 10_914),
}


def test_the_published_scenes(shared_data: Path) -> None:
    paths = find_scenes(shared_data / "radio")
    assert [path.stem for path in paths] == list(PUBLISHED)
    before = sorted((shared_data / "radio").iterdir())
    for path in paths:
        scene = read_scene(path)
        assert (len(scene), scene.located) == PUBLISHED[path.stem]
        with closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as database:
            rssi, metres, ids = database.execute(
                "SELECT sum(rssi), sum(ground_truth_distance), sum(receiver_id * transmitter_id) FROM results"
            ).fetchone()
        assert scene.rssi.sum() == rssi
        assert np.nansum(scene.metres) == pytest.approx(metres)
        assert (scene.receiver * scene.transmitter).sum() == ids
    assert sorted((shared_data / "radio").iterdir()) == before  # no journal beside a read-only file


def test_columns_of_a_small_scene(tmp_path: Path) -> None:
    scene = read_scene(
        write_scene(
            tmp_path / "scenario07 ?#%.sqlite",  # a name that is no plain address
            [
                reception(1, 2, START, -70, 1.25),
                reception(3, 1, START + 500, -80, None, models=("SM-G973F", "Pixel 4")),
            ],
        )
    )
    assert scene.name == "scenario07 ?#%"
    assert scene.models == ("Pixel 4", "SM-A405FN", "SM-G973F")
    assert scene.receiver.tolist() == [1, 3]
    assert scene.transmitter.tolist() == [2, 1]
    assert [scene.models[at] for at in scene.receiver_model] == ["SM-A405FN", "SM-G973F"]
    assert [scene.models[at] for at in scene.transmitter_model] == ["SM-G973F", "Pixel 4"]
    assert scene.milliseconds.tolist() == [START, START + 500]
    assert scene.rssi.tolist() == [-70, -80]
    assert scene.metres[0] == 1.25
    assert np.isnan(scene.metres[1])


def test_times_in_seconds_and_distances_of_minus_one_are_those_of_the_second_trial(tmp_path: Path) -> None:
    rows = [reception(milliseconds=START / 1000), reception(milliseconds=START / 1000 + 0.25, metres=-1)]
    scene = read_scene(write_scene(tmp_path / "scenario01.sqlite", rows))
    assert scene.milliseconds.tolist() == [START, START + 250]
    assert scene.located == 1


def test_every_scene_of_a_folder_is_found_and_nothing_else(tmp_path: Path) -> None:
    for name in ("scenario05-party.sqlite", "scenario01-lunch.sqlite", "gaen-typical.sqlite", "scenario.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in find_scenes(tmp_path)] == [
        "scenario01-lunch.sqlite",
        "scenario05-party.sqlite",
    ]


def test_a_folder_without_scenes_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(BadScene, match=f"{folder}: there is no scene"):
            find_scenes(folder)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (reception(receiver="one"), "row 2 of results: receiver_id 'one' is not a whole number"),
        (reception(transmitter=-1), "row 2 of results: transmitter_id -1"),
        (reception(transmitter=2**40), "row 2 of results: transmitter_id 1099511627776"),
        (reception(milliseconds="noon"), "row 2 of results: timestamp 'noon'"),
        (reception(milliseconds=-5.0), "row 2 of results: timestamp -5.0"),
        (reception(milliseconds=1e300), "row 2 of results: timestamp 1e+300"),
        (reception(rssi=127), "row 2 of results: rssi 127 is not a whole number from -127 to 20"),
        (reception(rssi=-70.5), "row 2 of results: rssi -70.5"),
        (reception(metres=-2.0), "row 2 of results: ground_truth_distance -2.0 is not from 0"),
        (reception(metres="far"), "row 2 of results: ground_truth_distance 'far'"),
        (reception(metres=float("inf")), "row 2 of results: ground_truth_distance inf"),
        (reception(models=("", "SM-G973F")), "row 2 of results: receiver_model ''"),
        (reception(models=("SM-G973F", b"\xff")), "row 2 of results: transmitter_model b'\\xff'"),
        (reception(2, 2), "row 2 of results: phone 2 hears itself"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, row: tuple[Any, ...], says: str) -> None:
    path = write_scene(tmp_path / "scenario01.sqlite", [reception(), row])
    with pytest.raises(BadScene) as caught:
        read_scene(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert says in str(caught.value)


def test_what_is_no_scene_is_refused(tmp_path: Path) -> None:
    good = write_scene(tmp_path / "good.sqlite", [reception()] * 500)
    junk, cut = tmp_path / "junk.sqlite", tmp_path / "cut.sqlite"
    junk.write_bytes(b"no database at all" * 100)
    cut.write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    for path, says in (
        (tmp_path / "none.sqlite", "no such file"),
        (tmp_path, "no such file"),
        (junk, "cannot be read as an SQLite database"),
        (cut, "cannot be read as an SQLite database"),
        (write_scene(tmp_path / "empty.sqlite", []), "no receptions"),
        (
            write_scene(tmp_path / "blind.sqlite", [reception(metres=None)]),
            "no reception has a known distance",
        ),
    ):
        with pytest.raises(BadScene, match=says):
            read_scene(path)
    (tmp_path / "zero.sqlite").touch()
    with pytest.raises(BadScene, match="has no table 'results'"):
        read_scene(tmp_path / "zero.sqlite")


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "scenario01.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute(TABLE.replace("ground_truth_distance REAL", "metres REAL"))
    with pytest.raises(BadScene, match="table 'results' has no column ground_truth_distance"):
        read_scene(path)

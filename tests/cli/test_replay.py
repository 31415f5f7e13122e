"""``bluezone replay`` as a person runs it: figures, files, refusals, and Ctrl-C in the middle."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[2]
BLUEZONE = Path(sys.executable).with_name("bluezone")
SCHEMA = json.loads((ROOT / "spec" / "replay_report.schema.json").read_text())

# An hour at 1 m: 1 and 2, then 2 and 3; 4 and 5, then 5 and 6. 7 and 8 meet at 6 m, and 8 and 1 at 30 m.
SMALL_LIST = "time_step,user1_id,user2_id,distance_m\n" + "".join(
    f"{step},1,2,1\n{step + 24},2,3,1\n{step},4,5,1\n{step + 30},5,6,1\n{step},7,8,6\n{step + 50},1,8,30\n"
    for step in range(1, 13)
)


@pytest.fixture
def small_list(tmp_path: Path) -> Path:
    path = tmp_path / "small.csv"
    path.write_text(SMALL_LIST)
    return path


@contextmanager
def running(folder: Path, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """The command in ``folder``, its temporary folders in ``folder``/tmp; ended with the block."""
    (folder / "tmp").mkdir(exist_ok=True)
    process = subprocess.Popen(
        [BLUEZONE, "replay", *map(str, arguments)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        env={"TMPDIR": str(folder / "tmp"), "PATH": "/usr/bin:/bin", "COLUMNS": "100"},
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def replay(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    with running(folder, *arguments) as process:
        out, err = process.communicate(timeout=120)
    return subprocess.CompletedProcess([], process.returncode, out, err)


def figures(document: dict[str, Any]) -> dict[str, Any]:
    """All of a report that must not depend on the machine or on what was done before."""
    return {name: value for name, value in document.items() if name not in ("seconds", "resumed")}


SMALL_RUN = ("--f0", 1, "--seeds", 2, "--levels", "0.5")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The small list replayed by two processes: the folder it ran in, and its report."""
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "small.csv").write_text(SMALL_LIST)
    done = replay(folder, "small.csv", *SMALL_RUN, "--jobs", 2, "--json")
    assert done.returncode == 0, done.stderr
    assert "Results go to the folder replay-small" in done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return folder, document


def test_a_small_list(undisturbed: tuple[Path, dict[str, Any]]) -> None:
    folder, document = undisturbed
    Draft202012Validator(SCHEMA).validate(document)
    # By the list: 8 people; steps 1 to 12, 25 to 42 and 51 to 62 have rows; four pairs an hour within 2 m.
    assert (document["people"], document["steps"], document["near_pairs"]) == (8, 42, 4)
    assert (document["near_pair_days"], document["resumed"]) == (4, 0)
    assert {row["adoption"] for row in document["sweep"]} == {0.5, 1.0}
    # One sighting is enough for the old rule: an hour at arm's length cannot be missed.
    (old,) = [row for row in document["sweep"] if (row["preset"], row["adoption"]) == ("bluezone_v2", 1.0)]
    assert old["sensitivity"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "of": 2}
    assert old["reachable"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "of": 2}
    assert document["true_contacts"] in (1, 2)
    assert document["person_days"]
    for day in document["person_days"]:
        for row in day["by_preset"]:
            assert sum(row["minutes"]) == pytest.approx(row["score"], abs=0.01)
            assert len(row["minutes"]) == len(day["sightings"])
    chart = (folder / "replay-small" / "adoption.svg").read_text()
    assert "small.csv" in chart
    assert not list((folder / "tmp").iterdir())


def test_a_second_run_takes_up_all_of_the_first(undisturbed: tuple[Path, dict[str, Any]]) -> None:
    folder, document = undisturbed
    said = replay(folder, "small.csv", *SMALL_RUN)
    assert said.returncode == 0
    assert "small.csv: 1 F0s, 100 % with the app" in said.stdout
    assert re.search(r"│ bluezone +│ +\d │ +\d │", said.stdout)
    assert "2 units resumed" in said.stdout
    assert "replay-small/adoption.svg" in said.stdout
    again = json.loads((folder / "replay-small" / "report.json").read_text())
    assert figures(again) == figures(document)


def test_interrupted_and_gone_on_with(
    small_list: Path, tmp_path: Path, undisturbed: tuple[Path, dict[str, Any]]
) -> None:
    """Ctrl-C on a terminal reaches the whole group. What goes on in one process ends like two undisturbed."""
    options = (*SMALL_RUN, "--jobs", 1, "--json")
    with running(tmp_path, small_list, *options) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "is done, 1 of 2" in line:
                break
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert out == ""
    assert "1 of 2 units are done and kept in replay-small" in err
    assert "goes on from there" in err
    assert "Traceback" not in err
    assert not list((tmp_path / "tmp").iterdir())
    units = tmp_path / "replay-small" / "units"
    assert [path.name for path in units.iterdir()] == ["seed-1-delay-0.json"]
    assert not (tmp_path / "replay-small" / "report.json").exists()

    resumed = json.loads(replay(tmp_path, small_list, *options).stdout)
    assert resumed["resumed"] == 1
    assert figures(resumed) == figures(undisturbed[1])


def test_ended_by_a_service_manager(small_list: Path, tmp_path: Path) -> None:
    """SIGTERM reaches the parent alone; the processes below end with it."""
    with running(tmp_path, small_list, *SMALL_RUN, "--jobs", 2) as process:
        workers = workers_of(process)
        while not any((tmp_path / "tmp").glob("bluezone-replay-*/*/authority")):
            assert process.poll() is None, "it ended before it could be interrupted"
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "0 of 2 units are done" in err
    assert "Traceback" not in err
    assert len(workers) == 2
    for worker in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)
    assert not list((tmp_path / "tmp").iterdir())


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    """Its two workers, as soon as they are there."""
    while process.poll() is None:
        below = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        workers = [int(pid) for pid in below if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        if len(workers) == 2:
            return workers
    pytest.fail("it ended without workers")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--seeds", 0), "--seeds"),
        (("--seed", -1), "--seed"),
        (("--f0", 0), "--f0"),
        (("--adoption", 1.2), "--adoption"),
        (("--adoption", -0.1), "--adoption"),
        (("--delay-days", -1), "--delay-days"),
        (("--delay-days", 99), "--delay-days"),
        (("--days", "2"), "--days"),
        (("--days", "0-1"), "--days"),
        (("--days", "one"), "--days"),
        (("--days", "1-"), "--days"),
        (("--sweep", "radio"), "--sweep"),
        (("--sweep", "none,delay"), "--sweep"),
        (("--sweep", ""), "--sweep"),
        (("--levels", "0.5,much"), "--levels"),
        (("--levels", "1.5"), "--levels"),
        (("--levels", "nan"), "--levels"),
        (("--jobs", 0), "--jobs"),
        (("--port", 8000), "--port"),
        (("--serve", "--port", 70_000), "--port"),
    ],
)
def test_wrong_usage_names_the_option(
    bluezone: Callable[..., Any], small_list: Path, tmp_path: Path, options: tuple[object, ...], says: str
) -> None:
    outcome = bluezone("replay", small_list, "--out", tmp_path / "out", *options)
    assert outcome.exit_code == 2
    assert says in outcome.stderr
    assert outcome.stdout == ""
    assert not (tmp_path / "out").exists()


def test_a_list_that_is_not_there(bluezone: Callable[..., Any], tmp_path: Path) -> None:
    outcome = bluezone("replay", tmp_path / "none.csv")
    assert outcome.exit_code == 2
    assert "none.csv" in outcome.stderr


@pytest.mark.parametrize(
    ("content", "options", "kind", "says"),
    [
        ("time_step,user1_id,user2_id,distance_m\n1,2,x,4\n", (), "ContactListError", "line 2"),
        (SMALL_LIST, ("--preset", "x"), "UnknownPreset", "no risk preset 'x'"),
        (SMALL_LIST, ("--f0", 7), "CannotReplay", "only 6 of 8 people"),
    ],
)
def test_refusals(
    bluezone: Callable[..., Any],
    tmp_path: Path,
    content: str,
    options: tuple[object, ...],
    kind: str,
    says: str,
) -> None:
    """The last one is met in a unit's process, and is told here as if it had been met here."""
    path = tmp_path / "list.csv"
    path.write_text(content)
    outcome = bluezone("replay", path, "--out", tmp_path / "out", "--seeds", 1, "--json", *options)
    assert outcome.exit_code == 1
    assert outcome.document["error"] == kind
    assert says in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert not (tmp_path / "out" / "report.json").exists()


def test_a_folder_that_cannot_be_made(bluezone: Callable[..., Any], small_list: Path, tmp_path: Path) -> None:
    outcome = bluezone("replay", small_list, "--out", "/proc/replay", "--seeds", 1, "--json")
    assert outcome.exit_code == 1
    assert outcome.document["error"] == "CannotWrite"
    assert "/proc/replay" in outcome.stderr


def test_late_keys_and_thresholds_shown_in_a_browser(small_list: Path, tmp_path: Path) -> None:
    options = ("--f0", 1, "--seeds", 1, "--sweep", "threshold", "--days", "1-1", "--delay-days", 12)
    with running(tmp_path, small_list, *options, "--serve", "--json") as process:
        assert process.stderr is not None
        address = ""
        for line in process.stderr:
            if match := re.search(r"Look at the replay: (http://127\.0\.0\.1:\d+/demo/replay/)", line):
                address = match[1]
                break
        assert address
        page = httpx.get(address)
        data = httpx.get(f"{address}report.json")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert not list((tmp_path / "tmp").iterdir())
    assert page.status_code == 200
    report = json.loads(out)
    assert data.json() == report
    Draft202012Validator(SCHEMA).validate(report)
    assert len(report["thresholds"]) == 30
    assert [path.name for path in (tmp_path / "replay-small").glob("*.svg")] == ["thresholds.svg"]
    # German and Swiss rules look back ten days at most; the old rule looks back fourteen.
    sensitivity = {row["preset"]: row["sensitivity"]["mean"] for row in report["sweep"]}
    assert (sensitivity["de-cwa"], sensitivity["ch-2020-late"], sensitivity["bluezone_v2"]) == (0, 0, 1)


def test_the_demo_takes_no_other_file_for_a_report(bluezone: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text('{"people": 3}')
    outcome = bluezone("demo", "--replay", path, "--exit", "--json")
    assert outcome.exit_code == 1
    assert outcome.document["error"] == "NotAReplayReport"
    assert "steps is missing" in outcome.stderr

"""``bluezone demo`` as a person runs it: to the result, to its page, to Ctrl-C."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[2]
BLUEZONE = Path(sys.executable).with_name("bluezone")

# Ann and Bo an hour at 1 m, Bo and Cy an hour at 1 m, Ann and Di an hour at 30 m: out of reach.
SMALL_LIST = "time_step,user1_id,user2_id,distance_m\n" + "".join(
    f"{step},1,2,1\n{step + 24},2,3,1\n{step},1,4,30\n{step},3,4,2\n" for step in range(1, 13)
)


@contextmanager
def running_demo(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """The command with its temporary folder under ``folder``, ended at the latest with the block."""
    process = subprocess.Popen(
        [BLUEZONE, "demo", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        env={"TMPDIR": str(folder), "PATH": "/usr/bin:/bin"},
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def wait_for(stream: IO[str] | None, pattern: str) -> re.Match[str]:
    assert stream is not None
    seen = []
    for line in stream:
        seen.append(line)
        if match := re.search(pattern, line):
            return match
    pytest.fail(f"ended without {pattern!r}: {''.join(seen)}")


@pytest.fixture
def small_list(tmp_path: Path) -> Path:
    path = tmp_path / "small.csv"
    path.write_text(SMALL_LIST)
    return path


def test_a_small_day_warns_whom_it_must_and_its_page_says_so(
    small_list: Path, tmp_path: Path, open_tab: Callable[..., Any]
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    with running_demo(work, "--contacts", str(small_list), "--json") as demo:
        address = wait_for(demo.stderr, r"Look at the day: (http://127\.0\.0\.1:\d+/demo/)")[1]
        (report_file,) = work.glob("bluezone-demo-*/demo/report.json")
        report = json.loads(report_file.read_text())
        schema = json.loads((ROOT / "spec" / "demo_report.schema.json").read_text())
        Draft202012Validator(schema).validate(report)
        tab = open_tab(address, width=360)
        # 2 and 3 were each near two people for an hour; the later id is the F0. 1 never met 3.
        tab.page.get_by_text("Trong 4 người, #3 được xác nhận dương tính (F0).").wait_for()
        assert report["outcome"]["f0"] == ["3"]
        assert report["outcome"]["near"] == ["2", "4"]
        assert "2" in report["outcome"]["warned"]
        assert "1" not in report["outcome"]["warned"]
        assert {p["id"]: p["near_seconds"] for p in report["people"]} == {
            "1": 0,
            "2": 3600,
            "3": 0,
            "4": 3600,
        }
        assert {s["of"] for s in report["sightings"]} == {"3"}
        assert not tab.faults()
        demo.send_signal(signal.SIGINT)
        out, _ = demo.communicate(timeout=20)
        assert demo.returncode == 0
    document = json.loads(out)
    assert document["near"] == ["2", "4"]
    assert document["url"] == address
    assert not list(work.iterdir()), "the demo's folder is removed"


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_ending_it_in_the_middle_leaves_nothing_behind(
    small_list: Path, tmp_path: Path, ending: signal.Signals
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    with running_demo(work, "--contacts", str(small_list), "--exit") as demo:
        wait_for(demo.stderr, "adverts received")
        demo.send_signal(ending)
        _, err = demo.communicate(timeout=20)
    assert demo.returncode == 130
    assert "Traceback" not in err
    assert not list(work.iterdir())


def test_a_background_job_of_a_script_can_be_interrupted(small_list: Path, tmp_path: Path) -> None:
    """A shell without job control starts it with SIGINT ignored."""
    work = tmp_path / "work"
    work.mkdir()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with running_demo(work, "--contacts", str(small_list)) as demo:
            signal.signal(signal.SIGINT, before)
            wait_for(demo.stderr, "Ctrl-C ends the demo")
            demo.send_signal(signal.SIGINT)
            demo.communicate(timeout=20)
    finally:
        signal.signal(signal.SIGINT, before)
    assert demo.returncode == 0
    assert not list(work.iterdir())


def test_a_list_that_is_none_is_refused_with_its_line(tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("time_step,user1_id,user2_id,distance_m\n1,2,x,4\n")
    with running_demo(tmp_path, "--contacts", str(bad), "--exit", "--json") as demo:
        out, err = demo.communicate(timeout=60)
    assert demo.returncode == 1
    assert "line 2: user2_id 'x'" in err
    assert json.loads(out)["error"] == "ContactListError"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--contacts", "/nowhere/list.csv"), "--contacts"),
        (("--day", "2"), "--contacts"),
        (("--people", "1"), "--people"),
    ],
)
def test_wrong_usage_exits_with_2(tmp_path: Path, options: tuple[str, ...], says: str) -> None:
    with running_demo(tmp_path, *options) as demo:
        _, err = demo.communicate(timeout=60)
    assert demo.returncode == 2
    assert says in err


def test_an_unknown_preset_is_refused(small_list: Path, tmp_path: Path) -> None:
    with running_demo(tmp_path, "--contacts", str(small_list), "--preset", "x", "--exit") as demo:
        _, err = demo.communicate(timeout=60)
    assert demo.returncode == 1
    assert "preset" in err


def test_the_scripted_day_warns_family_and_colleagues(tmp_path: Path) -> None:
    """The main job. Who is near Hà (d01) is read off the script: her family at the table in the evening (d02
    to d04), the next desk (d05), lunch (d13), the seats beside and behind her on the bus (d23, d25)."""
    with running_demo(tmp_path, "--exit", "--json") as demo:
        out, err = demo.communicate(timeout=300)
    assert demo.returncode == 0, err
    document = json.loads(out)
    assert (document["people"], document["f0"]) == (26, ["d01"])
    assert document["near"] == ["d02", "d03", "d04", "d05", "d13", "d23", "d25"]
    # More than two hours at arm's length is past any doubt; d14 to d19 never come within reach of her.
    assert {"d02", "d03", "d04", "d05"} <= set(document["warned"])
    assert not {"d14", "d15", "d17", "d18", "d19"} & set(document["warned"])
    assert set(document["missed"]) == set(document["near"]) - set(document["warned"])
    assert set(document["false"]) == set(document["warned"]) - set(document["near"])
    assert document["receptions"] > 100_000


def test_the_busiest_school_day_is_judged_by_the_raw_list(shared_data: Path, tmp_path: Path) -> None:
    """24 pupils of the SocioPatterns list; the truth is counted again over the raw lines."""
    path = shared_data / "contacts" / "High-School_data_2013.csv.gz"
    with running_demo(tmp_path, "--contacts", str(path), "--exit", "--json") as demo:
        out, _ = demo.communicate(timeout=240)
    assert demo.returncode == 0
    document = json.loads(out)
    assert document["people"] == 24
    (f0,) = document["f0"]
    near = truly_near_on_day_two(path, f0)
    assert set(document["near"]) <= near
    assert set(document["missed"]) == set(document["near"]) - set(document["warned"])
    assert set(document["false"]) == set(document["warned"]) - set(document["near"])
    assert len(document["warned"]) >= len(document["near"]) / 2


def truly_near_on_day_two(path: Path, f0: str) -> set[str]:
    """Who has at least 45 rows of 20 s with ``f0`` on the list's second date, by shell tools."""
    script = (
        'zcat "$1" | awk -v f="$2" \'{d=int(($1+3600)/86400); if (!(d in s)) {s[d]=++n} '
        "if (s[d]==2 && ($2==f || $3==f)) c[$2==f?$3:$2]++} END {for (o in c) if (c[o]>=45) print o}'"
    )
    done = subprocess.run(["bash", "-c", script, "-", path, f0], capture_output=True, text=True, check=True)
    return set(done.stdout.split())

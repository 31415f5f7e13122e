"""A source that is slow holds up neither other sources nor the work of the server."""

from __future__ import annotations

import fcntl
from pathlib import Path

import httpx
import pytest
from tests.contract.test_imports import INDEX, Follow, Neighbour, follow, neighbour, run

from bluezone.authority.access.audit import Actor
from bluezone.authority.keys import services, tasks
from bluezone.authority.keys.import_client import HttpExports

__all__ = ["follow", "neighbour"]

pytestmark = pytest.mark.django_db

NAMES = tuple(f"{at}-{at + 1}-00001.zip" for at in range(1, 6))


def test_a_run_begins_only_when_the_one_before_has_ended(
    neighbour: Neighbour, follow: Follow, key_server: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow()
    neighbour.publish(NAMES[0], [neighbour.tek()])
    runs: list[str] = []

    def slow(request: httpx.Request) -> httpx.Response:
        runs.append(request.url.path)
        if len(runs) < 10:  # a quarter of an hour later, and the first has not even the index
            tasks.follow_other_authorities()
        return neighbour.answer(request)

    def opened(index_url: str) -> HttpExports:
        return HttpExports(httpx.Client(transport=httpx.MockTransport(slow)), index_url)

    monkeypatch.setattr(tasks, "open_http_exports", opened)
    tasks.follow_other_authorities()
    assert runs == ["/exports/LA/index.txt", f"/exports/LA/{NAMES[0]}"]
    with (key_server / "exports/.import-lock").open() as another_process:
        fcntl.flock(another_process, fcntl.LOCK_EX | fcntl.LOCK_NB)  # given back
        tasks.follow_other_authorities()
    assert len(runs) == 2
    tasks.follow_other_authorities()
    assert len(runs) == 3


def test_a_slow_source_leaves_the_rest_for_the_next_run(neighbour: Neighbour, follow: Follow) -> None:
    """Each file takes four minutes; a source has ten, and ends the file that it is at."""
    follow()
    services.add_source(
        "Thái",
        INDEX,
        region="VN",
        public_keys_pem=neighbour.pem,
        reexport=False,
        by=Actor("test"),
        now=neighbour.clock.now(),
    )
    for name in NAMES:
        neighbour.publish(name, [neighbour.tek()])
    seconds = 0.0

    def slow(request: httpx.Request) -> httpx.Response:
        nonlocal seconds
        seconds += 240 * request.url.path.endswith(".zip")
        return neighbour.answer(request)

    def opened(index_url: str) -> HttpExports:
        client = httpx.Client(transport=httpx.MockTransport(slow))
        return HttpExports(client, index_url, clock=lambda: seconds)

    first, second = services.run_imports(neighbour.clock.now(), opened)
    assert first.files == second.files == tuple(f"LA/{name}" for name in NAMES[:3])
    assert (first.failed, second.failed) == ((), ())
    first, second = services.run_imports(neighbour.clock.now(), opened)
    assert first.files == second.files == tuple(f"LA/{name}" for name in NAMES[3:])


def test_what_a_slow_source_has_not_given_yet_is_not_in_its_mirror(
    neighbour: Neighbour, follow: Follow, key_server: Path
) -> None:
    follow(mirror=True, region="LA")
    names = [f"16153{at}3200-16153{at + 1}3200-00001.zip" for at in (5, 6)]
    for name in names:
        neighbour.publish(name, [neighbour.tek()])
    ticks = iter([0.0, 0.0, 700.0])

    class Slow(HttpExports):
        def file(self, line: str) -> bytes:
            return neighbour.pages[f"/exports/{line}"]

        def index(self) -> tuple[str, ...]:
            return tuple(f"LA/{name}" for name in names)

    def opened(index_url: str) -> HttpExports:
        return Slow(httpx.Client(), index_url, clock=lambda: next(ticks))

    services.run_imports(neighbour.clock.now(), opened)
    assert (key_server / "exports/LA/index.txt").read_text() == f"LA/{names[0]}"
    run(neighbour)
    assert (key_server / "exports/LA/index.txt").read_text().split() == [f"LA/{name}" for name in names]

"""A server held by many connections, slow readers, drips and pipelines still answers everybody else."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from bluezone.authority import connections as limits
from bluezone.authority import server

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "1-2-00001.zip"
GET = f"GET /exports/VN/{NAME} HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture
def running(authority: Path) -> Iterator[server.Running]:
    with server.start(port=0, background=False) as one:
        yield one


@pytest.fixture
def sockets(running: server.Running) -> Iterator[list[socket.socket]]:
    opened: list[socket.socket] = []
    yield opened
    for one in opened:
        one.close()


def connect(running: server.Running, sockets: list[socket.socket], **options: int) -> socket.socket:
    one = socket.socket()
    one.settimeout(20)
    if "receive_buffer" in options:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, options["receive_buffer"])
    one.connect(("127.0.0.1", int(running.url.rsplit(":", 1)[1])))
    sockets.append(one)
    return one


def closed(one: socket.socket) -> bool:
    """Whether the server ended the connection; what it had sent before is read away."""
    try:
        while one.recv(1 << 20):
            pass
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
    return True


def answers(running: server.Running) -> bool:
    return httpx.get(f"{running.url}/healthz", timeout=20).json() == {"status": "ok"}


def big_export(authority: Path, size: int) -> None:
    """A file of nothing, larger than what the server's library keeps in memory for one connection."""
    folder = authority / "exports" / "VN"
    folder.mkdir(parents=True)
    with (folder / NAME).open("wb") as file:
        file.truncate(size)


def test_idle_connections_of_one_address_do_not_stop_the_server(
    running: server.Running, sockets: list[socket.socket]
) -> None:
    for _ in range(limits.PER_NETWORK + 10):
        connect(running, sockets)
    assert answers(running)
    assert closed(sockets[0])  # the oldest made room
    sockets[-1].sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert b" 200 " in sockets[-1].recv(100)


def test_connections_of_many_networks_make_room_too(
    running: server.Running, sockets: list[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running._server.adj, "connection_limit", 30)
    counter = iter(range(1000))
    monkeypatch.setattr(limits, "network_of", lambda _address: str(next(counter)))
    for _ in range(40):
        connect(running, sockets)
    assert answers(running)
    assert closed(sockets[0])


def test_a_proxys_connections_are_not_counted_together(
    authority: Path, settings: Any, sockets: list[socket.socket]
) -> None:
    settings.BLUEZONE_TRUSTED_PROXY = "127.0.0.1"
    with server.start(port=0, background=False) as running:
        for _ in range(limits.PER_NETWORK + 10):
            connect(running, sockets)
        assert answers(running)
        sockets[0].sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b" 200 " in sockets[0].recv(100)


def test_idle_and_dripping_connections_are_closed(
    running: server.Running, sockets: list[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    dripping = connect(running, sockets)
    dripping.sendall(b"GET /healthz HT")
    idle = connect(running, sockets)
    assert answers(running)
    channels = list(running._server.active_channels.values())  # at once: the server's thread goes on
    (waiting,) = [one for one in channels if one.addr[1] == idle.getsockname()[1]]
    waiting.last_activity -= limits.IDLE_SECONDS + 1
    monkeypatch.setattr(limits, "REQUEST_SECONDS", -1)
    running._server.next_channel_cleanup = 0  # as if its time had come
    running._server.pull_trigger()
    assert closed(idle)
    assert closed(dripping)


@pytest.mark.parametrize(
    "request_text", [GET + "Range: bytes=1-\r\n\r\n", GET + "\r\n"], ids=["range", "whole"]
)
def test_slow_readers_hold_no_thread(
    authority: Path, running: server.Running, sockets: list[socket.socket], request_text: str
) -> None:
    big_export(authority, 40 << 20)
    for _ in range(server.THREADS + 2):
        one = connect(running, sockets, receive_buffer=4096)
        one.sendall(request_text.encode())
        assert one.recv(12) in (b"HTTP/1.1 206", b"HTTP/1.1 200")
    assert answers(running)


def test_pipelining_holds_no_thread(
    authority: Path, running: server.Running, sockets: list[socket.socket]
) -> None:
    big_export(authority, 40 << 20)
    for _ in range(server.THREADS + 2):
        connect(running, sockets, receive_buffer=4096).sendall((GET + "\r\n").encode() * 2)
    assert answers(running)
    assert all(closed(one) for one in sockets)


def test_a_range_of_a_big_file_is_that_range(authority: Path, running: server.Running) -> None:
    big_export(authority, 40 << 20)
    with (authority / "exports" / "VN" / NAME).open("r+b") as file:
        file.seek(1000)
        file.write(b"here")
    with httpx.Client(base_url=running.url) as client:  # one connection: a byte too many would break the next
        for _ in range(2):
            response = client.get(f"/exports/VN/{NAME}", headers={"Range": "bytes=999-1004"})
            assert (response.status_code, response.content) == (206, b"\0here\0")


def test_more_files_than_select_can_watch(running: server.Running) -> None:
    spare = [os.open("/dev/null", os.O_RDONLY) for _ in range(1100)]
    try:
        assert answers(running)
    finally:
        for one in spare:
            os.close(one)


@pytest.mark.parametrize(
    ("soft", "hard", "expected"),
    [
        (1024, 1 << 20, 1000),  # raised to 2100: two files for each connection, and 100 others
        (1024, 1024, 462),  # (1024 - 100) / 2
        (1024, -1, 1000),
        (-1, -1, 1000),
        (20, 20, 10),
    ],
)
def test_the_limit_fits_the_files_that_the_system_allows(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, expected: int
) -> None:
    now = [(soft, hard)]
    monkeypatch.setattr(limits.resource, "getrlimit", lambda _which: now[0])
    monkeypatch.setattr(limits.resource, "setrlimit", lambda _which, wanted: now.__setitem__(0, wanted))
    assert limits.connection_limit() == expected
    if expected == 1000:
        assert now[0][0] == -1 or now[0][0] >= 2 * expected


def test_a_proxy_that_is_not_trusted_is_warned_of_once(authority: Path, settings: Any) -> None:
    for trusted, warnings in (("", 1), ("198.51.100.1", 1), ("127.0.0.1", 0)):
        settings.BLUEZONE_TRUSTED_PROXY = trusted
        with server.start(port=0, background=False) as running, capture_logs() as lines:
            assert answers(running)
            assert not [line for line in lines if line["log_level"] == "warning"]
            for _ in range(2):
                forwarded = {"X-Forwarded-For": "203.0.113.9"}
                assert httpx.get(f"{running.url}/healthz", headers=forwarded).status_code == 200
        shown = [str(line) for line in lines if line["log_level"] == "warning"]
        assert len(shown) == warnings
        assert all("BLUEZONE_TRUSTED_PROXY" in line and "203.0.113.9" not in line for line in shown)


def test_the_server_stops_while_readers_are_slow(
    authority: Path, running: server.Running, sockets: list[socket.socket]
) -> None:
    big_export(authority, 40 << 20)
    for _ in range(server.THREADS):
        connect(running, sockets, receive_buffer=4096).sendall((GET + "\r\n").encode())
    before = time.monotonic()
    running.stop()
    assert time.monotonic() - before < 10

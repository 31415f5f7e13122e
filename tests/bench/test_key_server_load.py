"""A whole server under load: every answer counted, every row found; and the client that counts them."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bluezone.bench.http_load import read_requests, run_load, write_requests
from bluezone.bench.key_server_load import measure_load


def test_publishes_are_answered_and_their_rows_found() -> None:
    result = measure_load("publish", "sqlite", quick=True)
    assert (result["name"], result["database"], result["errors"]) == ("publish", "sqlite", 0)
    assert result["rows_found"] == result["rows_expected"] == 14 * (200 + 100)  # and a hundred to warm up
    assert result["requests"] == 200
    assert result["requests_per_second"] > 0
    assert result["p99_ms"] >= result["p50_ms"] > 0


@pytest.fixture
def answers() -> Iterator[tuple[int, list[bytes]]]:
    """A server of one connection: what it will answer, one for each request."""
    wanted: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                while wanted and connection.recv(65_536):
                    for part in wanted.pop(0).split(b"|"):  # an answer may come in pieces
                        connection.sendall(part)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1], wanted
        thread.join()


def answer(status: str, body: bytes) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def test_requests_are_kept_whole(tmp_path: Path) -> None:
    write_requests(tmp_path / "file", [("/a", b"12"), ("/b", b"")])
    first, second = read_requests(tmp_path / "file")
    assert first.startswith(b"POST /a HTTP/1.1\r\nHost: localhost\r\n")
    assert first.endswith(b"Content-Length: 2\r\n\r\n12")
    assert second.endswith(b"Content-Length: 0\r\n\r\n")


def test_what_is_not_200_is_an_error_and_pieces_are_one_answer(answers: tuple[int, list[bytes]]) -> None:
    port, wanted = answers
    whole = answer("200 OK", b"good")
    wanted += [whole[:20] + b"|" + whole[20:], answer("500 Oh", b"bad"), answer("200 OK", b"")]
    result = run_load(port, [b"POST / HTTP/1.1\r\n\r\n"] * 3, connections=1)
    assert (result["requests"], result["errors"], result["first_errors"]) == (3, 1, ["500 bad"])


def test_a_token_is_followed_by_asking_for_a_certificate(answers: tuple[int, list[bytes]]) -> None:
    port, wanted = answers
    wanted += [answer("200 OK", b'{"token": "t"}'), answer("200 OK", b"{}")]
    assert run_load(port, [b"POST / HTTP/1.1\r\n\r\n"], connections=1)["requests"] == 2


def test_a_connection_that_is_reset_is_an_error() -> None:
    """As the kernel does with what a server that closed had not read."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def reset() -> None:
            connection = listener.accept()[0]
            connection.recv(100)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()

        thread = threading.Thread(target=reset)
        thread.start()
        result = run_load(listener.getsockname()[1], [b"POST / HTTP/1.1\r\n\r\n"], connections=1)
        thread.join()
    assert (result["errors"], result["first_errors"]) == (1, ["hung up "])


def test_a_server_that_hangs_up_is_an_error(answers: tuple[int, list[bytes]]) -> None:
    port, wanted = answers
    wanted += [answer("200 OK", b"")]
    result = run_load(port, [b"POST / HTTP/1.1\r\n\r\n"] * 2, connections=1)
    assert (result["errors"], result["first_errors"]) == (1, ["hung up "])

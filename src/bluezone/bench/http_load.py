"""A light HTTP client that keeps many connections busy: sockets and ready-made requests, nothing else.

Run as ``python -m bluezone.bench.http_load PORT CONNECTIONS FILE``; prints one JSON object. As a process that
imports nothing of ours it takes little of the processor from the server it measures.
"""

from __future__ import annotations

import json
import os
import selectors
import socket
import struct
import sys
import time
from base64 import b64encode
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

__all__ = ["read_requests", "run_load", "write_requests"]

_LENGTH = struct.Struct(">I")
_RECEIVED_AT_ONCE = 65_536
_WAIT_SECONDS = 60.0


def write_requests(file: Path, bodies: Iterable[tuple[str, bytes]]) -> None:
    """Whole HTTP requests for pairs of path and JSON body, one after another."""
    with file.open("wb") as out:
        for path, body in bodies:
            request = _request(path, body)
            out.write(_LENGTH.pack(len(request)) + request)


def read_requests(file: Path) -> list[bytes]:
    """What :func:`write_requests` wrote."""
    data, requests, at = file.read_bytes(), [], 0
    while at < len(data):
        (length,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size
        requests.append(data[at : at + length])
        at += length
    return requests


def run_load(port: int, requests: list[bytes], connections: int) -> dict[str, Any]:
    """Send every request, each connection its next one as soon as it has its answer.

    An answer with a token is followed by asking for a certificate with it.
    """
    left, waiting = iter(requests), selectors.DefaultSelector()
    taken: list[float] = []
    errors: list[str] = []
    begin = time.perf_counter()
    for number in range(min(connections, len(requests))):
        _Connection(port, number, waiting).send(next(left))
    while waiting.get_map():
        ready = waiting.select(_WAIT_SECONDS)
        if not ready:
            errors.extend("no answer" for _ in waiting.get_map())
            break
        for key, _ in ready:
            one: _Connection = key.data
            answer = one.receive()
            if answer is None:
                continue
            status, content = answer
            taken.append(time.perf_counter() - one.began)
            if status != b"200":
                errors.append(f"{status.decode('latin-1')} {content[:120].decode('latin-1')}")
            one.send(_follow_up(status, content) or next(left, None))
    seconds = time.perf_counter() - begin
    taken.sort()
    return {
        "requests": len(taken),
        "seconds": seconds,
        "requests_per_second": len(taken) / seconds,
        "p50_ms": _share(taken, 0.50) * 1000,
        "p99_ms": _share(taken, 0.99) * 1000,
        "errors": len(errors),
        "first_errors": errors[:3],
        "client_cpu_ms": time.process_time() * 1000 / max(len(taken), 1),
    }


class _Connection:
    """One connection and the answer that is coming in on it; with an address of its own behind a proxy."""

    def __init__(self, port: int, number: int, waiting: selectors.BaseSelector) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._from = f"X-Forwarded-For: 10.0.{number // 250}.{number % 250 + 1}\r\n".encode()
        self._waiting = waiting
        self._buffer = b""
        self.began = 0.0
        self.hung_up = False
        waiting.register(self._socket, selectors.EVENT_READ, self)

    def send(self, request: bytes | None) -> None:
        """Send the next request; hang up when there is none."""
        if request is None or self.hung_up:
            self._waiting.unregister(self._socket)
            self._socket.close()
            return
        line, rest = request.split(b"\r\n", 1)
        self._buffer, self.began = b"", time.perf_counter()
        with suppress(ConnectionError):  # what comes back tells
            self._socket.sendall(line + b"\r\n" + self._from + rest)

    def receive(self) -> tuple[bytes, bytes] | None:
        """Status and content of the answer, once it is whole."""
        try:
            data = self._socket.recv(_RECEIVED_AT_ONCE)
        except ConnectionError:  # it was closed before the request had been read
            data = b""
        self._buffer += data
        head, found, content = self._buffer.partition(b"\r\n\r\n")
        if not data:
            self.hung_up = True
            return b"hung up", self._buffer
        if not found or len(content) < _content_length(head):
            return None
        return head[9:12], content


def _request(path: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body


def _content_length(head: bytes) -> int:
    after = head.lower().partition(b"content-length:")[2]
    return int(after.partition(b"\r\n")[0])


def _follow_up(status: bytes, content: bytes) -> bytes | None:
    if status != b"200" or b'"token"' not in content:
        return None
    fields = {"token": json.loads(content)["token"], "ekeyhmac": b64encode(os.urandom(32)).decode()}
    return _request("/api/certificate", json.dumps(fields).encode())


def _share(sorted_values: list[float], share: float) -> float:
    return (
        sorted_values[min(int(len(sorted_values) * share), len(sorted_values) - 1)] if sorted_values else 0.0
    )


def _main() -> None:
    port, connections, file = sys.argv[1:]
    json.dump(run_load(int(port), read_requests(Path(file)), int(connections)), sys.stdout)


if __name__ == "__main__":
    _main()

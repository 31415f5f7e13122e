"""Asking servers that are not ours: size and time are capped, and every failure is one kind of error."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from ipaddress import ip_address

import httpx

from bluezone.errors import Refused

__all__ = ["Answer", "Fault", "FetchFailed", "ask", "check_address", "fetch", "open_client"]

_Clock = Callable[[], float]


class Fault(Enum):
    """What stood in the way, for those who must know whether a request can have arrived."""

    NOT_SENT = auto()
    NO_ANSWER_IN_TIME = auto()
    BROKEN_OFF = auto()
    TOO_SLOW = auto()
    TOO_LARGE = auto()
    NOT_A_FILE = auto()
    BAD_ADDRESS = auto()


class FetchFailed(Refused):
    """A server did not give what it was asked for; the text says why, not which server."""

    def __init__(self, fault: Fault, text: str) -> None:
        super().__init__(text)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's status and, of a success, the body."""

    status: int
    content: bytes = b""


def check_address(url: str) -> str:
    """The address itself: ``https``, or ``http`` on this machine; no user, no query.

    :raises FetchFailed: otherwise.
    """
    try:
        parts = httpx.URL(url)  # what will send it: what this cannot read, it could not fetch either
        scheme, host, port = parts.scheme, parts.host, parts.port
    except (httpx.InvalidURL, ValueError):
        raise _bad_address(url) from None
    spaced = any(one.isspace() for one in url)
    if scheme not in ("http", "https") or not host or spaced or parts.userinfo or parts.query:
        raise _bad_address(url)
    if port is not None and not 0 < port < 65_536:
        raise _bad_address(url)
    if scheme == "http" and not _is_loopback(host):
        raise FetchFailed(Fault.BAD_ADDRESS, f"{url!r}: only https is asked, except on this machine")
    return url


def open_client(wait_seconds: float, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """A client without cookies, redirects and proxies from the environment; a limit for each wait."""
    return httpx.Client(
        timeout=wait_seconds,
        follow_redirects=False,
        trust_env=False,
        headers={"User-Agent": "bluezone-authority"},
        transport=transport,
    )


def fetch(
    client: httpx.Client, url: str, *, most: int, seconds: float, clock: _Clock = time.monotonic
) -> bytes:
    """A file of up to ``most`` bytes.

    :raises FetchFailed: if it cannot be had whole and as it is within ``seconds``.
    """
    answer = ask(client, url, most=most, seconds=seconds, clock=clock)
    if answer.status != 200:
        raise FetchFailed(Fault.NOT_A_FILE, f"the server answers {answer.status}")
    return answer.content


def ask(
    client: httpx.Client,
    url: str,
    *,
    most: int,
    seconds: float,
    clock: _Clock = time.monotonic,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
    read: bool = True,
) -> Answer:
    """A server's answer; the body is read only of a success, and only if ``read``.

    :raises FetchFailed: for whatever else happens on the way.
    """
    until = clock() + seconds
    received = bytearray()
    try:
        with client.stream(
            method, url, headers={"Accept-Encoding": "identity", **(headers or {})}, content=content
        ) as answer:
            if not read or not answer.is_success:
                return Answer(answer.status_code)
            if answer.headers.get("Content-Encoding", "identity") != "identity":
                raise FetchFailed(Fault.NOT_A_FILE, "the answer is compressed")
            for chunk in answer.iter_raw():
                received += chunk
                if len(received) > most:
                    raise FetchFailed(Fault.TOO_LARGE, f"larger than {most:,} bytes")
                if clock() > until:
                    raise FetchFailed(Fault.TOO_SLOW, f"not there after {seconds:g} s")
            return Answer(answer.status_code, bytes(received))
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise FetchFailed(Fault.NOT_SENT, _named(error)) from None
    except httpx.TimeoutException as error:
        raise FetchFailed(Fault.NO_ANSWER_IN_TIME, _named(error)) from None
    except (httpx.HTTPError, ValueError) as error:  # a redirect's address is read even if it is not followed
        raise FetchFailed(Fault.BROKEN_OFF, _named(error)) from None


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _bad_address(url: str) -> FetchFailed:
    return FetchFailed(Fault.BAD_ADDRESS, f"{url!r} is not an address like https://verify.example.org/file")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False

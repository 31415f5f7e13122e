"""How an HTTP answer is read: as it was sent, up to a size, within a deadline; and which headers count."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx

from bluezone.device.client_errors import BadAnswer, TooLarge

__all__ = [
    "MAX_VALIDATOR_CHARACTERS",
    "PLAIN",
    "Deadline",
    "chunks",
    "content_length",
    "content_range",
    "is_strong_validator",
    "is_validator",
    "read_at_most",
    "require_plain",
]

PLAIN = {"Accept-Encoding": "identity"}
"""Goes with every request: a few compressed bytes could unpack to gigabytes before any limit is looked at."""

MAX_VALIDATOR_CHARACTERS = 200
_VALIDATOR = re.compile(
    r'(?:W/)?"[!#-~]*"', re.ASCII
)  # RFC 9110, section 8.8.3, without its bytes above ASCII
_LENGTH = re.compile(r"\d{1,18}", re.ASCII)
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment, by ``monotonic`` seconds, at which one exchange must be over, however busy it keeps us.

    It is looked at when bytes of the body arrive; how long to wait for any is the HTTP client's own timeout.
    """

    at: float
    monotonic: Callable[[], float]

    def check(self) -> None:
        """:raises httpx.ReadTimeout: once it has passed; to be treated like any other silence."""
        if self.monotonic() > self.at:
            raise httpx.ReadTimeout("too slow, given up")


def require_plain(response: httpx.Response, url: str) -> None:
    """:raises BadAnswer: for a body that would have to be unpacked; nothing of it has been read then."""
    if response.headers.get("Content-Encoding", "").strip().lower() not in ("", "identity"):
        raise BadAnswer(f"{url}: sent compressed although plain bytes were asked for")


def chunks(response: httpx.Response, deadline: Deadline) -> Iterator[bytes]:
    """The body as it comes (collecting would lose the end of what arrived); plain, see :func:`require_plain`.

    :raises httpx.TransportError: broken off, or the deadline has passed.
    """
    deadline.check()
    for chunk in response.iter_bytes():
        deadline.check()
        yield chunk


def read_at_most(response: httpx.Response, limit: int, url: str, deadline: Deadline) -> bytes:
    """The whole body, of at most ``limit`` bytes.

    :raises Refused: ``BadAnswer`` if it is compressed, ``TooLarge`` above the limit.
    :raises httpx.TransportError: see :func:`chunks`.
    """
    require_plain(response, url)
    body = bytearray()
    for chunk in chunks(response, deadline):
        body += chunk
        if len(body) > limit:
            raise TooLarge(f"{url}: more than {limit:,} bytes")
    return bytes(body)


def is_validator(etag: str) -> bool:
    """Whether an entity tag can be sent back as it is."""
    return len(etag) <= MAX_VALIDATOR_CHARACTERS and _VALIDATOR.fullmatch(etag) is not None


def is_strong_validator(etag: str) -> bool:
    """Whether it also promises the same bytes, so that a part may be continued."""
    return is_validator(etag) and not etag.startswith("W/")


def content_length(response: httpx.Response) -> int | None:
    """The announced size in bytes, if there is a usable one."""
    length = response.headers.get("Content-Length", "")
    return int(length) if _LENGTH.fullmatch(length) else None


def content_range(response: httpx.Response) -> tuple[int, int] | None:
    """Where a partial answer begins and how large the whole file is, in bytes, if it says so."""
    found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    return (int(found[1]), int(found[3])) if found else None

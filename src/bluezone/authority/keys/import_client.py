"""Fetching another authority's index and files: nothing it says is trusted, sizes and times are capped."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit

import httpx

from bluezone.errors import Refused

__all__ = [
    "MAX_FILE_BYTES",
    "MAX_INDEX_BYTES",
    "HttpExports",
    "ImportFailed",
    "check_source_url",
    "open_http_exports",
    "read_index",
]

MAX_INDEX_BYTES = 1 << 20
MAX_FILE_BYTES = 20 << 20
_MAX_LINES = 20_000
_ANSWER_SECONDS = 30.0
_FILE_SECONDS = 600.0
_LINE = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9_-]{0,63}/){0,4}[A-Za-z0-9][A-Za-z0-9_-]{0,99}\.zip", re.ASCII)


class ImportFailed(Refused):
    """Another authority's index or file cannot be had, or is none."""


def check_source_url(url: str) -> str:
    """The address itself: ``https``, or ``http`` on this machine; no user, no query.

    :raises ImportFailed: otherwise.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
        raise ImportFailed(f"{url!r} is not an address like https://exports.example.org/VN/index.txt")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise ImportFailed(f"{url!r}: exports are fetched over https, except on this machine")
    return url


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def open_http_exports(index_url: str) -> HttpExports:
    """The exports behind an address; no cookies, no redirects, thirty seconds for each wait."""
    client = httpx.Client(
        timeout=30.0, follow_redirects=False, trust_env=False, headers={"User-Agent": "bluezone-authority"}
    )
    return HttpExports(client, index_url)


def read_index(content: bytes) -> tuple[str, ...]:
    """The names of the files, oldest first.

    :raises ImportFailed: naming the line that is no name of an export file, or stands there twice.
    """
    try:
        lines = content.decode("ascii").split()
    except UnicodeDecodeError:
        raise ImportFailed("the index is not plain text") from None
    if len(lines) > _MAX_LINES:
        raise ImportFailed(f"the index has more than {_MAX_LINES:,} lines")
    for number, line in enumerate(lines, 1):
        if not _LINE.fullmatch(line):
            raise ImportFailed(f"line {number} of the index is no name of an export file: {line[:80]!r}")
    if len(set(lines)) != len(lines):
        raise ImportFailed("the index names a file twice")
    return tuple(lines)


@dataclass(frozen=True, slots=True)
class HttpExports:
    """An authority's exports over HTTP; addresses of files follow from that of the index.

    A line with a folder begins above the index's own folder, as the reference servers write them; one
    without stands beside the index. Redirects are not followed.
    """

    client: httpx.Client
    index_url: str
    clock: Callable[[], float] = time.monotonic

    def index(self) -> tuple[str, ...]:
        """What there is, oldest first.

        :raises ImportFailed: as :func:`read_index`, or if the server does not give it.
        """
        return read_index(self._get(self.index_url, MAX_INDEX_BYTES, _ANSWER_SECONDS))

    def file(self, line: str) -> bytes:
        """A file of the index.

        :raises ImportFailed: naming it.
        """
        url = urljoin(self.index_url, f"../{line}" if "/" in line else line)
        return self._get(url, MAX_FILE_BYTES, _FILE_SECONDS)

    def close(self) -> None:
        """Hang up."""
        self.client.close()

    def _get(self, url: str, most: int, seconds: float) -> bytes:
        until = self.clock() + seconds
        content = bytearray()
        try:
            with self.client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as answer:
                if answer.status_code != 200:
                    raise ImportFailed(f"{url}: the server answers {answer.status_code}")
                if answer.headers.get("Content-Encoding", "identity") != "identity":
                    raise ImportFailed(f"{url}: the answer is compressed")
                for chunk in answer.iter_raw():
                    content += chunk
                    if len(content) > most:
                        raise ImportFailed(f"{url}: larger than {most:,} bytes")
                    if self.clock() > until:
                        raise ImportFailed(f"{url}: not there after {seconds:g} s")
        except httpx.HTTPError as error:
            raise ImportFailed(f"{url}: {type(error).__name__}: {error}") from None
        return bytes(content)

"""Fetching another authority's index and files: nothing it says is trusted, sizes and times are capped."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urljoin

import httpx

from bluezone.authority.keys.capped_http import FetchFailed, check_address, fetch, open_client
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
    try:
        return check_address(url)
    except FetchFailed as error:
        raise ImportFailed(str(error)) from None


def open_http_exports(index_url: str) -> HttpExports:
    """The exports behind an address; no cookies, no redirects, thirty seconds for each wait."""
    return HttpExports(open_client(_ANSWER_SECONDS), index_url)


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
        try:
            return fetch(self.client, url, most=most, seconds=seconds, clock=self.clock)
        except FetchFailed as error:
            raise ImportFailed(f"{url}: {error}") from None

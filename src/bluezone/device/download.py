"""Fetches one file to disk: resumes where it stopped, never beyond a limit, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import httpx

from bluezone.device.client_errors import BadAnswer, DownloadInterrupted, ExportGone, ServerRefused, TooLarge
from bluezone.device.http_answer import (
    MAX_VALIDATOR_CHARACTERS,
    PLAIN,
    Deadline,
    chunks,
    content_length,
    content_range,
    is_strong_validator,
    require_plain,
)
from bluezone.device.server_answer import shown

__all__ = ["download"]


def download(http: httpx.Client, url: str, target: Path, *, max_bytes: int, deadline: Deadline) -> None:
    """Fetch ``url`` into ``target``, which exists only when all of it has arrived.

    Until then there is ``<target>.part``, and beside it ``<target>.etag`` with the strong validator that
    allows to go on (``Range`` with ``If-Range``). A server that has changed the file sends all of it again.

    :raises DownloadInterrupted: broken off, or too slow for the deadline; the part is kept.
    :raises TooLarge: above ``max_bytes``; nothing is kept.
    :raises ExportGone: 404 or 410.
    :raises Refused: another answer that is no file.
    """
    if target.exists() or _fetch(http, url, target, max_bytes, deadline):
        return
    # The part was complete already, or does not fit the file any more; it is gone now.
    if not _fetch(http, url, target, max_bytes, deadline):
        raise BadAnswer(f"{url}: the server refuses to send the file from its beginning")


def _fetch(http: httpx.Client, url: str, target: Path, max_bytes: int, deadline: Deadline) -> bool:
    """One request; ``False`` if the part at hand had to be thrown away first."""
    part, validator = target.with_suffix(".part"), target.with_suffix(".etag")
    done, etag = _resumable(part, validator)
    going_on = {"Range": f"bytes={done}-", "If-Range": etag} if done else {}
    with http.stream("GET", url, headers=PLAIN | going_on) as response:
        start, size = _placed(response, url, done)
        if start is None:
            _discard(part, validator)
            return False
        if size is not None and size > max_bytes:
            _discard(part, validator)
            raise TooLarge(f"{url}: {size:,} bytes, at most {max_bytes:,} are accepted")
        if start == 0:
            _discard(part, validator)
            _keep_validator(validator, response.headers.get("ETag", ""))
        written = _write(response, url, part, start, max_bytes, validator, deadline)
    if size is not None and written < size:
        raise DownloadInterrupted(
            f"{url}: broken off after {written:,} of {size:,} bytes; check again to go on"
        )
    if size is not None and written > size:
        _discard(part, validator)
        raise BadAnswer(f"{url}: {written:,} bytes arrived where {size:,} were announced")
    os.replace(part, target)
    validator.unlink(missing_ok=True)
    return True


def _resumable(part: Path, validator: Path) -> tuple[int, str]:
    """How many bytes there are to go on from, and under which validator; 0 without one."""
    if part.is_file() and validator.is_file():
        with validator.open(encoding="ascii", errors="replace") as file:
            etag = file.read(MAX_VALIDATOR_CHARACTERS + 1)
        if is_strong_validator(etag):
            return part.stat().st_size, etag
    return 0, ""


def _placed(response: httpx.Response, url: str, done: int) -> tuple[int | None, int | None]:
    """Where in the file the answer begins (``None``: nowhere useful), and how large the whole file is."""
    status = response.status_code
    require_plain(response, url)
    if status == httpx.codes.PARTIAL_CONTENT and done:
        placed = content_range(response)
        return placed if placed is not None and placed[0] == done else (None, None)
    if status == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and done:
        return None, None
    if status in (httpx.codes.NOT_FOUND, httpx.codes.GONE):
        raise ExportGone(f"{url}: listed, but not there any more")
    if status != httpx.codes.OK:
        raise ServerRefused(f"{url}: the server answered {status}; try again later")
    return 0, content_length(response)


def _write(
    response: httpx.Response,
    url: str,
    part: Path,
    start: int,
    max_bytes: int,
    validator: Path,
    deadline: Deadline,
) -> int:
    """Append (or begin) the part; its size afterwards."""
    written = start
    descriptor = os.open(part, os.O_CREAT | os.O_WRONLY | (0 if start else os.O_TRUNC), 0o600)
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        file.seek(start)
        try:
            for chunk in chunks(response, deadline):
                written += len(chunk)
                if written > max_bytes:
                    _discard(part, validator)
                    raise TooLarge(f"{url}: more than {max_bytes:,} bytes")
                file.write(chunk)
        except httpx.TransportError as error:
            reason = shown(str(error)) or type(error).__name__
            raise DownloadInterrupted(
                f"{url}: broken off after {written:,} bytes ({reason}); check again to go on"
            ) from None
        os.fsync(file.fileno())
    return written


def _keep_validator(validator: Path, etag: str) -> None:
    """Only a strong validator promises the same bytes; without one a part is of no use."""
    if is_strong_validator(etag):
        validator.write_text(etag, encoding="ascii")


def _discard(part: Path, validator: Path) -> None:
    part.unlink(missing_ok=True)
    validator.unlink(missing_ok=True)

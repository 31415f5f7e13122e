"""Serving exports: the index, the files with ranges and validators, and the keys they are signed with."""

from __future__ import annotations

import hashlib
import os
import re

import structlog
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotModified,
    JsonResponse,
)
from django.http.response import HttpResponseBase
from django.utils.http import http_date, parse_etags, parse_http_date_safe

from bluezone.authority import runtime
from bluezone.authority.keys import queries
from bluezone.authority.keys.export_names import CACHE_FOREVER, CACHE_SHORTLY, FILE_NAME
from bluezone.authority.keys.export_storage import StorageUnavailable, export_storage
from bluezone.authority.read_only import read_only
from bluezone.protocols.export_region import REGION

__all__ = ["export_file", "index", "signing_keys"]

_log = structlog.get_logger("bluezone.authority.exports")
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@read_only
def index(request: HttpRequest, region: str) -> HttpResponseBase:
    """``/exports/<region>/index.txt``: one line a file, oldest first."""
    _check_region(region)
    try:
        content = export_storage().index(region)
    except StorageUnavailable as error:
        return _unavailable(error)
    if content is None:
        raise Http404(f"region {region} has no export yet")
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    response: HttpResponse
    if _unchanged(request, etag, None):
        response = HttpResponseNotModified()
    else:
        response = HttpResponse(content, content_type="text/plain; charset=utf-8")
    return _with_validators(response, etag, None, CACHE_SHORTLY)


@read_only
def export_file(request: HttpRequest, region: str, name: str) -> HttpResponseBase:
    """``/exports/<region>/<name>``: a file that never changes; a range of it when asked."""
    _check_region(region)
    if not FILE_NAME.fullmatch(name):
        raise Http404("no such export")
    try:
        file = export_storage().open(f"{region}/{name}")
    except FileNotFoundError:
        raise Http404("no such export") from None
    except StorageUnavailable as error:
        return _unavailable(error)
    stat = os.fstat(file.fileno())
    modified = int(stat.st_mtime)
    etag = f'"{stat.st_size:x}-{modified:x}"'  # by the second: so all servers of a bucket name it alike
    response: HttpResponseBase
    if _unchanged(request, etag, modified):
        file.close()
        response = HttpResponseNotModified()
    elif request.method == "HEAD":  # the server would send a file's bytes even so; and ranges are for GET
        file.close()
        response = HttpResponse(content_type="application/zip")
        response["Content-Length"] = str(stat.st_size)
    elif (span := _range(request, stat.st_size, etag, modified)) is None:
        response = FileResponse(file, content_type="application/zip")
        response["Content-Length"] = str(stat.st_size)
    elif not span:
        file.close()
        response = HttpResponse(status=416)
        del response["Content-Type"]  # of nothing
        response["Content-Range"] = f"bytes */{stat.st_size}"
    else:
        file.seek(span.start)
        # The server sends Content-Length bytes of the file from where it stands; a generator of ours would
        # hold one of its threads for as long as the client takes to read.
        response = FileResponse(file, status=206, content_type="application/zip")
        response["Content-Length"] = str(len(span))
        response["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{stat.st_size}"
    response["Accept-Ranges"] = "bytes"
    refused = response.status_code == 416  # for whoever asked for that range; a cache would tell others
    return _with_validators(response, etag, modified, "no-store" if refused else CACHE_FOREVER)


@read_only
def signing_keys(request: HttpRequest, region: str) -> HttpResponse:
    """``/exports/<region>/keys.json``: with which keys the region's files are signed."""
    keys = queries.export_public_keys(region, now=runtime.now()) if REGION.fullmatch(region) else []
    if not keys:
        raise Http404("no such region")
    document = {
        "region": region,
        "keys": [{"id": one.key_id, "version": one.key_version, "pem": one.pem} for one in keys],
    }
    response = JsonResponse(document)
    response["Cache-Control"] = CACHE_SHORTLY
    return response


def _check_region(region: str) -> None:
    if not REGION.fullmatch(region):
        raise Http404("no such region")


def _unavailable(error: StorageUnavailable) -> HttpResponse:
    """The bucket does not answer; no cache is to remember that."""
    _log.error("exports cannot be served: the storage is unavailable", reason=str(error))
    response = HttpResponse(status=503)
    response["Cache-Control"] = "no-store"
    response["Retry-After"] = "30"
    return response


def _unchanged(request: HttpRequest, etag: str, modified: int | None) -> bool:
    """RFC 9110: If-None-Match decides; without one, If-Modified-Since does."""
    if wanted := request.headers.get("If-None-Match"):
        tags = parse_etags(wanted)
        return "*" in tags or etag in {tag.removeprefix("W/") for tag in tags}
    since = parse_http_date_safe(request.headers.get("If-Modified-Since", ""))
    return modified is not None and since is not None and modified <= since


def _range(request: HttpRequest, size: int, etag: str, modified: int) -> range | None:
    """The one range to send; ``None`` for the whole file, empty for one that cannot be satisfied."""
    match = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    condition = request.headers.get("If-Range")
    if not match or (condition and condition != etag and parse_http_date_safe(condition) != modified):
        return None
    first, last = match.groups()
    if not first and not last:
        return None
    if not first:
        return range(max(size - int(last), 0), size) if int(last) else range(0)
    if last and int(last) < int(first):
        return None
    return range(int(first), min(int(last) + 1 if last else size, size))


def _with_validators(
    response: HttpResponseBase, etag: str, modified: int | None, cache: str
) -> HttpResponseBase:
    response["ETag"] = etag
    if modified is not None:
        response["Last-Modified"] = http_date(modified)
    response["Cache-Control"] = cache
    return response

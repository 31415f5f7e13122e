"""Settings of the bucket that exports may lie in, from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from bluezone.errors import Refused

__all__ = ["export_storages"]

_PREFIX = "BLUEZONE_EXPORT_STORAGE_"
_NAMES = ("BUCKET", "ENDPOINT", "REGION", "ACCESS_KEY", "SECRET_KEY", "LOCATION")


def export_storages(environment: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The framework's ``STORAGES`` entry of the bucket; empty when exports lie in the data folder.

    :raises Refused: for a setting without a bucket, half a pair of keys, or an endpoint that is no address.
    """
    given = {name: environment.get(_PREFIX + name, "") for name in _NAMES}
    if not given["BUCKET"]:
        for name, value in given.items():
            if value:
                raise Refused(f"{_PREFIX}{name} is set, but {_PREFIX}BUCKET is not")
        return {}
    if given["ENDPOINT"] and not _is_address(given["ENDPOINT"]):
        raise Refused(f"{_PREFIX}ENDPOINT is not an address like https://s3.example.vn")
    if bool(given["ACCESS_KEY"]) != bool(given["SECRET_KEY"]):
        raise Refused(f"{_PREFIX}ACCESS_KEY and {_PREFIX}SECRET_KEY are set both or not at all")
    options = {
        "bucket_name": given["BUCKET"],
        "endpoint_url": given["ENDPOINT"] or None,
        "region_name": given["REGION"] or None,
        "location": given["LOCATION"],
    }
    if given["ACCESS_KEY"]:  # else those of the machine's role
        options |= {"access_key": given["ACCESS_KEY"], "secret_key": given["SECRET_KEY"]}
    return {"exports": {"BACKEND": "bluezone.authority.keys.export_bucket.ExportBucket", "OPTIONS": options}}


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False

"""The only writer of areas."""

from __future__ import annotations

import tomllib
import unicodedata
from importlib.resources import files

from django.db import transaction

from bluezone.authority.areas.models import Area, Level

__all__ = ["load_thanh_xuan"]


@transaction.atomic
def load_thanh_xuan() -> int:
    """Put in Hà Nội, quận Thanh Xuân and its wards where they are missing; returns how many were added."""
    document = tomllib.loads(files("bluezone.authority.areas").joinpath("thanh_xuan.toml").read_text("utf-8"))
    by_code: dict[str, Area] = {}
    added = 0
    for one in document["area"]:
        parent = by_code[one["parent"]] if "parent" in one else None
        area, created = Area.objects.get_or_create(
            code=one["code"],
            valid_from=document["valid_from"],
            defaults={
                "level": Level(one["level"]),
                "name": unicodedata.normalize("NFC", one["name"]),
                "parent": parent,
                "path": f"{parent.path}/{one['code']}" if parent else one["code"],
            },
        )
        by_code[area.code] = area
        added += created
    return added

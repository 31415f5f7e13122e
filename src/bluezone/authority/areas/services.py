"""The only writer of areas."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from importlib.resources import files
from typing import Any

from django.db import transaction

from bluezone.authority.areas.models import Area, Level, Succession

__all__ = ["load_thanh_xuan"]


@transaction.atomic
def load_thanh_xuan() -> int:
    """Put in Hà Nội, quận Thanh Xuân, its wards and what became of them where they are missing.

    :returns: how many areas were added.
    """
    document = tomllib.loads(files("bluezone.authority.areas").joinpath("thanh_xuan.toml").read_text("utf-8"))
    current: dict[str, Area] = {}
    added = 0
    for one in document["area"]:
        added += _add(one, document["valid_from"], current)
    for change in document["change"]:
        added += _apply(change, current)
    return added


def _apply(change: Mapping[str, Any], current: dict[str, Area]) -> int:
    """One day's change: areas end, others come to be of them."""
    day: date = change["day"]
    ended = {code: current.pop(code) for code in change["ends"]}
    Area.objects.filter(pk__in=[one.pk for one in ended.values()], valid_until=None).update(valid_until=day)
    added = 0
    for one in change["area"]:
        added += _add(one, day, current)
        for whole, codes in ((True, one.get("from", ())), (False, one.get("parts", ()))):
            _link((ended[code] for code in codes), current[one["code"]], whole=whole)
    return added


def _link(predecessors: Iterable[Area], successor: Area, *, whole: bool) -> None:
    for predecessor in predecessors:
        Succession.objects.get_or_create(
            predecessor=predecessor, successor=successor, defaults={"whole": whole}
        )


def _add(one: Mapping[str, Any], day: date, current: dict[str, Area]) -> bool:
    parent = current[one["parent"]] if "parent" in one else None
    area, created = Area.objects.get_or_create(
        code=one["code"],
        valid_from=day,
        defaults={
            "level": Level(one["level"]),
            "name": unicodedata.normalize("NFC", one["name"]),
            "parent": parent,
            "path": f"{parent.path}/{one['code']}" if parent else one["code"],
            "gained_elsewhere": one.get("elsewhere", False),
        },
    )
    current[area.code] = area
    return created

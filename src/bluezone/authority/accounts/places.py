"""What the places of grants are called: areas, organisations, or all there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext

from bluezone.authority.access.scope import EVERYWHERE, Scope
from bluezone.authority.areas.models import Area
from bluezone.authority.organisations.queries import organisations

__all__ = ["place_name", "place_names"]


def place_name(path: str) -> str:
    """The name of one place."""
    return place_names([path])[path]


def place_names(paths: Iterable[str]) -> Mapping[str, str]:
    """Names by path: an area's newest, an organisation's; the path itself where nothing is known of it."""
    wanted = set(paths)
    found = {path: path for path in wanted}
    areas = Area.objects.filter(path__in=wanted).order_by("valid_from")
    found |= dict(areas.values_list("path", "name"))
    named = organisations(Scope.everything(), closed=True).filter(path__in=wanted)
    found |= dict(named.values_list("path", "name"))
    if EVERYWHERE in wanted:
        found[EVERYWHERE] = gettext("Tất cả địa bàn")
    return found

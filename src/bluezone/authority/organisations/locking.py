"""An organisation that is being edited: found within the scope, locked, and still what was looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bluezone.authority.access.scope import Scope
from bluezone.authority.organisations.models import Organisation
from bluezone.authority.tabular.faults import SaidRefused

__all__ = ["EditRefused", "EditedMeanwhile", "are_where_they_were", "find_locked", "holds"]

_AT_ONCE = 500


class EditRefused(SaidRefused):
    """An organisation cannot be edited as asked. Its text is English; ``said`` has both languages."""


class EditedMeanwhile(EditRefused):
    """Somebody else edited it since it was looked at: their edit stays, this one was not made."""

    def __init__(self) -> None:
        super().__init__(
            "đơn vị vừa được người khác sửa; hãy xem lại rồi gửi lần nữa",
            "somebody else has edited this organisation meanwhile: look again and send once more",
        )


def find_locked(key: str, version: int, scope: Scope, with_keys: Iterable[str] = ()) -> Organisation:
    """The organisation, for this transaction alone; the others that the edit rests on are locked with it.

    All in one order, so that two who move organisations below each other do not wait for each other.

    :raises EditRefused: not in the scope.
    :raises EditedMeanwhile: it is of a later version.
    """
    keys = {key, *with_keys}
    locked = Organisation.objects.select_for_update().filter(key__in=keys, withdrawn_at=None).order_by("pk")
    one = next((row for row in locked if row.key == key), None)
    if one is None or not holds(scope, one):
        raise EditRefused("không có đơn vị này trong phạm vi của bạn", "it is not within your scope")
    if one.version != version:
        raise EditedMeanwhile
    return one


def are_where_they_were(paths: Mapping[int, str]) -> bool:
    """Whether managing organisations, by their numbers, stand where they did when they were read.

    They and those that manage them are locked: one that came in below them while they move would stay behind,
    with whoever held it there.
    """
    keys = sorted({key for path in paths.values() for key in path.split("/")[1:]})
    found = set[int]()
    for at in range(0, len(keys), _AT_ONCE):
        rows = Organisation.objects.filter(key__in=keys[at : at + _AT_ONCE])
        found.update(rows.values_list("pk", flat=True))
    present, in_order = dict[int, str](), sorted(found)
    for at in range(0, len(in_order), _AT_ONCE):
        some = Organisation.objects.select_for_update().filter(pk__in=in_order[at : at + _AT_ONCE])
        there = some.filter(withdrawn_at=None).order_by("pk")
        present.update(there.values_list("pk", "path"))
    return all(present.get(pk) == path for pk, path in paths.items())


def holds(scope: Scope, one: Organisation) -> bool:
    """Whether a scope holds an organisation, by the area it is in or by who manages it."""
    return scope.allows(one.located_in.path) or scope.allows(one.path)

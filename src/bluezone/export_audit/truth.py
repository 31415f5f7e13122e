"""What is true of keys, where somebody knows it: whose each is, which are padding; scores against it."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bluezone.errors import Refused
from bluezone.export_audit.findings import Group
from bluezone.protocols.gaen import KEY_BYTES

__all__ = [
    "LinkScore",
    "PaddingScore",
    "Truth",
    "TruthRefused",
    "read_truth",
    "score_groups",
    "score_suspects",
]

_HEADER = ["tek", "user", "padding"]


class TruthRefused(Refused):
    """A file of true owners that cannot be used."""


Truth = Mapping[bytes, int | None]
"""The user of each key; ``None`` for padding."""


@dataclass(frozen=True, slots=True)
class LinkScore:
    """Claimed pairs of keys against true ones; ``precision`` is ``None`` when nothing is claimed.

    ``precision_by_chance``: of pairs picked at random. ``users``: those of whom a group has two keys or more
    and nobody else's.
    """

    users: int
    precision: float | None
    recall: float | None
    precision_by_chance: float | None


@dataclass(frozen=True, slots=True)
class PaddingScore:
    """Suspected keys against padding; ``share``: of padding among all keys, what guessing gets right."""

    precision: float | None
    recall: float | None
    share: float | None


def read_truth(path: Path) -> Truth:
    """Read a CSV with the header ``tek,user,padding``: hexadecimal, a whole number or nothing, 0 or 1.

    :raises TruthRefused: names the line and what is wrong with it.
    """
    truth: dict[bytes, int | None] = {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = csv.reader(file)
            if next(rows, None) != _HEADER:
                raise TruthRefused(f"{path}: the first line must be {','.join(_HEADER)}")
            for row in rows:
                tek, user = _truth_row(row, f"{path}, line {rows.line_num}")
                if tek in truth:
                    raise TruthRefused(f"{path}, line {rows.line_num}: this key was there before")
                truth[tek] = user
    except (UnicodeDecodeError, csv.Error) as error:
        raise TruthRefused(f"{path} is no CSV in UTF-8: {error}") from None
    return truth


def score_groups(groups: Iterable[Group], teks: Sequence[bytes], truth: Truth) -> LinkScore:
    """How right claims about keys are; keys that ``truth`` does not know are nobody's."""
    claimed = right = 0
    users: set[int] = set()
    for group in groups:
        owners = Counter(truth.get(tek) for tek in group)
        claimed += _pairs(len(group))
        right += sum(_pairs(count) for owner, count in owners.items() if owner is not None)
        if len(owners) == 1 and len(group) > 1:
            users |= {owner for owner in owners if owner is not None}
    owned = Counter(truth.get(tek) for tek in teks)
    true = sum(_pairs(count) for owner, count in owned.items() if owner is not None)
    return LinkScore(
        users=len(users),
        precision=_share(right, claimed),
        recall=_share(right, true),
        precision_by_chance=_share(true, _pairs(len(teks))),
    )


def score_suspects(suspects: Iterable[bytes], teks: Sequence[bytes], truth: Truth) -> PaddingScore:
    """How right suspicions of padding are."""
    padding = {tek for tek in teks if tek in truth and truth[tek] is None}
    suspected = set(suspects)
    return PaddingScore(
        precision=_share(len(suspected & padding), len(suspected)),
        recall=_share(len(suspected & padding), len(padding)),
        share=_share(len(padding), len(teks)),
    )


def _truth_row(row: Sequence[str], where: str) -> tuple[bytes, int | None]:
    if len(row) != len(_HEADER):
        raise TruthRefused(f"{where}: {len(row)} fields instead of {len(_HEADER)}")
    tek, user, padding = row
    try:
        data = bytes.fromhex(tek)
    except ValueError:
        data = b""
    if len(data) != KEY_BYTES:
        raise TruthRefused(f"{where}: {tek!r} is no key of {2 * KEY_BYTES} hexadecimal digits")
    if padding not in ("0", "1"):
        raise TruthRefused(f"{where}: padding is {padding!r}, not 0 or 1")
    if padding == "1":
        return data, None
    if not (user.isascii() and user.isdigit()):
        raise TruthRefused(f"{where}: user {user!r} is no whole number")
    return data, int(user)


def _pairs(count: int) -> int:
    return count * (count - 1) // 2


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None

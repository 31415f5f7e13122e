"""Targets as people write them."""

from __future__ import annotations

from decimal import Decimal

from bluezone.authority.tabular.cells import read_percents
from bluezone.authority.tabular.faults import CellRefused
from bluezone.authority.tabular.spelling import tidy

__all__ = ["read_target"]


def read_target(text: str) -> Decimal:
    """A rate in per cent: ``60``, ``62,5`` or ``62.5 %``.

    :raises CellRefused: anything else, also ``0,6``, which may be 60 % or less than one.
    """
    meant = read_percents(tidy(text))
    if len(meant) > 1:
        raise CellRefused(
            f"“{text}” có thể là {meant[1]:f} % hoặc {meant[0]:f} %: hãy ghi dấu %",
            f"“{text}” may be {meant[1]:f} % or {meant[0]:f} %: write the sign %",
        )
    return meant[0]

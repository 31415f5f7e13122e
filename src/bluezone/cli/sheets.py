"""What commands that bring in a sheet share: the file, what is told of its rows, an import's name."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from bluezone.cli.output import say
from bluezone.errors import Refused

if TYPE_CHECKING:
    from bluezone.authority.tabular.faults import Fault

__all__ = ["fail_without_an_import", "fault_document", "import_id", "read_file", "tell_faults"]

_SHOWN = 50


def read_file(file: Path, limit: int = 0) -> bytes:
    """The bytes of a file, one more than is allowed at most: by default as many as of a sheet.

    :raises Refused: it cannot be read.
    """
    from bluezone.authority.tabular.sheets import MAX_BYTES

    try:
        with file.open("rb") as source:
            return source.read((limit or MAX_BYTES) + 1)
    except OSError as error:
        raise Refused(f"cannot read {file}: {error.strerror}") from None


def import_id(text: str) -> uuid.UUID:
    """The import that an argument names, or a usage error."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} does not name an import", param_hint="RUN") from None


def fault_document(fault: Fault) -> dict[str, object]:
    """For JSON."""
    return {
        "row": fault.row,
        "column": fault.column,
        "severity": fault.severity.value,
        "reason": fault.said.en,
        "reason_vi": fault.said.vi,
    }


def tell_faults(faults: Iterable[Fault], of: str = "row") -> None:
    """For the person at the terminal, the first of them."""
    faults = list(faults)
    for one in faults[:_SHOWN]:
        where = f"{of} {one.row}" + (f", {one.column}" if one.column else "")
        say(f"{one.severity}: {where}: {one.said.en}")
    if len(faults) > _SHOWN:
        say(f"… and {len(faults) - _SHOWN} more; --json tells all")


def fail_without_an_import() -> NoReturn:
    """End the command as refused, with what to do; the rows were told before."""
    say("nothing was imported: mend these rows, or import the others with --good-rows")
    raise typer.Exit(1)

"""What commands that bring in a sheet share: the file, what is told of its rows, an import's name."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sized
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import typer

from bluezone.cli.output import print_json, say
from bluezone.errors import Refused

if TYPE_CHECKING:
    from bluezone.authority.tabular.faults import Fault
    from bluezone.authority.tabular.models import ImportRun

__all__ = ["fault_document", "import_id", "read_file", "tell_faults", "tell_import", "tell_undone"]

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


class _Found(Protocol):
    """A sheet that was read: rows that can be imported, and the faults of these and the others."""

    @property
    def rows(self) -> Sized: ...
    @property
    def faults(self) -> tuple[Fault, ...]: ...
    @property
    def errors(self) -> tuple[Fault, ...]: ...


def tell_import(
    file: Path,
    found: _Found,
    run: uuid.UUID | None,
    counts: Mapping[str, object],
    told: str,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """What a sheet holds and what became of it; ends the command as refused if nothing was imported.

    :param counts: what else the JSON document has.
    :param told: what was imported, for the person at the terminal.
    """
    if as_json:
        print_json(
            {
                "file": file.name,
                "dry_run": dry_run,
                "rows": len(found.rows),
                "faults": [fault_document(one) for one in found.faults],
                "import": None if run is None else str(run),
                **counts,
            }
        )
    else:
        tell_faults(found.faults)
        say(f"{_rows(len(found.rows))} can be imported, {len({one.row for one in found.errors})} cannot")
        if run is not None:
            say(f"imported as {run}: {told}")
    if run is None and not dry_run:
        say("nothing was imported: mend these rows, or import the others with --good-rows")
        raise typer.Exit(1)


def tell_undone(run: ImportRun, *, as_json: bool) -> None:
    """That an import was taken back."""
    if as_json:
        print_json({"import": str(run.id), "file": run.file_name, "rows": run.rows})
    else:
        say(f"taken back: {run.file_name}, {_rows(run.rows)}")


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"

"""Commands of the registry of organisations: bring in a sheet, take it back, list those of an area."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bluezone.cli.authority import prepare_authority
from bluezone.cli.output import JsonFlag, print_json, say
from bluezone.cli.sheets import import_id, read_file, tell_import, tell_undone
from bluezone.errors import Refused

if TYPE_CHECKING:
    from bluezone.authority.organisations.sheet import Progress

__all__ = ["organisation_app"]

organisation_app = typer.Typer(help="Agencies, schools, enterprises and their places.", no_args_is_help=True)


@organisation_app.command("import")
def import_sheet(
    file: Annotated[Path, typer.Argument(help="A sheet of organisations: CSV or XLSX.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what is in it.")] = False,
    good_rows: Annotated[
        bool, typer.Option("--good-rows", help="Import the rows without errors, though others have some.")
    ] = False,
    sheet: Annotated[str, typer.Option(help="Which sheet of a workbook that has several.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Register the organisations and classes of a sheet: all of it, or with --good-rows what can be.

    Columns: Tên đơn vị, Loại, Địa bàn or Mã địa bàn; Mã đơn vị, Trực thuộc, Địa chỉ, Người liên hệ, Chức vụ,
    Điện thoại, Email, Ngày số liệu, Số cán bộ, Số học sinh, Số hội viên, Năm học, Lớp; in any order.
    """
    data = read_file(file)
    prepare_authority()
    from django.utils import timezone

    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.access.scope import Scope
    from bluezone.authority.organisations.directory import Directory
    from bluezone.authority.organisations.services import import_organisations
    from bluezone.authority.organisations.sheet import read_organisation_sheet

    now = runtime.now()
    outcome = None
    with _progress() as progress:
        directory = Directory(Scope.everything())
        found = read_organisation_sheet(data, directory, timezone.localtime(now).date(), sheet, progress)
        if not dry_run and found.rows and (good_rows or not found.errors):
            outcome = import_organisations(
                found.rows, file_name=file.name, data=data, by=Actor("cli"), now=now, progress=progress
            )
    added = {
        "organisations": 0 if outcome is None else outcome.organisations,
        "classes": 0 if outcome is None else outcome.classes,
        "headcounts": 0 if outcome is None else outcome.headcounts,
        "contacts": 0 if outcome is None else outcome.contacts,
    }
    tell_import(
        file,
        found,
        None if outcome is None else outcome.run,
        added,
        ", ".join(f"{count} {what}" for what, count in added.items()),
        dry_run=dry_run,
        as_json=as_json,
    )


@organisation_app.command("undo")
def undo_import(
    run: Annotated[str, typer.Argument(help="The import, as `bluezone organisation import` named it.")],
    as_json: JsonFlag = False,
) -> None:
    """Take an import back: what it registered is withdrawn, its contact persons are erased."""
    run_id = import_id(run)
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.organisations.services import undo_organisations

    undone = undo_organisations(run_id, by=Actor("cli"), now=runtime.now())
    tell_undone(undone, as_json=as_json)


@organisation_app.command("list")
def list_organisations(
    area: Annotated[str, typer.Option(help="The area's code, as 009, or path, as 01/009.")],
    as_json: JsonFlag = False,
) -> None:
    """Tell the organisations in an area, also in an area that has ended, with their newest headcounts."""
    prepare_authority()
    from django.utils import timezone

    from bluezone.authority import runtime
    from bluezone.authority.access.scope import Scope
    from bluezone.authority.areas.queries import area_on
    from bluezone.authority.organisations.queries import latest_headcounts, organisations

    everything = Scope.everything()
    found = area_on(area.rsplit("/", 1)[-1], timezone.localtime(runtime.now()).date(), everything)
    if found is None or ("/" in area and found.path != area):
        raise Refused(f"there is no area {area!r}")
    rows = list(organisations(everything, area_path=found.path))
    newest = latest_headcounts(rows, everything)
    documents = [
        {
            "key": one.key,
            "code": one.code,
            "name": one.name,
            "kind": one.kind,
            "located_in": one.located_in.path,
            "managed_by": one.managed_by_name if one.managed_by is None else one.managed_by.name,
            "headcounts": [
                {"people": count.people, "value": count.value, "as_of": count.as_of.isoformat()}
                for count in newest.get(one.pk, {}).values()
            ],
        }
        for one in rows
    ]
    if as_json:
        print_json({"area": found.code, "name": found.name, "organisations": documents})
        return
    for one in rows:
        typer.echo(f"{one.key}  {one.kind:22} {one.name}  ({one.located_in.name})")
    say(f"{len(rows)} organisations in {found.name}")


@contextmanager
def _progress() -> Iterator[Progress]:
    """A line that tells how far it is, where somebody sits at a terminal; nothing in scripts."""
    from rich.console import Console
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    with Bars(console=console, transient=True, disable=not console.is_terminal) as bars:
        tasks: dict[str, int] = {}

        def tell(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = int(bars.add_task(what, total=of))
            bars.update(bars.task_ids[tasks[what]], completed=done)

        yield tell

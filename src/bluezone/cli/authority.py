"""The authority's commands: setting up, serving, codes, the audit log, exports."""

from __future__ import annotations

import uuid
from datetime import date
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bluezone.cli.output import JsonFlag, print_json, say
from bluezone.errors import Refused

__all__ = [
    "audit_app",
    "build",
    "code_app",
    "parse_day",
    "prepare_authority",
    "public_key",
    "serve",
    "setup",
]

code_app = typer.Typer(help="One-time codes for a positive test.", no_args_is_help=True)
audit_app = typer.Typer(help="The record of who did what.", no_args_is_help=True)


def setup() -> None:
    """Make the data folder ($BLUEZONE_DATA, else ./data), its secrets and its tables; safe to repeat."""
    prepare_authority()
    from django.conf import settings

    say(f"ready: {settings.BLUEZONE_DATA}")


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
    workers: Annotated[
        int, typer.Option(min=0, max=64, help="Processes that answer requests; 0: one for each core.")
    ] = 0,
) -> None:
    """Run the web server and the background work until Ctrl-C."""
    prepare_authority()
    from bluezone.authority import server
    from bluezone.authority.keys.code_links import long_message_warning

    if warning := long_message_warning():
        say(warning)
    server.serve(
        host,
        port,
        workers=workers or server.usable_cores(),
        on_ready=lambda url: say(f"serving on {url} (Ctrl-C stops)"),
    )


@code_app.command("issue")
def issue_code(
    report_type: Annotated[str, typer.Option(help="confirmed, likely or negative.")],
    test_date: Annotated[str, typer.Option(help="Day of the sample, YYYY-MM-DD.")] = "",
    onset: Annotated[str, typer.Option(help="Day of the first symptoms, YYYY-MM-DD.")] = "",
    area: Annotated[str, typer.Option(help="Where it is issued: an area path, or * for none.")] = "*",
    request: Annotated[
        str, typer.Option("--uuid", help="Made by you: sending it again gives the same code.")
    ] = "",
    as_json: JsonFlag = False,
) -> None:
    """Issue a one-time code. At least one of --test-date and --onset is needed."""
    tested_on, ill_since, request_uuid = (
        parse_day(test_date, "--test-date"),
        parse_day(onset, "--onset"),
        _uuid(request),
    )
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.access.scope import EVERYWHERE, Scope
    from bluezone.authority.areas.queries import known_path
    from bluezone.authority.keys.report_types import ISSUABLE, ReportTypeName
    from bluezone.authority.keys.services import issue_code

    if report_type not in set(ISSUABLE):
        raise typer.BadParameter(
            f"{report_type!r} is not one of {', '.join(ISSUABLE)}", param_hint="--report-type"
        )
    if area != EVERYWHERE and not known_path(area, Scope.everything()):
        raise Refused(f"there is no area {area!r}")
    issued = issue_code(
        report_type=ReportTypeName(report_type),
        test_date=tested_on,
        onset_date=ill_since,
        uuid=request_uuid,
        area_path=area,
        scope=Scope.everything(),
        by=Actor("cli"),
        now=runtime.now(),
    )
    if as_json:
        print_json(
            {"uuid": str(issued.uuid), "code": issued.code, "expires_at": issued.expires_at.isoformat()}
        )
    else:
        typer.echo(issued.grouped)
        local = issued.expires_at.astimezone(ZoneInfo("Asia/Ho_Chi_Minh"))
        say(f"good until {local:%H:%M} on {local:%d/%m/%Y}, Vietnam time")


@audit_app.command("verify")
def verify_audit(
    heads: Annotated[
        Path | None,
        typer.Option(help="A copy of audit/heads.jsonl that was taken off the machine.", exists=True),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Check that no entry was altered, removed or reordered; exit 1 naming the first that was."""
    prepare_authority()
    from bluezone.authority.access.audit import verify_audit

    state = verify_audit(heads)
    if as_json:
        print_json({"sealed": state.sealed, "unsealed": state.unsealed, "seals": state.seals})
    else:
        typer.echo(
            f"in order: {state.sealed} sealed entries in {state.seals} seals, {state.unsealed} not sealed yet"
        )


def build(as_json: JsonFlag = False) -> None:
    """Build the export of every window that has ended, and remove files past their time."""
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.keys.services import build_exports

    report = build_exports(runtime.now())
    if as_json:
        print_json({"files": list(report.built), "keys": report.keys, "removed": list(report.removed)})
    else:
        for line in report.built:
            typer.echo(line)
        say(f"{report.keys} keys in {len(report.built)} new files, {len(report.removed)} old files removed")


def public_key(
    region: Annotated[str, typer.Option(help="Only of this region. Without: of all.")] = "",
) -> None:
    """Print the keys that exports are signed with (PEM), newest first: what a device is enrolled with.

    Also those that sign from a later time, since devices are to know them before; stderr names each.
    """
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.keys.queries import export_public_keys

    now = runtime.now()
    keys = export_public_keys(region or None, now=now)
    if not keys:
        raise Refused(f"region {region!r} has no export key")
    for pem in dict.fromkeys(key.pem for key in keys):
        for key in keys:
            if key.pem == pem:
                waiting = f", from {key.valid_from:%Y-%m-%d %H:%M} UTC on" if key.valid_from > now else ""
                say(f"{key.region}: {key.key_id} {key.key_version}{waiting}")
        typer.echo(pem, nl=False)


def prepare_authority() -> None:
    """Choose the data folder that the environment names, and make what is missing in it."""
    import os

    from bluezone.authority.setup import configure, data_folder_from_environment, prepare

    configure(data_folder_from_environment(), region=os.environ.get("BLUEZONE_REGION") or "VN")
    prepare()


def parse_day(text: str, option: str) -> date | None:
    """The day that an option names; ``None`` for an empty text."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day like 2021-03-08", param_hint=option) from None


def _uuid(text: str) -> uuid.UUID:
    if not text:
        return uuid.uuid4()
    try:
        return uuid.UUID(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a UUID", param_hint="--uuid") from None

"""Commands about other systems' access: API keys, and how many codes a day may be issued."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bluezone.cli.authority import code_app, parse_day, prepare_authority
from bluezone.cli.output import JsonFlag, print_json, say
from bluezone.errors import Refused

__all__ = ["api_key_app"]

api_key_app = typer.Typer(help="Keys of apps, laboratories and readers of statistics.", no_args_is_help=True)

_HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


@api_key_app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What people call the system.")],
    kind: Annotated[str, typer.Option(help="device (apps), admin (laboratories) or stats.")],
    area: Annotated[str, typer.Option(help="Where it acts: a path such as 01/009, or * for all.")] = "*",
    as_json: JsonFlag = False,
) -> None:
    """Make a key and print it, once: it is sent as X-API-Key and cannot be shown again."""
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.keys.models import ApiKind
    from bluezone.authority.keys.services import create_api_key

    try:
        wanted = ApiKind(kind)
    except ValueError:
        names = ", ".join(one.value for one in ApiKind)
        raise typer.BadParameter(f"{kind!r} is not one of {names}", param_hint="--kind") from None
    _check_area(area)
    made = create_api_key(name, wanted, area, by=Actor("cli"), now=runtime.now())
    if as_json:
        print_json({"id": str(made.id), "kind": kind, "area": area, "key": made.text})
    else:
        say(f"created {made.id}: {kind} in {area}")
        typer.echo(made.text)


@api_key_app.command("list")
def list_keys(as_json: JsonFlag = False) -> None:
    """Every key: its id, kind, area, last day of use and whether it is revoked; not the key itself."""
    prepare_authority()
    from bluezone.authority.access.scope import Scope
    from bluezone.authority.keys.queries import api_keys

    rows = [
        {
            "id": str(one.pk),
            "name": one.name,
            "kind": one.kind,
            "area": one.area_path,
            "created_at": one.created_at.isoformat(),
            "last_used_on": one.last_used_on.isoformat() if one.last_used_on else None,
            "revoked_at": one.revoked_at.isoformat() if one.revoked_at else None,
        }
        for one in api_keys(Scope.everything())
    ]
    if as_json:
        print_json({"keys": rows})
        return
    for row in rows:
        state = "revoked" if row["revoked_at"] else f"last used {row['last_used_on'] or 'never'}"
        typer.echo(f"{row['id']}  {row['kind']:<6}  {row['area']}  {row['name']}  {state}")
    if not rows:
        say("no API keys")


@api_key_app.command("revoke")
def revoke(key: Annotated[str, typer.Argument(help="The key's id, as `list` shows it.")]) -> None:
    """Let a key open nothing any more; safe to repeat."""
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.keys.services import revoke_api_key

    try:
        key_id = uuid.UUID(key)
    except ValueError:
        raise typer.BadParameter(f"{key!r} is not an id", param_hint="KEY") from None
    revoke_api_key(key_id, by=Actor("cli"), now=runtime.now())
    say(f"revoked {key_id}")


@code_app.command("limit")
def limit(
    codes: Annotated[
        int | None, typer.Option(min=0, help="How many may be issued; without it, only shown.")
    ] = None,
    area: Annotated[str, typer.Option(help="Below which area: a path such as 01/009, or * for all.")] = "*",
    day: Annotated[str, typer.Option(help="YYYY-MM-DD; without it, today in Vietnam.")] = "",
    reason: Annotated[str, typer.Option(help="Why, for the record; needed with --codes.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Show today's limit of codes, or set a day's in place of what the last weeks lead to expect."""
    wanted = parse_day(day, "--day")
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.access.scope import Scope
    from bluezone.authority.keys.services import day_limit, set_issue_limit

    _check_area(area)
    now = runtime.now()
    today: date = now.astimezone(_HANOI).date()
    if codes is not None:
        everywhere, cli = Scope.everything(), Actor("cli")
        set_issue_limit(area, wanted or today, codes, reason, scope=everywhere, by=cli, now=now)
        if wanted not in (None, today):
            say(f"{codes} codes on {wanted} below {area}")
            return
    elif wanted not in (None, today):
        raise typer.BadParameter("only today's limit can be shown", param_hint="--day")
    held = day_limit(area, now)
    if as_json:
        print_json({"area": held.area_path, "codes": held.codes, "issued": held.issued, "set": held.is_set})
    else:
        how = "set for today" if held.is_set else "the usual limit"
        typer.echo(f"{held.issued} of {held.codes} codes issued today below {held.area_path} ({how})")


def _check_area(area: str) -> None:
    from bluezone.authority.access.scope import EVERYWHERE, Scope
    from bluezone.authority.areas.queries import known_path

    if area != EVERYWHERE and not known_path(area, Scope.everything()):
        raise Refused(f"there is no area {area!r}")

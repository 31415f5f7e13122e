"""``bluezone emergency list``: who took a role beyond their grants, why, and what a second person thought."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bluezone.cli.authority import prepare_authority
from bluezone.cli.output import JsonFlag, print_json, say

__all__ = ["emergency_app"]

emergency_app = typer.Typer(help="Roles that staff took for some hours.", no_args_is_help=True)

_HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


@emergency_app.command("list")
def list_emergencies(
    unreviewed: Annotated[
        bool, typer.Option("--unreviewed", help="Only those that nobody has judged yet.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """The newest 500, those that nobody has judged first."""
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.access.emergency_queries import emergencies, state_of
    from bluezone.authority.access.scope import Scope

    now = runtime.now()
    found = emergencies(Scope.everything(), only_unreviewed=unreviewed)
    rows = [
        {
            "emergency": str(one.pk),
            "user": one.grant.user.get_username(),
            "role": one.grant.role,
            "area": one.grant.area_path,
            "from": one.grant.valid_from.isoformat(),
            "until": one.grant.valid_until.isoformat() if one.grant.valid_until else None,
            "state": state_of(one, now).value,
            "reviewed_by": one.reviewed_by.get_username() if one.reviewed_by else None,
            "reason": one.reason,
        }
        for one in found
    ]
    if as_json:
        print_json({"emergencies": rows})
        return
    for row, one in zip(rows, found, strict=True):
        begun = one.grant.valid_from.astimezone(_HANOI)
        typer.echo(
            f"{begun:%Y-%m-%d %H:%M}  {row['user']}  {row['role']} in {row['area']}  {row['state']}  "
            f"{row['reason']}"
        )
    if not rows:
        say("no emergency access")

"""``bluezone audit show``: who did what, and how often."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bluezone.cli.authority import audit_app, prepare_authority
from bluezone.cli.output import JsonFlag, print_json, say

__all__ = ["audit_app"]

_HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


@audit_app.command("show")
def show(
    action: Annotated[str, typer.Option(help="Such as keys.code-issued; or keys, for all of them.")] = "",
    actor: Annotated[str, typer.Option(help="A login name, or such as user:1f0c…, cli or system.")] = "",
    subject: Annotated[str, typer.Option(help="Such as code:1f0c… or area:01/009.")] = "",
    since: Annotated[str, typer.Option(help="YYYY-MM-DD or YYYY-MM-DDTHH:MM, Vietnam time.")] = "",
    counts: Annotated[
        bool, typer.Option("--counts", help="Only how many entries of each actor and action, most first.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Print entries, oldest first. That nobody has altered them is for `audit verify` to say."""
    moment = _moment(since)
    prepare_authority()
    from bluezone.authority.access.audit_queries import AuditSearch, audit_entries
    from bluezone.authority.access.scope import Scope

    wanted = AuditSearch(action=action, actor=_reference(actor), subject=subject, since=moment)
    entries = audit_entries(wanted, Scope.everything())
    if counts:
        _print_counts(Counter((one.actor, one.action) for one in entries), as_json=as_json)
        return
    if as_json:
        rows = [
            {
                "recorded_at": one.recorded_at.isoformat(),
                "actor": one.actor,
                "action": one.action,
                "subject": one.subject,
                "details": one.details,
                "seal": one.seal,
            }
            for one in entries
        ]
        print_json({"entries": rows})
        return
    shown = 0
    for shown, one in enumerate(entries, start=1):  # noqa: B007 - counted for the message below
        details = " ".join(f"{name}={value}" for name, value in one.details.items())
        local = one.recorded_at.astimezone(_HANOI)
        typer.echo(f"{local:%Y-%m-%d %H:%M:%S}  {one.actor}  {one.action}  {one.subject}  {details}")
    if not shown:
        say("no such entries")


def _reference(actor: str) -> str:
    """As the log has it; a name that nobody bears is refused, or it would seem to have done nothing."""
    from bluezone.authority.accounts.services import find_user

    if not actor or ":" in actor or actor in ("cli", "system"):
        return actor
    return f"user:{find_user(actor).pk}"


def _print_counts(counts: Counter[tuple[str, str]], *, as_json: bool) -> None:
    rows = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    if as_json:
        print_json({"counts": [{"actor": who, "action": what, "entries": n} for (who, what), n in rows]})
        return
    for (who, what), n in rows:
        typer.echo(f"{n:>7}  {who}  {what}")
    if not rows:
        say("no such entries")


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is not a day or time like 2021-03-08 or 2021-03-08T14:30", param_hint="--since"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=_HANOI)

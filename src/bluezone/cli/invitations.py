"""Commands about invitations: a link by which somebody makes an account, who is invited, take it back."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from bluezone.cli.authority import parse_day, prepare_authority
from bluezone.cli.output import JsonFlag, print_json, say
from bluezone.cli.users import (
    AreaOption,
    OrganisationOption,
    RoleOption,
    UntilOption,
    parse_place,
    parse_role,
)

__all__ = ["invite", "list_invitations", "uninvite"]


def invite(
    role: RoleOption,
    area: AreaOption = "",
    organisation: OrganisationOption = "",
    until: UntilOption = "",
    for_whom: Annotated[str, typer.Option("--for", help="The person's name, to know the link again.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Print a link by which one person makes an account with this role: used once, within 72 hours."""
    last_day = parse_day(until, "--until")
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.access.rules import HeldRole
    from bluezone.authority.accounts.invitation_links import invitation_link
    from bluezone.authority.accounts.rules import end_of_day
    from bluezone.authority.accounts.services.invitations import invite as invite_person

    ends = end_of_day(last_day) if last_day else None
    wanted = parse_role(role)
    place = parse_place(wanted, area, organisation)
    made, secret = invite_person(
        HeldRole(wanted, place, ends), for_whom=for_whom, inviter=None, now=runtime.now()
    )
    link = invitation_link(secret)
    if as_json:
        expires = made.expires_at.isoformat()
        print_json(
            {"invitation": str(made.pk), "role": role, "area": place, "expires_at": expires, "link": link}
        )
        return
    say(f"{role} in {place}: one person can use this link, within 72 hours")
    typer.echo(link)


def list_invitations(as_json: JsonFlag = False) -> None:
    """Links that nobody has used yet."""
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.access.scope import Scope
    from bluezone.authority.accounts.invitation_queries import all_open_invitations

    waiting = all_open_invitations(runtime.now(), Scope.everything())
    if as_json:
        rows = [
            {
                "invitation": str(one.pk),
                "for": one.for_whom,
                "role": one.role,
                "area": one.area_path,
                "until": one.role_until.isoformat() if one.role_until else None,
                "invited_by": one.invited_by.username if one.invited_by else None,
                "expires_at": one.expires_at.isoformat(),
            }
            for one in waiting
        ]
        print_json({"invitations": rows})
        return
    for one in waiting:
        by = one.invited_by.username if one.invited_by else "command line"
        typer.echo(
            f"{one.pk}  {one.for_whom or '-'}  {one.role} in {one.area_path}  "
            f"by {by}, until {one.expires_at:%Y-%m-%d %H:%M} UTC"
        )
    if not waiting:
        say("no open invitations")


def uninvite(
    invitation: Annotated[UUID, typer.Argument(help="Its number, as `invitations` shows it.")],
) -> None:
    """Let a link be used no more."""
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.accounts.services.invitations import withdraw_invitation

    withdraw_invitation(invitation, by=Actor("cli"), now=runtime.now())
    say(f"invitation {invitation} cannot be used any more")

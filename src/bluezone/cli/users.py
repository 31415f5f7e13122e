"""Commands about staff accounts: who there is, what they may do where, and how that ends."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from bluezone.cli.authority import parse_day, prepare_authority
from bluezone.cli.output import JsonFlag, print_json, say
from bluezone.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bluezone.authority.access.roles import Role
    from bluezone.authority.access.rules import HeldRole

__all__ = [
    "AreaOption",
    "OrganisationOption",
    "RoleOption",
    "UntilOption",
    "parse_place",
    "parse_role",
    "told_role",
    "user_app",
]

user_app = typer.Typer(help="Staff accounts.", no_args_is_help=True)

_Name = Annotated[str, typer.Argument(help="Login name, as `list` shows it.")]
RoleOption = Annotated[str, typer.Option("--role", help="What they may do, for example health-worker.")]
AreaOption = Annotated[
    str, typer.Option("--area", help="Where: a path such as 01/009 or 01/009/00343, or * for all.")
]
OrganisationOption = Annotated[
    str, typer.Option("--organisation", help="Instead of an area: an organisation's code, or its key.")
]
UntilOption = Annotated[str, typer.Option(help="Last day, YYYY-MM-DD in Vietnam; without it, no end.")]
_PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from stdin instead of making one.")
]


@user_app.command("create")
def create_user(
    name: Annotated[str, typer.Argument(help="Login name: small letters, digits, dots, dashes.")],
    role: RoleOption,
    area: AreaOption = "",
    organisation: OrganisationOption = "",
    display_name: Annotated[str, typer.Option(help="The name that colleagues see.")] = "",
    password_stdin: _PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Create an account with one role, in one area or for one organisation."""
    prepare_authority()
    from django.db import transaction

    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.access.services import grant_role
    from bluezone.authority.accounts.organisation_grants import located_in
    from bluezone.authority.accounts.services import create_user

    wanted = parse_role(role)
    place = parse_place(wanted, area, organisation)
    password, shown = _password(password_stdin)
    cli, now = Actor("cli"), runtime.now()
    with transaction.atomic():
        user = create_user(name, password, display_name=display_name, by=cli, now=now)
        grant_role(user, wanted, place, by=cli, now=now, located_in=located_in(place))
    if as_json:
        print_json(
            {"user": user.username, "id": str(user.pk), "role": role, "area": place, "password": shown}
        )
        return
    say(f"created {user.username}: {role} in {place}")
    if shown:
        typer.echo(shown)


@user_app.command("list")
def list_users(as_json: JsonFlag = False) -> None:
    """Every account: its roles and where, its last login, and whether it is disabled."""
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.access.scope import Scope
    from bluezone.authority.accounts.places import place_names
    from bluezone.authority.accounts.queries import staff_accounts

    accounts = staff_accounts(Scope.everything(), runtime.now())
    names = place_names(held.area_path for one in accounts for held in one.roles)
    rows = [
        {
            "user": one.username,
            "id": str(one.id),
            "display_name": one.display_name,
            "active": one.is_active,
            "last_login": one.last_login.isoformat() if one.last_login else None,
            "roles": [
                {
                    "role": held.role.value,
                    "area": held.area_path,
                    "name": names[held.area_path],
                    "until": held.until.isoformat() if held.until else None,
                }
                for held in one.roles
            ],
        }
        for one in accounts
    ]
    if as_json:
        print_json({"users": rows})
        return
    for one in accounts:
        held = ", ".join(told_role(role, names) for role in one.roles) or "no role"
        seen = f"{one.last_login:%Y-%m-%d}" if one.last_login else "never"
        typer.echo(f"{one.username}  {held}  last login {seen}{'' if one.is_active else '  disabled'}")
    if not accounts:
        say("no accounts")


def told_role(held: HeldRole, names: Mapping[str, str]) -> str:
    """A role, where, and the last day of it: two of one role differ in nothing else."""
    from bluezone.authority.accounts.organisation_grants import is_organisation
    from bluezone.authority.accounts.rules import last_day

    name = names[held.area_path] if is_organisation(held.area_path) else ""
    until = "" if held.until is None else f" until {last_day(held.until)}"
    return f"{held.role.value} in {held.area_path}{name and f' ({name})'}{until}"


@user_app.command("disable")
def disable(name: _Name) -> None:
    """Let nobody in by this account: who is in is out at once. Safe to repeat; `enable` takes it back."""
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.accounts.services import disable_user

    disable_user(name, by=Actor("cli"), now=runtime.now())
    say(f"disabled {name}")


@user_app.command("enable")
def enable(name: _Name) -> None:
    """Let an account be used again, with the roles that it still has; safe to repeat."""
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.accounts.services import enable_user

    enable_user(name, by=Actor("cli"), now=runtime.now())
    say(f"enabled {name}")


@user_app.command("grant")
def grant(
    name: _Name,
    role: RoleOption,
    area: AreaOption = "",
    organisation: OrganisationOption = "",
    until: UntilOption = "",
) -> None:
    """Let a person act in another role, in another area, or for an organisation too."""
    last_day = parse_day(until, "--until")
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.access.services import grant_role
    from bluezone.authority.accounts.organisation_grants import located_in
    from bluezone.authority.accounts.rules import end_of_day
    from bluezone.authority.accounts.services import find_user

    wanted = parse_role(role)
    place = parse_place(wanted, area, organisation)
    ends = end_of_day(last_day) if last_day else None
    grant_role(
        find_user(name),
        wanted,
        place,
        by=Actor("cli"),
        now=runtime.now(),
        until=ends,
        located_in=located_in(place),
    )
    say(f"{name} is {role} in {place}" + (f" until the end of {until}" if until else ""))


@user_app.command("revoke")
def revoke(
    name: _Name, role: RoleOption, area: AreaOption = "", organisation: OrganisationOption = ""
) -> None:
    """End a role that a person holds in just this area or for this organisation, at once."""
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.access.services import revoke_role
    from bluezone.authority.accounts.organisation_grants import located_in
    from bluezone.authority.accounts.services import find_user

    wanted = parse_role(role)
    place = _place(area, organisation, closed=True)
    revoke_role(
        find_user(name), wanted, place, by=Actor("cli"), now=runtime.now(), located_in=located_in(place)
    )
    say(f"{name} is not {role} in {place} any more")


@user_app.command("password")
def password(name: _Name, password_stdin: _PasswordStdin = False, as_json: JsonFlag = False) -> None:
    """Give an account another password and print it; who came in by the old one is out at once."""
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.accounts.services import set_password

    new, shown = _password(password_stdin)
    set_password(name, new, by=Actor("cli"), now=runtime.now())
    if as_json:
        print_json({"user": name, "password": shown})
        return
    say(f"{name} has another password")
    if shown:
        typer.echo(shown)


@user_app.command("reset-second-factor")
def reset_second_factor(name: _Name) -> None:
    """For somebody who lost the authenticator and the recovery codes: the password alone opens it again."""
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.accounts.services import second_factor

    second_factor.reset_second_factor(name, by=Actor("cli"), now=runtime.now())
    say(f"{name} has no second factor any more")


def _password(from_stdin: bool) -> tuple[str, str | None]:
    """A password, and once more if it was made here and must be shown."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n"), None
    from bluezone.authority.accounts.services import new_password

    made = new_password()
    return made, made


def parse_role(text: str) -> Role:
    """The role of this name.

    :raises typer.BadParameter: there is none.
    """
    from bluezone.authority.access.roles import Role

    try:
        return Role(text)
    except ValueError:
        names = ", ".join(one.value for one in Role)
        raise typer.BadParameter(f"{text!r} is not one of {names}", param_hint="--role") from None


def parse_place(role: Role, area: str, organisation: str) -> str:
    """The path of a grant of this role.

    :raises typer.BadParameter: neither an area nor an organisation is given, or both are.
    :raises Refused: there is no such one, or the role is not granted for organisations.
    """
    from bluezone.authority.access.scope import EVERYWHERE, Scope
    from bluezone.authority.accounts.organisation_grants import check_organisation_role
    from bluezone.authority.areas.queries import known_path, paths_of_code

    place = _place(area, organisation)
    if organisation:
        check_organisation_role(role)
    elif area != EVERYWHERE and not known_path(area, Scope.everything()):
        known = " or ".join(paths_of_code(area, Scope.everything()))
        raise Refused(f"there is no area {area!r}" + (f": its whole path is {known}" if known else ""))
    return place


def _place(area: str, organisation: str, *, closed: bool = False) -> str:
    from bluezone.authority.access.scope import Scope
    from bluezone.authority.accounts.organisation_grants import named_organisation

    if bool(area) == bool(organisation):
        raise typer.BadParameter("give either --area or --organisation", param_hint="--area")
    if not organisation:
        return area
    return named_organisation(organisation, Scope.everything(), closed=closed).path

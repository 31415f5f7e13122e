"""Commands about health authorities: whose certificates phones may publish keys with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bluezone.cli.authority import prepare_authority
from bluezone.cli.output import JsonFlag, print_json, say
from bluezone.errors import Refused

__all__ = ["authority_app"]

authority_app = typer.Typer(help="Health authorities whose certificates are believed.", no_args_is_help=True)


@authority_app.command("add")
def add(
    identifier: Annotated[str, typer.Argument(help="healthAuthorityID that apps send.")],
    issuer: Annotated[str, typer.Option(help="iss of its certificates.")],
    audience: Annotated[str, typer.Option(help="aud of its certificates.")] = "bluezone-key-server",
    region: Annotated[str, typer.Option(help="In whose export the keys go out. Usual: our own.")] = "",
    name: Annotated[str, typer.Option(help="What people call it.")] = "",
    pem: Annotated[
        list[str] | None,
        typer.Option("--pem", metavar="KID=FILE", help="A public key and its id; may be given again."),
    ] = None,
    jwks: Annotated[str, typer.Option("--jwks", help="Address to fetch its keys from, https.")] = "",
) -> None:
    """Believe a health authority's certificates, or change what is known of it. To rotate keys, give both."""
    given = [_key(one) for one in pem or []]
    prepare_authority()
    from django.conf import settings

    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.keys.authority_jwks import BadAuthorityKey, public_pem
    from bluezone.authority.keys.queries import health_authorities
    from bluezone.authority.keys.services import NewAuthority, add_authority, refresh_authority_keys

    region = region or settings.BLUEZONE_REGION
    keys = {}
    for kid, file, text in given:
        try:
            keys[kid] = public_pem(text)
        except BadAuthorityKey as error:
            raise BadAuthorityKey(f"{file}: {error}") from None
    new = NewAuthority(identifier, issuer, audience, region, name, keys, jwks)
    add_authority(new, by=Actor("cli"), now=runtime.now())
    if jwks:
        refresh_authority_keys(runtime.now(), only=identifier)
    (why,) = [one.last_error for one in health_authorities(runtime.now()) if one.identifier == identifier]
    if why:
        say(f"{identifier} is added, but its keys could not be fetched from {jwks}: {why}")
        say("until they are, none of its certificates are believed; `serve` tries every five minutes")
    else:
        say(f"certificates of {identifier} are believed, and keys go to {region}")


@authority_app.command("list")
def list_authorities(as_json: JsonFlag = False) -> None:
    """Every health authority, with the ids of the keys that are valid now."""
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.keys.queries import health_authorities

    rows = [
        {
            "id": one.identifier,
            "issuer": one.issuer,
            "audience": one.audience,
            "region": one.region,
            "jwks": one.jwks_url,
            "fetched_at": one.fetched_at.isoformat() if one.fetched_at else None,
            "last_error": one.last_error,
            "keys": list(one.key_ids),
        }
        for one in health_authorities(runtime.now())
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        typer.echo(f"{row['id']}: issuer {row['issuer']}, region {row['region']}, keys {row['keys']}")
        if row["last_error"]:
            typer.echo(f"  not fetched from {row['jwks']}: {row['last_error']}")


@authority_app.command("remove")
def remove(identifier: Annotated[str, typer.Argument(help="As it was added.")]) -> None:
    """Believe none of its certificates any more."""
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.keys.services import remove_authority

    remove_authority(identifier, by=Actor("cli"), now=runtime.now())
    say(f"certificates of {identifier} are not believed any more")


def _key(text: str) -> tuple[str, str, str]:
    """Key id, file and what is in it."""
    kid, separator, file = text.partition("=")
    if not separator or not kid or not file:
        raise typer.BadParameter(f"{text!r} is not like v1=key.pem", param_hint="--pem")
    try:
        return kid, file, Path(file).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"cannot read {file}: {error}") from None

"""``bluezone keys``: what this server signs with, and turning it over; ``bluezone export configure``."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from bluezone.cli.authority import prepare_authority
from bluezone.cli.output import JsonFlag, print_json, say

__all__ = ["app", "configure_export"]

app = typer.Typer(help="The keys that exports and certificates are signed with.", no_args_is_help=True)

_SPAN = re.compile(r"(\d{1,6})(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@app.command("list")
def list_keys(as_json: JsonFlag = False) -> None:
    """Show every signing key, since when and until when it signs."""
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.keys.queries import signing_keys

    now = runtime.now()
    keys = signing_keys()
    if as_json:
        print_json(
            {
                "keys": [
                    {
                        "use": one.use,
                        "name": one.name,
                        "state": one.state(now),
                        "valid_from": one.valid_from.isoformat(),
                        "valid_until": one.valid_until.isoformat() if one.valid_until else None,
                        "private_key_here": one.in_store,
                    }
                    for one in keys
                ]
            }
        )
        return
    for one in keys:
        until = f"{one.valid_until:%Y-%m-%d %H:%M}" if one.valid_until else "open"
        lost = "" if one.in_store else "  (its private key is not here)"
        typer.echo(
            f"{one.use:<14}{one.name:<20}{one.state(now):<9}"
            f"{one.valid_from:%Y-%m-%d %H:%M} - {until} UTC{lost}"
        )


@app.command("rotate")
def rotate(
    export: Annotated[str, typer.Option(metavar="REGION", help="The key of a region's exports.")] = "",
    certificate: Annotated[bool, typer.Option("--certificate", help="The key of certificates.")] = False,
    effective: Annotated[
        str,
        typer.Option(
            help="When the new key begins to sign: a time like 2021-03-10T08:00+07:00, or from now, like 1h. "
            "Usual: at once for exports, in 1h for certificates."
        ),
    ] = "",
    overlap: Annotated[
        str,
        typer.Option(help="How long the old keys stay good from then on, like 14d. Usual: 14d, or 1d."),
    ] = "",
    as_json: JsonFlag = False,
) -> None:
    """Make a new key; the old ones stay good for the overlap. Give --export REGION or --certificate."""
    if bool(export) == certificate:
        raise typer.BadParameter(
            "give one of them: the key of a region's exports (`bluezone keys list` names the regions), or "
            "that of certificates",
            param_hint="--export REGION / --certificate",
        )
    kept = _span(overlap or ("1d" if certificate else "14d"), "--overlap")
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.keys import services

    now, cli = runtime.now(), Actor("cli")
    begins = _moment(effective or ("1h" if certificate else "0s"), now)
    if certificate:
        row = services.rotate_certificate_key(effective=begins, overlap=kept, by=cli, now=now)
        name, pem = row.kid, row.public_key_pem
    else:
        made = services.rotate_export_key(export, effective=begins, overlap=kept, by=cli, now=now)
        name, pem = f"{made.key_id} {made.key_version}", made.public_key_pem
    if as_json:
        print_json(
            {
                "name": name,
                "public_key": pem,
                "effective": begins.isoformat(),
                "others_until": (begins + kept).isoformat(),
            }
        )
        return
    typer.echo(pem, nl=False)
    say(
        f"{name} signs from {begins:%Y-%m-%d %H:%M} UTC; "
        f"the others end at {begins + kept:%Y-%m-%d %H:%M} UTC. Back the secrets up now"
    )


def configure_export(
    region: Annotated[str, typer.Argument(help="Like VN or VN-HN; made if it is not there.")],
    period: Annotated[str, typer.Option(help="A file's time, divides a day: like 4h.")] = "",
    truncation: Annotated[str, typer.Option(help="To what a key's time is rounded: like 1h.")] = "",
    min_keys: Annotated[int | None, typer.Option(help="Files with fewer keys are padded; 0: never.")] = None,
    padding_jitter: Annotated[int | None, typer.Option(help="Up to so many more, by chance.")] = None,
    max_keys: Annotated[int | None, typer.Option(help="Most keys of one file.")] = None,
    retention: Annotated[str, typer.Option(help="How long files stay listed: like 14d.")] = "",
    key_id: Annotated[str, typer.Option(help="Name of signing keys made later: the MCC, like 452.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Set how a region is exported, and show it; what is not given stays."""
    spans = {
        name: _span(text, f"--{name}") if text else None
        for name, text in (("period", period), ("truncation", truncation), ("retention", retention))
    }
    prepare_authority()
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.keys import services

    config = services.configure_export(
        region,
        **spans,
        min_keys=min_keys,
        padding_jitter=padding_jitter,
        max_keys_per_file=max_keys,
        signing_key_id=key_id or None,
        by=Actor("cli"),
    )
    shown = {
        "region": config.region,
        "period_seconds": config.period_seconds,
        "truncation_seconds": config.truncation_seconds,
        "min_keys": config.min_keys,
        "padding_jitter": config.padding_jitter,
        "max_keys_per_file": config.max_keys_per_file,
        "retention_hours": config.retention_hours,
        "signing_key_id": config.signing_key_id,
    }
    if as_json:
        print_json(shown)
    else:
        for name, value in shown.items():
            typer.echo(f"{name:<20}{value}")


def _span(text: str, option: str) -> timedelta:
    match = _SPAN.fullmatch(text)
    if not match:
        raise typer.BadParameter(f"{text!r} is not a time like 90m, 4h or 14d", param_hint=option)
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _moment(text: str, now: datetime) -> datetime:
    if _SPAN.fullmatch(text):
        return now + _span(text, "--effective")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is not a time like 2021-03-10T08:00+07:00 or 1h", param_hint="--effective"
        ) from None
    if moment.tzinfo is None:
        raise typer.BadParameter(
            f"{text!r} has no time zone: end it with +07:00 or Z", param_hint="--effective"
        )
    return moment.astimezone(UTC)

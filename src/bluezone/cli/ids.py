"""``bluezone ids``: what a key broadcasts."""

from __future__ import annotations

from typing import Annotated

import typer

from bluezone.cli.output import JsonFlag, hex_bytes, print_json
from bluezone.protocols import bluezone_v2, gaen

__all__ = ["app"]

app = typer.Typer(help="Derive broadcast identifiers from a key.", no_args_is_help=True)


@app.command("gaen")
def gaen_ids(
    tek: Annotated[str, typer.Option(help="Temporary exposure key, 32 hex digits.")],
    start: Annotated[int, typer.Option(help="Rolling start, an interval number (Unix seconds / 600).")],
    period: Annotated[
        int, typer.Option(help="Rolling period in intervals, 1-144.")
    ] = gaen.MAX_ROLLING_PERIOD,
    as_json: JsonFlag = False,
) -> None:
    """Every identifier of a temporary exposure key (Exposure Notifications v1.2)."""
    data = hex_bytes(tek, gaen.KEY_BYTES, "--tek")
    try:
        key = gaen.TemporaryExposureKey(data, start, period)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    ids = [
        {"interval": key.rolling_start + at, "rpi": rpi.hex()}
        for at, rpi in enumerate(gaen.rolling_proximity_identifiers(key))
    ]
    rpik, aemk = gaen.derive_rpik(data).hex(), gaen.derive_aemk(data).hex()
    if as_json:
        print_json({"rpik": rpik, "aemk": aemk, "ids": ids})
        return
    typer.echo(f"RPIK {rpik}\nAEMK {aemk}")
    for one in ids:
        typer.echo(f"{one['interval']}  {one['rpi']}")


@app.command("bluezone")
def bluezone_ids(
    daily_key: Annotated[str, typer.Option(help="Daily key, 64 hex digits.")],
    slot: Annotated[int, typer.Option(help="Quarter hour of the UTC day, 0-95.")],
    as_json: JsonFlag = False,
) -> None:
    """The 12-byte id that Bluezone 2.x broadcast in one quarter hour."""
    key = hex_bytes(daily_key, bluezone_v2.KEY_BYTES, "--daily-key")
    try:
        blid = bluezone_v2.bluezone_id(key, slot).hex()
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--slot") from None
    if as_json:
        print_json({"id": blid})
    else:
        typer.echo(blid)

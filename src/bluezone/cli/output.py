"""What commands share when they print: one JSON document on stdout, everything for people on stderr."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from bluezone.errors import Refused

__all__ = ["JsonFlag", "hex_bytes", "print_json", "print_refusal", "say"]

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


def print_json(document: Any) -> None:
    """The command's one JSON document."""
    json.dump(document, sys.stdout, ensure_ascii=False, separators=(",", ":"))
    sys.stdout.write("\n")


def say(message: str) -> None:
    """A message for the person at the terminal."""
    typer.echo(message, err=True)


def print_refusal(refusal: Refused, *, as_json: bool) -> None:
    """Why nothing was done; with ``--json`` also as a document, so that a script can tell refusals apart."""
    say(f"bluezone: {refusal}")
    if as_json:
        print_json({"error": type(refusal).__name__, "message": str(refusal)})


def hex_bytes(text: str, size: int, option: str) -> bytes:
    """Decode an option's hexadecimal value of ``size`` bytes, or end with a usage error naming the option."""
    try:
        value = bytes.fromhex(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not hexadecimal", param_hint=option) from None
    if len(value) != size:
        raise typer.BadParameter(
            f"needs {size} bytes ({2 * size} hex digits), got {len(value)}", param_hint=option
        )
    return value

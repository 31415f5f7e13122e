"""``bluezone match``: which published keys were heard."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bluezone.cli.export import AllowUnsignedFlag, PublicKeyOption, load_public_keys, naming_options
from bluezone.cli.output import JsonFlag, print_json, say

if TYPE_CHECKING:
    from bluezone.matching.key_files import DiagnosisKeyBlock
    from bluezone.matching.sighting_file import SightingRow
    from bluezone.protocols.export_signature import PublicKeys

__all__ = ["match_files"]


class EngineName(StrEnum):
    """Values of ``--engine``; "auto" is the fastest that is installed."""

    AUTO = "auto"
    REFERENCE = "reference"
    NATIVE = "native"


def match_files(
    files: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, help="Export files, any order.")
    ],
    sightings: Annotated[
        Path,
        typer.Option(
            exists=True,
            dir_okay=False,
            metavar="CSV",
            help="What was heard: header rpi,time,attenuation; hexadecimal, Unix seconds, dB.",
        ),
    ],
    public_key: PublicKeyOption = [],  # noqa: B006 - typer's way to say "none given"
    allow_unsigned: AllowUnsignedFlag = False,
    engine: Annotated[EngineName, typer.Option(help="What derives the identifiers.")] = EngineName.AUTO,
    as_json: JsonFlag = False,
) -> None:
    """Match published keys against sightings: same identifier, in its key's period, within two hours.

    The JSON document has "matches" sorted by time, each {"key" (hex), "interval" (ten-minute interval that
    the key produced the identifier for), "time", "attenuation"} with the numbers of the CSV; "keys", how many
    were read; "seconds" that matching took, reading the files included; and "engine". Keys that the authority
    revoked match nothing.
    """
    from bluezone.matching.match import choose_engine, match_keys
    from bluezone.matching.sighting_file import sightings_of

    keys = load_public_keys(public_key)
    chosen = choose_engine(engine.value)
    rows = _read_rows(sightings)
    begin = time.perf_counter()
    with naming_options(), _progress() as progress:
        result = match_keys(
            chosen, _all_blocks(files, keys, allow_unsigned), sightings_of(rows), progress=progress
        )
    seconds = time.perf_counter() - begin
    found = sorted(
        (
            {
                "key": one.key.tek.data.hex(),
                "interval": one.interval,
                "time": rows[one.sighting].time,
                "attenuation": rows[one.sighting].attenuation,
            }
            for one in result.matches
        ),
        key=lambda one: (one["time"], one["key"], one["interval"], one["attenuation"]),
    )
    if result.revoked:
        say(f"{len(result.revoked)} sightings are of revoked keys and are left out")
    if as_json:
        print_json({"matches": found, "keys": result.keys, "seconds": seconds, "engine": chosen.name})
        return
    for one in found:
        typer.echo(f"{one['time']}  {one['key']}  interval {one['interval']}  {one['attenuation']} dB")
    say(f"{len(found)} matches among {result.keys} keys in {seconds:.2f} s ({chosen.name} engine)")


def _read_rows(path: Path) -> list[SightingRow]:
    from bluezone.matching.sighting_file import SightingFileError, read_sightings

    try:
        with path.open(encoding="utf-8", newline="") as lines:
            return read_sightings(lines)
    except (SightingFileError, UnicodeDecodeError) as error:
        raise SightingFileError(f"{path}: {error}") from None


def _all_blocks(
    files: list[Path], public_keys: PublicKeys, allow_unsigned: bool
) -> Iterator[DiagnosisKeyBlock]:
    from bluezone.matching.key_files import open_key_file

    for path in files:
        with open_key_file(path, public_keys=public_keys, allow_unsigned=allow_unsigned) as key_file:
            yield from key_file.blocks()


@contextmanager
def _progress() -> Iterator[Callable[[int], None] | None]:
    """Count keys on the terminal, at most some times a second, and leave its line empty; nothing where nobody
    watches."""
    if not sys.stderr.isatty():
        yield None
        return
    shown = time.perf_counter()

    def show(done: int) -> None:
        nonlocal shown
        if time.perf_counter() - shown > 0.2:
            shown = time.perf_counter()
            sys.stderr.write(f"\r{done:,} keys")
            sys.stderr.flush()

    try:
        yield show
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()

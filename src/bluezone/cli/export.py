"""``bluezone export``: look into export files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bluezone.cli.output import JsonFlag, print_json, say

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

    from bluezone.protocols.export_file import Export

__all__ = ["AllowUnsignedFlag", "PublicKeyOption", "app", "load_public_keys", "naming_options"]

app = typer.Typer(help="Look into files of published keys.", no_args_is_help=True)

PublicKeyOption = Annotated[
    list[Path],
    typer.Option(
        "--public-key",
        metavar="PEM",
        exists=True,
        dir_okay=False,
        help="Public key of the authority that signs; may be given several times.",
    ),
]
AllowUnsignedFlag = Annotated[
    bool,
    typer.Option(
        "--allow-unsigned",
        help="Also open files that nobody signed, or somebody whose key is not given. "
        "A false signature is refused all the same.",
    ),
]


@app.command("inspect")
def inspect_export(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Export file, a zip.")],
    public_key: PublicKeyOption = [],  # noqa: B006 - typer's way to say "none given"
    allow_unsigned: AllowUnsignedFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """Check an export file's signature and show its keys.

    In the JSON document "start" and "end" are Unix seconds, null where the file says nothing; "batch" of
    "batch_size" numbers the file; "keys" and "revised_keys" are counts. "records" has every key in the
    file's order, the revised ones last: "key" (hex), "rolling_start" and "rolling_period" (ten-minute
    intervals), "transmission_risk", "report_type" (0 unknown, 1 confirmed test, 2 clinical diagnosis,
    3 self report, 4 recursive, 5 revoked), "days_since_onset" (null where the file says nothing), "revised".
    """
    from bluezone.protocols.export_errors import naming_file
    from bluezone.protocols.export_file import read_export

    keys = load_public_keys(public_key)
    with naming_options(), file.open("rb") as opened, naming_file(file):
        export = read_export(opened, public_keys=keys, allow_unsigned=allow_unsigned)
    if as_json:
        print_json(_document(export))
    else:
        _print_text(export)


def load_public_keys(paths: list[Path]) -> list[EllipticCurvePublicKey]:
    """Read the PEM files of ``--public-key``."""
    from bluezone.protocols import export_signature
    from bluezone.protocols.export_errors import naming_file

    keys = []
    for path in paths:
        with naming_file(path):
            keys += export_signature.load_public_keys(path.read_bytes())
    return keys


@contextmanager
def naming_options() -> Iterator[None]:
    """End the message about a signature with the option that helps."""
    from bluezone.protocols.export_errors import BadSignature, MissingSignature, UnknownSigner

    try:
        yield
    except MissingSignature as error:
        raise MissingSignature(f"{error}; --allow-unsigned opens it all the same") from None
    except UnknownSigner as error:
        hint = "give it with --public-key, or open the file unverified with --allow-unsigned"
        raise UnknownSigner(f"{error}: {hint}") from None
    except BadSignature as error:
        hint = "to open it unverified, give --allow-unsigned and no --public-key"
        raise BadSignature(f"{error} ({hint})") from None


def _document(export: Export) -> dict[str, object]:
    records = [
        {
            "key": key.tek.data.hex(),
            "rolling_start": key.tek.rolling_start,
            "rolling_period": key.tek.rolling_period,
            "transmission_risk": key.transmission_risk,
            "report_type": int(key.report_type),
            "days_since_onset": key.days_since_onset,
            "revised": revised,
        }
        for revised, keys in ((False, export.keys), (True, export.revised_keys))
        for key in keys
    ]
    return {
        "region": export.region,
        "start": export.start,
        "end": export.end,
        "batch": export.batch_num,
        "batch_size": export.batch_size,
        "keys": len(export.keys),
        "revised_keys": len(export.revised_keys),
        "signature": export.signature,
        "records": records,
    }


def _print_text(export: Export) -> None:
    signers = ", ".join(f"{info.key_id} ({info.key_version})" for info in export.signers) or "nobody"
    say(f"signature: {export.signature}, by {signers}")
    say(f"region {export.region or '-'}, time {export.start or '-'} to {export.end or '-'}")
    say(
        f"file {export.batch_num} of {export.batch_size}: {len(export.keys)} keys,"
        f" {len(export.revised_keys)} revised"
    )
    for revised, keys in (("", export.keys), ("  revised", export.revised_keys)):
        for key in keys:
            days = "-" if key.days_since_onset is None else f"{key.days_since_onset:+d}"
            typer.echo(
                f"{key.tek.data.hex()}  {key.tek.rolling_start}+{key.tek.rolling_period}"
                f"  risk {key.transmission_risk}  {key.report_type.name.lower()}  onset {days}{revised}"
            )

"""``bluezone export audit``: what files of published keys tell to somebody who has nothing but them.

The JSON document (``--json``) has

- "files", oldest first: {"name", "window" (number; files of a split batch share one), "start" and "end"
  (Unix seconds or null), "keys", "revised_keys"}; "keys": different keys of all files.
- "crowd": "keys" counts keys by how many keys of their window share their day, onset, report type (and
  revision and risk): {"1", "2-4", "5-9", "10+"}. Of "links" between successive days that there can be,
  "guessed_right" is the share that a guess among those alike gets right, "guessed_right_by_day" by the day
  alone. "late_keys" is how many keys came in a later window than the rest of their upload,
  "late_keys_guessed_right" how many of them a guess gives to their owner.
- "attacks": {"attack", "measures" (what "found" counts), "found", "by_chance" (its mean by chance),
  "p_value", "beyond_chance", "users" (groups of keys claimed to be one person's), "links" (pairs of
  successive keys in them), "truth"}. "truth" is null without ``--truth``, else {"users" (people of whom a
  claimed group has keys and nobody else's), "precision" (of claimed pairs, null when there are none),
  "recall", "precision_by_chance"}.
- "padding": {"sign", "measures", "found", "by_chance", "p_value", "beyond_chance", "suspects" (keys said to
  be padding), "truth"}; its "truth": {"precision", "recall", "share" (of padding among all keys)}.
- "users_separated": groups of the attack beyond chance with most links. "padding_told": keys that a sign
  beyond chance says are padding.

The method, and what is chance in each attack, is in docs/export-audit.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bluezone.cli.export import AllowUnsignedFlag, PublicKeyOption, load_public_keys, naming_options
from bluezone.cli.output import JsonFlag, print_json

if TYPE_CHECKING:
    from bluezone.export_audit.published import AuditedFile

__all__ = ["audit_exports"]


def audit_exports(
    files: Annotated[
        list[Path],
        typer.Argument(
            exists=True, dir_okay=False, help="Export files of one authority, of successive windows."
        ),
    ],
    truth: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            metavar="CSV",
            help="Whose keys these are, to judge the attacks by: header tek,user,padding; "
            "hexadecimal, a number, 0 or 1.",
        ),
    ] = None,
    public_key: PublicKeyOption = [],  # noqa: B006 - typer's way to say "none given"
    allow_unsigned: AllowUnsignedFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """Attack export files as somebody who wants to know which keys are one person's, and which nobody's.

    Whatever is found, the exit code is 0: the figures are the answer. The method is in docs/export-audit.md,
    the JSON document in the docstring of bluezone.cli.export_audit.
    """
    from bluezone.export_audit.audit import audit_document, audit_files
    from bluezone.export_audit.truth import read_truth

    known = None if truth is None else read_truth(truth)
    with naming_options():
        read = _read_files(files, public_key, allow_unsigned)
    document = audit_document(audit_files(read), known)
    if as_json:
        print_json(document)
    else:
        _print_text(document)


def _read_files(files: list[Path], public_key: list[Path], allow_unsigned: bool) -> list[AuditedFile]:
    from bluezone.export_audit.published import read_file

    keys = load_public_keys(public_key)
    return [read_file(file, public_keys=keys, allow_unsigned=allow_unsigned) for file in files]


def _print_text(document: dict[str, Any]) -> None:
    windows = len({file["window"] for file in document["files"]})
    typer.echo(f"{document['keys']} keys in {len(document['files'])} files of {windows} windows")
    crowd = document["crowd"]
    alike = ", ".join(f"{count} with {size}" for size, count in crowd["keys"].items())
    typer.echo(f"keys alike (same day, onset, report type): {alike}")
    typer.echo(
        f"links from day to day guessed right: {crowd['guessed_right']:.1%}"
        f" (by the day alone {crowd['guessed_right_by_day']:.1%})"
    )
    typer.echo("\nWhose keys belong together")
    for attack in document["attacks"]:
        _print_finding(attack["attack"], attack)
        if attack["beyond_chance"]:
            typer.echo(
                f"    claims {attack['links']} links of {attack['users']} people{_truth_of_links(attack)}"
            )
    typer.echo("\nWhich keys nobody has")
    for sign in document["padding"]:
        _print_finding(sign["sign"], sign)
        if sign["beyond_chance"]:
            typer.echo(f"    suspects {sign['suspects']} keys{_truth_of_padding(sign)}")
    typer.echo(
        f"\n{document['users_separated']} people can be told apart,"
        f" {document['padding_told']} keys told to be padding"
    )


def _print_finding(name: str, finding: dict[str, Any]) -> None:
    mark = "!" if finding["beyond_chance"] else " "
    typer.echo(
        f"{mark} {name}: {finding['found']:g}, by chance {finding['by_chance']:.3g},"
        f" p {finding['p_value']:.2g}\n    ({finding['measures']})"
    )


def _truth_of_links(attack: dict[str, Any]) -> str:
    truth = attack["truth"]
    if truth is None:
        return ""
    return (
        f": {_percent(truth['precision'])} of pairs right, {_percent(truth['recall'])} of true pairs found,"
        f" {truth['users']} people"
    )


def _truth_of_padding(sign: dict[str, Any]) -> str:
    truth = sign["truth"]
    if truth is None:
        return ""
    return (
        f": {_percent(truth['precision'])} right, {_percent(truth['recall'])} of padding found"
        f" (its share is {_percent(truth['share'])})"
    )


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"

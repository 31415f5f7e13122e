"""``bluezone risk``: how good a warning is, by published measurements."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bluezone.cli.output import JsonFlag, print_json, say

__all__ = ["app"]

app = typer.Typer(help="How good a warning is, by published measurements.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps the name of a single command."""


@app.command("evaluate")
def evaluate_measurements(
    data: Annotated[
        Path,
        typer.Option(
            "--data",
            help="Folder with the DP-3T scenes (scenario*.sqlite), the Dublin tram's two text files and the "
            "phone calibration CSV; what is not there is left out.",
        ),
    ],
    as_json: JsonFlag = False,
) -> None:
    """Tell near from far on measurements that nobody here made, by the rules that devices use."""
    from bluezone.evaluation.document import evaluation_document
    from bluezone.evaluation.evaluate import evaluate_folder

    evaluation = evaluate_folder(data)
    for what in evaluation.missing:
        say(f"Left out: {what}")
    if as_json:
        print_json(evaluation_document(evaluation))
        return
    from bluezone.cli.risk_tables import print_evaluation

    print_evaluation(evaluation)

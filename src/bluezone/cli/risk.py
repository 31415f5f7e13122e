"""``bluezone risk``: how good a warning is, by published measurements."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from bluezone.cli.interrupts import heed_interrupts
from bluezone.cli.output import JsonFlag, print_json, say

__all__ = ["app"]

app = typer.Typer(help="How good a warning is, by published measurements.", no_args_is_help=True)

DataOption = Annotated[
    Path,
    typer.Option(
        "--data",
        help="Folder with the DP-3T scenes (scenario*.sqlite), the Dublin tram's two text files and the "
        "phone calibration CSV; what is not there is left out.",
    ),
]


@app.command("evaluate")
def evaluate_measurements(
    data: DataOption,
    radio: Annotated[
        bool, typer.Option("--radio", help="Also fit the radio of replays anew, about half a minute.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(file_okay=False, help="Folder for the document and its charts (SVG).")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Tell near from far on measurements that nobody here made, by the rules that devices use."""
    heed_interrupts()
    from bluezone.cli.risk_tables import fitting_bar, print_evaluation
    from bluezone.evaluation.document import evaluation_document, write_evaluation
    from bluezone.evaluation.evaluate import evaluate_folder

    with ExitStack() as shown:
        progress = shown.enter_context(fitting_bar()) if radio else None
        evaluation = evaluate_folder(data, radio=radio, progress=progress)
    for what in evaluation.missing:
        say(f"Left out: {what}")
    if out is not None:
        for path in write_evaluation(evaluation, out):
            say(f"Wrote {path}")
    if as_json:
        print_json(evaluation_document(evaluation))
        return
    print_evaluation(evaluation)


@app.command("calibrate")
def calibrate_phones(
    data: DataOption,
    out: Annotated[Path, typer.Argument(dir_okay=False, help="The calibration table (CSV) to write.")],
) -> None:
    """Write the phone calibration anew, with the models of the scenes as they were measured there.

    A device loads it with `bluezone device run --phone-model MODEL --calibration FILE`. What it has from the
    published measurements may be used, but their licences forbid passing it on.
    """
    from bluezone.atomic_file import write_whole
    from bluezone.evaluation.calibrate import calibrate

    calibrated = calibrate(data)
    write_whole(out, calibrated.table)
    for model, values in calibrated.measured.items():
        say(f"{model}: RSSI correction {values.rssi_correction} dB, transmit power {values.tx_power} dBm")
    say(f"Wrote {out}: {calibrated.models:,} phone models, of which these {len(calibrated.measured)} are new")

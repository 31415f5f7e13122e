"""The options that calibrate a device by its phone's model instead of by numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bluezone.cli.output import say

__all__ = ["CalibrationOption", "PhoneModelOption", "calibration_from_options"]

PhoneModelOption = Annotated[
    str | None,
    typer.Option(
        "--phone-model",
        help="This phone's model, such as SM-G973F: --calibration says its transmit power and RSSI "
        "correction, which are remembered.",
    ),
]
CalibrationOption = Annotated[
    Path | None,
    typer.Option(
        "--calibration",
        help="The published CSV of phone calibrations, for --phone-model.",
        exists=True,
        dir_okay=False,
    ),
]


def calibration_from_options(
    phone_model: str | None, calibration: Path | None, tx_power: int | None, rssi_correction: int | None
) -> tuple[int | None, int | None]:
    """Transmit power and RSSI correction, by a phone's model or as given; ``None`` changes nothing.

    Options that contradict each other, or lack each other, are a usage error.

    :raises Refused: for a table that cannot be used, or a model that several makers have.
    """
    if phone_model is None and calibration is None:
        return tx_power, rssi_correction
    if phone_model is None or calibration is None:
        raise typer.BadParameter(
            "the one needs the other: a model, and the table to look it up in",
            param_hint="--phone-model, --calibration",
        )
    for given, option in ((tx_power, "--tx-power"), (rssi_correction, "--rssi-correction")):
        if given is not None:
            raise typer.BadParameter(
                f"says already what {option} says; give only one of them", param_hint="--phone-model"
            )
    from bluezone.device.calibration_file import read_calibration

    phone = read_calibration(calibration).lookup(phone_model)
    values = f"transmit power {phone.tx_power} dBm, RSSI correction {phone.rssi_correction} dB"
    if not phone.known:
        say(f"{calibration} does not know {phone_model!r}; the median of its phones is used: {values}.")
    else:
        origin = "measured" if phone.measured else "not measured itself: its maker's values"
        say(f"{phone_model}: {values} ({origin}).")
    return phone.tx_power, phone.rssi_correction

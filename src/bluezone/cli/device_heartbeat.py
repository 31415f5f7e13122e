"""``bluezone device heartbeat``: agree to the daily heartbeat, withdraw, look."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from bluezone.cli.output import JsonFlag, print_json, say
from bluezone.errors import Refused

__all__ = ["heartbeat_app"]

heartbeat_app = typer.Typer(
    help="Whether this device says once a day that it runs: off until its owner agrees.", no_args_is_help=True
)

StoreOption = Annotated[Path, typer.Option("--store", help="Folder of the device's store.")]


class NotAgreed(Refused):
    """The owner did not agree, so nothing is sent."""


@heartbeat_app.command()
def give(
    store: StoreOption,
    ward: Annotated[str, typer.Option(help="The code of your ward, such as 00367.")],
    yes: Annotated[bool, typer.Option("--yes", help="Agree without being asked; for scripts.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Agree that this device sends a heartbeat each day: the text is shown first, and the default is no."""
    from bluezone.clock import SystemClock
    from bluezone.device.heartbeat import CONSENT_TEXTS, give_consent
    from bluezone.device.store import DeviceStore

    with DeviceStore.open(store, create=False) as opened:
        say(f"{CONSENT_TEXTS['vi']}\n\n{CONSENT_TEXTS['en']}\n\nWard: {ward}")
        if not (yes or _confirmed("Do you agree?")):
            raise NotAgreed("nothing will be sent")
        give_consent(opened, ward, SystemClock().now())
        if as_json:
            print_json(_document(opened))
        else:
            say("Agreed. `bluezone device heartbeat withdraw` ends it at any time.")


@heartbeat_app.command()
def withdraw(store: StoreOption, as_json: JsonFlag = False) -> None:
    """Send nothing any more. What was sent cannot be taken back: the server knows no row as yours."""
    from bluezone.device.heartbeat import withdraw_consent
    from bluezone.device.store import DeviceStore

    with DeviceStore.open(store, create=False) as opened:
        was_given = withdraw_consent(opened)
        if as_json:
            print_json(_document(opened))
        else:
            say("Withdrawn: nothing is sent any more." if was_given else "There was no consent.")


@heartbeat_app.command()
def show(store: StoreOption, as_json: JsonFlag = False) -> None:
    """Whether its owner agreed, when and to which wording, and how the last heartbeat went."""
    from bluezone.device.store import DeviceStore

    with DeviceStore.open(store, create=False) as opened:
        document = _document(opened)
    if as_json:
        print_json(document)
        return
    consent, last = document["consent"], document["last"]
    if consent is None:
        typer.echo("no consent: no heartbeat is sent")
    else:
        typer.echo(f"agreed on {consent['given_at']} to wording {consent['wording']}, ward {consent['ward']}")
    if last is not None:
        outcome = last["refused"] or ("sent" if last["done"] else "not sent yet")
        typer.echo(f"last {last['day']}: {outcome}")


def _document(store: Any) -> dict[str, Any]:
    from bluezone.device.heartbeat import consent_of, last_heartbeat

    consent, last = consent_of(store), last_heartbeat(store)
    return {
        "consent": None
        if consent is None
        else {
            "given_at": consent.given_at.isoformat(),
            "wording": consent.wording,
            "ward": consent.ward,
        },
        "last": None
        if last is None
        else {"day": last.day.isoformat(), "done": last.is_done, "refused": last.refused},
    }


def _confirmed(question: str) -> bool:
    """Ask; no answer (the end of the input) is no consent."""
    try:
        return typer.confirm(question, default=False, err=True)
    except typer.Abort:
        return False

"""``bluezone device``: run a device, look at it, check it, report a positive test, erase it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from traceback import format_exception
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bluezone.cli.device_heartbeat import heartbeat_app
from bluezone.cli.output import JsonFlag, print_json, say
from bluezone.cli.phone_model import CalibrationOption, PhoneModelOption, calibration_from_options
from bluezone.errors import Refused

if TYPE_CHECKING:
    from bluezone.device.agent import AgentEvent
    from bluezone.device.exposure_check import CheckOutcome
    from bluezone.device.exposure_results import Alert

__all__ = ["NotConfirmed", "app"]

app = typer.Typer(help="A device that meets others: run it, check it, report, erase.", no_args_is_help=True)
app.add_typer(heartbeat_app, name="heartbeat")

StoreOption = Annotated[Path, typer.Option("--store", help="Folder of the device's store.")]
ServerOption = Annotated[str | None, typer.Option("--server", help="The authority's address; remembered.")]
RegionOption = Annotated[str | None, typer.Option("--region", help="Region of exports; remembered.")]
PublicKeyOption = Annotated[
    list[Path] | None,
    typer.Option("--public-key", help="PEM file of the authority's export key; remembered.", exists=True),
]
PresetOption = Annotated[str | None, typer.Option("--preset", help="Risk preset; remembered.")]
AuthorityOption = Annotated[
    str | None, typer.Option("--authority", help="The health authority's id; remembered.")
]
InsecureOption = Annotated[
    bool | None,
    typer.Option(
        "--insecure-http/--no-insecure-http",
        help="Agree to an http:// server, whose traffic anybody on the way can read; remembered.",
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Agree without being asked; for scripts.")]


class NotConfirmed(Refused):
    """The owner did not agree, so nothing was done."""


@app.command()
def run(
    store: StoreOption,
    radio: Annotated[
        str, typer.Option(help="The adapter, such as hci-socket:0, usb:0, serial:/dev/ttyACM0 or bluez.")
    ],
    server: ServerOption = None,
    insecure_http: InsecureOption = None,
    region: RegionOption = None,
    public_key: PublicKeyOption = None,
    preset: PresetOption = None,
    authority: AuthorityOption = None,
    tx_power: Annotated[int | None, typer.Option(help="Calibrated transmit power, dBm; remembered.")] = None,
    rssi_correction: Annotated[
        int | None, typer.Option(help="What to add to this receiver's readings, dB; remembered.")
    ] = None,
    phone_model: PhoneModelOption = None,
    calibration: CalibrationOption = None,
) -> None:
    """Broadcast, scan, and check for exposures every few hours, until Ctrl-C."""
    from random import SystemRandom

    from bluezone.clock import SystemClock
    from bluezone.device.radio.open import radio_from
    from bluezone.device.service import DeviceWatcher, run_device
    from bluezone.device.store import DeviceStore

    tx_power, rssi_correction = calibration_from_options(phone_model, calibration, tx_power, rssi_correction)
    adapter = radio_from(radio)
    with DeviceStore.open(store) as opened:
        enrolment = _enrol(
            opened,
            server=server,
            insecure_http=insecure_http,
            region=region,
            public_keys=public_key,
            preset=preset,
            health_authority=authority,
            tx_power=tx_power,
            rssi_correction=rssi_correction,
        )
    if not enrolment.server:
        say("No --server yet: this device meets others, but cannot learn of exposures.")
    say(f"Running on {store} with {radio}; Ctrl-C stops it.")
    watcher = DeviceWatcher(
        on_event=_say_event,
        on_outcome=lambda outcome: _say_outcome(outcome, only_news=True),
        on_refused=lambda refusal: say(f"Check failed, will be repeated: {refusal}"),
        on_fault=_say_fault,
    )
    run_device(store, adapter, clock=SystemClock(), rng=SystemRandom(), watcher=watcher)
    say("Stopped.")


@app.command()
def status(store: StoreOption, as_json: JsonFlag = False) -> None:
    """What the device holds and knows; works while it is running."""
    from bluezone.device.alerts import alert_text
    from bluezone.device.enrolment import enrolment_of
    from bluezone.device.exposure_results import alerts, pending_exports, refused_exports
    from bluezone.device.store import DeviceStore

    with DeviceStore.open(store, create=False) as opened:
        enrolment, keys, standing = enrolment_of(opened), opened.own_keys(), alerts(opened)
        last_check = opened.setting("last-check")
        document: dict[str, Any] = {
            "running": opened.is_held("agent"),
            "server": enrolment.server,
            "region": enrolment.region,
            "preset": enrolment.preset,
            "encounters": opened.encounter_count(),
            "own_keys": len(keys),
            "published_keys": sum(key.published_at is not None for key in keys),
            "last_check": None if last_check is None else _iso(last_check),
            "pending_exports": len(pending_exports(opened)),
            "refused_exports": [
                {"name": one.name, "reason": one.reason, "attempts": one.attempts}
                for one in refused_exports(opened)
            ],
            "alerts": [_alert_document(alert) for alert in standing],
        }
    if as_json:
        print_json(document)
        return
    typer.echo(f"running          {'yes' if document['running'] else 'no'}")
    for label in ("server", "preset", "encounters", "own_keys", "published_keys", "pending_exports"):
        typer.echo(f"{label.replace('_', ' '):<16} {document[label]}")
    typer.echo(f"{'last check':<16} {document['last_check'] or 'never'}")
    for one in document["refused_exports"]:
        typer.echo(f"refused          {one['name']}: {one['reason']}")
    for alert in standing:
        if alert.withdrawn_at is None:
            typer.echo("\n" + alert_text(alert).as_text())
    if not any(alert.withdrawn_at is None for alert in standing):
        typer.echo("no alert; that nothing was heard does not prove that nobody was near")


@app.command()
def check(
    store: StoreOption,
    server: ServerOption = None,
    insecure_http: InsecureOption = None,
    region: RegionOption = None,
    public_key: PublicKeyOption = None,
    preset: PresetOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Download what was published and see whether this device was near, now."""
    from bluezone.clock import SystemClock
    from bluezone.device.service import check_now, open_client
    from bluezone.device.store import DeviceStore

    with DeviceStore.open(store, create=False) as opened, open_client() as http:
        enrolment = _enrol(
            opened,
            server=server,
            insecure_http=insecure_http,
            region=region,
            public_keys=public_key,
            preset=preset,
        )
        outcome = check_now(opened, enrolment, http, SystemClock())
    if as_json:
        print_json(
            {
                "files": outcome.files,
                "refused": [{"name": name, "reason": reason} for name, reason in outcome.refused],
                "unfetched": [{"name": name, "reason": reason} for name, reason in outcome.unfetched],
                "keys": outcome.keys,
                "keys_per_second": round(outcome.keys_per_second),
                "matched_scans": outcome.matched_scans,
                "new_alerts": [_alert_document(alert) for alert in outcome.changes.new],
                "updated_alerts": [_alert_document(alert) for alert in outcome.changes.updated],
                "withdrawn_alerts": [_alert_document(alert) for alert in outcome.changes.withdrawn],
            }
        )
    else:
        _say_outcome(outcome, only_news=False)


@app.command("report-positive")
def report(
    code: Annotated[str, typer.Argument(help="The one-time code from the health worker.")],
    store: StoreOption,
    server: ServerOption = None,
    insecure_http: InsecureOption = None,
    authority: AuthorityOption = None,
    yes: YesOption = False,
    as_json: JsonFlag = False,
) -> None:
    """Publish this device's keys after a positive test, with your consent."""
    from bluezone.clock import SystemClock
    from bluezone.device.client import AuthorityClient
    from bluezone.device.report import NothingToReport, plan_report, report_positive
    from bluezone.device.service import open_client
    from bluezone.device.store import DeviceStore

    clock = SystemClock()
    with DeviceStore.open(store, create=False) as opened, open_client() as http:
        enrolment = _enrol(opened, server=server, insecure_http=insecure_http, health_authority=authority)
        address = enrolment.require_server()
        plan = plan_report(opened, code, clock)
        if not plan.keys:
            raise NothingToReport
        say(
            f"This will be sent to {address}:\n"
            f"  {plan.keys} random keys of this device, for the UTC days {_days(plan.days)}.\n"
            "Devices that were near yours can then find out by themselves that they were near a case.\n"
            "Not sent: your name, your phone number, where you were, whom you met.\n"
            "Once published it cannot be taken back: who recorded your signals on these days could link them."
        )
        if plan.further_days:
            say(
                "This goes on with an interrupted report. Not part of it are newer keys, "
                f"for {_days(plan.further_days)}."
            )
        if not (yes or _confirmed("Publish these keys?")):
            raise NotConfirmed("nothing was sent")
        reported = report_positive(
            opened,
            AuthorityClient(address, enrolment.region, http),
            code,
            clock=clock,
            health_authority=enrolment.health_authority,
        )
    if as_json:
        print_json(
            {
                "keys": reported.keys,
                "days": [day.isoformat() for day in reported.days],
                "inserted": reported.inserted,
                "warnings": list(reported.warnings),
                "further_days": [day.isoformat() for day in reported.further_days],
            }
        )
        return
    if reported.inserted:
        say(f"Published {reported.keys} keys, {reported.inserted} of them new to the server. Thank you.")
    else:
        say(f"The server has had all {reported.keys} keys before. Thank you.")
    for warning in reported.warnings:
        say(f"The server remarks: {warning}")
    if reported.further_days:
        say(
            f"Not sent: newer keys, for {_days(reported.further_days)}. "
            "They need another report, with a new code from your health worker."
        )


def _confirmed(question: str) -> bool:
    """Ask; no answer (the end of the input) is no consent."""
    try:
        return typer.confirm(question, default=False, err=True)
    except typer.Abort:
        return False


@app.command()
def forget(store: StoreOption, yes: YesOption = False, as_json: JsonFlag = False) -> None:
    """Erase everything this device holds: encounters, keys, alerts, settings."""
    from bluezone.device.store import DeviceStore

    opened = DeviceStore.open(store, create=False)
    try:
        say(
            f"Everything in {store} will be erased: {opened.encounter_count()} encounters, "
            f"{len(opened.own_keys())} keys, alerts and settings.\n"
            "Afterwards this device can neither warn others about these days nor learn that it was near."
        )
        if not (yes or _confirmed("Erase everything?")):
            raise NotConfirmed("nothing was erased")
        opened.forget()
    finally:
        opened.close()
    if as_json:
        print_json({"erased": str(store)})
    else:
        say("Erased.")


def _enrol(store: Any, *, public_keys: list[Path] | None = None, **changes: Any) -> Any:
    """Keep what options say about the authority; messages name the file of a key that is none."""
    from bluezone.device.enrolment import save_enrolment
    from bluezone.protocols.export_signature import load_public_keys
    from bluezone.protocols.risk_presets import load_preset

    if changes.get("preset") is not None:
        load_preset(changes["preset"])
    pems: tuple[str, ...] | None = None
    if public_keys:
        for path in public_keys:
            try:
                load_public_keys(path.read_bytes())
            except Refused as refusal:
                raise typer.BadParameter(f"{path}: {refusal}", param_hint="--public-key") from None
        pems = tuple(path.read_text(encoding="ascii") for path in public_keys)
    return save_enrolment(store, public_keys=pems, **changes)


def _say_event(event: AgentEvent) -> None:
    from bluezone.device.agent import IdentifierChanged, RadioFailed, RadioReady, ScanDone, Silenced

    match event:
        case RadioReady():
            say("Radio is on.")
        case RadioFailed(reason, retry_in):
            say(f"Radio failed: {reason}; trying again in {retry_in:.0f} s.")
        case IdentifierChanged():
            say("New identifier on the air.")
        case Silenced():
            say("Not broadcasting until the next interval: this one was on the air before.")
        case ScanDone(_, devices, receptions):
            say(f"Scan: {devices} devices near, {receptions} signals.")


def _say_fault(fault: Exception) -> None:
    say("Check or heartbeat failed by a fault of this program, will be repeated. Please report this:")
    say("".join(format_exception(fault)))


def _say_outcome(outcome: CheckOutcome, *, only_news: bool) -> None:
    from bluezone.device.alerts import alert_text, withdrawn_text

    for name, reason in outcome.refused:
        say(f"Refused {name}: {reason}")
    for name, reason in outcome.unfetched:
        say(f"Not fetched, will be tried again {name}: {reason}")
    if outcome.files or not only_news:
        say(
            f"Checked {outcome.keys} keys of {outcome.files} new files "
            f"({outcome.keys_per_second:,.0f} keys/s); {len(outcome.changes.new)} new alerts."
        )
    for alert in outcome.changes.new:
        typer.echo(alert_text(alert, "vi").as_text() + "\n\n" + alert_text(alert, "en").as_text())
    for alert in outcome.changes.withdrawn:
        typer.echo(withdrawn_text(alert, "vi") + "\n" + withdrawn_text(alert, "en"))


def _alert_document(alert: Alert) -> dict[str, Any]:
    from bluezone.device.alerts import alert_text

    return {
        "day": alert.day.isoformat(),
        "minutes": round(alert.seconds / 60),
        "score": round(alert.score, 2),
        "closest_attenuation": alert.closest_attenuation,
        "certainty": alert.certainty.value,
        "preset": alert.preset,
        "created_at": _iso(alert.created_at),
        "withdrawn_at": None if alert.withdrawn_at is None else _iso(alert.withdrawn_at),
        "text": {"vi": alert_text(alert, "vi").as_text(), "en": alert_text(alert, "en").as_text()},
    }


def _days(days: tuple[date, ...]) -> str:
    return ", ".join(day.strftime("%d/%m/%Y") for day in days) or "(none)"


def _iso(unix_seconds: int) -> str:
    return datetime.fromtimestamp(unix_seconds, UTC).isoformat()

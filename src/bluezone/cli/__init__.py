"""The ``bluezone`` command: each command parses, calls one function and prints."""

from __future__ import annotations

import sys

import typer

from bluezone.cli import authority, device, export, ids, risk, signing_keys
from bluezone.cli.adoption import adoption_app
from bluezone.cli.api_keys import api_key_app
from bluezone.cli.areas import area_app
from bluezone.cli.audit import audit_app
from bluezone.cli.bench import run_benchmarks
from bluezone.cli.demo import demo_day
from bluezone.cli.emergency import emergency_app
from bluezone.cli.export_audit import audit_exports
from bluezone.cli.health_authorities import authority_app
from bluezone.cli.imports import import_app
from bluezone.cli.invitations import invite, list_invitations, uninvite
from bluezone.cli.match import match_files
from bluezone.cli.organisations import organisation_app
from bluezone.cli.output import print_refusal
from bluezone.cli.replay import replay_record
from bluezone.cli.returns import returns_app
from bluezone.cli.users import user_app
from bluezone.errors import Refused

__all__ = ["app", "main"]

app = typer.Typer(
    name="bluezone",
    help="Epidemic response that a city, a district or a school can run itself.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(ids.app, name="ids")
app.add_typer(export.app, name="export")
app.add_typer(device.app, name="device")
app.add_typer(risk.app, name="risk")
app.command("match")(match_files)
app.command("bench")(run_benchmarks)
app.command("demo")(demo_day)
app.command("replay")(replay_record)
app.command("setup")(authority.setup)
app.command("serve")(authority.serve)
app.add_typer(user_app, name="user")
user_app.command("invite")(invite)
user_app.command("invitations")(list_invitations)
user_app.command("uninvite")(uninvite)
app.add_typer(authority.code_app, name="code")
app.add_typer(api_key_app, name="api-key")
app.add_typer(adoption_app, name="adoption")
app.add_typer(organisation_app, name="organisation")
app.add_typer(returns_app, name="returns")
app.add_typer(area_app, name="area")
app.add_typer(audit_app, name="audit")
app.add_typer(emergency_app, name="emergency")
app.add_typer(import_app, name="import")
app.add_typer(signing_keys.app, name="keys")
app.add_typer(authority_app, name="authority")
export.app.command("build")(authority.build)
export.app.command("audit")(audit_exports)
export.app.command("configure")(signing_keys.configure_export)
export.app.command("public-key")(authority.public_key)


def main() -> None:
    """Run the command line: exit 0 when done, 2 for wrong usage, 1 when refused with a reason."""
    try:
        app()
    except Refused as refusal:
        print_refusal(refusal, as_json="--json" in sys.argv)
        raise SystemExit(1) from None

"""Bringing the authority up: choose its data folder and database, then make what it needs in them."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from bluezone.clock import Clock
from bluezone.errors import Refused

__all__ = ["CannotStart", "OpenDataFolder", "configure", "data_folder_from_environment", "prepare"]


_CONNECT_SECONDS = 5


class CannotStart(Refused):
    """The data folder or the database cannot be used; the message names which and why."""


class OpenDataFolder(Refused):
    """Others may look into the data folder, and it is not for us to change that."""


@dataclass(frozen=True, slots=True)
class _Choice:
    data: Path
    database_url: str
    demo: bool
    region: str


_chosen: _Choice | None = None


def configure(
    data: Path,
    *,
    database_url: str | None = None,
    demo: bool = False,
    region: str = "VN",
    clock: Clock | None = None,
) -> None:
    """Point the process at a data folder and load the Django project. Once a process; again only the same.

    :param database_url: PostgreSQL, as ``postgresql://user@host/name``; ``None``: what ``DATABASE_URL`` says,
        else SQLite in the data folder.
    :param clock: another clock than the machine's; only the demo may have one.
    :raises RuntimeError: if the process already serves another folder, database or region.
    """
    global _chosen
    url = os.environ.get("DATABASE_URL", "") if database_url is None else database_url
    choice = _Choice(data.resolve(), url, demo, region)
    if _chosen is None:
        _load(choice)
        _chosen = choice
    elif choice != _chosen:
        raise RuntimeError(f"this process already serves {_chosen.data}; it cannot also serve {choice.data}")
    if clock is not None:
        from bluezone.authority import runtime

        runtime.replace_clock(clock)


def data_folder_from_environment() -> Path:
    """The folder that ``BLUEZONE_DATA`` names, else ``./data``."""
    return Path(os.environ.get("BLUEZONE_DATA") or "data").resolve()


def prepare() -> None:
    """Make folders, secrets, tables, Thanh Xuân's areas, the own authority and its export; safe to repeat.

    From here on the process makes files for its own user only.

    :raises OpenDataFolder: if others may read the data folder and it is somebody else's.
    :raises CannotStart: if the data folder or the database cannot be used.
    """
    from django.conf import settings
    from django.db import OperationalError

    try:
        _prepare()
    except OSError as error:
        where = error.filename or settings.BLUEZONE_DATA
        raise CannotStart(f"cannot use the data folder: {where}: {error.strerror or error}") from None
    except OperationalError as error:
        raise CannotStart(f"cannot use the database: {_first_line(error)}") from None


def _prepare() -> None:
    from django.conf import settings
    from django.core.management import call_command
    from django.db import transaction

    from bluezone.authority import runtime
    from bluezone.authority.areas.services import load_thanh_xuan
    from bluezone.authority.keys import services
    from bluezone.authority.keys.models import ExportConfig
    from bluezone.authority.keys.revision_token import rotate_token_keys
    from bluezone.authority.secret_files import DJANGO_KEY, create_missing_secrets, read_secret

    os.umask(0o077)
    _make_private(Path(settings.BLUEZONE_DATA))
    create_missing_secrets()
    settings.SECRET_KEY = read_secret(DJANGO_KEY).decode()
    now = runtime.now()
    rotate_token_keys(now)
    _try_connection()
    if _tables_are_behind():
        call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    load_thanh_xuan()
    with transaction.atomic():  # an authority without an export would take keys that never go out
        authority = services.add_own_authority(now)
        if not ExportConfig.objects.filter(region=authority.region).exists():
            # The demo's viewers count keys; elsewhere a file with few of them would tell whose they are.
            services.configure_export(authority.region, min_keys=0 if settings.BLUEZONE_DEMO else None)
    services.add_first_signers()


def _try_connection() -> None:
    """Look once whether PostgreSQL answers, before a pool of connections keeps trying."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return
    import psycopg

    from bluezone.authority.databases import libpq_parameters

    known = libpq_parameters(connection.get_connection_params())
    try:
        psycopg.connect(**{"connect_timeout": _CONNECT_SECONDS, **known}).close()
    except psycopg.OperationalError as error:
        raise CannotStart(f"cannot use the database that DATABASE_URL names: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _make_private(data: Path) -> None:
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not stat.S_IMODE(data.stat().st_mode) & 0o077:
        return
    found = {one.name for one in data.iterdir()} - {"lost+found"}
    if found and "secrets" not in found:  # a typing error must not shut others out of /tmp or a home
        raise OpenDataFolder(
            f"{data} is open to others and holds something else: name an empty folder in BLUEZONE_DATA, "
            "or make this one private yourself (chmod 700)"
        )
    try:
        data.chmod(0o700)
    except PermissionError:
        raise OpenDataFolder(
            f"{data} is open to others and belongs to another user: chown it first"
        ) from None


def _tables_are_behind() -> bool:
    """Whether a migration is missing; asking is much quicker than migrating, and every command asks."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _load(choice: _Choice) -> None:
    from django.conf import settings

    if settings.configured:
        raise RuntimeError("Django is already configured in this process, by something else")
    os.environ["BLUEZONE_DATA"] = str(choice.data)
    os.environ["DATABASE_URL"] = choice.database_url
    os.environ["BLUEZONE_DEMO"] = "1" if choice.demo else ""
    os.environ["BLUEZONE_REGION"] = choice.region
    os.environ["DJANGO_SETTINGS_MODULE"] = "bluezone.authority.settings"

    import django

    django.setup()

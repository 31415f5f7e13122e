"""Fixtures for every test: where the real inputs are, which database, and an authority in a fresh folder."""

from __future__ import annotations

import os
import pwd
import runpy
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, settings

from bluezone.clock import SettableClock
from bluezone.protocols import export_stream
from bluezone.protocols.native_crate import UNAVAILABLE, bluezone_native

# A background job of a script starts with SIGINT ignored; tests that send it to themselves would hang.
signal.signal(signal.SIGINT, signal.default_int_handler)

# An English text that was just written is what tests see, also without make.
MESSAGES = runpy.run_path(str(Path(__file__).resolve().parents[1] / "scripts" / "messages.py"))
MESSAGES["compile_all"](only_stale=True)

# A machine that others keep busy is no fault of a test.
settings.register_profile(
    "any machine", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL only what touches the database is run again."""
    if os.environ.get("BLUEZONE_TEST_DATABASE") != "postgres":
        return
    opening = {"db", "transactional_db", "django_db_setup", "postgres_url"}
    touching = [
        one
        for one in items
        if one.get_closest_marker("django_db") or opening & set(getattr(one, "fixturenames", ()))
    ]
    config.hook.pytest_deselected(items=[one for one in items if one not in touching])
    items[:] = touching


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real inputs beside the project; a user's clone has none."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"real inputs are not at {SHARED_DATA}")
    return SHARED_DATA


@pytest.fixture(scope="session")
def native_crate() -> ModuleType:
    """The crate that setup builds; only where nothing can build it, tests of it are skipped."""
    if bluezone_native is None:
        if shutil.which("cargo") is None:
            pytest.skip("the native crate is not built: no cargo on PATH")
        pytest.fail(f"the native crate is not there: {UNAVAILABLE}")
    return bluezone_native


@pytest.fixture(scope="module", params=["protobuf", "native"])
def decoder(request: pytest.FixtureRequest) -> Iterator[str]:
    """Exports are read by the protobuf library alone, then with the native crate."""
    if request.param == "native":
        request.getfixturevalue("native_crate")
        yield request.param
        return
    with patch.object(export_stream, "bluezone_native", None):
        yield request.param


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server: the one that BLUEZONE_TEST_POSTGRES_URL names, else Debian's for this run."""
    if given := os.environ.get("BLUEZONE_TEST_POSTGRES_URL"):
        yield given
        return
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not versions:
        pytest.fail("no PostgreSQL: set BLUEZONE_TEST_POSTGRES_URL, or install the package postgresql")
    folder = Path(tempfile.mkdtemp(prefix="bluezone-postgres-"))
    as_user: dict[str, object] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        who = pwd.getpwnam("postgres")
        shutil.chown(folder, who.pw_uid, who.pw_gid)
        as_user = {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}

    def run(program: str, *arguments: str) -> None:
        command = [str(versions[-1] / program), "-D", str(folder / "data"), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder, **as_user)  # type: ignore[call-overload]

    run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
    options = (
        f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off -c full_page_writes=off"
        " -c max_connections=400"  # the tests of the document of the API leave 90 behind for a moment
    )
    run("pg_ctl", "start", "--wait", "--log", str(folder / "log"), "--options", options)
    try:
        yield f"postgresql://postgres@{quote(str(folder), safe='')}/postgres"
    finally:
        run("pg_ctl", "stop", "--wait", "--mode", "immediate")
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Test on a SQLite file (threads share it, unlike one in memory), or on PostgreSQL when told to."""
    from django.db import connections

    from bluezone.authority.databases import database_config

    folder = tmp_path_factory.mktemp("database")
    wanted = os.environ.get("BLUEZONE_TEST_DATABASE", "sqlite")
    if wanted not in ("sqlite", "postgres"):
        pytest.fail(f"BLUEZONE_TEST_DATABASE is {wanted!r}, not sqlite or postgres")
    url = request.getfixturevalue("postgres_url") if wanted == "postgres" else ""
    name = f"test_bluezone_{os.getpid()}" if url else str(folder / "bluezone.sqlite3")
    config = {**database_config(url, folder), "TEST": {"NAME": name}}
    used = connections.settings["default"]
    used.clear()
    used.update(connections.configure_settings({"default": config})["default"])
    if "default" in connections:
        del connections["default"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """A database with sessions cannot be dropped, and threads of servers that are ending still hold some."""
    yield
    from django.db import connection

    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture
def database_environment(django_db_setup: None) -> dict[str, str]:
    """What another process needs in its environment to open the test database."""
    from django.db import connection

    environment = {"DJANGO_SETTINGS_MODULE": "bluezone.authority.settings", "BLUEZONE_LOG_LEVEL": "ERROR"}
    used = connection.settings_dict
    if connection.vendor == "sqlite":
        return {**environment, "BLUEZONE_DATA": str(Path(used["NAME"]).parent), "DATABASE_URL": ""}
    login = ":".join(quote(part, safe="") for part in (used["USER"], used["PASSWORD"]) if part)
    host = quote(used["HOST"], safe="") + (f":{used['PORT']}" if used["PORT"] else "")
    return {**environment, "DATABASE_URL": f"postgresql://{login}@{host}/{used['NAME']}"}


@pytest.fixture
def authority_clock() -> SettableClock:
    """A Wednesday morning in Hà Nội: 10 March 2021, 15:17 local time."""
    return SettableClock(datetime(2021, 3, 10, 8, 17, tzinfo=UTC))


@pytest.fixture
def authority(tmp_path: Path, settings, authority_clock: SettableClock) -> Iterator[Path]:  # type: ignore[no-untyped-def]
    """An authority's fresh data folder with its secrets, under a clock that the test sets."""
    from bluezone.authority import runtime
    from bluezone.authority.keys.revision_token import rotate_token_keys
    from bluezone.authority.secret_files import DJANGO_KEY, create_missing_secrets, read_secret

    settings.BLUEZONE_DATA = tmp_path / "data"
    settings.BLUEZONE_DEMO = True  # only the demo and tests may set the clock
    runtime.replace_clock(authority_clock)
    create_missing_secrets()
    settings.SECRET_KEY = read_secret(DJANGO_KEY).decode()
    rotate_token_keys(authority_clock.now())
    yield settings.BLUEZONE_DATA
    runtime.restore_clock()

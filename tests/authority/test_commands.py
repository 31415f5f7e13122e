"""The command line and the serving process, as a person meets them: on its own, in an empty folder."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper
from psycopg.conninfo import make_conninfo

from bluezone.authority import setup
from bluezone.authority.databases import database_config, libpq_parameters

BLUEZONE = Path(sys.executable).with_name("bluezone")


@pytest.fixture
def environment(tmp_path: Path, request: pytest.FixtureRequest) -> dict[str, str]:
    """An empty data folder, and an empty database when the run is on PostgreSQL."""
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("BLUEZONE_", "DJANGO_"))
    }
    clean.pop("DATABASE_URL", None)
    if os.environ.get("BLUEZONE_TEST_DATABASE") == "postgres":
        server = request.getfixturevalue("postgres_url").rsplit("/", 1)[0]
        name = f"bluezone_{secrets.token_hex(6)}"
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        clean["DATABASE_URL"] = f"{server}/{name}"
    return {**clean, "BLUEZONE_DATA": str(tmp_path / "data"), "BLUEZONE_LOG_LEVEL": "ERROR"}


MANY = """
import contextlib, io, json, sys
from bluezone.cli import main
answers = []
for stdin, arguments in json.load(sys.stdin):
    out, err = io.StringIO(), io.StringIO()
    sys.argv, sys.stdin = ["bluezone", *arguments], io.StringIO(stdin)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
            status = 0
        except SystemExit as end:
            status = end.code
    answers.append([status, out.getvalue(), err.getvalue()])
print(json.dumps(answers))
"""


def test_from_an_empty_folder_to_a_verified_audit(environment: dict[str, str], tmp_path: Path) -> None:
    """All commands in one process: starting one costs seconds."""
    today = subprocess.run(["date", "+%F"], capture_output=True, text=True, check=True).stdout.strip()
    create = ("user", "create")
    issue = ("code", "issue", "--report-type", "confirmed", "--test-date", today, "--json")
    issue_again = (*issue, "--uuid", "8f14e45f-ceea-467f-9a0e-d4b5a2d3f001")
    wanted: list[tuple[str, tuple[str, ...], int]] = [
        ("", ("setup",), 0),
        ("", (*create, "an", "--role", "health-worker", "--area", "01/009", "--json"), 0),
        ("", (*create, "an", "--role", "guard", "--area", "*"), 1),
        ("", (*create, "bo", "--role", "king", "--area", "*"), 2),
        ("", (*create, "bo", "--role", "guard", "--area", "01/999", "--json"), 1),
        ("12345\n", (*create, "bo", "--role", "guard", "--area", "*", "--password-stdin", "--json"), 1),
        ("", issue_again, 0),
        ("", issue_again, 0),
        ("", ("code", "issue", "--report-type", "confirmed", "--test-date", "yesterday"), 2),
        ("", ("code", "issue", "--report-type", "user-report", "--test-date", today), 2),
        ("", (*issue, "--uuid", "7"), 2),
        ("", ("code", "issue", "--report-type", "confirmed", "--test-date", "2021-03-08", "--json"), 1),
        ("", ("export", "build", "--json"), 0),
        ("", ("audit", "verify", "--json"), 0),
        ("", ("export", "public-key"), 0),
    ]
    done = subprocess.run(
        [sys.executable, "-c", MANY],
        env=environment,
        input=json.dumps([[stdin, arguments] for stdin, arguments, _ in wanted]),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert [answer[0] for answer in answers] == [status for _, _, status in wanted]
    assert "Traceback" not in done.stdout
    out = [answer[1] for answer in answers]
    made = json.loads(out[1])
    assert (made["user"], made["role"], made["area"]) == ("an", "health-worker", "01/009")
    assert len(made["password"]) > 20
    assert json.loads(out[4])["message"] == "there is no area '01/999'"
    assert json.loads(out[5])["error"] == "WeakPassword"
    assert json.loads(out[6]) == json.loads(out[7])
    assert len(json.loads(out[6])["code"]) == 8
    assert json.loads(out[11])["error"] == "CodeRefused"
    assert json.loads(out[12]) == {"files": [], "keys": 0, "removed": []}
    # the export was set up, the account made, its role granted, one code issued
    assert json.loads(out[13]) == {"sealed": 0, "unsealed": 4, "seals": 0}
    key = load_pem_public_key(out[14].encode())
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("BLUEZONE_DATA", "{file}", "cannot use the data folder"),
        ("BLUEZONE_DATA", "{file}/below", "cannot use the data folder"),
        ("DATABASE_URL", "foo", "DATABASE_URL is not like postgresql://"),
        ("DATABASE_URL", "sqlite:////tmp/x.sqlite3", "DATABASE_URL is not like postgresql://"),
        ("DATABASE_URL", "mysql://u:secret@h/d", "DATABASE_URL is not like postgresql://"),
        ("DATABASE_URL", "postgresql://u:secret@127.0.0.1:1/d", "cannot use the database"),
    ],
)
def test_a_folder_or_database_that_cannot_be_used_is_refused_in_one_line(
    environment: dict[str, str], tmp_path: Path, variable: str, value: str, says: str
) -> None:
    (tmp_path / "file").write_text("")
    asked = {**environment, variable: value.format(file=tmp_path / "file")}
    done = subprocess.run(
        [BLUEZONE, "export", "build", "--json"], env=asked, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert says in json.loads(done.stdout)["message"]
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert "secret" not in done.stdout + done.stderr


def test_serve_prepares_works_in_the_background_and_stops_cleanly(
    environment: dict[str, str], tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [BLUEZONE, "serve", "--port", "0"], env=environment, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        assert line.startswith("serving on http://127.0.0.1:"), line + process.stderr.read()
        url = line.split()[2]
        assert httpx.get(f"{url}/healthz").json() == {"status": "ok"}
        index = tmp_path / "data/exports/VN/index.txt"
        deadline = time.monotonic() + 60
        while not index.exists() and time.monotonic() < deadline:  # the first background run begins at once
            assert httpx.get(f"{url}/healthz").status_code == 200
        assert httpx.get(f"{url}/exports/VN/index.txt").status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 0
        assert process.stderr.read() == ""
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


@contextlib.contextmanager
def serving(environment: dict[str, str]) -> Iterator[str]:
    process = subprocess.Popen(
        [BLUEZONE, "serve", "--port", "0"], env=environment, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        assert line.startswith("serving on http://127.0.0.1:"), line + process.stderr.read()
        yield line.split()[2]
    finally:
        process.terminate()
        process.wait(15)
        process.stderr.close()


def test_behind_a_proxy_under_its_name(environment: dict[str, str]) -> None:
    """What docs/operating.md tells: with the name and the proxy set, the name works, and HTTPS is seen."""
    named = {
        **environment,
        "BLUEZONE_BASE_URL": "https://bluezone.example.vn",
        "BLUEZONE_TRUSTED_PROXY": "127.0.0.1",
    }
    proxied = {
        "Host": "bluezone.example.vn",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "203.0.113.9",
    }
    with serving(named) as url, httpx.Client(base_url=url, headers=proxied) as http:
        page = http.get("/login/")
        assert page.status_code == 200
        assert page.headers["strict-transport-security"].startswith("max-age=31536000")
        assert "; Secure" in page.headers["set-cookie"]
        assert http.get("/healthz", headers={"Host": "evil.example"}).status_code == 400
        wrong = {"code": "11112222"}
        statuses = [http.post("/api/verify", json=wrong).status_code for _ in range(122)]
        assert 429 in statuses  # 61 of them are in one minute, whenever it ends

        def wrong_code_from(address: str) -> int:
            return http.post("/api/verify", json=wrong, headers={"X-Forwarded-For": address}).status_code

        assert wrong_code_from("203.0.113.10") == 400
        assert wrong_code_from("::ffff:203.0.113.9") == 429  # the same client
        assert wrong_code_from("::ffff:203.0.113.11") == 400
        ports = [wrong_code_from(f"[2001:db8:a:1::7]:{port}") for port in range(5000, 5012)]
        assert ports == [400] * 10 + [429] * 2


def test_an_existing_open_folder_is_made_private(environment: dict[str, str], tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "lost+found").mkdir(parents=True)
    data.chmod(0o755)
    with serving({**environment, "BLUEZONE_LOG_LEVEL": "ERROR"}):
        made = [path for path in data.rglob("*") if path.name != "lost+found"]
        assert data.stat().st_mode & 0o777 == 0o700
        assert any(path.is_file() for path in made)
        assert [path for path in made if path.stat().st_mode & 0o077] == []


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("BLUEZONE_BASE_URL", "bluezone.example.vn", "BLUEZONE_BASE_URL is 'bluezone.example.vn'"),
        ("BLUEZONE_BASE_URL", "https://example.vn/bluezone", "BLUEZONE_BASE_URL is"),
        ("BLUEZONE_DATA", "", "holds something else"),
    ],
)
def test_settings_that_are_refused(
    environment: dict[str, str], tmp_path: Path, variable: str, value: str, message: str
) -> None:
    letters = tmp_path / "home"
    letters.mkdir()
    letters.chmod(0o755)
    (letters / "letters").touch()
    done = subprocess.run(
        [BLUEZONE, "setup"],
        env={**environment, variable: value or str(letters)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert letters.stat().st_mode & 0o777 == 0o755


def test_a_folder_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: Path, _mode: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    tmp_path.chmod(0o755)
    monkeypatch.setattr(Path, "chmod", refuse)
    with pytest.raises(setup.OpenDataFolder, match="belongs to another user"):
        setup._make_private(tmp_path)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            "sslmode=verify-full&sslrootcert=/etc/ca.pem&connect_timeout=3",
            {"sslmode": "verify-full", "sslrootcert": "/etc/ca.pem", "connect_timeout": 3},
        ),
        ("application_name=a%20b", {"application_name": "a b"}),
    ],
)
def test_the_queue_connects_as_the_database_url_says(
    tmp_path: Path, query: str, expected: dict[str, object]
) -> None:
    config = database_config(f"postgresql://lan:p%40ss@db.example:5433/bluezone?{query}", tmp_path)
    wrapper = DatabaseWrapper({**connections.configure_settings({"default": config})["default"]})
    wanted = libpq_parameters(wrapper.get_connection_params())
    base = {"dbname": "bluezone", "user": "lan", "password": "p@ss", "host": "db.example", "port": 5433}
    assert wanted == {**base, "client_encoding": "UTF8", "connect_timeout": 5, **expected}
    assert make_conninfo(**wanted)  # psycopg takes each of them


def test_settings_import_without_environment_and_make_nothing(tmp_path: Path) -> None:
    code = (
        "import django; django.setup(); "
        "from django.core.management import call_command; call_command('check')"
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BLUEZONE_")}
    clean.pop("DATABASE_URL", None)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**clean, "DJANGO_SETTINGS_MODULE": "bluezone.authority.settings"},
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_no_migration_is_missing() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "django", "makemigrations", "--check", "--dry-run"],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "bluezone.authority.settings"},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr

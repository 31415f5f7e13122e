"""The command line and the serving process, as a person meets them: on its own, in an empty folder."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key

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
    assert json.loads(out[5])["error"] == "AccountRefused"
    assert json.loads(out[6]) == json.loads(out[7])
    assert len(json.loads(out[6])["code"]) == 8
    assert json.loads(out[11])["error"] == "CodeRefused"
    assert json.loads(out[12]) == {"files": [], "keys": 0, "removed": []}
    assert json.loads(out[13]) == {"sealed": 0, "unsealed": 3, "seals": 0}
    key = load_pem_public_key(out[14].encode())
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


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

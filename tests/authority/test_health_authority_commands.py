"""Health authorities from the command line, in an empty folder."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from .command_line import Run, commands_in

PEM = (
    ec.generate_private_key(ec.SECP256R1())
    .public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return commands_in(tmp_path / "data")


def test_an_address_that_cannot_be_is_refused_and_nothing_is_kept(run: Run) -> None:
    bad = ("authority", "add", "gov.bad", "--issuer", "gov.bad", "--jwks", "https://host:abc/jwks")
    status, _, err = run(*bad)
    assert (status, "Traceback" in err) == (1, False)
    assert "https://host:abc/jwks" in err
    known = json.loads(run("authority", "list", "--json")[1])
    assert [one["id"] for one in known] == ["vn.bluezone"]


def test_keys_go_to_the_servers_own_region(tmp_path: Path) -> None:
    run = commands_in(tmp_path / "data", BLUEZONE_REGION="HN")
    (tmp_path / "v1.pem").write_text(PEM)
    add = ("authority", "add", "gov.example", "--issuer", "gov.example", "--pem", f"v1={tmp_path / 'v1.pem'}")
    status, _, err = run(*add)
    assert (status, "keys go to HN" in err) == (0, True)
    status, _, err = run(*add, "--region", "VN")
    assert (status, "Traceback" in err) == (1, False)
    assert "region VN has no export" in err
    status, _, err = commands_in(tmp_path / "data")("authority", "list")  # the variable was forgotten
    assert (status, "Set it to HN" in err, "Traceback" in err) == (1, True, False)
    known = json.loads(run("authority", "list", "--json")[1])
    assert {one["id"]: one["region"] for one in known} == {"gov.example": "HN", "vn.bluezone": "HN"}


def test_keys_that_cannot_be_fetched_yet_are_told(run: Run) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/jwks"
    status, _, err = run("authority", "add", "gov.late", "--issuer", "gov.late", "--jwks", address)
    assert status == 0
    assert f"could not be fetched from {address}" in err

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


def test_a_key_that_cannot_be_used_is_named_by_its_file(run: Run, tmp_path: Path) -> None:
    private = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for name, text, needle in (("a", private, "private key"), ("b", b"no key", "PUBLIC KEY")):
        file = tmp_path / f"{name}.pem"
        file.write_bytes(text)
        source = ("import", "add", "x", "--index", "https://exports.example/VN/index.txt")
        for command in (
            ("authority", "add", "gov.bad", "--issuer", "gov.bad", "--pem", f"v1={file}"),
            (*source, "--public-key", str(file)),
        ):
            status, _, err = run(*command)
            assert (status, str(file) in err, needle in err) == (1, True, True), err


def test_export_keys_are_named(run: Run, tmp_path: Path) -> None:
    assert run("export", "configure", "VN-HN")[0] == 0
    assert run("keys", "rotate", "--export", "VN", "--effective", "1d")[0] == 0
    status, out, err = run("export", "public-key", "--region", "VN")
    assert status == 0
    assert out.count("BEGIN PUBLIC KEY") == 2
    waiting, signing = err.splitlines()
    assert waiting.startswith("VN: 452 v2, from ")
    assert signing == "VN: 452 v1"
    status, out, err = run("export", "public-key")
    assert (status, "VN-HN: 452 v1" in err.splitlines()) == (0, True)
    assert run("export", "public-key", "--region", "ZZ")[0] == 1
    for both in ((), ("--export", "VN", "--certificate")):
        status, _, err = run("keys", "rotate", *both)
        assert (status, "--export REGION / --certificate" in err) == (2, True), err


def test_keys_that_cannot_be_fetched_yet_are_told(run: Run) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/jwks"
    for name in ("gov.late", "gov.later"):
        status, _, err = run("authority", "add", name, "--issuer", name, "--jwks", address)
        assert status == 0
        assert f"{name} is added, but its keys could not be fetched from {address}: 127.0.0.1" in err
        assert "ConnectError" in err
    assert "gov.late " not in err
    listed = run("authority", "list")[1].splitlines()
    assert [line for line in listed if line.startswith(f"  not fetched from {address}: 127.0.0.1")] == [
        listed[1],
        listed[3],
    ]

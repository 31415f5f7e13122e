"""Settings that cannot be used: refused when they are read, with the variable's name."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from bluezone import authority
from bluezone.errors import Refused


def load(monkeypatch: pytest.MonkeyPatch, folder: Path, **variables: str) -> dict[str, object]:
    monkeypatch.setenv("BLUEZONE_DATA", str(folder / "data"))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(authority.__path__[0] + "/settings.py")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BLUEZONE_REGION", "../x"),
        ("BLUEZONE_REGION", "vn"),
        ("BLUEZONE_REGION", "VN\n"),
        ("BLUEZONE_HEALTH_AUTHORITY", "é"),
        ("BLUEZONE_HEALTH_AUTHORITY", "a\tb"),
        ("BLUEZONE_HEALTH_AUTHORITY", "x" * 101),
        ("BLUEZONE_TRUSTED_PROXY", "abc"),
        ("BLUEZONE_TRUSTED_PROXY", "127.0.0.1:80"),
        ("BLUEZONE_LOG_LEVEL", "loud"),
        ("BLUEZONE_LOG_LEVEL", "10"),
        ("BLUEZONE_BASE_URL", "https://[::1"),
        ("BLUEZONE_BASE_URL", "https://bluezone.example.vn:99999"),
        ("BLUEZONE_BASE_URL", "https://bluezone.example.vn:0"),
        ("BLUEZONE_DEVICE_API_KEY", "maybe"),
        ("BLUEZONE_PUBLIC_ADOPTION", "maybe"),
    ],
)
def test_what_cannot_be(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(Refused, match=name):
        load(monkeypatch, tmp_path, **{name: value})


@pytest.mark.parametrize("endpoint", ["https://[::1", "https://s3.example.vn:99999", "s3.example.vn"])
def test_an_endpoint_that_cannot_be(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, endpoint: str) -> None:
    bucket = {"BLUEZONE_EXPORT_STORAGE_BUCKET": "exports", "BLUEZONE_EXPORT_STORAGE_ENDPOINT": endpoint}
    with pytest.raises(Refused, match="BLUEZONE_EXPORT_STORAGE_ENDPOINT"):
        load(monkeypatch, tmp_path, **bucket)


def test_what_can_be(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    read = load(
        monkeypatch,
        tmp_path,
        BLUEZONE_REGION="VN-HN",
        BLUEZONE_HEALTH_AUTHORITY="vn.hanoi",
        BLUEZONE_TRUSTED_PROXY="2001:db8::7",
        BLUEZONE_LOG_LEVEL="warning",
        BLUEZONE_BASE_URL="https://bluezone.example.vn:8443/",
        BLUEZONE_DEVICE_API_KEY="off",
        BLUEZONE_CASE_LINKS="Yes",
    )
    names = ("REGION", "HEALTH_AUTHORITY", "TRUSTED_PROXY", "BASE_URL", "DEVICE_API_KEY", "CASE_LINKS")
    assert [read[f"BLUEZONE_{name}"] for name in names] == [
        "VN-HN", "vn.hanoi", "2001:db8::7", "https://bluezone.example.vn:8443", False, True,
    ]  # fmt: skip


def test_empty_means_unset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    empty = dict.fromkeys(("BLUEZONE_REGION", "BLUEZONE_HEALTH_AUTHORITY", "BLUEZONE_LOG_LEVEL"), "")
    read = load(monkeypatch, tmp_path, **empty)
    assert (read["BLUEZONE_REGION"], read["BLUEZONE_HEALTH_AUTHORITY"]) == ("VN", "vn.bluezone")

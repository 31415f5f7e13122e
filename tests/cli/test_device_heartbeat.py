"""``bluezone device heartbeat``: the text comes first, no answer is no, and withdrawing is one command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from bluezone.device.heartbeat import CONSENT_TEXTS, consent_of
from bluezone.device.store import DeviceStore

Run = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    DeviceStore.open(tmp_path / "d").close()
    return tmp_path / "d"


def has_consent(folder: Path) -> bool:
    with DeviceStore.open(folder) as store:
        return consent_of(store) is not None


def test_it_is_shown_asked_given_and_withdrawn(
    bluezone: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = ("--store", folder)
    assert bluezone("device", "heartbeat", "show", *at).stdout == "no consent: no heartbeat is sent\n"
    asked: list[str] = []

    def answer(yes: bool) -> None:
        def confirm(text: str, default: bool = True, err: bool = False) -> bool:
            asked.append(f"{text} {default}")
            return yes

        monkeypatch.setattr(typer, "confirm", confirm)

    answer(False)
    refused = bluezone("device", "heartbeat", "give", "--ward", "00343", *at)
    assert refused.exit_code == 1
    assert "nothing will be sent" in refused.stderr
    assert asked == ["Do you agree? False"]
    assert not has_consent(folder)

    answer(True)
    given = bluezone("device", "heartbeat", "give", "--ward", "00343", *at, "--json")
    assert all(text in given.stderr for text in CONSENT_TEXTS.values())
    assert given.document["consent"]["ward"] == "00343"
    assert given.document["consent"]["wording"] == 1
    assert given.document["last"] is None
    assert has_consent(folder)
    assert "wording 1, ward 00343" in bluezone("device", "heartbeat", "show", *at).stdout

    assert "nothing is sent any more" in bluezone("device", "heartbeat", "withdraw", *at).stderr
    assert not has_consent(folder)
    assert "There was no consent" in bluezone("device", "heartbeat", "withdraw", *at).stderr


def test_what_is_no_ward_or_no_store_is_refused(bluezone: Run, folder: Path, tmp_path: Path) -> None:
    wrong = bluezone("device", "heartbeat", "give", "--ward", "Nhân Chính", "--store", folder, "--yes")
    assert wrong.exit_code == 1
    assert "'Nhân Chính' is not the code of a ward" in wrong.stderr
    missing = bluezone("device", "heartbeat", "show", "--store", tmp_path / "none")
    assert missing.exit_code == 1
    assert "no device store there" in missing.stderr

"""The optional crate: used when it is the right one, else a reason that tells what to do."""

from __future__ import annotations

import runpy
import sys
from types import ModuleType

import pytest

from bluezone.protocols import native_crate


def loaded(monkeypatch: pytest.MonkeyPatch, crate: ModuleType | None) -> tuple[ModuleType | None, str]:
    monkeypatch.setitem(sys.modules, "bluezone_native", crate)  # None: importing it fails
    names = runpy.run_path(str(native_crate.__file__))
    return names["bluezone_native"], names["UNAVAILABLE"]


def of_interface(number: int) -> ModuleType:
    crate = ModuleType("bluezone_native")
    crate.INTERFACE = number  # type: ignore[attr-defined]
    return crate


def test_without_the_crate(monkeypatch: pytest.MonkeyPatch) -> None:
    crate, reason = loaded(monkeypatch, None)
    assert crate is None
    assert "bluezone_native" in reason
    assert reason.endswith("with Rust's cargo on PATH, scripts/setup-native.sh builds it")


def test_a_build_left_from_another_version_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    crate, reason = loaded(monkeypatch, of_interface(0))
    assert crate is None
    assert reason.startswith("it was built for interface 0, not ")
    wanted = int(reason.split("not ")[1].split(";")[0])
    right = of_interface(wanted)
    assert loaded(monkeypatch, right) == (right, "")

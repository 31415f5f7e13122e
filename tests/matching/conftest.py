"""Both engines: what holds of matching holds of each."""

from __future__ import annotations

import shutil

import pytest

from bluezone.matching.interface import Engine
from bluezone.matching.match import choose_engine
from bluezone.protocols.native_crate import bluezone_native


def skip_without_native() -> None:
    """Skip where nothing can build the crate; where setup should have built it, let the test fail."""
    if bluezone_native is None and shutil.which("cargo") is None:
        pytest.skip("the native engine is not built: no cargo on PATH")


@pytest.fixture(scope="session")
def native() -> Engine:
    skip_without_native()
    return choose_engine("native")


@pytest.fixture(scope="session", params=["reference", "native"])
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "native":
        skip_without_native()
    return choose_engine(request.param)

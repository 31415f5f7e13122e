"""Both engines: what holds of matching holds of each."""

from __future__ import annotations

from types import ModuleType

import pytest

from bluezone.matching.interface import Engine
from bluezone.matching.match import choose_engine


@pytest.fixture(scope="session")
def native(native_crate: ModuleType) -> Engine:
    return choose_engine("native")


@pytest.fixture(scope="session", params=["reference", "native"])
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "native":
        request.getfixturevalue("native_crate")
    return choose_engine(request.param)

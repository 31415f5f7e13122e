"""Fixtures for every test: where the real inputs are."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real inputs beside the project; a user's clone has none."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"real inputs are not at {SHARED_DATA}")
    return SHARED_DATA

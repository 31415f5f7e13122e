"""One evaluation of the published measurements for all tests that look at it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bluezone.evaluation.evaluate import Evaluation, evaluate_folder


@pytest.fixture(scope="session")
def evaluation(shared_data: Path) -> Evaluation:
    return evaluate_folder(shared_data / "radio")

"""Running the command line as a user does, without a process for each run."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from bluezone.cli import main


@dataclass(frozen=True)
class Outcome:
    """What one command did; ``stdout`` and ``stderr`` as text."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.stdout)


@pytest.fixture
def bluezone(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """``bluezone("ids", "gaen", ...)``: run one command to its end."""

    def run(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["bluezone", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return Outcome(int(ended.value.code or 0), captured.out, captured.err)

    return run

"""A hook of hatchling: a wheel and an editable install get their compiled English texts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent))
from messages import compile_all


class CustomBuildHook(BuildHookInterface):
    """Compiles before anything is collected."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling for each target."""
        compile_all(Path(self.root) / "src" / "bluezone" / "authority")

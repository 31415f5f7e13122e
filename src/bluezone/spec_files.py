"""The files of ``spec/``, wherever this installation has them: in its package, or in the source tree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["read_schema"]

_INSTALLED = Path(__file__).with_name("spec")
_SOURCE_TREE = Path(__file__).parents[2] / "spec"


def read_schema(name: str) -> dict[str, Any]:
    """The JSON schema ``spec/NAME.schema.json``."""
    folder = _INSTALLED if _INSTALLED.is_dir() else _SOURCE_TREE
    schema: dict[str, Any] = json.loads((folder / f"{name}.schema.json").read_text(encoding="utf-8"))
    return schema

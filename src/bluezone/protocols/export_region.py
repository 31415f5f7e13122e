"""How a region of exports is named: it is a folder on the server and part of a device's addresses."""

from __future__ import annotations

import re

__all__ = ["REGION"]

REGION = re.compile(r"[A-Z0-9]{1,8}(?:-[A-Z0-9]{1,8})?")
"""A country such as VN, or a part of one such as VN-HN; to be matched whole."""

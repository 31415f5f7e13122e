"""Background work of access."""

from __future__ import annotations

from bluezone.authority import runtime
from bluezone.authority.access.audit import seal_audit

__all__ = ["seal_new_entries"]


def seal_new_entries() -> None:
    """Every minute: chain what was recorded since."""
    seal_audit(runtime.now())

"""Background work of heartbeats."""

from __future__ import annotations

from bluezone.authority import runtime
from bluezone.authority.heartbeats import services

__all__ = ["close_days"]


def close_days() -> None:
    """Every quarter of an hour: count the days that are over, and delete what was counted."""
    services.close_days(runtime.now())

"""Background work of access."""

from __future__ import annotations

from bluezone.authority import runtime
from bluezone.authority.access.audit import seal_audit
from bluezone.authority.access.emergency_services import note_ended_emergencies

__all__ = ["seal_new_entries"]


def seal_new_entries() -> None:
    """Every minute: note which emergency access is over, and chain what was recorded since."""
    now = runtime.now()
    note_ended_emergencies(now)
    seal_audit(now)

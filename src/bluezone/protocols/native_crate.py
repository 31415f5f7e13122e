"""The optional crate ``bluezone_native``, or why it is not used."""

from __future__ import annotations

from types import ModuleType

__all__ = ["UNAVAILABLE", "bluezone_native"]

_INTERFACE = 2
"""Of the crate as called here; a build that is left from another version is not used."""


def _load() -> tuple[ModuleType | None, str]:
    try:
        import bluezone_native as crate
    except ImportError as error:
        reason = str(error)
    else:
        built_for = getattr(crate, "INTERFACE", None)
        if built_for == _INTERFACE:
            return crate, ""
        reason = f"it was built for interface {built_for}, not {_INTERFACE}"
    return None, f"{reason}; with Rust's cargo on PATH, scripts/setup-native.sh builds it"


bluezone_native, UNAVAILABLE = _load()

"""Messages for development: written to the terminal of the server."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from uuid import UUID

__all__ = ["Console"]


@dataclass(frozen=True, slots=True)
class Console:
    """Prints number and text to stderr; the settings refuse it for a server with a public address."""

    def send(self, phone: str, text: str, *, reference: UUID) -> None:
        sys.stderr.write(f"SMS {reference} to {phone}: {text}\n")
        sys.stderr.flush()

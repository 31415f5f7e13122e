"""What the authority's JSON answers say: the type of every field is checked, every text made safe to show."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from bluezone.device.client_errors import BadAnswer, ServerRefused

__all__ = ["ServerAnswer", "parse_answer", "shown"]

MAX_SHOWN_CHARACTERS = 300
MAX_REMARKS = 20
_SERVER_FAULT = 500
_TOO_MANY_REQUESTS = 429
_BAD_REQUEST = 400
_MAX_COUNT = 1_000_000


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """A JSON object with its HTTP status. A field that is ``null`` is one that is missing.

    The accessors raise ``BadAnswer`` for a field of another kind than was agreed on.
    """

    status: int
    fields: dict[str, Any]

    @property
    def failed(self) -> bool:
        return self.status >= _BAD_REQUEST or bool(self.fields.get("error"))

    @property
    def passing(self) -> bool:
        """A failure that says nothing of what was sent, which may be accepted later."""
        return _is_passing(self.status)

    @property
    def code(self) -> str:
        """The machine-readable reason of a failure, or ""."""
        return self._shown("code") or self._shown("errorCode")

    @property
    def error(self) -> str:
        """The reason of a failure for people."""
        return self._shown("error") or self.code or f"status {self.status}"

    @property
    def reason(self) -> str:
        """``error`` with its ``code``."""
        return f"{self.error} ({self.code})" if self.code not in ("", self.error) else self.error

    def text(self, name: str, default: str | None = None) -> str:
        """A field for machines (token, date, certificate): printable ASCII, not empty without a default."""
        value = self.fields.get(name)
        if value is None:
            value = default
        if not isinstance(value, str) or (not value and default is None):
            raise BadAnswer(f"the server's answer has no {name!r}")
        if not (value.isascii() and value.isprintable()):
            raise BadAnswer(f"the server's answer has a {name!r} that is not plain ASCII")
        return value

    def count(self, name: str) -> int:
        """A number of things; 0 where it is missing."""
        value = self.fields.get(name)
        if value is None:
            return 0
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MAX_COUNT:
            raise BadAnswer(f"the server's answer has a {name!r} that is no number of things")
        return value

    def remarks(self, name: str) -> tuple[str, ...]:
        """A list of texts for people; empty where it is missing."""
        value = self.fields.get(name)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(remark, str) for remark in value):
            raise BadAnswer(f"the server's answer has {name!r} that are no texts")
        return tuple(shown(remark) for remark in value[:MAX_REMARKS])

    def _shown(self, name: str) -> str:
        value = self.fields.get(name)
        return shown(value) if isinstance(value, str) else ""


def parse_answer(status: int, content: bytes, url: str) -> ServerAnswer:
    """The JSON object of an answer, whatever its status.

    :raises ServerRefused: for a fault of the server, or too many requests, without a code that explains it.
    :raises BadAnswer: for anything that is no JSON object.
    """
    try:
        fields = json.loads(content)
    except (ValueError, RecursionError):
        fields = None
    answer = ServerAnswer(status, fields) if isinstance(fields, dict) else None
    if _is_passing(status) and (answer is None or not answer.code):
        reason = "too many requests" if status == _TOO_MANY_REQUESTS else "the server has a fault"
        raise ServerRefused(f"{url}: {reason} ({status}); try again later")
    if answer is None:
        raise BadAnswer(f"{url}: not a JSON object (status {status}); is the address right?")
    return answer


def _is_passing(status: int) -> bool:
    return status >= _SERVER_FAULT or status == _TOO_MANY_REQUESTS


def shown(text: str) -> str:
    """Text from outside as one short line: no control characters, which a terminal would obey."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= MAX_SHOWN_CHARACTERS else line[: MAX_SHOWN_CHARACTERS - 1] + "…"

"""How log lines look: one JSON object a line on stderr, with anything a person sent hidden.

Of an error its kind and its way through the code are told, and its text only where that comes from the system
or from our own settings: other texts quote what was sent, and those of databases whole rows.
"""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

__all__ = ["HIDDEN", "hide_what_people_sent", "log_config", "trace_without_values"]

HIDDEN = "[hidden]"
_SPEAKING = (OSError, ImportError)
"""Errors whose text is the system's."""

_HIDDEN_FIELDS = frozenset(
    {
        "body",
        "code",
        "certificate",
        "cookie",
        "ekeyhmac",
        "hmackey",
        "ip",
        "key",
        "keys",
        "name",
        "padding",
        "password",
        "phone",
        "query",
        "remoteaddr",
        "request",
        "revisiontoken",
        "secret",
        "tek",
        "tekmac",
        "temporaryexposurekeys",
        "token",
        "username",
        "verificationpayload",
    }
)


def hide_what_people_sent(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace the values of fields that hold codes, keys, tokens, addresses or bodies."""
    for field in event:
        if field.lower().replace("_", "") in _HIDDEN_FIELDS:
            event[field] = HIDDEN
    return event


def trace_without_values(error: BaseException) -> str:
    """A traceback as usual, with what led to the error, but with the texts of most errors hidden."""
    parts: list[str] = []
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        text = str(one) if isinstance(one, _SPEAKING) else HIDDEN
        parts.append(
            "".join(traceback.format_tb(one.__traceback__))
            + f"{type(one).__module__}.{type(one).__qualname__}: {text}"
        )
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return "\n\nwhich followed from:\n\n".join(parts)


def _format_errors(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["exception"] = trace_without_values(error)
    return event


def _name_route_for_path(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The framework's own messages quote a request's path; its route tells as much to us."""
    request = getattr(event.get("_record"), "request", None)
    path, match = getattr(request, "path", ""), getattr(request, "resolver_match", None)
    if path and path != "/":
        event["event"] = str(event["event"]).replace(path, match.route if match else HIDDEN)
    return event


def _is_no_mere_readiness(record: logging.LogRecord) -> bool:
    """A server that is not ready says so to each probe; that is an answer, unless the check itself fails."""
    match = getattr(getattr(record, "request", None), "resolver_match", None)
    return bool(record.exc_info) or getattr(match, "url_name", None) != "readyz"


def _drop_standard_extras(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The framework's own records carry the whole request as an extra; a line needs its message only."""
    for field in ("request", "status_code", "taskName"):
        event.pop(field, None)
    return event


_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def log_config(level: str) -> dict[str, Any]:
    """The ``dictConfig`` of both structlog's and the standard loggers, at ``level`` (a standard name)."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            hide_what_people_sent,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "readiness": {"()": "django.utils.log.CallbackFilter", "callback": _is_no_mere_readiness}
        },
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*_SHARED, _drop_standard_extras, hide_what_people_sent],
                "processors": [
                    _name_route_for_path,
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    _format_errors,
                    structlog.processors.JSONRenderer(ensure_ascii=False),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "loggers": {
            "bluezone": {"level": level, "handlers": ["stderr"], "propagate": False},
            "fido2": {"level": "WARNING"},  # below that it tells which passkey was used
            "django": {"level": "WARNING", "handlers": ["stderr"], "propagate": False},
            # a 4xx is the caller's, and its path is not ours to keep
            "django.request": {"level": "ERROR", "filters": ["readiness"]},
            "huey": {"level": "WARNING", "handlers": ["stderr"], "propagate": False},
            "waitress": {"level": "WARNING", "handlers": ["stderr"], "propagate": False},
            "waitress.queue": {"level": "ERROR"},  # a request that waits for a thread is no event
        },
    }

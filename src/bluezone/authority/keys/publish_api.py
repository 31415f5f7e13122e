"""``/v1/publish``: a device's keys, with the field names of the public reference."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from bluezone.authority import runtime
from bluezone.authority.keys import services
from bluezone.authority.keys.json_endpoints import Unacceptable, json_body, json_post, padded
from bluezone.authority.keys.rules import PublishRefused
from bluezone.authority.keys.services.publishing import PublishOutcome
from bluezone.authority.keys.wire import BadRequest, parse_publish

__all__ = ["publish"]


def _publish_error(code: str, message: str, status: int, warnings: tuple[str, ...] = ()) -> HttpResponse:
    reply: dict[str, Any] = {"error": message, "code": code}
    if warnings:
        reply["warnings"] = list(warnings)
    return padded(reply, status)


@json_post(_publish_error, "internal_error")
def publish(request: HttpRequest) -> HttpResponse:
    """``POST /v1/publish``; with a header ``X-Chaff`` all of it is done and taken back."""
    if "HTTP_X_CHAFF" in request.META:
        return _publish_chaff(request)
    try:
        outcome = services.publish(parse_publish(json_body(request)), runtime.now())
    except Unacceptable as error:
        return _publish_error("bad_request", str(error), error.status)
    except BadRequest as error:
        return _publish_error("bad_request", str(error), 400)
    except PublishRefused as error:
        return _publish_error(error.code, str(error), error.status, error.warnings)
    return padded(_publish_reply(outcome))


def _publish_chaff(request: HttpRequest) -> HttpResponse:
    try:
        sent = parse_publish(json_body(request))
    except (Unacceptable, BadRequest):
        sent = None  # noise is welcome in any form
    return padded(_publish_reply(services.publish_chaff(sent, runtime.now())))


def _publish_reply(outcome: PublishOutcome) -> dict[str, Any]:
    reply: dict[str, Any] = {}
    if outcome.revision_token:
        reply["revisionToken"] = outcome.revision_token
    if outcome.inserted:
        reply["insertedExposures"] = outcome.inserted
    if outcome.errors:
        reply["error"] = "; ".join(outcome.errors)
        reply["code"] = "partial_failure"
    if outcome.warnings:
        reply["warnings"] = list(outcome.warnings)
    return reply

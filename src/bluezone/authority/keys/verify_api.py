"""``/api/…`` for phones: codes for tokens, tokens for certificates, and self reports.

Field names are those of the public reference.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from bluezone.authority import runtime
from bluezone.authority.access.growing_delay import GrowingDelay
from bluezone.authority.access.rate_limit import AlarmCounter, FixedWindow, client_address
from bluezone.authority.keys import services
from bluezone.authority.keys.code_texts import is_long_code, is_short_code
from bluezone.authority.keys.json_endpoints import Unacceptable, View, json_body, json_post, padded
from bluezone.authority.keys.models import ApiKind
from bluezone.authority.keys.verification_json import (
    TooOften,
    answer_json,
    caller_of,
    code_error,
    day,
    expiry_fields,
    short_text,
    too_many,
)
from bluezone.authority.keys.wire import BadRequest, decode_base64
from bluezone.authority.request_metrics import count_wrong_code

__all__ = [
    "REPORT_LIMIT",
    "VERIFY_LIMIT",
    "WRONG_CODES",
    "WRONG_CODE_DELAY",
    "certificate",
    "device_post",
    "user_report",
    "verify",
]

VERIFY_LIMIT = FixedWindow(limit=40, window=timedelta(minutes=1))
"""Wrong codes of one network and those being tried this moment; right ones are given back."""

WRONG_CODE_DELAY = GrowingDelay(
    after=10,
    first=timedelta(minutes=1),
    longest=timedelta(minutes=15),
    forgiven=timedelta(minutes=20),
    forgotten=timedelta(hours=16),
)
"""After the 10th wrong short code its network waits 1 minute, after the next ones 2, 4, 8, then 15 each.

Each right code takes a wrong one away, and so do 20 minutes: thousands may type behind one carrier's address.
"""

WRONG_CODES = AlarmCounter(threshold=200, window=timedelta(minutes=15))
"""Wrong codes of everybody. Many leave each network fewer tries before it waits, and refuse nobody."""

REPORT_LIMIT = FixedWindow(limit=20, window=timedelta(hours=1))
"""Self reports of one network, whatever comes of them: each may cost a message."""

_TRIES_UNDER_ATTACK = 3

_log = structlog.get_logger("bluezone.authority.keys")


def device_post(view: View) -> View:
    """A POST endpoint of phones; with ``BLUEZONE_DEVICE_API_KEY`` only for apps with a key."""

    @functools.wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        if settings.BLUEZONE_DEVICE_API_KEY:
            try:
                caller_of(request, ApiKind.DEVICE)
            except services.ApiKeyRefused as error:
                return code_error("unauthorized", str(error), 401)
        return view(request)

    return json_post(code_error, "internal_server_error")(answer)


@device_post
def verify(request: HttpRequest) -> HttpResponse:
    """``POST /api/verify``: a code for a token; with ``X-Chaff``, noise for noise."""
    if "X-Chaff" in request.headers:
        return _chaff(request, lambda: _verified(services.verify_chaff(runtime.now())))
    return answer_json(request, lambda fields: _verify(fields, client_address(request)))


@device_post
def certificate(request: HttpRequest) -> HttpResponse:
    """``POST /api/certificate``: a token and the MAC of a device's keys for a certificate; noise as above."""
    if "X-Chaff" in request.headers:
        return _chaff(request, lambda: {"certificate": services.certificate_chaff(runtime.now())})

    def answer(fields: Mapping[str, Any]) -> dict[str, Any]:
        token, ekeyhmac = short_text(fields, "token"), short_text(fields, "ekeyhmac")
        return {"certificate": services.issue_certificate(token, ekeyhmac, runtime.now())}

    return answer_json(request, answer)


@device_post
def user_report(request: HttpRequest) -> HttpResponse:
    """``POST /api/user-report``: a code by message for somebody who says that they are infected."""
    now, address = runtime.now(), client_address(request)
    if not REPORT_LIMIT.allows(address, now):
        return too_many(REPORT_LIMIT.retry_after(now))

    def answer(fields: Mapping[str, Any]) -> dict[str, Any]:
        phone = fields.get("phone")
        if phone is not None and not isinstance(phone, str):
            raise BadRequest('field "phone" must be a string')
        if not phone:
            raise services.CodeRefused("phone cannot be empty", "missing_phone")
        expires_at = services.report_by_user(
            phone=phone,
            nonce=_nonce(fields),
            test_date=day(fields, "testDate"),
            onset_date=day(fields, "symptomDate"),
            now=now,
        )
        return expiry_fields(expires_at)

    return answer_json(request, answer)


def _verify(fields: Mapping[str, Any], address: str) -> dict[str, Any]:
    now, accept, code = runtime.now(), fields.get("accept") or [], short_text(fields, "code")
    if not isinstance(accept, list) or not all(isinstance(one, str) for one in accept):
        raise BadRequest('field "accept" must be an array of strings')
    nonce = _nonce(fields)
    if is_long_code(code) or not is_short_code(code):
        # Nobody guesses 80 bits: these are never refused, so that no guesser shuts their neighbours out.
        # What has the form of no code is no guess.
        return _verified(services.verify_code(code, accept, now, nonce=nonce))
    return _verified(_try_short_code(code, accept, nonce, address))


def _verified(verified: services.VerifiedCode) -> dict[str, Any]:
    dates = {"symptomDate": verified.onset_date, "testDate": verified.test_date}
    return {
        "testtype": verified.report_type.value,
        **{name: day.isoformat() for name, day in dates.items() if day},  # absent without one, as there
        "token": verified.token,
    }


def _try_short_code(code: str, accept: list[str], nonce: bytes, address: str) -> services.VerifiedCode:
    now = runtime.now()
    after, at_once = (_TRIES_UNDER_ATTACK, 10) if WRONG_CODES.is_raised(now) else (None, None)
    if seconds := WRONG_CODE_DELAY.wait(address, now, after=after):
        raise TooOften(seconds)
    if WRONG_CODE_DELAY.is_growing(address, now, after=after):
        at_once = 1
    if not VERIFY_LIMIT.allows(address, now, limit=at_once):  # counted now: many may come at once
        raise TooOften(VERIFY_LIMIT.retry_after(now))
    wrong = False
    try:
        verified = services.verify_code(code, accept, now, nonce=nonce)
        WRONG_CODE_DELAY.take_away(address, now)
        return verified
    except services.CodeRefused as refusal:
        wrong = refusal.code == "code_invalid"
        raise
    finally:
        if wrong:
            WRONG_CODE_DELAY.add(address, now)
            count_wrong_code()
            if count := WRONG_CODES.add(now):
                _log.warning("many wrong verification codes: somebody may be guessing", count=count)
        else:  # a fault of ours is no try of theirs either
            VERIFY_LIMIT.give_back(address, now)


def _chaff(request: HttpRequest, answer: Callable[[], dict[str, Any]]) -> HttpResponse:
    """A reply as to a right request, whatever was sent; an unreadable body too is read first."""
    with contextlib.suppress(Unacceptable):
        json_body(request)
    return padded(answer())


def _nonce(fields: Mapping[str, Any]) -> bytes:
    try:
        return decode_base64(short_text(fields, "nonce", ""))
    except ValueError as error:
        raise BadRequest(f'field "nonce" is {error}') from None

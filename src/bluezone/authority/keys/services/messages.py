"""Codes by text message: queue one, send what is due, try one again at once.

A try is claimed before it is made: of two senders only one gets it. What came of it is written afterwards: a
sender that dies in between costs a second message with the same code, never a lost one. Numbers are stored
encrypted and erased once the message is sent or given up; texts are not stored, but made for each try.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext, gettext_noop

from bluezone.authority.access.audit import SYSTEM, Actor, record
from bluezone.authority.access.scope import Scope
from bluezone.authority.keys.code_links import link_for_people
from bluezone.authority.keys.issue_rules import CodeRefused, CodeState
from bluezone.authority.keys.models import SmsMessage, SmsState, VerificationCode
from bluezone.authority.keys.queries import code_row, state_of
from bluezone.authority.keys.services.codes import issued_code_of
from bluezone.authority.keys.services.reported_numbers import let_number_report_again
from bluezone.authority.keys.sms.interface import SmsRefused, SmsSender, SmsUnavailable, SmsUnclear
from bluezone.authority.keys.sms.phone_numbers import parse_phone
from bluezone.authority.keys.sms.rules import (
    MAX_MESSAGES_A_CODE,
    MAX_UNCLEAR_TRIES,
    delay_after,
    is_first_in_line,
    is_overdue,
)
from bluezone.authority.keys.sms.sealed_phone import UnreadablePhone, open_phone, seal_phone
from bluezone.authority.keys.sms.text import compose

__all__ = ["SendReport", "queue_message", "retry_message", "send_due_messages"]

_BATCH = 100
_RUN_SECONDS = 30.0
"""No try begins later in a run: the same thread builds exports, which a slow gateway must not delay."""
_FAILURES_OF_A_GATEWAY_THAT_IS_DOWN = 3
"""Without a success in the same run; then what has failed before waits, so that its delays do not grow."""

_ENDED = {
    CodeState.CLAIMED: gettext_noop("mã đã được dùng trước khi gửi được tin"),
    CodeState.REVOKED: gettext_noop("mã đã bị thu hồi"),
    CodeState.EXPIRED: gettext_noop("mã đã hết hạn trước khi gửi được tin"),
}

_EVERYTHING = Scope.everything()
_log = structlog.get_logger("bluezone.authority.keys")


@dataclass(frozen=True, slots=True)
class SendReport:
    """How many messages one run sent, gave up, and left for another try."""

    sent: int = 0
    given_up: int = 0
    put_off: int = 0


@transaction.atomic
def queue_message(
    code_uuid: uuid.UUID,
    phone: str,
    now: datetime,
    *,
    message_uuid: uuid.UUID | None = None,
    scope: Scope = _EVERYTHING,
    by: Actor = SYSTEM,
) -> SmsMessage:
    """Put a code on its way to a phone; it is sent within a minute.

    :param phone: as a person wrote it.
    :param message_uuid: made by the client: with the same one again nothing is queued, and the answer is the
        message it was used for. Without one, it is the code's first message.
    :raises PhoneRefused: not a mobile number of Việt Nam.
    :raises CodeRefused: no way to send is set, no such code in the scope, or it is used, revoked, expired,
        or has too many messages, or a UUID used for another code.
    """
    row = code_row(code_uuid, scope)
    pk = message_uuid or uuid.uuid5(code_uuid, "first message")
    known = SmsMessage.objects.filter(pk=pk).first()
    if known is None:
        number = parse_phone(phone)
        if settings.BLUEZONE_SMS.sender is None:
            raise CodeRefused(
                gettext("Máy chủ này chưa được cài đặt để gửi SMS."),
                "sms_not_set_up",
                english="this server is not set up to send messages",
            )
        if state_of(row, now) is not CodeState.WAITING:
            raise CodeRefused(
                gettext("Mã này không còn dùng được nên không gửi nữa."), "code_not_usable", 409
            )
        if SmsMessage.objects.filter(code=row).count() >= MAX_MESSAGES_A_CODE:
            raise CodeRefused(
                gettext("Mỗi mã chỉ gửi được {most} tin.").format(most=MAX_MESSAGES_A_CODE),
                "too_many_messages",
                409,
            )
        known, created = _store(
            SmsMessage(
                pk=pk, code=row, phone_encrypted=seal_phone(number, pk), next_try_at=now, created_at=now
            )
        )
        if created:
            record(by, "keys.sms-queued", f"code:{code_uuid}", {"message": str(pk)}, now=now)
    if known.code_id != code_uuid:
        raise CodeRefused(f"UUID {pk} was used for another message", "uuid_already_exists", 409)
    return known


@transaction.atomic
def retry_message(
    code_uuid: uuid.UUID, message_uuid: uuid.UUID, *, scope: Scope, by: Actor, now: datetime
) -> None:
    """Let a message that waits for its next try have it now.

    :raises CodeRefused: no such code in the scope or message of it, or one that waits no more.
    """
    code_row(code_uuid, scope)
    waiting = SmsMessage.objects.filter(pk=message_uuid, code_id=code_uuid, state=SmsState.WAITING)
    found = waiting.first()
    # without an error, somebody is trying it right now or is about to
    if (
        found is None
        or not (found.last_error or is_overdue(found.attempts, found.created_at, found.next_try_at, now))
        or not waiting.filter(attempts=found.attempts, last_error=found.last_error).update(
            next_try_at=found.created_at
        )
    ):
        raise CodeRefused(
            gettext("Tin này đang được gửi hoặc không còn chờ gửi."), "message_not_waiting", 409
        )
    record(by, "keys.sms-retried", f"code:{code_uuid}", {"message": str(message_uuid)}, now=now)


def send_due_messages(now: datetime, *, seconds: Callable[[], float] = time.monotonic) -> SendReport:
    """Try what is due, give up what has become pointless; safe with another sender at work.

    Not one transaction: each message has one before its try and one after it.

    :param seconds: a clock that only tells how long the run takes.
    """
    started = seconds()
    sender: SmsSender | None = settings.BLUEZONE_SMS.sender
    waiting = SmsMessage.objects.filter(state=SmsState.WAITING).select_related("code")
    sent = given_up = put_off = 0
    due: list[SmsMessage] = []
    for message in list(waiting):
        if (ended := _ENDED.get(state_of(message.code, now))) is not None:
            given_up += _finish(message.pk, SmsState.FAILED, ended, now)
        elif message.next_try_at <= now:
            due.append(message)
    for message in sorted(due, key=_place_in_line)[:_BATCH]:
        # without a sender they wait for one: it was set when they were queued
        if sender is None or seconds() - started > _RUN_SECONDS:
            break
        looks_down = put_off >= _FAILURES_OF_A_GATEWAY_THAT_IS_DOWN and not sent
        if looks_down and not is_first_in_line(message.created_at, message.next_try_at):
            break
        claimed = _claim(message.pk, now)
        if claimed is None:
            continue  # another sender has it
        outcome = _try(claimed, sender, now)
        if outcome.state is SmsState.WAITING:
            _put_off(claimed, outcome.error)
            put_off += 1
        elif _finish(message.pk, outcome.state, outcome.error, now):
            sent += outcome.state is SmsState.SENT
            given_up += outcome.state is SmsState.FAILED
    return SendReport(sent, given_up, put_off)


def _place_in_line(message: SmsMessage) -> tuple[bool, int, datetime]:
    """New ones first, then those with the fewest tries: a number that never works goes last."""
    first = is_first_in_line(message.created_at, message.next_try_at)
    return (not first, 0 if first else message.attempts, message.next_try_at)


@dataclass(frozen=True, slots=True)
class _Outcome:
    state: SmsState
    error: str = ""


def _store(message: SmsMessage) -> tuple[SmsMessage, bool]:
    """Save it; or what the same request saved that was quicker, and false."""
    try:
        with transaction.atomic():
            message.save(force_insert=True)
    except IntegrityError:
        return SmsMessage.objects.get(pk=message.pk), False
    return message, True


@transaction.atomic
def _claim(pk: uuid.UUID, now: datetime) -> SmsMessage | None:
    """Count the try and set the time of the next, if nobody else did since; no error means: on its way."""
    message = SmsMessage.objects.select_related("code").get(pk=pk)
    message.attempts += 1
    message.next_try_at = now + delay_after(message.attempts)
    unclaimed = SmsMessage.objects.filter(
        pk=pk, state=SmsState.WAITING, next_try_at__lte=now, phone_encrypted__isnull=False
    )
    claimed = unclaimed.update(attempts=message.attempts, next_try_at=message.next_try_at, last_error="")
    return message if claimed else None


def _try(message: SmsMessage, sender: SmsSender, now: datetime) -> _Outcome:
    if (ended := _ENDED.get(state_of(message.code, now))) is not None:
        return _Outcome(SmsState.FAILED, ended)  # since the run began
    try:
        phone = open_phone(bytes(message.phone_encrypted or b""), message.pk)
        sender.send(phone, _text(message.code), reference=message.pk)
    except SmsUnclear as error:
        return _unclear(message, str(error))
    except SmsUnavailable as error:
        return _Outcome(SmsState.WAITING, str(error))
    except SmsRefused as error:
        return _Outcome(SmsState.FAILED, str(error))
    except UnreadablePhone:
        return _Outcome(SmsState.FAILED, gettext_noop("không đọc lại được số điện thoại đã lưu"))
    except Exception as error:  # noqa: BLE001 # its text may hold number and code; the next message must go out
        _log.error("sending a message failed by a fault of ours", kind=type(error).__name__)
        return _Outcome(SmsState.WAITING, gettext_noop("lỗi của máy chủ này"))
    return _Outcome(SmsState.SENT)


@transaction.atomic
def _unclear(message: SmsMessage, error: str) -> _Outcome:
    """Note that it may have been taken; after some such tries it is left to people."""
    unclear_tries = message.unclear_tries + 1
    SmsMessage.objects.filter(pk=message.pk).update(unclear_tries=unclear_tries)
    if unclear_tries < MAX_UNCLEAR_TRIES:
        return _Outcome(SmsState.WAITING, error)
    return _Outcome(SmsState.FAILED, f"{error}; " + gettext_noop("có thể tin đã đến, không gửi thêm"))


def _text(row: VerificationCode) -> str:
    issued = issued_code_of(row)
    code, expires_at = issued.long_code or issued.code, issued.long_expires_at or issued.expires_at
    return compose(settings.BLUEZONE_SMS.text, code=code, link=link_for_people(code), expires_at=expires_at)


@transaction.atomic
def _put_off(message: SmsMessage, error: str) -> None:
    SmsMessage.objects.filter(pk=message.pk, state=SmsState.WAITING).update(last_error=error[:200])
    _log.warning(
        "a text message was not sent, it is tried again",
        sms=str(message.pk),
        attempts=message.attempts,
        reason=error,
    )


@transaction.atomic
def _finish(pk: uuid.UUID, state: SmsState, error: str, now: datetime) -> int:
    """End a message's life once, and erase the number; 0 when another sender did."""
    ended = SmsMessage.objects.filter(pk=pk, state=SmsState.WAITING).update(
        state=state, last_error=error[:200], finished_at=now, phone_encrypted=None
    )
    if ended:
        message = SmsMessage.objects.select_related("code").get(pk=pk)
        details: dict[str, str | int | None] = {"message": str(pk), "attempts": message.attempts}
        action = "keys.sms-sent" if state is SmsState.SENT else "keys.sms-given-up"
        record(SYSTEM, action, f"code:{message.code_id}", details, now=now)
        if state is SmsState.FAILED:
            let_number_report_again(message, now)
            _log.warning("a text message was given up", sms=str(pk), attempts=message.attempts, reason=error)
    return ended

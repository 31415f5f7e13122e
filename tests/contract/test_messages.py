"""Codes by text message: queued once, tried until sent or pointless, never silent, and nothing kept."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connections

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.models import AuditEntry
from bluezone.authority.access.scope import Scope
from bluezone.authority.keys import services, tasks
from bluezone.authority.keys.issue_rules import CodeRefused
from bluezone.authority.keys.models import SmsMessage, SmsState
from bluezone.authority.keys.report_types import ReportTypeName
from bluezone.authority.keys.sms.config import SmsSettings
from bluezone.authority.keys.sms.interface import SmsRefused, SmsUnavailable, SmsUnclear
from bluezone.authority.keys.sms.phone_numbers import PhoneRefused
from bluezone.authority.secret_files import PHONE_KEY, secrets_folder

pytestmark = pytest.mark.django_db

BY = Actor("cli")
AREA = "01/009/00343"
PHONE = "+84912345678"


@dataclass
class Outbox:
    """A way of sending that notes what it is given, and fails as it is told to."""

    sent: list[tuple[str, str, uuid.UUID]] = field(default_factory=list)
    fail: Callable[[str], Exception | None] = lambda _phone: None

    def send(self, phone: str, text: str, *, reference: uuid.UUID) -> None:
        failure = self.fail(phone)
        if failure is not None:
            raise failure
        self.sent.append((phone, text, reference))


@pytest.fixture
def outbox(settings: Any) -> Outbox:
    one = Outbox()
    settings.BLUEZONE_SMS = SmsSettings(one)
    settings.BLUEZONE_BASE_URL = "https://bluezone.example.vn"
    return one


def issue(clock: Any, *, long: bool = True) -> services.IssuedCode:
    return services.issue_code(
        report_type=ReportTypeName.CONFIRMED,
        test_date=date(2021, 3, 9),
        uuid=uuid.uuid4(),
        area_path=AREA,
        scope=Scope.everything(),
        by=BY,
        now=clock.now(),
        with_long_code=long,
    )


def actions() -> list[str]:
    return list(
        AuditEntry.objects.filter(action__startswith="keys.sms")
        .order_by("recorded_at")
        .values_list("action", flat=True)
    )


def test_a_message_is_sent_with_code_link_and_expiry(
    key_server: Any, authority_clock: Any, outbox: Outbox
) -> None:
    code = issue(authority_clock)
    message = services.queue_message(code.uuid, "0912 345 678", authority_clock.now())
    assert services.send_due_messages(authority_clock.now()) == services.SendReport(sent=1)
    assert outbox.sent == [
        (
            PHONE,
            f"Ma Bluezone {code.long_code}, han 15:17 11/03. "
            f"Bam https://bluezone.example.vn/v?c={code.long_code} hoac nhap ma vao ung dung. "
            "Tu nguyen. Khong dua ma cho ai.",
            message.pk,
        )
    ]
    message.refresh_from_db()
    assert (message.state, message.attempts, message.phone_encrypted) == (SmsState.SENT, 1, None)
    assert message.finished_at == authority_clock.now()
    assert actions() == ["keys.sms-queued", "keys.sms-sent"]
    authority_clock.advance(timedelta(hours=1))
    assert services.send_due_messages(authority_clock.now()) == services.SendReport()


def test_a_code_without_a_long_form_and_a_link_of_ones_own(
    key_server: Any, authority_clock: Any, outbox: Outbox, settings: Any
) -> None:
    settings.BLUEZONE_CODE_LINK = "https://app.example.vn/open?code="
    code = issue(authority_clock, long=False)
    services.queue_message(code.uuid, PHONE, authority_clock.now())
    services.send_due_messages(authority_clock.now())
    ((_, text, _),) = outbox.sent
    assert text.startswith(
        f"Ma Bluezone {code.code}, han 15:32 10/03. Bam https://app.example.vn/open?code={code.code} "
    )


def test_the_number_is_not_in_the_database_in_clear(
    key_server: Any, authority_clock: Any, outbox: Outbox
) -> None:
    code = issue(authority_clock)
    messages = [
        services.queue_message(code.uuid, PHONE, authority_clock.now(), message_uuid=uuid.uuid4())
        for _ in range(2)
    ]
    stored = [bytes(SmsMessage.objects.get(pk=one.pk).phone_encrypted or b"") for one in messages]
    assert stored[0] != stored[1]
    assert len(stored[0]) == 12 + len(PHONE) + 16  # nonce, ciphertext, tag of AES-GCM
    rows = [*SmsMessage.objects.values(), *AuditEntry.objects.values()]
    assert "912345678" not in str(rows)
    assert not any(b"912345678" in one for one in stored)
    # one message's number is of no use under another's name
    SmsMessage.objects.filter(pk=messages[1].pk).update(phone_encrypted=stored[0])
    services.send_due_messages(authority_clock.now())
    swapped = SmsMessage.objects.get(pk=messages[1].pk)
    assert (swapped.state, swapped.phone_encrypted) == (SmsState.FAILED, None)
    assert len(outbox.sent) == 1


def test_the_key_of_numbers_is_a_file_of_its_own(key_server: Any) -> None:
    path = secrets_folder() / PHONE_KEY
    assert len(bytes.fromhex(path.read_text())) == 32
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_gateway_that_is_down_is_asked_again_after_1_2_5_and_10_minutes(
    key_server: Any, authority_clock: Any, outbox: Outbox
) -> None:
    outbox.fail = lambda _: SmsUnavailable("máy chủ SMS trả lời mã 503")
    start = authority_clock.now()
    services.queue_message(issue(authority_clock).uuid, PHONE, start)
    tried = []
    for minute in range(40):
        report = services.send_due_messages(start + timedelta(minutes=minute))
        if report.put_off:
            tried.append(minute)
            message = SmsMessage.objects.get()
            assert (message.state, message.last_error) == (SmsState.WAITING, "máy chủ SMS trả lời mã 503")
    assert tried == [0, 1, 3, 8, 18, 28, 38]
    outbox.fail = lambda _: None
    assert services.send_due_messages(start + timedelta(minutes=48)).sent == 1
    message = SmsMessage.objects.get()
    assert (message.state, message.attempts, message.last_error) == (SmsState.SENT, 8, "")


def test_it_is_given_up_when_the_code_has_expired(
    key_server: Any, authority_clock: Any, outbox: Outbox
) -> None:
    outbox.fail = lambda _: SmsUnavailable("x")
    services.queue_message(issue(authority_clock).uuid, PHONE, authority_clock.now())
    services.send_due_messages(authority_clock.now())
    authority_clock.advance(timedelta(hours=24, seconds=-1))
    assert services.send_due_messages(authority_clock.now()).put_off == 1
    authority_clock.advance(timedelta(seconds=61))
    assert services.send_due_messages(authority_clock.now()) == services.SendReport(given_up=1)
    message = SmsMessage.objects.get()
    assert (message.state, message.phone_encrypted) == (SmsState.FAILED, None)
    assert "hết hạn" in message.last_error
    assert actions() == ["keys.sms-queued", "keys.sms-given-up"]


@pytest.mark.parametrize("how", ["claimed", "revoked"])
def test_a_code_that_is_used_or_revoked_is_not_sent(
    key_server: Any, authority_clock: Any, outbox: Outbox, how: str
) -> None:
    code = issue(authority_clock)
    services.queue_message(code.uuid, PHONE, authority_clock.now())
    if how == "claimed":
        services.verify_code(code.code, [], authority_clock.now())
    else:
        services.revoke_code(code.uuid, scope=Scope.everything(), by=BY, now=authority_clock.now())
    assert services.send_due_messages(authority_clock.now()).given_up == 1
    assert outbox.sent == []
    assert SmsMessage.objects.get().phone_encrypted is None
    with pytest.raises(CodeRefused, match="không còn dùng được"):
        services.queue_message(code.uuid, PHONE, authority_clock.now(), message_uuid=uuid.uuid4())


def test_a_number_that_the_gateway_refuses_is_not_tried_again(
    key_server: Any, authority_clock: Any, outbox: Outbox
) -> None:
    outbox.fail = lambda _: SmsRefused("máy chủ SMS từ chối tin này (mã 400)")
    services.queue_message(issue(authority_clock).uuid, PHONE, authority_clock.now())
    assert services.send_due_messages(authority_clock.now()).given_up == 1
    message = SmsMessage.objects.get()
    assert (message.state, message.last_error) == (SmsState.FAILED, "máy chủ SMS từ chối tin này (mã 400)")
    assert message.phone_encrypted is None


def test_what_may_have_been_taken_is_tried_three_times_and_then_left_to_people(
    key_server: Any, authority_clock: Any, outbox: Outbox
) -> None:
    answers = [
        SmsUnclear("?"),
        SmsUnavailable("503"),
        SmsUnavailable("503"),
        SmsUnclear("?"),
        SmsUnclear("?"),
    ]
    left = iter(answers)
    outbox.fail = lambda _: next(left)
    services.queue_message(issue(authority_clock).uuid, PHONE, authority_clock.now())
    reports = []
    for _ in answers:
        reports.append(services.send_due_messages(authority_clock.now()))
        authority_clock.advance(timedelta(minutes=10))
    assert reports == [services.SendReport(put_off=1)] * 4 + [services.SendReport(given_up=1)]
    message = SmsMessage.objects.get()
    assert (message.state, message.attempts, message.phone_encrypted) == (SmsState.FAILED, 5, None)
    assert message.last_error == "?; có thể tin đã đến, không gửi thêm"


def test_a_fault_of_ours_stops_no_other_message_and_tells_the_log_nothing(
    key_server: Any, authority_clock: Any, outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    outbox.fail = lambda phone: RuntimeError(phone) if phone == PHONE else None
    for number in (PHONE, "0987654321"):
        services.queue_message(issue(authority_clock).uuid, number, authority_clock.now())
    assert services.send_due_messages(authority_clock.now()) == services.SendReport(sent=1, put_off=1)
    assert "912345678" not in caplog.text
    assert SmsMessage.objects.get(state=SmsState.WAITING).last_error == "lỗi của máy chủ này"


def queue(clock: Any, *numbers: str) -> list[uuid.UUID]:
    """Of messages, one for each number, in the order in which they were queued."""
    return [services.queue_message(issue(clock).uuid, number, clock.now()).pk for number in numbers]


def test_numbers_that_always_fail_hold_up_nobody(
    key_server: Any, authority_clock: Any, outbox: Outbox
) -> None:
    outbox.fail = lambda phone: SmsUnavailable("503") if phone.endswith("7") else None
    queue(authority_clock, *["0912345677"] * 60, "0912345678")
    assert services.send_due_messages(authority_clock.now()) == services.SendReport(sent=1, put_off=60)
    # nor later, when all of them are due again
    authority_clock.advance(timedelta(minutes=1))
    queue(authority_clock, "0912345678")
    assert services.send_due_messages(authority_clock.now()).sent == 1


def test_while_the_gateway_is_down_what_has_failed_waits_with_short_delays(
    key_server: Any, authority_clock: Any, outbox: Outbox
) -> None:
    outbox.fail = lambda _: SmsUnavailable("x")
    queue(authority_clock, *[PHONE] * 5)
    assert services.send_due_messages(authority_clock.now()) == services.SendReport(put_off=5)
    authority_clock.advance(timedelta(minutes=1))
    assert services.send_due_messages(authority_clock.now()) == services.SendReport(put_off=3)
    outbox.fail = lambda _: None
    assert services.send_due_messages(authority_clock.now()) == services.SendReport(sent=2)


def test_one_that_failed_once_goes_before_those_that_failed_often(
    key_server: Any, authority_clock: Any, outbox: Outbox
) -> None:
    outbox.fail = lambda _: SmsUnavailable("x")
    queue(authority_clock, *["0912345677"] * 6)
    for _ in range(5):
        services.send_due_messages(authority_clock.now())
        authority_clock.advance(timedelta(minutes=10))
    (late,) = queue(authority_clock, PHONE)
    services.send_due_messages(authority_clock.now())
    outbox.fail = lambda phone: SmsUnavailable("x") if phone.endswith("7") else None
    authority_clock.advance(timedelta(minutes=10))
    services.send_due_messages(authority_clock.now())
    assert [reference for _, _, reference in outbox.sent] == [late]


def test_one_tried_again_by_hand_waits_for_no_other(
    key_server: Any, authority_clock: Any, outbox: Outbox
) -> None:
    outbox.fail = lambda _: SmsUnavailable("x")
    pks = queue(authority_clock, *["0912345677"] * 5, PHONE)
    services.send_due_messages(authority_clock.now())
    authority_clock.advance(timedelta(minutes=1))
    outbox.fail = lambda phone: SmsUnavailable("x") if phone.endswith("7") else None
    where: dict[str, Any] = {"scope": Scope.everything(), "by": BY, "now": authority_clock.now()}
    services.retry_message(SmsMessage.objects.get(pk=pks[-1]).code_id, pks[-1], **where)
    services.send_due_messages(authority_clock.now())
    assert [phone for phone, _, _ in outbox.sent] == [PHONE]


def test_one_whose_sender_died_can_be_tried_again_by_hand(
    key_server: Any, authority_clock: Any, outbox: Outbox
) -> None:
    def dies(_phone: str) -> Exception:
        raise KeyboardInterrupt

    outbox.fail = dies
    (pk,) = queue(authority_clock, PHONE)
    code = SmsMessage.objects.get(pk=pk).code_id
    with pytest.raises(KeyboardInterrupt):
        services.send_due_messages(authority_clock.now())
    where: dict[str, Any] = {"scope": Scope.everything(), "by": BY}
    authority_clock.advance(timedelta(minutes=3))
    with pytest.raises(CodeRefused, match="đang được gửi"):
        services.retry_message(code, pk, now=authority_clock.now(), **where)
    authority_clock.advance(timedelta(seconds=1))
    services.retry_message(code, pk, now=authority_clock.now(), **where)


def test_a_try_that_another_sender_made_meanwhile_is_not_made_again(
    key_server: Any, authority_clock: Any, outbox: Outbox
) -> None:
    now = authority_clock.now()
    for _ in range(2):
        services.queue_message(issue(authority_clock).uuid, PHONE, now)
    inner: list[services.SendReport] = []
    tries: list[str] = []

    def another_runs_at_the_first(phone: str) -> Exception | None:
        tries.append(phone)
        if len(tries) == 1:
            inner.append(services.send_due_messages(now))
            return None
        return SmsUnavailable("x")

    outbox.fail = another_runs_at_the_first
    assert services.send_due_messages(now) == services.SendReport(sent=1)
    assert inner == [services.SendReport(put_off=1)]
    assert len(tries) == 2


def test_a_slow_gateway_does_not_hold_up_other_work(
    key_server: Any, authority_clock: Any, outbox: Outbox
) -> None:
    for _ in range(4):
        services.queue_message(issue(authority_clock).uuid, PHONE, authority_clock.now())
    ticks = iter([0.0, 9.0, 30.0, 31.0])  # when the run begins, and before each try
    report = services.send_due_messages(authority_clock.now(), seconds=lambda: next(ticks))
    assert report == services.SendReport(sent=2)
    assert services.send_due_messages(authority_clock.now()) == services.SendReport(sent=2)


def test_a_code_taken_back_while_others_are_sent_is_not_sent(
    key_server: Any, authority_clock: Any, outbox: Outbox
) -> None:
    first, second = issue(authority_clock), issue(authority_clock)
    services.queue_message(first.uuid, PHONE, authority_clock.now() - timedelta(seconds=1))
    services.queue_message(second.uuid, PHONE, authority_clock.now())

    def revokes_the_second(_phone: str) -> None:
        services.revoke_code(second.uuid, scope=Scope.everything(), by=BY, now=authority_clock.now())

    outbox.fail = revokes_the_second
    assert services.send_due_messages(authority_clock.now()) == services.SendReport(sent=1, given_up=1)
    assert len(outbox.sent) == 1


def test_a_message_on_its_way_is_not_sent_twice_by_an_impatient_hand(
    key_server: Any, authority_clock: Any, outbox: Outbox
) -> None:
    code = issue(authority_clock)
    message = services.queue_message(code.uuid, PHONE, authority_clock.now())
    refusals = []

    def retries_meanwhile(_phone: str) -> Exception:
        where: dict[str, Any] = {"scope": Scope.everything(), "by": BY, "now": authority_clock.now()}
        with pytest.raises(CodeRefused, match="đang được gửi") as refused:
            services.retry_message(code.uuid, message.pk, **where)
        refusals.append(refused)
        return SmsUnavailable("x")

    outbox.fail = retries_meanwhile
    for minutes in (0, 1, 3):
        services.send_due_messages(authority_clock.now() + timedelta(minutes=minutes))
    assert len(refusals) == 3


def test_queueing_again_queues_nothing(key_server: Any, authority_clock: Any, outbox: Outbox) -> None:
    code, request = issue(authority_clock), uuid.uuid4()
    first = services.queue_message(code.uuid, PHONE, authority_clock.now())
    assert services.queue_message(code.uuid, PHONE, authority_clock.now()).pk == first.pk
    second = services.queue_message(code.uuid, PHONE, authority_clock.now(), message_uuid=request)
    services.send_due_messages(authority_clock.now())
    authority_clock.advance(timedelta(days=2))  # even when a new one would be refused
    again = services.queue_message(code.uuid, "không phải số", authority_clock.now(), message_uuid=request)
    assert (again.pk, again.state) == (second.pk, SmsState.SENT)
    assert SmsMessage.objects.count() == 2
    with pytest.raises(CodeRefused, match="another message"):
        services.queue_message(
            issue(authority_clock).uuid, PHONE, authority_clock.now(), message_uuid=request
        )


def test_messages_that_are_not_queued(
    key_server: Any, authority_clock: Any, outbox: Outbox, settings: Any
) -> None:
    code, now = issue(authority_clock), authority_clock.now()
    with pytest.raises(PhoneRefused):
        services.queue_message(code.uuid, "024 3825 2525", now)
    with pytest.raises(CodeRefused, match="Không tìm thấy"):
        services.queue_message(code.uuid, PHONE, now, scope=Scope.of(["01/010"]))
    with pytest.raises(CodeRefused, match="Không tìm thấy"):
        services.queue_message(uuid.uuid4(), PHONE, now)
    for _ in range(5):
        services.queue_message(code.uuid, PHONE, now, message_uuid=uuid.uuid4())
    with pytest.raises(CodeRefused, match="5 tin"):
        services.queue_message(code.uuid, PHONE, now, message_uuid=uuid.uuid4())
    settings.BLUEZONE_SMS = SmsSettings()
    with pytest.raises(CodeRefused, match="chưa được cài đặt"):
        services.queue_message(issue(authority_clock).uuid, PHONE, now)
    assert SmsMessage.objects.count() == 5


def test_without_a_way_to_send_messages_wait_and_still_end(
    key_server: Any, authority_clock: Any, outbox: Outbox, settings: Any
) -> None:
    services.queue_message(issue(authority_clock).uuid, PHONE, authority_clock.now())
    settings.BLUEZONE_SMS = SmsSettings()
    assert services.send_due_messages(authority_clock.now()) == services.SendReport()
    authority_clock.advance(timedelta(hours=24))
    tasks.send_messages()
    assert SmsMessage.objects.get().phone_encrypted is None


def test_trying_again_at_once(key_server: Any, authority_clock: Any, outbox: Outbox) -> None:
    outbox.fail = lambda _: SmsUnavailable("x")
    code = issue(authority_clock)
    message = services.queue_message(code.uuid, PHONE, authority_clock.now())
    services.send_due_messages(authority_clock.now())
    outbox.fail = lambda _: None
    assert services.send_due_messages(authority_clock.now()) == services.SendReport()
    where: dict[str, Any] = {"by": BY, "now": authority_clock.now()}
    with pytest.raises(CodeRefused, match="Không tìm thấy"):
        services.retry_message(code.uuid, message.pk, scope=Scope.of(["01/010"]), **where)
    with pytest.raises(CodeRefused, match="không còn chờ"):
        services.retry_message(issue(authority_clock).uuid, message.pk, scope=Scope.everything(), **where)
    services.retry_message(code.uuid, message.pk, scope=Scope.everything(), **where)
    assert services.send_due_messages(authority_clock.now()).sent == 1
    with pytest.raises(CodeRefused, match="không còn chờ"):
        services.retry_message(code.uuid, message.pk, scope=Scope.everything(), **where)
    assert actions().count("keys.sms-retried") == 1


def test_the_log_has_neither_number_nor_code(
    key_server: Any, authority_clock: Any, outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    code = issue(authority_clock)
    outbox.fail = lambda _: SmsUnavailable("máy chủ SMS trả lời mã 503")
    services.queue_message(code.uuid, PHONE, authority_clock.now())
    services.send_due_messages(authority_clock.now())
    logged = caplog.text
    assert "tried again" in logged
    for secret in ("912345678", code.code, code.long_code):
        assert str(secret) not in logged


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_send_each_message_once(
    key_server: Any, authority_clock: Any, settings: Any
) -> None:
    sent: list[uuid.UUID] = []
    together, lock = threading.Barrier(2), threading.Lock()

    class Slow:
        def send(self, phone: str, text: str, *, reference: uuid.UUID) -> None:
            with lock:
                sent.append(reference)

    settings.BLUEZONE_SMS = SmsSettings(Slow())
    for _ in range(12):
        services.queue_message(issue(authority_clock).uuid, PHONE, authority_clock.now())

    def run(_: int) -> int:
        together.wait(20)
        try:
            return services.send_due_messages(authority_clock.now()).sent
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(run, range(2))) == 12
    assert len(sent) == len(set(sent)) == 12


@pytest.mark.django_db(transaction=True)
def test_queueing_twice_at_once_queues_one(key_server: Any, authority_clock: Any, outbox: Outbox) -> None:
    code, request = issue(authority_clock), uuid.uuid4()

    def ask(_: int) -> uuid.UUID:
        try:
            return services.queue_message(code.uuid, PHONE, authority_clock.now(), message_uuid=request).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(ask, range(6))) == {request}
    assert actions() == ["keys.sms-queued"]

"""Codes for a file of tests: every row's outcome is told, and the file may be sent again."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connections

from bluezone.authority.access.audit import user_actor
from bluezone.authority.access.models import AuditEntry
from bluezone.authority.access.scope import Scope
from bluezone.authority.accounts.models import User
from bluezone.authority.keys import services
from bluezone.authority.keys.bulk_codes import BulkRow, read_bulk_file, row_uuid
from bluezone.authority.keys.issue_rules import CodeRefused, CodeState
from bluezone.authority.keys.models import BulkIssue, SmsMessage, VerificationCode
from bluezone.authority.keys.rules import HANOI
from bluezone.authority.keys.services import bulk
from bluezone.authority.keys.services.retention import CODES_KEPT
from bluezone.authority.keys.sms.config import SmsSettings
from bluezone.authority.keys.sms.console import Console

pytestmark = pytest.mark.django_db

AREA = "01/009/00343"
HEADING = "Kết quả,Ngày lấy mẫu,Số điện thoại\n"


@pytest.fixture
def worker(key_server: Any, authority_clock: Any) -> Any:
    return user_actor(User.objects.create(username="an", created_at=authority_clock.now()).pk)


@pytest.fixture(autouse=True)
def with_messages(settings: Any) -> None:
    settings.BLUEZONE_SMS = SmsSettings(Console())


def rows(text: str, clock: Any) -> tuple[BulkRow, ...]:
    return read_bulk_file((HEADING + text).encode(), clock.now().astimezone(HANOI).date()).rows


def issue(
    upload: uuid.UUID, some: tuple[BulkRow, ...], clock: Any, by: Any, **changes: Any
) -> services.BulkOutcome:
    where: dict[str, Any] = {
        "area_path": AREA,
        "scope": Scope.of([AREA]),
        "by": by,
        "now": clock.now(),
        **changes,
    }
    return services.issue_bulk(upload, some, **where)


MIXED = "dương tính,09/03/2021,0912345678\nxấu,09/03/2021,\nâm tính,2021-03-08,\n"


def test_good_rows_get_codes_and_bad_ones_a_reason(worker: Any, authority_clock: Any) -> None:
    upload = uuid.uuid4()
    outcome = issue(upload, rows(MIXED, authority_clock), authority_clock, worker)
    first, bad, last = outcome.rows
    assert first.issued is not None
    assert last.issued is not None
    assert (first.issued.uuid, last.issued.uuid) == (row_uuid(upload, 1), row_uuid(upload, 3))
    assert first.issued.long_code
    assert (first.message_queued, last.message_queued) == (True, False)
    assert (bad.issued, bad.refusal) == (None, "Kết quả: phải là: dương tính, nghi dương tính hoặc âm tính")
    assert VerificationCode.objects.count() == 2
    assert SmsMessage.objects.get().code_id == first.issued.uuid
    assert AuditEntry.objects.filter(action="keys.code-issued").count() == 2
    assert AuditEntry.objects.get(action="keys.bulk-issued").details == {"area": AREA, "rows": 3}


def test_the_same_file_again_gives_the_same_codes(worker: Any, authority_clock: Any) -> None:
    upload, some = uuid.uuid4(), rows(MIXED, authority_clock)
    assert issue(upload, some, authority_clock, worker) == issue(upload, some, authority_clock, worker)
    assert (VerificationCode.objects.count(), SmsMessage.objects.count()) == (2, 1)
    other = issue(uuid.uuid4(), some, authority_clock, worker)
    assert VerificationCode.objects.count() == 4
    assert other.rows[0].issued is not None


def test_an_upload_is_somebodys_for_one_place_and_one_file(worker: Any, authority_clock: Any) -> None:
    upload, some = uuid.uuid4(), rows(MIXED, authority_clock)
    issue(upload, some, authority_clock, worker)
    neighbour = user_actor(User.objects.create(username="binh", created_at=authority_clock.now()).pk)
    for by, area, sent in [(neighbour, AREA, some), (worker, "01/009/00346", some), (worker, AREA, some[:2])]:
        with pytest.raises(CodeRefused, match="cho một tệp khác"):
            issue(upload, sent, authority_clock, by, area_path=area, scope=Scope.everything())
    with pytest.raises(CodeRefused, match="ngoài phạm vi"):
        issue(uuid.uuid4(), some, authority_clock, worker, area_path="01/010")
    changed = rows(MIXED.replace("09/03/2021", "07/03/2021"), authority_clock)
    outcome = issue(upload, changed, authority_clock, worker)
    assert "với nội dung khác" in outcome.rows[0].refusal
    assert VerificationCode.objects.count() == 2


def test_a_number_that_gets_no_message_still_gets_its_code(
    worker: Any, authority_clock: Any, settings: Any
) -> None:
    settings.BLUEZONE_SMS = SmsSettings()
    (first, *_) = issue(uuid.uuid4(), rows(MIXED, authority_clock), authority_clock, worker).rows
    assert first.issued is not None
    assert (first.message_queued, first.message_refusal) == (
        False,
        "Máy chủ này chưa được cài đặt để gửi SMS.",
    )


@pytest.mark.django_db(transaction=True)
def test_a_fault_half_way_leaves_whole_rows_and_sending_again_goes_on(
    worker: Any, authority_clock: Any
) -> None:
    upload = uuid.uuid4()
    some = rows("dương tính,09/03/2021,0912345678\n" * 60, authority_clock)
    real = bulk.queue_message

    def fails_at_the_58th(code_uuid: uuid.UUID, *others: Any, **named: Any) -> Any:
        if code_uuid == row_uuid(upload, 58):
            raise RuntimeError("the disk is full")
        return real(code_uuid, *others, **named)

    with patch.object(bulk, "queue_message", fails_at_the_58th), pytest.raises(RuntimeError):
        issue(upload, some, authority_clock, worker)
    assert VerificationCode.objects.count() == SmsMessage.objects.count() == 40
    outcome = issue(upload, some, authority_clock, worker)
    assert all(one.issued and one.message_queued for one in outcome.rows)
    assert VerificationCode.objects.count() == SmsMessage.objects.count() == 60
    assert AuditEntry.objects.filter(action="keys.bulk-issued").count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_file_twice_at_once(worker: Any, authority_clock: Any) -> None:
    upload, some = uuid.uuid4(), rows("dương tính,09/03/2021,\n" * 5, authority_clock)

    def send(_: int) -> list[str]:
        try:
            outcome = issue(upload, some, authority_clock, worker)
            return [one.issued.code for one in outcome.rows if one.issued]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        first, *others = pool.map(send, range(3))
    assert len(first) == 5
    assert all(one == first for one in others)
    assert VerificationCode.objects.count() == 5


def test_a_file_is_taken_back_but_what_was_used(worker: Any, authority_clock: Any) -> None:
    upload, now = uuid.uuid4(), authority_clock.now()
    some = rows("dương tính,09/03/2021,\n" * 23 + "xấu,09/03/2021,\n", authority_clock)
    first, *_ = issue(upload, some, authority_clock, worker).rows
    assert first.issued is not None
    services.verify_code(first.issued.code, [], now)
    with pytest.raises(CodeRefused, match="Không tìm thấy"):
        services.revoke_bulk(upload, scope=Scope.of(["01/010"]), by=worker, now=now)
    for _ in range(2):
        states = services.revoke_bulk(upload, scope=Scope.of(["01"]), by=worker, now=now)
        assert states == {CodeState.CLAIMED: 1, CodeState.REVOKED: 22}
    assert VerificationCode.objects.filter(revoked_at=now, claimed_at=None).count() == 22
    assert AuditEntry.objects.filter(action="keys.code-revoked").count() == 22


def test_the_list_is_let_out_once_and_to_its_maker(worker: Any, authority_clock: Any) -> None:
    upload, now = uuid.uuid4(), authority_clock.now()
    with pytest.raises(CodeRefused, match="Không tìm thấy"):
        services.mark_bulk_downloaded(upload, by=worker, now=now)
    some = rows(MIXED, authority_clock)
    assert issue(upload, some, authority_clock, worker).downloaded_at is None
    neighbour = user_actor(User.objects.create(username="binh", created_at=now).pk)
    with pytest.raises(CodeRefused, match="Không tìm thấy"):
        services.mark_bulk_downloaded(upload, by=neighbour, now=now)
    services.mark_bulk_downloaded(upload, by=worker, now=now)
    later = now + timedelta(minutes=10)
    services.mark_bulk_downloaded(upload, by=worker, now=later - timedelta(seconds=1))
    with pytest.raises(CodeRefused, match="chỉ tải lại được trong 10 phút"):
        services.mark_bulk_downloaded(upload, by=worker, now=later)
    assert issue(upload, some, authority_clock, worker).downloaded_at == now
    entries = AuditEntry.objects.filter(action="keys.bulk-downloaded").order_by("recorded_at")
    assert [one.details for one in entries] == [{"again": 0}, {"again": 1}]
    services.delete_expired(now + CODES_KEPT)
    assert BulkIssue.objects.count() == 0

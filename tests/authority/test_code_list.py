"""The list of codes: nothing that somebody can still do something about drops out of it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from bluezone.authority.keys import services
from bluezone.authority.keys.models import SmsMessage, SmsState, VerificationCode
from bluezone.authority.keys.sms.interface import SmsRefused

from .staff_pages import Outbox, form, text_of

pytestmark = pytest.mark.django_db


def listed(page: Any) -> list[str]:
    """UUIDs of the codes that a page lists, in its order."""
    return re.findall(r'<a href="/codes/([0-9a-f-]{36})/"', page.content.decode())


def test_a_code_that_is_still_good_stays_in_the_list_after_midnight(
    worker: Client, authority_clock: Any
) -> None:
    """Issued at 15:17; the long code ends at 15:17 tomorrow, the short one after 15 minutes."""
    worker.post("/codes/", form(delivery="print"))
    printed = VerificationCode.objects.get()
    worker.post("/codes/", form(delivery="read"))
    authority_clock.advance(timedelta(hours=23))
    page = worker.get("/codes/")
    assert listed(page) == [str(printed.pk)]
    assert "10/03/2021 15:17" in text_of(page)
    assert "Đang chờ (1)" in text_of(page)
    worker.post(f"/codes/{printed.pk}/revoke")
    assert listed(worker.get("/codes/")) == []


def test_a_message_that_failed_stays_in_the_list_for_two_days(
    worker: Client, authority_clock: Any, outbox: Outbox
) -> None:
    outbox.down = True
    worker.post("/codes/", form(delivery="sms", phone="0912345678"))
    services.send_due_messages(authority_clock.now())
    authority_clock.advance(timedelta(hours=25))  # the code has ended
    services.send_due_messages(authority_clock.now())
    assert SmsMessage.objects.get().state == SmsState.FAILED
    assert len(listed(worker.get("/codes/?state=sms-trouble"))) == 1
    authority_clock.advance(timedelta(hours=24))
    assert listed(worker.get("/codes/?state=sms-trouble")) == []


def test_messages_of_used_and_revoked_codes_are_nobodys_trouble(
    worker: Client, authority_clock: Any, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise SmsRefused("số không tồn tại")

    monkeypatch.setattr(outbox, "send", refuse)
    for _ in range(3):
        worker.post("/codes/", form(delivery="sms", phone="0912345678"))
    services.send_due_messages(authority_clock.now())
    assert "SMS chưa gửi được (3)" in text_of(worker.get("/codes/"))
    revoked, used, left = VerificationCode.objects.all()
    worker.post(f"/codes/{revoked.pk}/revoke")
    services.verify_code(services.issued_code_of(used).code, [], authority_clock.now())
    assert listed(worker.get("/codes/?state=sms-trouble")) == [str(left.pk)]


def test_every_code_is_on_one_of_the_pages(worker: Client) -> None:
    for _ in range(3):
        worker.post("/codes/", form())
    first = VerificationCode.objects.order_by("issued_at").first()
    assert first is not None
    VerificationCode.objects.bulk_create(
        VerificationCode(
            attempt=0,
            code_hmac=bytes([at, 1]),
            report_type="confirmed",
            issued_at=first.issued_at + timedelta(seconds=at),
            expires_at=first.expires_at + timedelta(seconds=at),
            area_path=first.area_path,
        )
        for at in range(120)
    )
    pages = [worker.get(f"/codes/?state=waiting&page={number}") for number in (1, 2, 3)]
    assert [len(listed(page)) for page in pages] == [50, 50, 23]
    found = [uuid for page in pages for uuid in listed(page)]
    assert set(found) == {str(one.pk) for one in VerificationCode.objects.all()}
    words = pages[1].content.decode()
    assert "?state=waiting&amp;page=1#codes" in words
    assert "?state=waiting&amp;page=3#codes" in words
    assert "Trang 2 trên 3" in text_of(pages[1])
    for other in ("0", "99", "x"):  # the nearest page that there is
        assert worker.get(f"/codes/?page={other}").status_code == 200

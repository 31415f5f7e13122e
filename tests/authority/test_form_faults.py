"""What a form says that was not taken, or was sent before: seen at once, in Vietnamese, never a dead end."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from bluezone.authority.keys import services
from bluezone.authority.keys.models import SmsMessage, VerificationCode

from .staff_pages import AREA, FILE, Outbox, form, hidden, logged_in, text_of, upload

pytestmark = pytest.mark.django_db


def summary(page: Any) -> str:
    found = re.search(r'<div class="[^"]*error-summary".*?</div>', page.content.decode(), re.DOTALL)
    assert found, "no summary"
    return found[0]


def links(page: Any) -> list[str]:
    return re.findall(r'href="([^"]+)"', summary(page))


def uuid_in(page: Any) -> str:
    found = re.search(r'name="uuid" value="([^"]*)"', page.content.decode())
    assert found
    return found[1]


def test_all_faults_are_told_together_on_top_and_lead_to_their_fields(worker: Client, outbox: Outbox) -> None:
    page = worker.post("/codes/", {"uuid": str(uuid.uuid4()), "delivery": "sms", "phone": "12"})
    assert page.status_code == 422
    assert links(page) == ["#id_report_type_0", "#id_test_date", "#id_area", "#id_phone"]
    body = page.content.decode()
    for address in links(page):
        assert f'id="{address[1:]}"' in body
    assert 'role="alert" tabindex="-1" autofocus' in summary(page)
    assert "<title>Lỗi: Cấp mã báo kết quả" in body
    assert "Cần ngày lấy mẫu hoặc ngày khởi phát" in summary(page)
    fresh = worker.get("/codes/")
    assert "error-summary" not in fresh.content.decode()
    assert "Lỗi" not in text_of(fresh)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"test_date": "2021-02-23"}, ["#id_test_date"]),  # 15 days ago
        ({"test_date": "2021-02-24"}, []),
        ({"test_date": "2021-03-11", "onset_date": "2021-02-09"}, ["#id_test_date", "#id_onset_date"]),
        ({"onset_date": "2021-03-01", "report_type": "negative"}, ["#id_onset_date"]),
        ({"test_date": "32/03/2021"}, ["#id_test_date"]),
    ],
)
def test_a_wrong_date_is_told_at_its_field(
    worker: Client, changes: dict[str, str], fields: list[str]
) -> None:
    page = worker.post("/codes/", form(**changes))
    assert page.status_code == (422 if fields else 200)
    assert not fields or links(page) == fields


def test_other_forms_have_a_summary_too(worker: Client, outbox: Outbox) -> None:
    bulk = worker.post("/codes/bulk/", {"uuid": str(uuid.uuid4())})
    assert links(bulk) == ["#id_area", "#id_file"]
    assert "<title>Lỗi: " in bulk.content.decode()
    worker.post("/codes/", form())
    address = f"/codes/{VerificationCode.objects.get().pk}/"
    wrong = worker.post(f"{address}messages", {"uuid": str(uuid.uuid4()), "phone": "12"})
    assert links(wrong) == ["#id_phone"]
    assert "<title>Lỗi: " in wrong.content.decode()


def test_a_changed_form_with_the_same_uuid_leads_to_its_code_and_can_be_sent_again(worker: Client) -> None:
    first = form(delivery="read")
    worker.post("/codes/", first)
    page = worker.post("/codes/", {**first, "delivery": "print"})
    assert page.status_code == 422
    assert "đã cấp một mã" in summary(page)
    assert links(page) == [f"/codes/{first['uuid']}/"]
    assert "UUID" not in text_of(page)
    assert uuid_in(page) != first["uuid"]
    assert worker.post("/codes/", {**first, "delivery": "print", "uuid": uuid_in(page)}).status_code == 200
    assert VerificationCode.objects.count() == 2


def test_the_uuid_of_a_code_elsewhere_tells_nothing_of_it(worker: Client, authority_clock: Any) -> None:
    theirs = form(area="01/009/00346")
    logged_in(authority_clock, "binh", "01/009/00346").post("/codes/", theirs)
    page = worker.post("/codes/", {**theirs, "area": AREA})
    assert (page.status_code, links(page)) == (422, [])
    assert uuid_in(page) != theirs["uuid"]


@pytest.mark.parametrize("sent", ["", "7"])
def test_a_broken_uuid_is_told_in_vietnamese_and_replaced(worker: Client, sent: str) -> None:
    page = worker.post("/codes/", form(uuid=sent))
    assert page.status_code == 422
    assert "iểu mẫu" in summary(page)
    assert "valid" not in summary(page)
    assert worker.post("/codes/", form(uuid=uuid_in(page))).status_code == 200


def test_a_file_under_the_uuid_of_another_is_refused_in_vietnamese(worker: Client, outbox: Outbox) -> None:
    confirmed = hidden(upload(worker, FILE))
    worker.post("/codes/bulk/issue", confirmed)
    shorter = hidden(upload(worker, FILE.rsplit("XN-3", 1)[0], uuid=confirmed["uuid"]))
    page = worker.post("/codes/bulk/issue", shorter)
    assert "đã được dùng cho một tệp khác" in summary(page)
    assert "UUID" not in text_of(page)
    changed = hidden(upload(worker, FILE.replace("2021-03-08", "2021-03-07"), uuid=confirmed["uuid"]))
    assert "đã được cấp mã với nội dung khác" in text_of(worker.post("/codes/bulk/issue", changed))


def test_without_a_script_a_lost_answer_is_seen_too(worker: Client, authority_clock: Any) -> None:
    assert "Mã gần nhất" not in text_of(worker.get("/codes/"))
    worker.post("/codes/", form())
    authority_clock.advance(timedelta(minutes=9))
    words = text_of(worker.get("/codes/"))
    assert "Mã gần nhất anh/chị cấp: lúc 15:17, Dương tính" in words
    neighbour = logged_in(authority_clock, "chi", AREA)
    assert "Mã gần nhất" not in text_of(neighbour.get("/codes/"))
    authority_clock.advance(timedelta(minutes=2))
    assert "Mã gần nhất" not in text_of(worker.get("/codes/"))


def test_a_form_sent_again_says_that_it_issued_nothing_new(
    worker: Client, authority_clock: Any, outbox: Outbox
) -> None:
    """And that its message went to the number of the first time: the second may be another one."""
    first = form(delivery="sms", phone="0912345678")
    assert "lần này không cấp thêm" not in text_of(worker.post("/codes/", first))
    services.send_due_messages(authority_clock.now())
    authority_clock.advance(timedelta(minutes=2))
    words = text_of(worker.post("/codes/", {**first, "phone": "0912345679"}))
    assert "lúc 15:17 10/03/2021; lần này không cấp thêm mã nào" in words
    assert "tới số nhập lần đó" in words
    assert "679" not in words
    assert SmsMessage.objects.count() == 1

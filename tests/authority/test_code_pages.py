"""Staff pages of codes: three ways to hand one over, what became of it, messages, files, the link."""

from __future__ import annotations

import csv
import io
import re
import uuid
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from bluezone.authority.access.models import AuditEntry
from bluezone.authority.keys import services
from bluezone.authority.keys.models import SmsMessage, VerificationCode

from .staff_pages import AREA, FILE, Outbox, form, hidden, logged_in, text_of, upload

pytestmark = pytest.mark.django_db


def test_by_message(worker: Client, authority_clock: Any, outbox: Outbox) -> None:
    request = form(delivery="sms", phone="0912 345 678")
    for _ in range(2):  # the form sent twice is one code and one message
        page = worker.post("/codes/", request)
        assert page.status_code == 200
        assert "SMS đang được gửi tới số ••• 678" in text_of(page)
        assert "0912 345 678" not in text_of(page)
    services.send_due_messages(authority_clock.now())
    (text,) = outbox.texts
    row = VerificationCode.objects.get()
    assert services.issued_code_of(row).long_code in text
    seen = text_of(worker.get(f"/codes/{row.pk}/"))
    assert "đã gửi" in seen
    assert "Số lần thử 1" in seen
    assert "SMS: đã gửi" in text_of(worker.get("/codes/"))


def test_on_paper(worker: Client) -> None:
    page = worker.post("/codes/", form(delivery="print")).content.decode()
    issued = services.issued_code_of(VerificationCode.objects.get())
    assert issued.long_code is not None
    assert " ".join(issued.long_code[at : at + 4] for at in range(0, 16, 4)) in page
    assert "15:17" in page  # the long code's end, tomorrow
    assert "11/03/2021" in page
    assert "print_button.js" in page


def test_read_aloud_makes_no_long_code_and_keeps_no_number(worker: Client, outbox: Outbox) -> None:
    page = worker.post("/codes/", form(delivery="read", phone="không phải số"))
    assert page.status_code == 200
    assert VerificationCode.objects.get().long_expires_at is None
    assert SmsMessage.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"delivery": "sms"}, "Hãy nhập số điện thoại để gửi SMS."),
        ({"delivery": "sms", "phone": "12345"}, "Số điện thoại không đúng"),
        ({"delivery": "sms", "phone": "024 3825 2525"}, "không phải số di động"),
        ({"delivery": "pigeon"}, "Hãy chọn một cách trao mã trong danh sách."),
    ],
)
def test_mistakes_issue_nothing(
    worker: Client, outbox: Outbox, changes: dict[str, str], message: str
) -> None:
    page = worker.post("/codes/", form(**changes))
    assert page.status_code == 422
    assert message in text_of(page)
    assert VerificationCode.objects.count() == 0


def test_messages_are_not_offered_where_none_can_be_sent(worker: Client) -> None:
    assert "Gửi SMS" not in text_of(worker.get("/codes/"))
    assert worker.post("/codes/", form(delivery="sms", phone="0912345678")).status_code == 422
    worker.post("/codes/", form())
    page = text_of(worker.get(f"/codes/{VerificationCode.objects.get().pk}/"))
    assert "chưa được cài đặt để gửi SMS" in page


def test_a_message_that_fails_is_seen_and_sent_again(
    worker: Client, authority_clock: Any, outbox: Outbox
) -> None:
    outbox.down = True
    worker.post("/codes/", form(delivery="sms", phone="0912345678"))
    services.send_due_messages(authority_clock.now())
    address = f"/codes/{VerificationCode.objects.get().pk}/"
    listed = text_of(worker.get("/codes/?state=sms-trouble"))
    assert "SMS chưa gửi được (1)" in listed
    assert "SMS: chưa gửi được, sẽ thử lại" in listed
    page = text_of(worker.get(address))
    assert "Lý do chưa gửi được máy chủ SMS trả lời mã 503" in page
    assert "Lần thử tiếp theo 15:18 10/03/2021" in page
    outbox.down = False
    message = SmsMessage.objects.get()
    again = worker.post(f"{address}messages/{message.pk}/retry", follow=True)
    assert "sẽ được thử gửi lại" in text_of(again)
    assert services.send_due_messages(authority_clock.now()).sent == 1
    assert "không còn chờ gửi" in text_of(worker.post(f"{address}messages/{message.pk}/retry", follow=True))
    request = {"uuid": str(uuid.uuid4()), "phone": "0987654321"}
    for _ in range(2):
        assert worker.post(f"{address}messages", request).status_code == 302
    assert SmsMessage.objects.count() == 2
    wrong = worker.post(f"{address}messages", {"uuid": str(uuid.uuid4()), "phone": "12"})
    assert wrong.status_code == 422
    assert "Số điện thoại không đúng" in text_of(wrong)
    assert "987654321" not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize(
    ("delivery", "told"),
    [
        ("read", "Tin sẽ có mã ngắn, hết hạn lúc 15:32 10/03/2021"),
        ("print", "Tin sẽ có mã dài, hết hạn lúc 15:17 11/03/2021"),
    ],
)
def test_the_page_tells_which_code_a_message_would_hold(
    worker: Client, outbox: Outbox, delivery: str, told: str
) -> None:
    worker.post("/codes/", form(delivery=delivery))
    assert told in text_of(worker.get(f"/codes/{VerificationCode.objects.get().pk}/"))


def test_a_message_that_has_long_had_no_try_is_seen(
    worker: Client, authority_clock: Any, outbox: Outbox
) -> None:
    worker.post("/codes/", form(delivery="sms", phone="0912345678"))
    authority_clock.advance(timedelta(minutes=3))
    assert "SMS: đang gửi" in text_of(worker.get("/codes/"))
    authority_clock.advance(timedelta(seconds=1))
    listed = text_of(worker.get("/codes/?state=sms-trouble"))
    assert "SMS chưa gửi được (1)" in listed
    assert "SMS: chưa gửi được, còn chờ đến lượt" in listed


def test_taking_a_code_back(worker: Client, authority_clock: Any) -> None:
    worker.post("/codes/", form())
    row = VerificationCode.objects.get()
    address = f"/codes/{row.pk}/"
    assert worker.get(f"{address}revoke").status_code == 405
    for _ in range(2):
        assert "Đã thu hồi mã." in text_of(worker.post(f"{address}revoke", follow=True))
    page = text_of(worker.get(address))
    assert "Tình trạng: đã thu hồi" in page
    assert "Thu hồi mã này" not in page
    assert AuditEntry.objects.filter(action="keys.code-revoked").count() == 1
    with pytest.raises(services.CodeRefused):
        services.verify_code(services.issued_code_of(row).code, [], authority_clock.now())


def test_a_used_code_is_not_taken_back(worker: Client, authority_clock: Any) -> None:
    worker.post("/codes/", form())
    row = VerificationCode.objects.get()
    services.verify_code(services.issued_code_of(row).code, [], authority_clock.now())
    assert "đã được dùng nên không thu hồi" in text_of(worker.post(f"/codes/{row.pk}/revoke", follow=True))


def test_codes_outside_the_scope_are_not_there(worker: Client, authority_clock: Any, outbox: Outbox) -> None:
    worker.post("/codes/", form(delivery="sms", phone="0912345678"))
    address, message = f"/codes/{VerificationCode.objects.get().pk}/", SmsMessage.objects.get()
    neighbour = logged_in(authority_clock, "binh", "01/009/00346")
    assert neighbour.get(address).status_code == 404
    assert neighbour.post(f"{address}revoke").status_code == 404
    assert neighbour.post(f"{address}messages", {"phone": "0912345678"}).status_code == 404
    assert neighbour.post(f"{address}messages/{message.pk}/retry").status_code == 404
    assert VerificationCode.objects.get().revoked_at is None
    assert logged_in(authority_clock, "chi", "01/009").get(address).status_code == 200
    assert Client().get(address)["Location"].startswith("/login/")
    assert worker.get(f"/codes/{uuid.uuid4()}/").status_code == 404


def test_filters(worker: Client, authority_clock: Any) -> None:
    for _ in range(4):
        worker.post("/codes/", form())
    revoked, used, *_ = rows = list(VerificationCode.objects.all())
    worker.post(f"/codes/{revoked.pk}/revoke")
    services.verify_code(services.issued_code_of(used).code, [], authority_clock.now())
    page = worker.get("/codes/?state=claimed")
    words = text_of(page)
    for filter_ in ("Tất cả (4)", "Đang chờ (2)", "Đã dùng (1)", "Hết hạn (0)", "Đã thu hồi (1)"):
        assert filter_ in words
    listed = {one.pk for one in rows if f"/codes/{one.pk}/" in page.content.decode()}
    assert listed == {used.pk}
    authority_clock.advance(timedelta(minutes=16))
    assert "Hết hạn (2)" in text_of(worker.get("/codes/?state=nothing-like-this"))
    authority_clock.advance(timedelta(days=1))
    assert "Tất cả (0)" in text_of(worker.get("/codes/"))


def test_a_file_of_tests(worker: Client, authority_clock: Any, outbox: Outbox) -> None:
    preview = upload(worker, FILE)
    words = text_of(preview)
    assert preview.status_code == 200
    assert "2 dòng hợp lệ, 1 dòng có lỗi" in words
    assert "Dòng 3, mẫu XN-2" in words
    assert "Kết quả: phải là: dương tính" in words
    assert "Ngày lấy mẫu: không phải ngày" in words
    assert "912345678" not in words
    assert VerificationCode.objects.count() == 0

    confirmed = hidden(preview)
    page = worker.post("/codes/bulk/issue", confirmed)
    assert page.status_code == 200
    words = text_of(page)
    assert "Đã cấp 2 mã" in words
    assert "1 dòng không được cấp" in words
    codes = {row.pk: services.issued_code_of(row) for row in VerificationCode.objects.all()}
    assert all(one.grouped in words for one in codes.values())
    assert text_of(worker.post("/codes/bulk/issue", confirmed)) == words
    assert (VerificationCode.objects.count(), SmsMessage.objects.count()) == (2, 1)

    answer = worker.post("/codes/bulk/download", hidden(page))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert "no-store" in answer["Cache-Control"]
    content = answer.content.decode()
    assert content.startswith("\ufeff")
    heading, first, bad, last = csv.reader(io.StringIO(content[1:]), delimiter=";")
    assert heading[:2] == ["Dòng", "Mã mẫu"]
    assert first[:4] == ["2", "'=1+1", "Dương tính, đã xét nghiệm khẳng định", "Đã cấp"]
    assert last[0] == "4"
    assert bad[3].startswith("Không cấp: Kết quả: phải là")
    for line in (first, last):
        issued = next(one for one in codes.values() if one.grouped == line[4])
        assert line[5] == "15:32 10/03/2021"
        assert line[6].replace(" ", "") == issued.long_code
        assert line[7] == "15:17 11/03/2021"
    assert (first[8], last[8]) == ("đang gửi", "")

    authority_clock.advance(timedelta(minutes=9, seconds=59))
    again = worker.post("/codes/bulk/download", hidden(page))  # it may not have arrived
    assert again.content == answer.content
    authority_clock.advance(timedelta(seconds=1))
    late = worker.post("/codes/bulk/download", hidden(page))
    assert late.status_code == 422
    assert "đã được tải về lúc 15:17 10/03/2021, và chỉ tải lại được trong 10 phút" in text_of(late)
    after = text_of(worker.post("/codes/bulk/issue", confirmed))
    assert "nên không hiện lại" in after
    assert not any(one.grouped in after for one in codes.values())


def test_a_file_is_taken_back_as_a_whole(worker: Client, authority_clock: Any, outbox: Outbox) -> None:
    confirmed = hidden(upload(worker, FILE))
    issued = worker.post("/codes/bulk/issue", confirmed)
    address = f"/codes/bulk/{confirmed['uuid']}/revoke"
    assert f'action="{address}"' in issued.content.decode()
    assert "3 dòng 2 mã còn dùng được" in text_of(worker.get("/codes/bulk/"))
    used, left = VerificationCode.objects.all()
    services.verify_code(services.issued_code_of(used).code, [], authority_clock.now())
    neighbour = logged_in(authority_clock, "binh", "01/009/00346")
    assert neighbour.post(address).status_code == 404
    assert confirmed["uuid"] not in neighbour.get("/codes/bulk/").content.decode()
    assert worker.get(address).status_code == 405
    for _ in range(2):
        words = text_of(worker.post(address, follow=True))
        assert "Đã thu hồi 1 mã của tệp. 1 mã đã được dùng" in words
        assert "0 mã còn dùng được" in words
    left.refresh_from_db()
    assert left.revoked_at is not None
    assert AuditEntry.objects.filter(action="keys.code-revoked", subject=f"code:{left.pk}").count() == 1


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "Tệp trống."),
        (b"\xff\xfe\x00", "UTF-8"),
        ("Họ tên;Kết quả\nAn;dương tính".encode(), "không dùng cột “Họ tên”"),
        (b"x" * 300_000, "lớn hơn 256 kB"),
    ],
)
def test_files_that_are_refused(worker: Client, data: bytes, message: str) -> None:
    page = upload(worker, data)
    assert page.status_code == 422
    assert message in text_of(page)


def test_a_file_with_nothing_good_cannot_be_confirmed(worker: Client) -> None:
    page = upload(worker, "Kết quả;Ngày lấy mẫu\nxấu;hôm qua\n")
    assert "Không có dòng nào hợp lệ" in text_of(page)
    assert 'action="/codes/bulk/issue"' not in page.content.decode()


def test_bulk_pages_are_for_issuers_and_their_areas(
    worker: Client, authority_clock: Any, outbox: Outbox
) -> None:
    confirmed = hidden(upload(worker, FILE))
    neighbour = logged_in(authority_clock, "binh", "01/009/00346")
    refused = neighbour.post("/codes/bulk/issue", confirmed)
    assert refused.status_code == 422
    assert "Hãy chọn một địa bàn" in text_of(refused)
    assert VerificationCode.objects.count() == 0
    assert worker.post("/codes/bulk/issue", {**confirmed, "content": "!"}).status_code == 422
    assert worker.post("/codes/bulk/issue", {}).status_code == 422
    assert worker.post("/codes/bulk/download", {}).status_code == 422
    assert "Hãy chọn tệp." in text_of(worker.post("/codes/bulk/", {"uuid": str(uuid.uuid4()), "area": AREA}))
    stranger = Client()
    for path in ("/codes/bulk/", "/codes/bulk/issue", "/codes/bulk/download"):
        assert stranger.post(path, confirmed)["Location"].startswith("/login/")


def test_the_link_of_a_message_opens_the_app(authority: Path) -> None:
    page = Client().get("/v?c=K3V9-x2m7q8r4t6wO")
    body = unescape(page.content.decode())
    assert page.status_code == 200
    assert 'href="ens://v?r=VN&c=k3v9x2m7q8r4t6w0"' in body
    assert "k3v9 x2m7 q8r4 t6w0" in body
    assert page["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page["Cache-Control"]
    for bad in ("", "?c=", "?c=abc", '?c="><script>alert(1)</script>', "?c=" + "a" * 21, "?c=đồng-ý-nhé"):
        answer = Client().get(f"/v{bad}")
        assert answer.status_code == 404
        assert "ens:" not in answer.content.decode()
        assert "<script>" not in answer.content.decode()


def test_no_page_has_anything_inline(worker: Client, outbox: Outbox) -> None:
    preview = upload(worker, FILE)
    pages = [
        worker.get("/codes/"),
        worker.post("/codes/", form(delivery="print")),
        worker.get("/codes/bulk/"),
        preview,
        worker.post("/codes/bulk/issue", hidden(preview)),
        worker.get("/v?c=k3v9x2m7q8r4t6wz"),
    ]
    pages.append(worker.get(f"/codes/{VerificationCode.objects.all()[0].pk}/"))
    for page in pages:
        body = page.content.decode()
        assert " style=" not in body
        assert "<style" not in body
        assert not re.search(r"<script(?! src=)", body)
        assert not re.search(r"\son\w+=", body)

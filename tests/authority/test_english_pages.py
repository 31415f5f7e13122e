"""Every page in English: what is Vietnamese on it is a name that somebody gave, or the switch back."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import translation

from bluezone.authority.access.roles import Role
from bluezone.authority.access.scope import Scope
from bluezone.authority.access.services import grant_role
from bluezone.authority.accounts import language
from bluezone.authority.accounts.models import User
from bluezone.authority.adoption.metrics import Metric
from bluezone.authority.adoption.services import record_facts, set_targets
from bluezone.authority.areas.boundaries import Outline
from bluezone.authority.areas.boundary_services import import_boundaries
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.queries import area_on
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.keys.code_list import message_line
from bluezone.authority.keys.models import SmsMessage, SmsState, VerificationCode
from bluezone.authority.organisations.models import Organisation

from .staff_pages import AREA, CLI, FILE, Outbox, form, hidden, logged_in, upload

pytestmark = pytest.mark.django_db

MARCH_8 = date(2021, 3, 8)
VIETNAMESE = re.compile(
    "[ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ]", re.IGNORECASE
)
DAY = "area=01/009&day=2021-03-08"
SHEET = "Area;Date;Installs;Smartphones;Rate\nQuận Thanh Xuân;08/3/2021;20,5;40.000;50%\n"
REGISTRY = (
    "Name;Kind;Managed by;Area;Contact;As of;Staff;Pupils;School year;Class\n"
    "UBND quận Thanh Xuân;Agency;;Quận Thanh Xuân;Nguyễn Thị Lan;08/3/2021;120;;;\n"
    "Trường THCS Nhân Chính;School;UBND quận Thanh Xuân;Phường Nhân Chính;;08/3/2021;60;1.100;;\n"
    "Trường THCS Nhân Chính;;;;;08/3/2021;;42;2020-2021;6A1\n"
    "Trường Lạ;School;;Phường Lạ;;;;;;\n"
)


@pytest.fixture
def reader(authority: Path, authority_clock: Any, settings: Any, outbox: Outbox) -> Client:
    """Somebody with every role in a district that has figures, targets, organisations and codes."""
    settings.BLUEZONE_PUBLIC_ADOPTION = True
    load_thanh_xuan()
    client = logged_in(authority_clock, "lan", "01/009", Role.DISTRICT_OFFICER)
    user = User.objects.get(username="lan")
    for role in Role:
        if role is not Role.DISTRICT_OFFICER:
            grant_role(user, role, "01/009", by=CLI, now=authority_clock.now())
    client.post("/language", {"language": "en"})
    everywhere, now = Scope.everything(), authority_clock.now()
    district, ward = (area_on(code, MARCH_8, everywhere) for code in ("009", "00343"))
    assert district is not None
    assert ward is not None
    figures = {Metric.PHONE_LINKED: 157_542, Metric.SMARTPHONES: 402_706}
    parts = {Metric.PHONE_LINKED: 20_000, Metric.SMARTPHONES: 40_000}
    for day in (MARCH_8, MARCH_8 - timedelta(days=7)):
        record_facts(district, day, figures, scope=everywhere, by=CLI, now=now)
        record_facts(ward, day, parts, scope=everywhere, by=CLI, now=now)
    set_targets([district, ward], date(2021, 4, 1), 60, scope=everywhere, by=CLI, now=now)
    ring = ((105.8, 21.0), (105.81, 21.0), (105.81, 21.01), (105.8, 21.0))
    outline = Outline(1, ward.pk, ward.name, ((ring,),))
    import_boundaries([outline], file_name="a.geojson", data=b"a", by=CLI, now=now)
    return client


def addresses(patterns: list[Any] | None = None, prefix: str = "") -> Iterator[str]:
    """Every address that has nothing to be filled in."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from addresses(one.url_patterns, route)
        elif isinstance(one, URLPattern) and not {"<", "(", "\\"} & set(route):
            yield "/" + route


def vietnamese_in(page: Any) -> list[str]:
    """Lines with Vietnamese letters that are not data: names of areas, organisations and people."""
    text = unescape(page.content.decode())
    text = re.sub(r'<(\w+)[^>]* lang="vi"[^>]*>.*?</\1>', "", text, flags=re.DOTALL)
    text = re.sub(r"<pre.*?</pre>", "", text, flags=re.DOTALL)  # what a sheet may look like
    names = [
        *Area.objects.values_list("name", flat=True),
        *Organisation.objects.values_list("name", flat=True),
        *User.objects.values_list("display_name", flat=True),
        "Hà Nội",
        *re.findall(r"[^;\n]*[^;\n\x00-\x7f][^;\n]*", REGISTRY),
    ]
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "")
    return [line.strip() for line in text.splitlines() if VIETNAMESE.search(line)]


def test_every_page_without_an_object(reader: Client) -> None:
    seen, left = 0, {}
    for address in addresses():
        page = reader.get(address)
        if not page.get("Content-Type", "").startswith("text/html") or address.startswith("/demo/"):
            continue
        assert page.status_code < 500, address
        seen += page.status_code == 200
        if found := vietnamese_in(page):
            left[address] = found
    assert left == {}, left
    assert seen >= 15


def test_pages_of_figures(reader: Client) -> None:
    for address in (
        f"/adoption/?{DAY}",
        f"/adoption/?{DAY}&areas_of=2025-07-01",
        "/adoption/?day=1990-01-01",
        f"/adoption/enter/?{DAY}",
        f"/adoption/history/?{DAY}",
        f"/adoption/targets/?{DAY}",
        f"/adoption/chart.svg?{DAY}",
        f"/adoption/map.svg?{DAY}",
        "/adoption/public/?area=01/009",
    ):
        page = reader.get(address)
        assert page.status_code == 200, address
        assert vietnamese_in(page) == [], address
    page = unescape(reader.get(f"/adoption/?{DAY}").content.decode())
    assert "157,542/402,706 (39.12%)" in page
    assert "50.00 %" in page
    assert "60.00% by 01/04/2021" in page or "60% by 01/04/2021" in page
    table = reader.get(f"/adoption/table.csv?{DAY}").content.decode("utf-8-sig")
    assert table.startswith("Code;Area;Installs;Day;Source;Smartphones;")


def test_refusals_and_faults_of_figures(reader: Client) -> None:
    for address, sent in (
        (f"/adoption/enter/?{DAY}", {}),
        (f"/adoption/enter/?{DAY}", {"phone-linked": "12,5"}),
        (f"/adoption/enter/?{DAY}", {"phone-linked": "1.000"}),
        (f"/adoption/targets/?{DAY}", {"due": "1/1/1", "percent": "0,6"}),
        (f"/adoption/targets/?{DAY}", {"due": "2021-05-01", "percent": "62.5", "parts": "on"}),
        ("/adoption/import/", {"file": SimpleUploadedFile("a.csv", SHEET.encode())}),
        ("/adoption/import/", {"file": SimpleUploadedFile("a.csv", b"")}),
        ("/adoption/import/confirm", {}),
    ):
        assert vietnamese_in(reader.post(address, sent, follow=True)) == [], (address, sent)
    typed = unescape(reader.get(f"/adoption/enter/?{DAY}").content.decode())
    assert 'value="402706"' in typed  # with a comma it would be refused


def test_pages_of_organisations(reader: Client) -> None:
    preview = reader.post("/organisations/import/", {"file": SimpleUploadedFile("a.csv", REGISTRY.encode())})
    assert vietnamese_in(preview) == []
    assert vietnamese_in(reader.post("/organisations/import/confirm", hidden(preview), follow=True)) == []
    for one in Organisation.objects.all():
        page = reader.get(f"/organisations/{one.key}/")
        assert vietnamese_in(page) == []
        assert vietnamese_in(reader.post(f"/organisations/{one.key}/contact")) == []
    school = Organisation.objects.get(kind="school", withdrawn_at=None).key
    for action in ("edit", "people", "classes", "close", "contact/new"):
        shown_and_refused(reader, f"/organisations/{school}/{action}/")
    shown_and_refused(reader, "/organisations/new/")
    asked = {"kind": "school", "first_day": "2021-03-10", "every_days": "7", "cutoff": "16:00"}
    assert vietnamese_in(reader.post("/returns/schedules/?area=01/009", asked, follow=True)) == []
    asked["kind"] = "school-staff"
    assert vietnamese_in(reader.post("/returns/schedules/?area=01/009", asked, follow=True)) == []
    for kind in ("school", "school-staff"):
        assert vietnamese_in(reader.get(f"/returns/rounds/?area=01/009&kind={kind}")) == []
    assert vietnamese_in(reader.get(f"/returns/organisations/{school}/")) == []
    assert vietnamese_in(reader.get("/returns/own/")) == []
    for whom in ("staff", "pupils"):
        shown_and_refused(reader, f"/returns/organisations/{school}/2021-03-10/{whom}/")
    assert vietnamese_in(reader.get("/organisations/?q=truong&kind=school")) == []
    assert vietnamese_in(reader.get("/organisations/?q=xyz")) == []


def test_pages_of_areas_accounts_and_what_was_searched(reader: Client) -> None:
    for address in ("/search/?q=thanh+xuan", "/search/?q=zzz", "/areas/?area=01/009&day=2021-03-08"):
        page = reader.get(address)
        assert page.status_code == 200, address
        assert vietnamese_in(page) == [], address
    for address in ("/invitations/", "/emergency/", "/account/password", "/account/second-factor/confirm"):
        assert vietnamese_in(reader.post(address, {}, follow=True)) == [], address
    english = Client(headers={"cookie": f"{language.COOKIE}=en"})
    for address, sent in (("/login/", {"username": "lan", "password": "x"}), ("/invitation/x/", {})):
        assert vietnamese_in(english.post(address, sent)) == [], address


def shown_and_refused(reader: Client, address: str) -> None:
    """A form, and what it says when nothing was filled in."""
    page = reader.get(address)
    assert page.status_code == 200, address
    assert vietnamese_in(page) == [], address
    assert vietnamese_in(reader.post(address, {}, follow=True)) == [], address


def test_pages_of_codes(reader: Client) -> None:
    for delivery in ("read", "print", "sms"):
        page = reader.post("/codes/", form(delivery=delivery, phone="0912345678"))
        assert page.status_code == 200
        assert vietnamese_in(page) == [], delivery
    assert vietnamese_in(reader.post("/codes/", form(report_type="negative", delivery="read"))) == []
    code = VerificationCode.objects.exclude(messages=None).get()
    assert vietnamese_in(reader.get(f"/codes/{code.pk}/")) == []
    for sent in (form(test_date="2020-01-01"), form(area="x", delivery="sms", phone="1"), {}):
        page = reader.post("/codes/", sent)
        assert page.status_code == 422
        assert vietnamese_in(page) == []
    for phone in ("", "12", "0241234567", "+84 24 3825 3536", "9,12E+08", "+1 202 555 0123"):
        sent = {"uuid": str(uuid.uuid4()), "phone": phone}
        assert vietnamese_in(reader.post(f"/codes/{code.pk}/messages", sent, follow=True)) == [], phone
    assert vietnamese_in(reader.post(f"/codes/{code.pk}/revoke", follow=True)) == []
    limit = {"area": AREA, "day": "2021-03-09", "codes": "-1", "reason": ""}
    assert vietnamese_in(reader.post("/codes/limits/", limit)) == []
    assert vietnamese_in(Client(headers={"cookie": f"{language.COOKIE}=en"}).get("/v?c=")) == []


def test_why_a_message_was_not_sent(authority_clock: Any) -> None:
    """Kept in Vietnamese, with the gateway's number in it."""
    now = authority_clock.now()
    kept = "máy chủ SMS trả lời mã 503; có thể tin đã đến, không gửi thêm"
    message = SmsMessage(state=SmsState.FAILED, attempts=3, created_at=now, unclear_tries=1, last_error=kept)
    assert message_line(message, now).reason == kept
    with translation.override("en"):
        line = message_line(message, now)
    assert line.label == "not known whether it was sent"
    assert line.reason == (
        "the SMS server answered with code 503; the message may have arrived, no other is sent"
    )


def test_a_file_of_tests(reader: Client) -> None:
    preview = upload(reader, FILE)
    assert vietnamese_in(preview) == []
    issued = reader.post("/codes/bulk/issue", hidden(preview))
    assert vietnamese_in(issued) == []
    table = reader.post("/codes/bulk/download", hidden(issued)).content.decode("utf-8-sig")
    assert VIETNAMESE.search(table) is None
    for text in ("", "a;b\n1;2", "Mã mẫu;Ngày lấy mẫu\n1;2", 'Kết quả;Ngày lấy mẫu\n"x;2', "Kết quả\nx"):
        assert vietnamese_in(upload(reader, text)) == [], text
    english = "Sample;Result;Test date;Onset date;Phone\nXN-1;confirmed;08/03/2021;;\n"
    assert "1</strong>" in upload(reader, english).content.decode()

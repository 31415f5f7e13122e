"""Pages of returns: an officer's schedule and round, a clerk's return, a school's classes, who may."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bluezone.authority.access.roles import Role
from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.organisations.directory import Directory
from bluezone.authority.organisations.models import Organisation, SchoolClass
from bluezone.authority.organisations.services import import_organisations
from bluezone.authority.organisations.sheet import read_organisation_sheet
from bluezone.authority.returns.models import ReturnSchedule, StaffReturn

from .staff_pages import CLI, logged_in, text_of

pytestmark = pytest.mark.django_db

ORGANISATIONS = """\
Mã đơn vị;Tên đơn vị;Loại;Trực thuộc;Địa bàn;Năm học;Lớp
A1;=UBND phường;Cơ quan;;Phường Nhân Chính;;
A2;Công an phường;Cơ quan;;Phường Hạ Đình;;
S1;Trường THCS Nhân Chính;Trường học;;Phường Nhân Chính;;
S1;Trường THCS Nhân Chính;;;;2020-2021;6A1
S1;Trường THCS Nhân Chính;;;;2020-2021;6A2
K1;Tổ dân phố 1;Tổ chức khu dân cư;;Phường Nhân Chính;;
"""
STAFF = {
    "staff": "120",
    "with_smartphone": "110",
    "installed": "96",
    "running": "80",
    "relatives_guided": "1.150",
}
CLASS = {
    "roll": "42",
    "own_phone": "20",
    "shared_phone": "15",
    "no_phone": "7",
    "installed": "30",
    "parents_installed": "60",
}
DAY = "2021-03-10"  # a Wednesday, the tests' day


@pytest.fixture
def officer(authority: Path, authority_clock: Any) -> Client:
    """A district officer who asked for returns of this day, until 16:00; it is 15:17."""
    load_thanh_xuan()
    data = ORGANISATIONS.replace("=UBND", "UBND").encode()
    sheet = read_organisation_sheet(data, Directory(Scope.everything()), authority_clock.now().date())
    before = authority_clock.now() - timedelta(days=1)
    import_organisations(sheet.rows, file_name="a", data=data, by=CLI, now=before)
    Organisation.objects.filter(code="A1").update(name="=UBND phường")
    client = logged_in(authority_clock, "lan", "01/009", Role.DISTRICT_OFFICER)
    for kind in ("agency", "school"):
        asked = ask(client, kind)
        assert "Đã đặt lịch báo cáo cho Quận Thanh Xuân, kỳ đầu tiên 10/03/2021." in text_of(asked)
    return client


def ask(client: Client, kind: str, **changes: str) -> Any:
    form = {"kind": kind, "first_day": DAY, "every_days": "7", "cutoff": "16:00", **changes}
    return client.post("/returns/schedules/?area=01/009", form, follow=True)


def one(code: str) -> Organisation:
    return Organisation.objects.get(code=code)


def address(code: str, name: str = "", form: str = "") -> str:
    of_class = f"classes/{SchoolClass.objects.get(name=name).pk}/" if name else ""
    return f"/returns/organisations/{one(code).key}/{DAY}/{form and f'{form}/'}{of_class}"


def test_an_agency_returns_and_corrects(officer: Client, authority_clock: Any) -> None:
    clerk = logged_in(authority_clock, "clerk", one("A1").path, Role.AGENCY_CLERK)
    own = text_of(clerk.get("/returns/", follow=True))
    assert "=UBND phường" in own
    assert "Công an phường" not in own
    assert "Ghi kỳ 10/03/2021 đang chờ hạn 16:00 10/03/2021" in own
    page = clerk.get(address("A1"))
    assert "mỗi người được tính ở đơn vị của mình" in text_of(page)
    assert not re.search(r'name="(staff|installed)"[^>]* value=', page.content.decode())  # nothing filled in
    done = clerk.post(address("A1"), STAFF, follow=True)
    assert "Đã ghi báo cáo của =UBND phường, kỳ 10/03/2021." in text_of(done)
    assert StaffReturn.objects.get().relatives_guided == 1150
    corrected = clerk.post(address("A1"), STAFF | {"installed": "97"}, follow=True)
    assert "Đã đính chính" in text_of(corrected)
    assert "đã được đính chính" in text_of(clerk.get(address("A1")))
    # a week later: the form is empty, and says what was told before
    authority_clock.advance(timedelta(days=7))
    coming = clerk.get(address("A1").replace(DAY, "2021-03-17"))
    assert "Kỳ trước (10/03/2021): 97" in text_of(coming)
    assert not re.search(r'name="installed"[^>]* value=', coming.content.decode())


def test_what_cannot_be_is_told_at_its_field(officer: Client, authority_clock: Any) -> None:
    clerk = logged_in(authority_clock, "clerk", one("A1").path, Role.AGENCY_CLERK)
    for changes, field, why in (
        ({"installed": "111"}, "installed", "111 lớn hơn số người có điện thoại thông minh 110."),
        ({"running": ""}, "running", "Đang trống; không có ai thì ghi 0."),
        ({"staff": "12,5"}, "staff", "“12,5” không phải số nguyên như 157.542."),
        ({"staff": "99999999999"}, "staff", "là số âm hoặc quá lớn."),
    ):
        response = clerk.post(address("A1"), STAFF | changes)
        assert response.status_code == 422
        assert why in text_of(response)
        wrong = re.search(r'<input[^>]*aria-invalid="true"[^>]*>', response.content.decode())
        assert wrong is not None
        assert f'name="{field}"' in wrong[0]
    response = clerk.post(address("A1"), STAFF | {"installed": "111", "running": "x"})
    assert "“x” không phải số nguyên" in text_of(response)
    assert "111 lớn hơn số người có điện thoại thông minh 110." in text_of(response)  # told together
    assert StaffReturn.objects.count() == 0


def test_a_school_goes_from_class_to_class(officer: Client, authority_clock: Any) -> None:
    clerk = logged_in(authority_clock, "school", one("S1").path, Role.SCHOOL_CLERK)
    page = text_of(clerk.get(address("S1")))
    assert "0/2 lớp đã báo" in page
    assert "mỗi học sinh được tính ở trường mình học" in page
    first = clerk.post(address("S1", "6A1"), CLASS)
    assert first["Location"] == address("S1", "6A2")  # the next that is missing
    partly = "1 đơn vị trong đó chưa đủ lớp: số của các lớp còn thiếu không có ở đây."
    assert partly in text_of(officer.get("/returns/rounds/?kind=school"))
    second = clerk.post(address("S1", "6A2"), CLASS | {"roll": "43", "no_phone": "8"})
    assert partly not in text_of(officer.get("/returns/rounds/?kind=school"))
    assert second["Location"] == address("S1", form="pupils")
    page = text_of(clerk.get(address("S1")))
    assert "2/2 lớp đã báo" in page
    assert "Cộng 2/2 lớp đã báo 85 40 30 15 60 120" in page
    wrong = clerk.post(address("S1", "6A1"), CLASS | {"roll": "41"})
    assert (wrong.status_code, "20 + 15 + 7 = 42, không bằng sĩ số 41" in text_of(wrong)) == (422, True)
    assert clerk.post(address("S1"), CLASS).status_code == 403  # not as a whole


def test_a_school_returns_its_staff_and_its_pupils(officer: Client, authority_clock: Any) -> None:
    clerk = logged_in(authority_clock, "school", one("S1").path, Role.SCHOOL_CLERK)
    assert "Cán bộ, giáo viên" not in text_of(clerk.get("/returns/own/"))  # until staff are asked for
    assert clerk.get(address("S1", form="staff")).status_code == 404
    ask(officer, "school-staff")
    own = text_of(clerk.get("/returns/own/"))
    assert "Học sinh Ghi kỳ 10/03/2021 đang chờ hạn 16:00 10/03/2021, 0/2 lớp đã báo" in own
    assert "Cán bộ, giáo viên Ghi kỳ 10/03/2021 đang chờ hạn 16:00 10/03/2021 Kỳ sau" in own
    today = text_of(clerk.get("/"))
    for whom in ("học sinh", "cán bộ, giáo viên"):
        assert f"Báo cáo kỳ 10/03/2021 của Trường THCS Nhân Chính ({whom})" in today
    assert "mỗi người được tính ở đơn vị của mình" in text_of(clerk.get(address("S1", form="staff")))
    done = text_of(clerk.post(address("S1", form="staff"), STAFF, follow=True))
    assert "Đã ghi báo cáo của Trường THCS Nhân Chính (cán bộ, giáo viên), kỳ 10/03/2021." in done
    clerk.post(address("S1", "6A1"), CLASS)
    page = text_of(clerk.get(f"/returns/organisations/{one('S1').key}/"))
    assert "10/03/2021 đúng hạn 120 110 96 80 1.150" in page
    assert "10/03/2021 đang chờ 1/2 lớp đã báo 42 20 15 7 30 60" in page
    agency = logged_in(authority_clock, "agency", "01/009/00343", Role.AGENCY_CLERK)
    assert agency.get(address("S1", form="staff")).status_code == 404
    assert officer.get(address("A1", form="pupils")).status_code == 404

    shown = text_of(officer.get("/returns/rounds/?kind=school-staff"))
    assert "Trường học: cán bộ, giáo viên, kỳ 10/03/2021 96/110 (đạt 87,27%)" in shown
    assert "30/35" not in shown
    table = officer.get("/returns/rounds/table.csv?kind=school-staff")
    assert 'filename="bao-cao-school-staff-009-2021-03-10.csv"' in table["Content-Disposition"]
    assert "Số lớp" not in table.content.decode()
    document = json.loads(officer.get("/returns/rounds/table.json?kind=school-staff").content)
    assert (document["kind"], document["form"], document["counted_at"]) == ("school", "staff", "work")
    assert document["total"]["counts"]["installed"] == 96
    overview = text_of(officer.get(f"/adoption/?area=01/009&day={DAY}"))
    assert "Trường học: cán bộ, giáo viên, kỳ 10/03/2021 : 96/110 (đạt 87,27%)" in overview
    assert "Trường học: học sinh, kỳ 10/03/2021 : 30/35 (đạt 85,71%)" in overview
    schedules = text_of(officer.get("/returns/schedules/"))
    assert "Quận Thanh Xuân: Trường học: cán bộ, giáo viên đang áp dụng" in schedules
    officer.post("/returns/targets/?kind=school-staff&area=01/009", {"percent": "90", "due": "2021-03-31"})
    targets = text_of(officer.get("/returns/targets/?kind=school-staff&area=01/009"))
    assert "Trường THCS Nhân Chính 90,00% đến 31/03/2021 chưa rõ 96/110 (đạt 87,27%)" in targets


def test_the_round_as_officers_see_it(officer: Client, authority_clock: Any) -> None:
    officer.post(address("A1"), STAFF)  # told by telephone
    page = text_of(officer.get("/returns/", follow=True))
    assert "96/110 (đạt 87,27%)" in page
    assert "Số này dựa trên 1 trong 2 đơn vị được hỏi" in page
    assert "không phải ở nơi cư trú" in page
    authority_clock.advance(timedelta(hours=1))
    page = text_of(officer.get("/returns/rounds/?area=01/009&kind=agency"))
    assert "Công an phường Phường Hạ Đình chưa báo từ kỳ 10/03/2021; chưa báo lần nào" in page
    assert "Phường Nhân Chính 1/1 0 96/110 (đạt 87,27%) 120 110 96 80 1.150" in page
    missing = text_of(officer.get("/returns/rounds/?state=missing"))
    assert "Công an phường" in missing
    assert "=UBND phường" not in missing
    ward = text_of(officer.get(f"/returns/rounds/?area=01/009/00343&kind=school&day={DAY}"))
    assert "Trường THCS Nhân Chính" in ward
    assert "mỗi học sinh được tính ở trường mình học" in ward
    late = officer.post(address("A2"), STAFF, follow=True)
    assert "muộn" in text_of(late)
    for wrong in ("kind=x", "kind=residential-association", "day=x", "state=x", "area=%00", "day=2021-03-11"):
        assert officer.get(f"/returns/rounds/?{wrong}").status_code == 404


def test_the_round_handed_out(officer: Client, authority_clock: Any) -> None:
    officer.post(address("A1"), STAFF)
    authority_clock.advance(timedelta(hours=1))
    data = officer.get("/returns/rounds/table.csv?kind=agency").content
    heading, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";")
    by_code = {row[0]: dict(zip(heading, row, strict=True)) for row in rows}
    assert by_code["A1"]["Tên đơn vị"] == "'=UBND phường"  # no formula
    assert by_code["A1"]["Mã địa bàn"] == "00343"
    assert by_code["A1"]["Tình trạng"] == "đúng hạn"
    assert by_code["A1"]["Đã cài Bluezone"] == "96"
    assert by_code["A2"]["Chưa báo từ kỳ"] == "10/03/2021"
    assert by_code["A2"]["Đã cài Bluezone"] == ""
    assert officer.get("/returns/rounds/table.xlsx").content[:2] == b"PK"
    document = json.loads(officer.get("/returns/rounds/table.json").content)
    assert (document["area"], document["round"], document["counted_at"]) == ("009", DAY, "work")
    assert document["total"]["counts"]["installed"] == 96
    assert (document["total"]["asked"], document["total"]["resting_on"]) == (2, 1)
    assert document["total"]["percent"] == 87.27
    schools = json.loads(officer.get("/returns/rounds/table.json?kind=school").content)
    assert (schools["counted_at"], schools["total"]["counts"]) == ("school", None)
    assert officer.get("/returns/rounds/table.pdf").status_code == 404


def test_who_may(officer: Client, authority_clock: Any) -> None:
    agency = logged_in(authority_clock, "agency", one("A1").path, Role.AGENCY_CLERK)
    school = logged_in(authority_clock, "school", one("S1").path, Role.SCHOOL_CLERK)
    auditor = logged_in(authority_clock, "auditor", "01/009", Role.AUDITOR)
    guard = logged_in(authority_clock, "guard", one("A1").path, Role.GUARD)
    both = logged_in(authority_clock, "both", "01/009/00343", Role.SCHOOL_CLERK)
    assert agency.get(address("A2")).status_code == 404
    assert agency.get(address("S1")).status_code == 404
    assert school.get(address("A1")).status_code == 404
    assert both.get(address("A1")).status_code == 404  # in their area, and no school
    assert both.get(address("S1")).status_code == 200
    for page in ("/returns/rounds/", "/returns/schedules/", "/returns/import/", "/returns/rounds/table.csv"):
        assert agency.get(page).status_code == 403
        assert guard.get(page).status_code == 403
    assert guard.get("/returns/").status_code == 403
    assert "Ghi báo cáo" not in text_of(auditor.get(address("A1")))
    assert auditor.post(address("A1"), STAFF).status_code == 403
    assert auditor.get("/returns/schedules/").status_code == 403
    assert Client().get("/returns/").status_code == 302
    assert 'href="/returns/"' in agency.get("/returns/own/").content.decode()
    assert 'href="/returns/"' not in guard.get("/account/").content.decode()
    assert officer.get(address("K1")).status_code == 404  # makes no returns
    assert officer.get(address("A1").replace(DAY, "2021-03-09")).status_code == 404  # no round
    assert officer.get(address("A1").replace(DAY, "2021-13-09")).status_code == 404
    assert officer.get(f"{address('A1')}classes/1/").status_code == 404


def test_a_schedule_that_cannot_be_and_one_that_ends(officer: Client) -> None:
    assert "Quận Thanh Xuân" in text_of(ask(officer, "agency"))
    assert "hãy dừng lịch đó trước" in text_of(ask(officer, "agency"))
    assert "đã qua: mọi đơn vị sẽ bị coi là muộn" in text_of(ask(officer, "enterprise", cutoff="15:00"))
    for wrong in ({"first_day": "x"}, {"cutoff": "25:00"}, {"every_days": "3"}):
        assert ask(officer, "enterprise", **wrong).status_code == 422
    assert ask(officer, "x").status_code == 422
    ended = ReturnSchedule.objects.get(kind="agency")
    page = officer.post("/returns/schedules/end", {"schedule": str(ended.pk)}, follow=True)
    assert "Từ ngày 11/03/2021 không còn kỳ báo cáo theo lịch này." in text_of(page)
    again = officer.post("/returns/schedules/end", {"schedule": str(ended.pk)}, follow=True)
    assert "Chưa dừng: lịch này đã dừng" in text_of(again)
    for wrong in ("", "x", "9" * 30):
        assert officer.post("/returns/schedules/end", {"schedule": wrong}).status_code == 404


SHEET = """\
Mã đơn vị;Tên đơn vị;Ngày;Số cán bộ;Có điện thoại thông minh;Đã cài;Đang bật;Người thân
A1;;10/3/2021;120;110;96;80;150
A2;Công an phường;10/3/2021;12;13;6;5;9
"""


def test_a_sheet_is_previewed_imported_and_taken_back(officer: Client) -> None:
    preview = officer.post("/returns/import/", {"file": SimpleUploadedFile("bảng.csv", SHEET.encode())})
    text = text_of(preview)
    assert "1 dòng nhập được. Chưa có gì được ghi." in text
    assert "Dòng 3, Có điện thoại thông minh (lỗi, không nhập): 13 lớn hơn số cán bộ 12" in text
    fields = re.findall(r'name="(name|sheet|content)"(?: value="([^"]*)")?', preview.content.decode())
    sent = {name: unescape(value) for name, value in fields}
    done = officer.post("/returns/import/confirm", sent, follow=True)
    assert "Đã nhập 1 dòng: 1 báo cáo mới, 0 đính chính, 0 không đổi." in text_of(done)
    [run] = set(re.findall(r"/returns/imports/([0-9a-f-]+)/undo", done.content.decode()))
    assert "Đã hoàn tác" in text_of(officer.post(f"/returns/imports/{run}/undo", follow=True))
    assert StaffReturn.objects.filter(ended_at=None).count() == 0


def test_what_the_overview_and_the_first_page_say(officer: Client, authority_clock: Any) -> None:
    clerk = logged_in(authority_clock, "clerk", one("A1").path, Role.AGENCY_CLERK)
    assert "Báo cáo kỳ 10/03/2021 của =UBND phường" in text_of(clerk.get("/"))
    officer.post(address("A1"), STAFF)
    assert "Báo cáo kỳ" not in text_of(clerk.get("/"))
    page = text_of(officer.get(f"/adoption/?area=01/009&day={DAY}"))
    assert "Cơ quan, kỳ 10/03/2021 : 96/110 (đạt 87,27%) , 1 trên 2 đơn vị được hỏi đã báo" in page
    assert "Trường học: học sinh, kỳ 10/03/2021 : chưa đơn vị nào báo" in page
    assert "Không cộng với số của địa bàn" in page
    assert "Chưa có số liệu nào của địa bàn này" in page  # the ledger's own rate has nothing of it
    ward = text_of(officer.get(f"/adoption/?area=01/009/00361&day={DAY}"))
    assert "Cơ quan, kỳ 10/03/2021 : chưa đơn vị nào báo" in ward
    before = text_of(officer.get("/adoption/?area=01/009&day=2021-03-09"))
    assert "96/110" not in before
    authority_clock.advance(timedelta(hours=1))
    assert "Cơ quan: 1 đơn vị chưa báo đủ kỳ 10/03/2021" in text_of(officer.get("/"))


def test_in_english(officer: Client) -> None:
    officer.cookies["bluezone_language"] = "en"
    page = text_of(officer.get("/returns/rounds/"))
    assert "Counted at work: everybody counts in their own organisation" in page
    assert "awaited" in page


def test_targets_of_organisations(officer: Client, authority_clock: Any) -> None:
    page = "/returns/targets/?kind=agency&area=01/009"
    done = officer.post(page, {"percent": "90", "due": "2021-03-31"}, follow=True)
    assert "Đã đặt chỉ tiêu 90% đến 31/03/2021 cho 2 đơn vị." in text_of(done)
    officer.post(address("A1"), STAFF)
    text = text_of(officer.get(page))
    # 90 % of 110 are 99, and 96 have it
    assert "=UBND phường 90,00% đến 31/03/2021 chưa rõ 96/110 (đạt 87,27%) kỳ 10/03/2021 3" in text
    assert "Công an phường 90,00% đến 31/03/2021 chưa rõ chưa có số liệu –" in text
    alone = f"/returns/targets/?organisation={one('A1').key}"
    officer.post(alone, {"percent": "87", "due": "2021-03-31"})
    assert "87,00% đến 31/03/2021 đã đạt" in text_of(officer.get(alone))
    assert "Chỉ tiêu của đơn vị" in text_of(officer.get(f"/returns/organisations/{one('A1').key}/"))
    for wrong in ({"percent": "101", "due": "2021-03-31"}, {"percent": "90", "due": "x"}, {"withdraw": "1"}):
        assert officer.post(page, wrong).status_code == 422
    gone = officer.post(page, {"withdraw": "1", "due": "2021-03-31"}, follow=True)
    assert "Đã rút lại chỉ tiêu đến 31/03/2021 của 2 đơn vị." in text_of(gone)
    auditor = logged_in(authority_clock, "auditor", "01/009", Role.AUDITOR)
    assert "Đặt chỉ tiêu" not in text_of(auditor.get(page))
    assert auditor.post(page, {"percent": "90", "due": "2021-03-31"}).status_code == 403
    for other in ("kind=school", "kind=x", "area=%00", "organisation=x", f"organisation={one('K1').key}"):
        assert officer.get(f"/returns/targets/?{other}").status_code == 404

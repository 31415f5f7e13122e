"""Staff pages of adoption: the figure, its parts, the sheet handed out, an import and its undoing."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, date, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bluezone.authority.access.roles import Role
from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.metrics import Metric
from bluezone.authority.adoption.models import Fact
from bluezone.authority.adoption.rules import likely_range, rank_ranges
from bluezone.authority.adoption.services import record_facts
from bluezone.authority.areas.boundaries import Outline
from bluezone.authority.areas.boundary_services import import_boundaries
from bluezone.authority.areas.list_services import import_list
from bluezone.authority.areas.national_list import read_national_list
from bluezone.authority.areas.queries import area_on
from bluezone.authority.areas.services import load_thanh_xuan

from .staff_pages import CLI, logged_in

pytestmark = pytest.mark.django_db

MARCH_8 = date(2021, 3, 8)
SHEET = """Địa bàn;Ngày;Số cài đặt;Số điện thoại thông minh;Tỷ lệ
Quận Thanh Xuân;08/3/2021;157.542;402.706;39,12%
Phường Nhân Chính;08/3/2021;20.000;40.000;50%
Phường Hạ Đình;08/3/2021;1.000;10.000;10%
"""


@pytest.fixture
def officer(authority: Path, authority_clock: Any) -> Client:
    load_thanh_xuan()
    return logged_in(authority_clock, "lan", "01/009", Role.DISTRICT_OFFICER)


def said(response: Any) -> str:
    """What a page says, without tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def upload(client: Client, text: str = SHEET, name: str = "bảng.csv") -> Any:
    return client.post("/adoption/import/", {"file": SimpleUploadedFile(name, text.encode())})


def confirm(client: Client, preview: Any) -> Any:
    fields = re.findall(r'name="(name|sheet|content)"(?: value="([^"]*)")?', preview.content.decode())
    return client.post(
        "/adoption/import/confirm", {name: unescape(value) for name, value in fields}, follow=True
    )


def test_a_sheet_is_previewed_imported_shown_and_taken_back(officer: Client) -> None:
    preview = upload(officer)
    assert preview.status_code == 200
    assert "3 dòng nhập được. Chưa có gì được ghi." in said(preview)
    assert Fact.objects.count() == 0
    assert "Đã nhập 3 dòng: 6 số liệu mới, 0 đính chính, 0 không đổi." in said(confirm(officer, preview))

    page = said(officer.get("/adoption/"))
    assert "Tỷ lệ cài đặt: Quận Thanh Xuân" in page
    assert "157.542/402.706 (đạt 39,12%)" in page
    assert "bảng của thành phố" in page
    assert "9 địa bàn chưa có số liệu" in page
    assert "Chưa phân bổ: 136.542 cài đặt" in page  # 157.542 less 20.000 and 1.000

    again = confirm(officer, upload(officer))
    assert "Tệp này đã được nhập trước đó." in said(again)
    [run] = set(re.findall(r"/adoption/imports/([0-9a-f-]+)/undo", again.content.decode()))
    assert "Đã hoàn tác lần nhập bảng.csv." in said(
        officer.post(f"/adoption/imports/{run}/undo", follow=True)
    )
    assert "Chưa có số liệu nào của địa bàn này" in said(officer.get("/adoption/?day=2021-03-08"))
    assert "đã được hoàn tác" in said(officer.post(f"/adoption/imports/{run}/undo", follow=True))


def test_faults_are_shown_and_the_good_rows_offered(officer: Client) -> None:
    page = said(upload(officer, SHEET.replace("20.000", "20,5").replace("10%", "11%")))
    assert "2 dòng nhập được" in page
    assert "Dòng 3, Số cài đặt (lỗi, không nhập): “20,5” không phải số nguyên như 157.542" in page
    assert "Dòng 4, Tỷ lệ (lưu ý): bảng ghi 11%, nhưng 1.000/10.000 (đạt 10,00%)" in page


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "Tệp trống."), ("a;b\n1;2\n", "Không tìm thấy cột “Ngày”."), ("\0x", "Đây không phải tệp CSV")],
)
def test_what_is_no_sheet_is_refused_in_words(officer: Client, text: str, reason: str) -> None:
    response = upload(officer, text)
    assert response.status_code == 422
    assert reason in said(response)


def test_a_file_without_content_and_an_altered_one(officer: Client) -> None:
    assert "Hãy chọn tệp." in said(officer.post("/adoption/import/", {}))
    for content in ("", "%%%"):
        response = officer.post("/adoption/import/confirm", {"name": "x", "content": content}, follow=True)
        assert "Dữ liệu của tệp bị hỏng." in said(response)
    assert Fact.objects.count() == 0


def test_what_is_handed_out(officer: Client) -> None:
    confirm(officer, upload(officer))
    data = officer.get("/adoption/table.csv").content
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))
    assert rows[1] == [
        "009", "Quận Thanh Xuân", "157542", "08/03/2021", "bảng của thành phố",
        "402706", "08/03/2021", "bảng của thành phố", "39,12", "",
        "Số điện thoại đã đăng ký Bluezone, tính theo địa bàn",
        "Số điện thoại thông minh của địa bàn theo bảng của thành phố",
    ]  # fmt: skip
    by_code = {row[0]: row for row in rows}
    assert by_code["00343"][2:4] == ["20000", "08/03/2021"]
    assert by_code["00346"][4] == "chưa có số liệu"
    assert officer.get("/adoption/table.xlsx").content[:2] == b"PK"
    document = json.loads(officer.get("/adoption/table.json").content)
    assert document["rates"][0]["text"] == "157.542/402.706 (đạt 39,12%)"
    assert document["not_broken_down"] == 136_542
    assert [one["rank"] for one in document["parts"] if one["area"] in ("00343", "00361")] == [[1, 1], [2, 2]]
    chart = officer.get("/adoption/chart.svg")
    assert chart["Content-Type"] == "image/svg+xml"
    assert "Tỷ lệ cài đặt: Quận Thanh Xuân" in chart.content.decode()


def test_who_sees_what(officer: Client, authority_clock: Any) -> None:
    confirm(officer, upload(officer))
    ward = logged_in(authority_clock, "ward", "01/009/00343", Role.WARD_OFFICER)
    page = said(ward.get("/adoption/"))
    assert "20.000/40.000 (đạt 50,00%)" in page
    assert "157.542" not in page
    for path in (
        "?area=01/009",
        "chart.svg?area=01/009",
        "table.csv?area=01/009/00361",
        "?day=x",
        "table.pdf",
    ):
        assert ward.get(f"/adoption/{path}").status_code == 404
    # Rows of other areas are not theirs to import, nor is that import theirs to take back.
    assert "không có địa bàn “Quận Thanh Xuân”" in said(upload(ward))
    [run] = Fact.objects.values_list("import_run", flat=True).distinct()
    assert ward.post(f"/adoption/imports/{run}/undo").status_code == 403

    auditor = logged_in(authority_clock, "auditor", "01/009", Role.AUDITOR)
    assert "157.542/402.706" in said(auditor.get("/adoption/"))
    assert "Nhập số liệu" not in said(auditor.get("/adoption/"))
    assert upload(auditor).status_code == 403
    guard = logged_in(authority_clock, "guard", "01/009", Role.GUARD)
    assert guard.get("/adoption/").status_code == 403
    assert Client().get("/adoption/").status_code == 302


def test_a_day_without_areas_or_figures(officer: Client) -> None:
    assert "không có địa bàn nào trong phạm vi" in said(officer.get("/adoption/?day=2019-01-01"))
    assert "Chưa có số liệu nào" in said(officer.get("/adoption/"))
    assert officer.get("/adoption/chart.svg").status_code == 404


def test_a_base_of_nobody_is_no_rate(officer: Client, authority_clock: Any) -> None:
    ward = area_on("00343", MARCH_8, Scope.everything())
    assert ward is not None
    counts = {Metric.PHONE_LINKED: 5, Metric.SMARTPHONES: 0}
    record_facts(ward, MARCH_8, counts, scope=Scope.everything(), by=CLI, now=authority_clock.now())
    assert "None" not in said(officer.get("/adoption/"))
    assert "5/0" in said(officer.get("/adoption/?area=01/009/00343"))


def test_wilsons_interval_is_the_published_one() -> None:
    """Newcombe, Statistics in Medicine 17 (1998), table I, method 3."""
    for (numerator, denominator), published in {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0.0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }.items():
        assert likely_range(numerator, denominator) == pytest.approx(published, abs=5e-5)
    assert likely_range(7, 5) == likely_range(5, 5)


def test_small_areas_share_ranks_and_large_ones_do_not() -> None:
    large_high, large_low, small = (50_000, 100_000), (40_000, 100_000), (4, 10)
    assert rank_ranges([large_high, large_low, small]) == [(1, 2), (2, 3), (1, 3)]
    assert rank_ranges([large_high, large_high]) == [(1, 2), (1, 2)]
    assert rank_ranges([]) == []


def test_parts_and_parents_of_an_area_that_was_renamed(authority: Path, authority_clock: Any) -> None:
    """Its parts came to be under its former name; they are shown under the new one."""
    heading = "Tỉnh Thành Phố;Mã TP;Quận Huyện;Mã QH;Phường Xã;Mã PX\n"
    for day, name in ((date(2021, 2, 1), "Tỉnh Hà Giang"), (date(2021, 3, 1), "Tỉnh Giang")):
        data = f"{heading}{name};02;Huyện Đồng Văn;026;Xã Lũng Cú;00715\n".encode()
        found = read_national_list(data)
        import_list(found, day, file_name="a.csv", data=data, by=CLI, now=authority_clock.now())
    officer = logged_in(authority_clock, "hoa", "02", Role.CITY_OFFICER)
    page = said(officer.get("/adoption/?area=02&day=2021-03-08"))
    assert "Tỷ lệ cài đặt: Tỉnh Giang" in page
    assert "Huyện Đồng Văn" in page
    crumbs = said(officer.get("/adoption/?area=02/026&day=2021-03-08"))
    assert "Tỉnh Giang Tỷ lệ cài đặt: Huyện Đồng Văn" in crumbs
    assert "Tỉnh Hà Giang" not in crumbs


def test_figures_in_the_areas_of_another_day(officer: Client) -> None:
    confirm(officer, upload(officer))
    page = officer.get("/adoption/?area=01/009&day=2021-03-08&areas_of=2025-01-01")
    text = said(page)
    assert 'value="2025-01-01"' in page.content.decode()
    assert "Số liệu tính đến 08/03/2021, theo địa bàn của ngày 01/01/2025." in text
    assert "Phường Nhân Chính (00343) 20.000/40.000 (đạt 50,00%) Phường Nhân Chính 08/03/2021" in text
    assert "Phường Hạ Đình (00373) Không tính được: Phường Kim Giang (00373) chưa có số liệu" in text
    gone = said(officer.get("/adoption/?area=01/009&day=2021-03-08&areas_of=2025-07-01"))
    assert "Ngày 01/07/2025 không có địa bàn này trong phạm vi của bạn" in gone
    assert "Số liệu tính đến" not in said(officer.get("/adoption/?area=01/009&day=2021-03-08"))
    assert officer.get("/adoption/?area=01/009&day=2021-03-08&areas_of=x").status_code == 404


def test_the_parts_of_an_area_on_a_map(officer: Client) -> None:
    confirm(officer, upload(officer))
    address = "?area=01/009&day=2021-03-08"
    assert officer.get(f"/adoption/map.svg{address}").status_code == 404
    assert "map.svg" not in officer.get(f"/adoption/{address}").content.decode()
    outlines = []
    for place, code in enumerate(("00343", "00346")):
        area = area_on(code, MARCH_8, Scope.everything())
        assert area is not None
        west = 105.8 + place / 100
        ring = ((west, 21.0), (west + 0.01, 21.0), (west + 0.01, 21.01), (west, 21.01), (west, 21.0))
        outlines.append(Outline(place, area.pk, area.name, ((ring,),)))
    now = datetime(2021, 3, 9, tzinfo=UTC)
    import_boundaries(outlines, file_name="a", data=b"a", by=CLI, now=now)
    assert (
        f"/adoption/map.svg{address}".replace("&", "&amp;")
        in officer.get(f"/adoption/{address}").content.decode()
    )
    drawing = officer.get(f"/adoption/map.svg{address}")
    assert drawing["Content-Type"] == "image/svg+xml"
    text = drawing.content.decode()
    assert "<title>Phường Nhân Chính: 50,00%</title>" in text
    assert "<title>Phường Thượng Đình: chưa có số liệu</title>" in text
    assert "Phường Hạ Đình *" in text  # without a boundary
    assert officer.get("/adoption/map.svg?area=01/009&day=x").status_code == 404


def enter(code: str, day: date, **counts: int) -> None:
    one = area_on(code, day, Scope.everything())
    assert one is not None
    figures = {Metric[name.upper()]: count for name, count in counts.items()}
    now = datetime(2021, 3, 10, 3, tzinfo=UTC)
    record_facts(one, day, figures, scope=Scope.everything(), by=CLI, now=now)


def test_what_is_not_broken_down_is_of_the_totals_own_day(officer: Client) -> None:
    enter("00343", date(2021, 3, 4), phone_linked=15_404, smartphones=40_000)
    enter("00361", MARCH_8, phone_linked=1_000)  # no smartphones, and yet reported
    enter("009", MARCH_8, phone_linked=157_542, smartphones=402_706)
    page = said(officer.get("/adoption/?day=2021-03-08"))
    assert "Chưa phân bổ: 156.542 cài đặt trong tổng số ngày 08/03/2021" in page
    assert "(1 trên 11 địa bàn đã báo)" in page
    assert json.loads(officer.get("/adoption/table.json").content)["not_broken_down"] == 156_542
    enter("00343", MARCH_8, phone_linked=160_000)
    page = said(officer.get("/adoption/?day=2021-03-08"))
    assert "Chưa phân bổ" not in page
    assert "các địa bàn cộng lại 161.000 cài đặt, nhiều hơn tổng số 157.542 là 3.458" in page


def test_installs_without_smartphones_are_told_though_they_make_no_rate(officer: Client) -> None:
    enter("00343", MARCH_8, phone_linked=5_123)
    page = said(officer.get("/adoption/?area=01/009/00343&day=2021-03-08"))
    assert "Chưa có số liệu" not in page
    assert "Đã đăng ký Bluezone 5.123 ." in page
    assert "chưa đủ hai số để tính tỷ lệ" in page
    page = said(officer.get("/adoption/?area=01/009&day=2021-03-08"))
    assert "10 địa bàn chưa có số liệu" in page
    assert "Đã đăng ký Bluezone: 5.123 (08/03/2021, nhập tay); chưa đủ hai số" in page
    rows = officer.get("/adoption/table.csv?area=01/009&day=2021-03-08").content.decode("utf-8-sig")
    assert "00343;Phường Nhân Chính;5123;08/03/2021;nhập tay;;;;;;Số điện thoại" in rows
    document = json.loads(officer.get("/adoption/table.json?area=01/009/00343&day=2021-03-08").content)
    assert [(one["metric"], one["value"]) for one in document["figures"]] == [("phone-linked", 5_123)]


def test_a_preview_tells_what_it_corrects_and_how_many_rows_it_leaves_out(officer: Client) -> None:
    confirm(officer, upload(officer))
    page = said(upload(officer, SHEET.replace("20.000", "21.000").replace("50%", "52,5%")))
    assert "3 dòng nhập được. Chưa có gì được ghi." in page
    assert "không được nhập" not in page
    assert "Dòng 3 (lưu ý): đính chính số của bảng trước: Đã đăng ký Bluezone 20.000 thành 21.000" in page
    assert "Đã đăng ký Bluezone: 21.000; Điện thoại thông minh: 40.000" in page
    page = said(upload(officer, SHEET.replace("20.000", "nhiều")))
    assert "2 dòng nhập được. Chưa có gì được ghi. 1 dòng có lỗi sẽ không được nhập." in page
    assert "đính chính" not in page


def test_no_error_of_a_long_sheet_is_hidden_behind_remarks(officer: Client) -> None:
    heading, *_ = SHEET.splitlines()
    lines = [f"Tổng cộng;08/3/2021;{at};{at};" for at in range(1, 502)]
    page = said(upload(officer, "\n".join([heading, *lines, "Phường X;08/3/2021;1;2;", ""])))
    assert "Dòng 503, Địa bàn (lỗi, không nhập): không có địa bàn “Phường X”" in page
    assert "… và 2 điều nữa" in page


def test_the_chart_ends_with_the_day_that_is_asked_for_and_shows_dates(officer: Client) -> None:
    for day, installs in ((1, 10_000), (4, 11_000), (8, 12_000)):
        enter("00343", date(2021, 3, day), phone_linked=installs, smartphones=40_000)
    chart = officer.get("/adoption/chart.svg?area=01/009/00343&day=2021-03-04").content.decode()
    assert chart.count("<circle") == 3  # one of them in the key
    assert re.findall(r'class="x-tick"[^>]*>([^<]+)', chart)[0] == "01/03/2021"
    assert officer.get("/adoption/chart.svg?area=01/009/00343&day=2021-02-28").status_code == 404


def test_where_no_day_has_both_counts_there_is_no_chart_and_it_is_said(officer: Client) -> None:
    enter("00343", date(2021, 3, 1), smartphones=40_000)
    enter("00343", MARCH_8, phone_linked=12_000)
    page = officer.get("/adoption/?area=01/009/00343&day=2021-03-08")
    assert "12.000/40.000 (đạt 30,00%)" in said(page)
    assert "Chưa vẽ được biểu đồ" in said(page)
    assert "chart.svg" not in page.content.decode()
    enter("00343", MARCH_8, smartphones=40_000)
    page = officer.get("/adoption/?area=01/009/00343&day=2021-03-08")
    assert "Chưa vẽ được biểu đồ" not in said(page)
    assert "chart.svg" in page.content.decode()


def test_areas_that_are_counted_otherwise_are_not_ranked_together(officer: Client) -> None:
    def enter_later(code: str, day: date, **counts: int) -> None:
        one = area_on(code, day, Scope.everything())
        assert one is not None
        figures = {Metric[name.upper()]: count for name, count in counts.items()}
        now = datetime(2021, 7, 20, 3, tzinfo=UTC)
        record_facts(one, day, figures, scope=Scope.everything(), by=CLI, now=now)

    enter_later("00343", date(2021, 6, 28), phone_linked=30_000, smartphones=40_000)
    for code, installs in (("00346", 20_000), ("00349", 10_000)):
        enter_later(code, date(2021, 6, 30), smartphones=40_000)
        enter_later(code, date(2021, 7, 1), phone_linked=installs)
    document = json.loads(officer.get("/adoption/table.json?area=01/009&day=2021-07-02").content)
    ranks = {one["area"]: one["rank"] for one in document["parts"] if one["rank"]}
    assert ranks == {"00343": [1, 1], "00346": [1, 1], "00349": [2, 2]}
    page = said(officer.get("/adoption/?area=01/009&day=2021-07-02"))
    assert "hạng chỉ giữa các địa bàn cùng cách tính" in page
    assert "01/07/2021, nhập tay; số điện thoại: 30/06/2021, nhập tay Số thuê bao" in page
    assert "50,00 % (49,5–50,5 %)" in page
    before = said(officer.get("/adoption/?area=01/009&day=2021-06-28"))
    assert "cùng cách tính" not in before


def test_from_an_area_to_its_organisations_and_its_chart_as_a_picture(officer: Client) -> None:
    enter("00343", MARCH_8, phone_linked=1_000, smartphones=2_000)
    page = officer.get("/adoption/?area=01/009/00343&day=2021-03-08").content.decode()
    [address] = re.findall(r'href="(/organisations/[^"]*)"[^>]*>Các đơn vị trong địa bàn', page)
    assert address == "/organisations/?area=01/009/00343&amp;day=2021-03-08"
    assert officer.get(unescape(address)).status_code == 200
    assert 'download="bieu-do-00343-2021-03-08.svg"' in page
    assert "chart_png.js" in page
    assert "chart_png.js" not in officer.get("/adoption/?area=01/009&day=2021-03-08").content.decode()


def test_where_nobody_gave_a_total_the_parts_that_reported_are_added_up_as_such(officer: Client) -> None:
    enter("00343", date(2021, 3, 4), phone_linked=1_000, smartphones=2_000)
    enter("00346", MARCH_8, phone_linked=3_000, smartphones=4_000)
    enter("00349", MARCH_8, phone_linked=9)
    address = "/adoption/?area=01/009&day=2021-03-08"
    page = said(officer.get(address))
    assert "4.000/6.000 (đạt 66,67%) Không ai báo tổng số." in page
    assert "số cộng của 2 trên 11 địa bàn đã báo đủ" in page
    assert "Số của các ngày từ 04/03/2021 đến 08/03/2021." in page
    document = json.loads(officer.get("/adoption/table.json?area=01/009&day=2021-03-08").content)
    assert (document["rates"], document["sum_of_parts"]["text"]) == ([], "4.000/6.000 (đạt 66,67%)")
    enter("009", MARCH_8, phone_linked=5_000, smartphones=9_000)
    assert "Không ai báo tổng số" not in said(officer.get(address))


def test_a_page_that_chose_its_own_day_says_how_old_that_is_and_leads_to_today(officer: Client) -> None:
    enter("009", date(2021, 3, 1), phone_linked=100_000, smartphones=400_000)
    target = {"due": "2021-03-31", "percent": "60"}
    officer.post("/adoption/targets/?area=01/009&day=2021-03-08", target)
    response = officer.get("/adoption/")
    page = said(response)
    assert "tính đến ngày 01/03/2021, ngày có số liệu mới nhất, 9 ngày trước" in page
    assert 'href="/adoption/?day=2021-03-10"' in response.content.decode()
    assert "Hiện nay 25,00%, số của ngày 01/03/2021." in page
    page = said(officer.get("/adoption/?day=2021-03-10"))
    assert "ngày có số liệu mới nhất" not in page
    assert "Hiện nay 25,00%, số của ngày 01/03/2021." in page

"""The first page of staff: what is to be done today, by whom, and which pages are theirs."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from bluezone.authority.access.emergency_services import begin_emergency
from bluezone.authority.access.models import Grant
from bluezone.authority.access.roles import Role
from bluezone.authority.access.scope import EVERYWHERE, Scope
from bluezone.authority.access.services import grant_role
from bluezone.authority.accounts.models import User
from bluezone.authority.adoption.metrics import Metric
from bluezone.authority.adoption.services import record_facts, set_targets
from bluezone.authority.areas.queries import area_on
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.home.registry import PAGES
from bluezone.authority.keys import services
from bluezone.authority.keys.models import ExportConfig, HealthAuthority, ImportSource
from bluezone.authority.organisations.models import Organisation

from .staff_pages import CLI, Outbox, form, logged_in, text_of

pytestmark = pytest.mark.django_db

NOTHING = "Không có việc nào đang chờ."
EVERYTHING = Scope.everything()
TODAY = date(2021, 3, 10)
WARDS_OF_2021 = 11


@pytest.fixture(autouse=True)
def fast_hashes(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def site(authority: Path) -> None:
    load_thanh_xuan()


def report(clock: Any, code: str, installs: int, day: date = TODAY, phones: int = 10_000) -> None:
    area = area_on(code, day, EVERYTHING)
    assert area is not None
    counts = {Metric.PHONE_LINKED: installs, Metric.SMARTPHONES: phones}
    record_facts(area, day, counts, scope=EVERYTHING, by=CLI, now=clock.now())


def target(clock: Any, code: str, due: date, percent: str) -> None:
    area = area_on(code, TODAY, EVERYTHING)
    assert area is not None
    set_targets([area], due, Decimal(percent), scope=EVERYTHING, by=CLI, now=clock.now())


def front(client: Client) -> str:
    return text_of(client.get("/"))


def test_anybody_else_sees_what_this_is(site: None) -> None:
    page = text_of(Client().get("/"))
    assert "đồng ý chia sẻ" in page
    assert "Việc hôm nay" not in page
    assert 'name="q"' not in Client().get("/").content.decode()


def test_a_health_workers_codes(worker: Client, authority_clock: Any, outbox: Outbox) -> None:
    assert "Bật xác thực hai lớp" in front(worker)  # an offer, where it is not required
    outbox.down = True
    worker.post("/codes/", form(delivery="sms", phone="0912345678"))
    assert "SMS chưa gửi được" not in front(worker)  # it is on its way
    services.send_due_messages(authority_clock.now())
    page = front(worker)
    assert "cần làm ngay 1 mã có SMS chưa gửi được Từ 15:17 10/03/2021." in page
    # a long code lives for a day
    assert "1 mã đang chờ người nhận nhập Mã đầu tiên hết hạn lúc 15:17 11/03/2021." in page
    worker.post("/codes/", form())
    assert "2 mã đang chờ người nhận nhập Mã đầu tiên hết hạn lúc 15:32 10/03/2021." in front(worker)
    authority_clock.advance(timedelta(minutes=16))
    page = front(worker)
    assert "quá hạn 1 mã cấp hôm nay đã hết hạn mà chưa dùng Từ 15:32 10/03/2021." in page
    assert page.index("SMS chưa gửi được") < page.index("hết hạn mà chưa dùng") < page.index("đang chờ người")
    for state, count in (("sms-trouble", 1), ("expired", 1), ("waiting", 1)):
        assert f"?state={state}#codes" in worker.get("/").content.decode()
        assert worker.get(f"/codes/?state={state}").context["page"].paginator.count == count
    neighbour = logged_in(authority_clock, "binh", "01/009/00346")
    for told in ("có SMS chưa", "đã hết hạn", "người nhận nhập"):
        assert told not in front(neighbour)


def test_a_districts_figures_and_targets(site: None, authority_clock: Any) -> None:
    officer = logged_in(authority_clock, "lan", "01/009", Role.DISTRICT_OFFICER)
    page = front(officer)
    assert f"quá hạn {WARDS_OF_2021} địa bàn của Quận Thanh Xuân chưa báo số cài đặt mới" in page
    assert f"{WARDS_OF_2021} địa bàn chưa báo lần nào." in page
    report(authority_clock, "00343", 5_000)
    report(authority_clock, "00346", 5_000, TODAY - timedelta(8))
    page = front(officer)
    # all but the one that reported today; eight days ago is a day too long
    assert "10 địa bàn của Quận Thanh Xuân chưa báo số cài đặt mới Từ 02/03/2021." in page
    assert "9 địa bàn chưa báo lần nào." in page

    target(authority_clock, "00343", TODAY, "50.01")  # 5,000 of 10,000 are 50 %
    target(authority_clock, "00346", TODAY + timedelta(14), "60")
    target(authority_clock, "00349", TODAY + timedelta(15), "60")
    page = front(officer)
    assert "Không đạt chỉ tiêu: 1 địa bàn của Quận Thanh Xuân Từ 10/03/2021." in page
    assert "Chỉ tiêu sắp đến hạn: 1 địa bàn của Quận Thanh Xuân Ngày đến hạn: 24/03/2021." in page
    assert "Chậm so với chỉ tiêu" not in page
    for at in range(4):  # 5,000 in each of four weeks: the trend is flat
        report(authority_clock, "00352", 5_000, TODAY - timedelta(7 * at))
    target(authority_clock, "00352", TODAY + timedelta(21), "60")
    assert "Chậm so với chỉ tiêu: 1 địa bàn của Quận Thanh Xuân Ngày đến hạn: 31/03/2021." in front(officer)

    address = "/adoption/?area=01%2F009&amp;day=2021-03-10#overdue"
    assert address in officer.get("/").content.decode()
    shown = officer.get("/adoption/?area=01/009&day=2021-03-10")
    assert 'id="overdue"' in shown.content.decode()
    assert 'id="targets"' in shown.content.decode()


def test_a_ward_is_told_of_itself_alone(site: None, authority_clock: Any) -> None:
    ward = logged_in(authority_clock, "ward", "01/009/00343", Role.WARD_OFFICER)
    page = front(ward)
    assert "Phường Nhân Chính chưa báo số cài đặt mới Chưa báo lần nào." in page
    assert "Thượng Đình" not in page
    assert "/adoption/enter/?area=01%2F009%2F00343" in ward.get("/").content.decode()
    report(authority_clock, "00343", 5_000, TODAY - timedelta(7))
    assert "chưa báo số" not in front(ward)


def test_an_area_that_has_ended_owes_nothing_and_is_told(site: None, authority_clock: Any) -> None:
    authority_clock.advance(timedelta(days=365 * 5))
    officer = logged_in(authority_clock, "lan", "01/009", Role.DISTRICT_OFFICER)
    page = front(officer)
    assert "chưa báo số" not in page
    assert "cán bộ quận, huyện, Quận Thanh Xuân địa bàn cũ" in page
    city = logged_in(authority_clock, "city", EVERYWHERE, Role.CITY_OFFICER)
    page = front(city)
    assert "cán bộ thành phố, Tất cả địa bàn" in page
    assert "1 địa bàn của cả nước chưa báo số cài đặt mới" in page  # Hà Nội


def test_limits_that_are_used_up(worker: Client, authority_clock: Any) -> None:
    setter = logged_in(authority_clock, "chi", "01/009", Role.EPIDEMIOLOGIST)
    limit = {"area": "01/009", "day": "2021-03-10", "codes": "5", "reason": "ổ dịch"}
    assert setter.post("/codes/limits/", limit).status_code == 302
    for _ in range(3):
        worker.post("/codes/", form())
    assert "mã được phép hôm nay" not in front(setter)
    worker.post("/codes/", form())
    assert "sắp đến hạn Đã cấp 4 trên 5 mã được phép hôm nay Quận Thanh Xuân." in front(setter)
    worker.post("/codes/", form())
    assert "cần làm ngay Đã cấp 5 trên 5 mã được phép hôm nay" in front(setter)
    assert "được phép hôm nay" not in front(worker)


def test_what_fails_is_told_to_the_operator(site: None, authority_clock: Any) -> None:
    operator = logged_in(authority_clock, "op", EVERYWHERE, Role.OPERATOR)
    assert "Tệp khóa" not in front(operator)
    services.configure_export("VN", min_keys=0)
    ExportConfig.objects.update(last_window_end=authority_clock.now() - timedelta(days=1))
    HealthAuthority.objects.create(
        identifier="x",
        name="X",
        issuer="x",
        audience="x",
        region="VN-HN",
        jwks_url="https://x",
        jwks_error="e",
    )
    ImportSource.objects.create(
        name="y", index_url="https://y", region="VN", public_keys_pem="", last_error="e"
    )
    page = front(operator)
    assert "cần làm ngay Tệp khóa của vùng VN chưa ra đúng hạn Từ 15:17 09/03/2021." in page
    assert "Khóa của vùng VN-HN được nhận vào nhưng không có nơi ra" in page
    assert "1 nguồn khóa lần gần nhất không tải được" in page
    assert "1 cơ quan y tế lần gần nhất không tải được khóa" in page
    ward = logged_in(authority_clock, "ward", EVERYWHERE, Role.CITY_OFFICER)
    assert "Tệp khóa" not in front(ward)


def test_own_roles_and_invitations_that_end(site: None, authority_clock: Any) -> None:
    officer = logged_in(authority_clock, "lan", "01/009", Role.DISTRICT_OFFICER)
    user, now = User.objects.get(username="lan"), authority_clock.now()
    grant_role(user, Role.AUDITOR, "01", by=CLI, now=now, until=now + timedelta(days=7))
    grant_role(user, Role.GUARD, "01", by=CLI, now=now, until=now + timedelta(days=8))
    wanted = {"for_whom": "Nguyễn Thị Mai", "role": "guard", "area": "01/009/00343", "until": ""}
    assert officer.post("/invitations/", wanted).status_code == 200
    page = front(officer)
    assert "sắp đến hạn Vai trò kiểm toán của anh/chị hết hạn lúc 15:17 17/03/2021" in page
    assert "Vai trò trực chốt, bảo vệ của anh/chị" not in page
    told = "1 lời mời chưa có người nhận Từ 15:17 10/03/2021. Lời mời đầu tiên hết hạn lúc 15:17 13/03/2021."
    assert f"đang chờ {told}" in page
    assert "Mai" not in page  # before a second factor nobody's name is shown
    authority_clock.advance(timedelta(days=2))
    assert f"sắp đến hạn {told}" in front(officer)
    authority_clock.advance(timedelta(days=2))
    assert "lời mời chưa" not in front(officer)


def test_emergencies_wait_for_whoever_may_judge_them(site: None, authority_clock: Any) -> None:
    ward = logged_in(authority_clock, "ward", "01/009/00343", Role.WARD_OFFICER)
    auditor = logged_in(authority_clock, "kt", "01/009", Role.AUDITOR)
    elsewhere = logged_in(authority_clock, "kt2", "01/009/00346", Role.AUDITOR)
    taken = begin_emergency(
        User.objects.get(username="ward"),
        Role.WARD_OFFICER,
        "01/009/00349",
        "Phường bên có ổ dịch, người phụ trách ốm.",
        timedelta(hours=2),
        now=authority_clock.now(),
    )
    assert taken.grant.is_emergency
    assert "truy cập khẩn cấp chờ" not in front(auditor)  # it lasts
    page = front(ward)
    assert "Phường Khương Trung chưa báo số cài đặt mới" in page
    assert "của anh/chị hết hạn lúc" not in page  # the notice on top of the page tells it
    authority_clock.advance(timedelta(hours=3))
    told = "quá hạn 1 truy cập khẩn cấp chờ anh/chị xem xét Từ 17:17 10/03/2021."
    assert told in front(auditor)
    assert "ổ dịch" not in front(auditor)
    for other in (ward, elsewhere):
        assert "truy cập khẩn cấp chờ" not in front(other)


def test_where_a_second_factor_is_required_nothing_else_is_told(
    site: None, authority_clock: Any, settings: Any
) -> None:
    settings.BLUEZONE_REQUIRE_SECOND_FACTOR = True
    officer = logged_in(authority_clock, "lan", "01/009", Role.DISTRICT_OFFICER)
    page = front(officer)
    assert "hãy bật xác thực hai lớp trước" in page
    assert "chưa báo số" not in page
    assert "Các trang của anh/chị" not in page
    assert officer.get("/search/?q=thanh").status_code == 302


def test_a_clerks_organisation_is_named(site: None, authority_clock: Any) -> None:
    located_in = area_on("00343", TODAY, EVERYTHING)
    assert located_in is not None
    school = Organisation.objects.create(
        key="K7", code="", kind="school", name="Trường THCS Nhân Chính", plain_name="truong thcs nhan chinh",
        address="", located_in=located_in, managed_by_name="", path="ORG/K7",
        registered_at=authority_clock.now(), registered_by="x",
    )  # fmt: skip
    clerk = logged_in(authority_clock, "lien", school.path, Role.SCHOOL_CLERK)
    assert "cán bộ nhà trường, Trường THCS Nhân Chính" in front(clerk)
    assert 'href="/areas/"' not in clerk.get("/").content.decode()  # it would have nothing on it
    found = clerk.get("/search/", {"q": "thcs nhan chinh"})
    assert "/organisations/K7/" in found.content.decode()
    assert "Địa bàn (" not in text_of(clerk.get("/search/", {"q": "nhan chinh"}))


def test_whoever_has_nothing_to_do_and_whoever_has_no_role(site: None, authority_clock: Any) -> None:
    guard = logged_in(authority_clock, "guard", "01/009/00343", Role.GUARD)
    assert NOTHING in front(guard)
    Grant.objects.all().update(valid_until=authority_clock.now())
    page = front(guard)
    assert NOTHING not in page
    assert "chưa có vai trò nào" in page


@pytest.mark.parametrize("role", Role)
def test_a_page_is_offered_to_those_alone_to_whom_it_opens(
    site: None, authority_clock: Any, role: Role
) -> None:
    client = logged_in(authority_clock, "an", "01/009", role)
    offered = {page.view for page, _ in client.get("/").context["pages"]}
    for page in PAGES:
        answer = client.get(reverse(page.view), follow=True)
        may = page.view in offered or page.view == "emergency"  # it opens to all, and says who may use it
        assert answer.status_code == (200 if may else 403), page.view


@pytest.mark.parametrize("role", [Role.DISTRICT_OFFICER, Role.EPIDEMIOLOGIST, Role.OPERATOR])
def test_the_page_asks_the_database_little(
    site: None, authority_clock: Any, django_assert_max_num_queries: Any, role: Role
) -> None:
    client = logged_in(authority_clock, "an", "01", role)
    for code in ("00343", "00346", "00349"):
        report(authority_clock, code, 5_000, TODAY - timedelta(int(code[-1])))
        target(authority_clock, code, TODAY + timedelta(9), "60")
    with django_assert_max_num_queries(30):
        assert client.get("/").status_code == 200


def test_the_page_is_kept_by_nobody_and_answers_reads_alone(site: None, authority_clock: Any) -> None:
    guard = logged_in(authority_clock, "guard", "01/009/00343", Role.GUARD)
    assert "no-store" in guard.get("/")["Cache-Control"]
    assert guard.post("/").status_code == 405


@pytest.mark.parametrize(
    ("role", "names"),
    [
        (Role.HEALTH_WORKER, ["Cấp mã", "Thống kê", "Đơn vị", "Địa bàn"]),
        (Role.WARD_OFFICER, ["Tỷ lệ cài đặt", "Báo cáo", "Đơn vị", "Địa bàn", "Mời cán bộ"]),
        (Role.OPERATOR, ["Giới hạn mã", "Mời cán bộ"]),
        (Role.GUARD, []),
    ],
)
def test_every_page_leads_to_what_opens_to_its_reader(
    site: None, authority_clock: Any, role: Role, names: list[str]
) -> None:
    page = logged_in(authority_clock, "an", "01/009", role).get("/account/").content.decode()
    header = page.split("<nav", 1)[1].split("</nav>", 1)[0]
    links = re.findall(r'<a href="(/[^"]*)"[^>]*>([^<]+)</a>', header)
    assert [name for _, name in links if name != "Tài khoản"] == names

"""The same sheet twice: noticed, also at once; but each ward takes its own rows of a city's sheet."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.roles import Role
from bluezone.authority.access.scope import Scope
from bluezone.authority.access.services import grant_role
from bluezone.authority.accounts.services import create_user
from bluezone.authority.adoption.models import Fact
from bluezone.authority.adoption.services import import_city_sheet
from bluezone.authority.adoption.sheet import read_city_sheet
from bluezone.authority.areas.names import AreasInScope
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.tabular.forms import packed
from bluezone.authority.tabular.models import ImportRun
from bluezone.authority.tabular.services import AlreadyImported

CLI = Actor("cli")
CONFIRM = "/adoption/import/confirm"
SHEET = """Địa bàn;Ngày;Số cài đặt;Số điện thoại thông minh;Tỷ lệ
Phường Nhân Chính;08/3/2021;1.000;2.000;50%
Phường Hạ Đình;08/3/2021;1.500;6.000;25%
""".encode()


def officer(clock: Any, name: str, path: str) -> Client:
    user = create_user(name, "rừng-tre-gió-thổi", by=CLI, now=clock.now())
    grant_role(user, Role.DISTRICT_OFFICER, path, by=CLI, now=clock.now())
    client = Client()
    client.force_login(user)
    return client


def sent(client: Client) -> str:
    answer = client.post(CONFIRM, {"name": "a.csv", "sheet": "", "content": packed(SHEET)}, follow=True)
    return str(answer.content.decode())


@pytest.mark.django_db
def test_each_ward_takes_its_own_rows_of_a_citys_sheet(authority: Path, authority_clock: Any) -> None:
    load_thanh_xuan()
    elsewhere = officer(authority_clock, "xa", "01/009/00373")
    assert "Không có dòng nào nhập được." in sent(elsewhere)
    assert not ImportRun.objects.exists()  # nor does it keep anybody from importing the sheet
    first, second = (officer(authority_clock, f"an{code}", f"01/009/{code}") for code in ("00343", "00361"))
    assert "Đã nhập 1 dòng: 2 số liệu mới" in sent(first)
    assert "Tệp này đã được nhập trước đó." in sent(first)
    assert "Đã nhập 1 dòng: 2 số liệu mới" in sent(second)
    assert "Đã nhập 2 dòng: 0 số liệu mới, 0 đính chính, 4 không đổi." in sent(
        officer(authority_clock, "quan", "01/009")
    )
    assert [one.rows for one in ImportRun.objects.order_by("rows", "pk")] == [1, 1, 2]


@pytest.mark.django_db(transaction=True)
def test_sent_twice_at_once_it_is_imported_once(authority: Path, authority_clock: Any) -> None:
    load_thanh_xuan()
    now = authority_clock.now()
    rows = read_city_sheet(SHEET, AreasInScope(Scope.everything()), now.date()).rows

    def bring_in(_: int) -> bool:
        try:
            import_city_sheet(rows, file_name="a.csv", data=SHEET, by=CLI, now=now)
        except AlreadyImported:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(bring_in, range(4))) == [False, False, False, True]
    assert ImportRun.objects.count() == 1
    assert Fact.objects.filter(ended_at=None).count() == 4


@pytest.mark.django_db(transaction=True)
def test_sheets_of_the_same_day_at_once_come_after_each_other(authority: Path, authority_clock: Any) -> None:
    load_thanh_xuan()
    now = authority_clock.now()
    sheets = [SHEET.replace(b"1.000", f"1.00{at}".encode()).replace(b"50%", b"") for at in range(1, 5)]

    def bring_in(data: bytes) -> None:
        rows = read_city_sheet(data, AreasInScope(Scope.everything()), now.date()).rows
        try:
            import_city_sheet(rows, file_name="a.csv", data=data, by=CLI, now=now)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(bring_in, sheets))
    assert ImportRun.objects.count() == 4
    assert Fact.objects.filter(ended_at=None).count() == 4

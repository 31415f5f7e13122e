"""Rates of one day in the areas of another: whole areas are summed, all else has its reason."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.carried import Carried, carried_rates
from bluezone.authority.adoption.metrics import Metric
from bluezone.authority.adoption.services import record_facts
from bluezone.authority.areas.list_services import import_list
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.national_list import read_national_list
from bluezone.authority.areas.queries import area_on
from bluezone.authority.areas.services import load_thanh_xuan

pytestmark = pytest.mark.django_db

MARCH_8, JAN_2025, JULY_2025 = date(2021, 3, 8), date(2025, 1, 1), date(2025, 7, 1)
NOW = datetime(2026, 1, 5, 3, tzinfo=UTC)
BY = Actor("cli")
EVERYTHING = Scope.everything()


@pytest.fixture(autouse=True)
def areas(authority: Path) -> None:
    load_thanh_xuan()


def area(code: str, day: date) -> Area:
    found = area_on(code, day, EVERYTHING)
    assert found is not None
    return found


def enter(code: str, day: date, installs: int, phones: int) -> None:
    counts = {Metric.PHONE_LINKED: installs, Metric.SMARTPHONES: phones}
    record_facts(area(code, day), day, counts, scope=EVERYTHING, by=BY, now=NOW)


def told(carried: Carried) -> dict[str, str]:
    return {one.area.path: one.rate.text if one.rate else one.reason.vi for one in carried.rows}


def carry(code: str, day: date, areas_of: date, scope: Scope = EVERYTHING) -> Carried:
    return carried_rates(area(code, day), day, areas_of, scope)


def test_the_district_of_2021_in_its_wards_of_january_2025() -> None:
    enter("009", MARCH_8, 157_542, 402_706)
    enter("00367", MARCH_8, 10, 100)  # Thanh Xuân Bắc
    enter("00370", date(2021, 3, 1), 30, 200)  # Thanh Xuân Nam, a week before
    enter("00343", MARCH_8, 7, 70)
    enter("00361", MARCH_8, 5, 50)  # Hạ Đình; Kim Giang has no figure
    carried = carry("009", MARCH_8, JAN_2025)
    rates = told(carried)
    assert rates["01/009"] == "157.542/402.706 (đạt 39,12%)"
    assert rates["01/009/00367"] == "40/300 (đạt 13,33%)"
    assert rates["01/009/00343"] == "7/70 (đạt 10,00%)"
    assert rates["01/009/00373"] == "Phường Kim Giang (00373) chưa có số liệu"
    assert rates["01/009/00346"] == "Phường Thượng Đình (00346) chưa có số liệu"
    assert len(rates) == 10
    [both] = [one.rate for one in carried.rows if one.area.code == "00367"]
    assert both is not None
    assert [one.name for one in both.made_of] == ["Phường Thanh Xuân Bắc", "Phường Thanh Xuân Nam"]
    assert (both.first_day, both.last_day) == (date(2021, 3, 1), MARCH_8)
    assert carried.unexplained == ()


def test_an_abolished_district_is_told_in_what_its_wards_became() -> None:
    enter("00352", MARCH_8, 1, 2)
    rates = told(carry("009", MARCH_8, JULY_2025))
    assert set(rates) == {f"01/{code}" for code in (
        "00367", "00364", "00352", "00175", "00322", "00637", "00643",
    )}  # fmt: skip
    assert rates["01/00352"] == (
        "có phần của Phường Khương Trung (00349), Phường Phương Liệt (00358) và Phường Khương Đình (00364); "
        "không ai đếm riêng từng phần"
    )
    # An officer of the district alone has no area of that day.
    assert told(carry("009", MARCH_8, JULY_2025, Scope.of(["01/009"]))) == {}


def test_backwards() -> None:
    enter("00343", JAN_2025, 7, 70)
    enter("00373", JAN_2025, 9, 90)
    rates = told(carry("009", JAN_2025, MARCH_8))
    assert rates["01/009/00343"] == "7/70 (đạt 10,00%)"
    assert rates["01/009/00361"] == (
        "Phường Hạ Đình (00361) và Phường Kim Giang (00373) về sau nhập làm một; không còn ai đếm riêng"
    )
    enter("00352", JULY_2025, 3, 30)  # Phương Liệt now
    rates = told(carried_rates(area("01", JULY_2025), JULY_2025, JAN_2025, EVERYTHING))
    assert rates == {
        "01": "Thành phố Hà Nội (01) chưa có số liệu",
        "01/009": "không biết Quận Thanh Xuân (009) đã trở thành địa bàn nào",
    }
    back = told(carried_rates(area("009", JAN_2025), JULY_2025, JAN_2025, EVERYTHING))
    assert back["01/009/00358"] == "Phường Phương Liệt (00358) về sau đã bị chia"
    # Only Khương Mai went whole into today's Phương Liệt, which is made of others too.
    assert "về sau nhập làm một" in back["01/009/00352"]


def test_figures_outside_the_scope_are_not_summed() -> None:
    enter("00367", MARCH_8, 10, 100)
    enter("00370", MARCH_8, 30, 200)
    scope = Scope.of(["01/009/00367"])
    carried = carried_rates(area("00367", MARCH_8), MARCH_8, JAN_2025, scope)
    assert told(carried) == {"01/009/00367": "số liệu của địa bàn ngoài phạm vi của bạn"}
    assert told(carry("009", MARCH_8, JAN_2025, Scope.nothing())) == {}


def test_figures_of_two_definitions_are_not_summed() -> None:
    """The base is counted anew from 29 June 2021."""
    enter("00367", MARCH_8, 10, 100)
    enter("00370", date(2021, 7, 1), 30, 200)
    rates = told(carry("009", date(2021, 7, 2), JAN_2025))
    assert rates["01/009/00367"] == (
        "Phường Thanh Xuân Bắc (00367), Phường Thanh Xuân Nam (00370) được tính theo những cách khác nhau"
    )


def test_the_same_day_is_the_table_itself() -> None:
    enter("00343", MARCH_8, 7, 70)
    rates = told(carry("009", MARCH_8, MARCH_8))
    assert rates["01/009/00343"] == "7/70 (đạt 10,00%)"
    assert len(rates) == 12


def test_what_a_list_does_not_tell_is_said() -> None:
    heading = "Tỉnh Thành Phố;Mã TP;Quận Huyện;Mã QH;Phường Xã;Mã PX\n"
    rows = [
        f"Tỉnh Hà Giang;02;Huyện Đồng Văn;026;{ward}\n"
        for ward in ("Xã Lũng Cú;00715", "Xã Má Lé;00718", "Xã Sủng Là;00745")
    ]
    for day, lines in (
        (date(2021, 2, 1), rows),
        (JAN_2025, [rows[0], rows[2].replace("Sủng Là", "Mới")]),
    ):
        data = (heading + "".join(lines)).encode()
        import_list(read_national_list(data), day, file_name="a", data=data, by=BY, now=NOW)
    for code in ("00715", "00718", "00745"):
        enter(code, MARCH_8, 1, 10)
    carried = carry("026", MARCH_8, JAN_2025)
    assert told(carried) == {
        "02/026": "Huyện Đồng Văn (026) chưa có số liệu",
        "02/026/00715": "1/10 (đạt 10,00%)",
        "02/026/00745": "không biết Xã Mới (00745) được lập từ những địa bàn nào",
    }
    assert [one.name for one in carried.unexplained] == ["Xã Má Lé", "Xã Sủng Là", "Xã Mới"]

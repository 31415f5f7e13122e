"""National lists on both databases: versions go on, change, come, end; taken back; a whole country."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.models import AuditEntry
from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.metrics import Metric
from bluezone.authority.adoption.services import record_facts
from bluezone.authority.areas.list_services import (
    AreasInUse,
    ListOutcome,
    ListRefused,
    import_list,
    plan_import,
    undo_list,
)
from bluezone.authority.areas.models import Area, Succession
from bluezone.authority.areas.national_list import read_national_list
from bluezone.authority.areas.queries import area_on, areas_on, parents_on, parts_on
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.tabular.services import AlreadyImported, ImportNotFound

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 5, 3, tzinfo=UTC)
BY = Actor("cli")
EVERYTHING = Scope.everything()
D2021, D2022, D2025 = date(2021, 2, 1), date(2022, 6, 1), date(2025, 7, 1)
THREE = "Tỉnh Thành Phố;Mã TP;Quận Huyện;Mã QH;Phường Xã;Mã PX;Cấp\n"
TWO = "Tỉnh Thành Phố;Mã TP;Phường Xã;Mã PX;Cấp\n"
GIANG = "Tỉnh Hà Giang;02;Thành phố Hà Giang;024;Phường Quang Trung;00688;Phường\n"
DONG_VAN = "Tỉnh Hà Giang;02;Huyện Đồng Văn;026;Xã Lũng Cú;00715;Xã\n"


@pytest.fixture(autouse=True)
def data(authority: Path) -> None:
    pass


def bring_in(text: str, day: date, *, whole_country: bool = False, ground: bool = False) -> ListOutcome:
    data = text.encode()
    return import_list(
        read_national_list(data),
        day,
        file_name="danh mục.csv",
        data=data,
        by=BY,
        now=NOW,
        whole_country=whole_country,
        renames_keep_ground=ground,
    )


def there(day: date, scope: Scope = EVERYTHING) -> dict[str, str]:
    return {one.path: one.name for one in areas_on(day, scope)}


def counts(outcome: ListOutcome) -> tuple[int, int, int, int]:
    plan = outcome.plan
    return len(plan.add), len(plan.change), len(plan.end), len(plan.keep)


def test_from_three_levels_to_two() -> None:
    assert counts(bring_in(THREE + GIANG + DONG_VAN, D2021)) == (5, 0, 0, 0)
    outcome = bring_in(TWO + "Tỉnh Hà Giang;02;Xã Lũng Cú;00715;Xã\n", D2025)
    assert counts(outcome) == (0, 1, 3, 1)
    assert there(date(2025, 6, 30)) == {
        "02": "Tỉnh Hà Giang",
        "02/024": "Thành phố Hà Giang",
        "02/024/00688": "Phường Quang Trung",
        "02/026": "Huyện Đồng Văn",
        "02/026/00715": "Xã Lũng Cú",
    }
    assert there(D2025) == {"02": "Tỉnh Hà Giang", "02/00715": "Xã Lũng Cú"}
    assert Succession.objects.count() == 0  # a list does not tell what became of what
    city = area_on("02", D2025, EVERYTHING)
    assert city is not None
    assert [one.code for one in parts_on(city, D2025, EVERYTHING)] == ["00715"]
    assert [one.code for one in parts_on(city, D2021, EVERYTHING)] == ["024", "026"]


def test_what_ships_and_a_list_agree_and_spelling_is_told() -> None:
    load_thanh_xuan()
    before = Area.objects.count()
    line = "Thành phố Hà Nội;01;{};{};Phường\n"
    wards = {code: name for path, name in there(D2025).items() if (code := path[3:])}
    assert len(wards) == 7
    text = "".join(line.format(name.replace("òa", "oà"), code) for code, name in wards.items())
    outcome = bring_in(TWO + text, D2025)
    assert counts(outcome) == (0, 0, 0, 8)
    assert [one.name for _, one in outcome.plan.respelled] == ["Phường Yên Hoà"]
    assert Area.objects.count() == before
    assert there(D2025)["01/00175"] == "Phường Yên Hòa"


def test_an_earlier_list_ends_where_the_code_is_known_to_begin_anew() -> None:
    load_thanh_xuan()
    rows = "".join(
        f"Thành phố Hà Nội;01;Quận Thanh Xuân;009;{name};{path[-5:]};Phường\n"
        for path, name in there(D2021).items()
        if path.count("/") == 2
    )
    other = "Thành phố Hà Nội;01;Quận Cầu Giấy;005;Phường Yên Hoà;00175;Phường\n"
    assert counts(bring_in(THREE + rows + other, D2021)) == (2, 0, 0, 13)
    old = area_on("00175", D2021, EVERYTHING)
    assert old is not None
    assert (old.path, old.valid_until) == ("01/005/00175", D2025)
    assert there(D2025)["01/00175"] == "Phường Yên Hòa"


def test_a_list_that_the_registry_contradicts_is_refused() -> None:
    load_thanh_xuan()
    line = "Thành phố Hà Nội;01;Quận Thanh Xuân;009;Phường Hạ Đình;00361;Phường\n"
    with pytest.raises(ListRefused, match="in 10 places: the list lacks 00343 “Phường Nhân Chính”"):
        bring_in(THREE + line, D2022)
    assert Area.objects.filter(listed_in__isnull=False).count() == 0


def test_a_new_name_is_a_new_version_and_a_city_renamed_keeps_its_parts() -> None:
    bring_in(THREE + GIANG + DONG_VAN, D2021)
    renamed = (THREE + GIANG + DONG_VAN).replace("Tỉnh Hà Giang", "Thành phố Giang").replace("Lũng", "Núi")
    assert counts(bring_in(renamed, D2022)) == (0, 2, 0, 3)
    before, after = area_on("02", D2021, EVERYTHING), area_on("02", D2022, EVERYTHING)
    assert before is not None
    assert after is not None
    assert (before.name, before.valid_until, after.name) == ("Tỉnh Hà Giang", D2022, "Thành phố Giang")
    assert [one.code for one in parts_on(after, D2022, EVERYTHING)] == ["024", "026"]
    ward = area_on("00688", D2022, EVERYTHING)
    assert ward is not None
    names = [one.name for one in parents_on(ward, D2022, EVERYTHING)]
    assert names == ["Thành phố Giang", "Thành phố Hà Giang"]
    assert [one.name for one in parents_on(ward, D2022, Scope.of(["02/024"]))] == ["Thành phố Hà Giang"]
    assert Succession.objects.count() == 0


def test_that_renames_kept_their_ground_can_be_said_and_is_taken_back() -> None:
    bring_in(THREE + GIANG, D2021)
    run = bring_in(THREE + GIANG.replace("Quang Trung", "Trung"), D2022, ground=True).run
    [link] = Succession.objects.all()
    assert (link.predecessor.name, link.successor.name, link.whole) == (
        "Phường Quang Trung", "Phường Trung", True,
    )  # fmt: skip
    undo_list(run, by=BY, now=NOW)
    assert Succession.objects.count() == 0
    assert there(D2025)["02/024/00688"] == "Phường Quang Trung"


def test_a_vanished_city_ends_only_with_a_list_of_the_whole_country() -> None:
    bring_in(THREE + GIANG, D2021)
    line = "Tỉnh Tuyên Quang;08;Xã Lũng Cú;00715;Xã\n"
    outcome = bring_in(TWO + line, D2025)
    assert [one.name for one in outcome.plan.not_listed] == ["Tỉnh Hà Giang"]
    assert "02/024" in there(D2025)
    undo_list(outcome.run, by=BY, now=NOW)
    assert counts(bring_in(TWO + line, D2025, whole_country=True)) == (2, 0, 3, 0)
    assert there(D2025) == {"08": "Tỉnh Tuyên Quang", "08/00715": "Xã Lũng Cú"}


def test_a_list_is_taken_back_in_order_and_not_from_under_figures() -> None:
    first = bring_in(THREE + GIANG, D2021).run
    at_first = there(D2025)
    second = bring_in(THREE + GIANG.replace("Quang Trung", "Trung"), D2022).run
    with pytest.raises(ListRefused, match=r"01/06/2022 is in already"):
        bring_in(THREE + DONG_VAN, D2021)
    with pytest.raises(AreasInUse, match="a later list ended 1 areas"):
        undo_list(first, by=BY, now=NOW)
    ward = area_on("00688", D2022, EVERYTHING)
    assert ward is not None
    undo_list(second, by=BY, now=NOW)
    assert there(D2025) == at_first
    with pytest.raises(ImportNotFound):
        undo_list(second, by=BY, now=NOW)
    ward = area_on("00688", D2022, EVERYTHING)
    assert ward is not None
    record_facts(ward, D2022, {Metric.PHONE_LINKED: 5}, scope=EVERYTHING, by=BY, now=NOW)
    with pytest.raises(AreasInUse, match="other things rest"):
        undo_list(first, by=BY, now=NOW)
    assert there(D2025) == at_first
    actions = list(AuditEntry.objects.order_by("recorded_at", "id").values_list("action", flat=True))
    assert sorted(actions) == [
        "adoption.typed-in", "areas.import-undone", "areas.imported", "areas.imported",
    ]  # fmt: skip


def test_errors_and_the_same_file_again_are_refused() -> None:
    with pytest.raises(ListRefused, match="1 errors"):
        bring_in(THREE + GIANG.replace("00688", ""), D2021)
    bring_in(THREE + GIANG, D2021)
    with pytest.raises(AlreadyImported):
        bring_in(THREE + GIANG, D2021)
    assert Area.objects.count() == 3


def test_a_list_as_large_as_the_country() -> None:
    """10,600 wards of 700 districts and 63 cities, brought in and then replaced by 3,300 of two levels."""
    rows = [
        f"Tỉnh {city};{city:02};Huyện {district};{district:03};Xã {ward};{ward:05};Xã\n"
        for ward in range(10_600)
        for district in [ward % 700]
        for city in [1 + district % 63]
    ]
    steps: list[tuple[int, int]] = []
    data = (THREE + "".join(rows)).encode()
    found = read_national_list(data)
    assert len(plan_import(found, D2021).add) == 63 + 700 + 10_600
    import_list(
        found,
        D2021,
        file_name="a",
        data=data,
        by=BY,
        now=NOW,
        progress=lambda done, of: steps.append((done, of)),
    )
    outcome = bring_in(
        TWO + "".join(f"Tỉnh {ward % 34};{ward % 34:02};Xã {ward};{ward:05};Xã\n" for ward in range(3_300)),
        D2025,
        whole_country=True,
    )
    assert steps[-1] == (11_363, 11_363)
    assert len(steps) >= 7
    assert counts(outcome) == (1, 3_300, 30 + 700 + 7_300, 33)  # no city 00 before, none of 34 to 63 after
    assert areas_on(D2021, EVERYTHING).count() == 11_363
    assert areas_on(D2025, EVERYTHING).count() == 34 + 3_300
    undo_list(outcome.run, by=BY, now=NOW)
    assert areas_on(D2025, EVERYTHING).count() == 11_363

"""Statistics: every event once, by its day; small numbers withheld from whoever adds and subtracts."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from bluezone.authority.access.audit import SYSTEM, Actor
from bluezone.authority.access.disclosure_rules import Withheld, tell
from bluezone.authority.access.roles import Role
from bluezone.authority.access.scope import EVERYWHERE, Scope
from bluezone.authority.access.services import grant_role
from bluezone.authority.accounts.services import create_user
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.keys import services
from bluezone.authority.keys.models import ApiKind, StatisticCount, VerificationCode
from bluezone.authority.keys.report_types import ReportTypeName
from bluezone.authority.keys.services import statistics
from bluezone.authority.keys.statistics_queries import day_figures, week_figures
from bluezone.authority.keys.statistics_rules import (
    area_group,
    key_ages,
    last_day_told,
    onset_to_upload,
    tell_outcomes,
    tell_parts,
)

DAY = 144
WEDNESDAY = date(2021, 3, 10)
SMALL, COVER = Withheld.SMALL, Withheld.COVER


def stored(measure: str) -> dict[tuple[date, int], int]:
    rows = StatisticCount.objects.filter(measure=measure)
    return {(row.day, row.bin): row.count for row in rows if row.count}


def put(day: date, measure: str, count: int, place: int = 1, area: str = EVERYWHERE) -> None:
    StatisticCount.objects.create(day=day, area_path=area, measure=measure, bin=place, count=count)


@pytest.fixture(autouse=True)
def nothing_pending(monkeypatch: pytest.MonkeyPatch) -> None:
    """Publishes of other tests are not counted here."""
    monkeypatch.setattr(statistics, "_noted", statistics.deque())
    monkeypatch.setattr(statistics, "_sums", statistics.Counter())


class TestCounting:
    pytestmark = pytest.mark.django_db(transaction=True)

    def test_a_publish_is_counted_once_in_each_table(self, phone: Any, authority_clock: Any) -> None:
        keys = phone.keys(14)
        onset = phone.today - 3 * DAY
        body = phone.body(keys, symptomOnsetInterval=onset)
        for _ in range(2):  # sent again, it is the same publish
            assert phone.send(body)[0] == 200
        services.flush_statistics()
        services.flush_statistics()
        assert stored("publishes") == {(WEDNESDAY, 1): 1}  # 1: confirmed
        assert stored("onset-to-upload") == {(WEDNESDAY, 3): 1}
        # yesterday's key is 1 day old, the oldest 14
        assert stored("keys-by-age") == {(WEDNESDAY, age): 1 for age in range(1, 15)}
        assert stored("revisions") == stored("chaff") == {}

    def test_further_publishes_are_added_by_their_hanoi_day(self, phone: Any, authority_clock: Any) -> None:
        phone.publish(phone.keys(2))
        services.flush_statistics()
        phone.publish(phone.keys(2), "likely")
        phone.publish(phone.keys(2))
        services.flush_statistics()
        authority_clock.advance(timedelta(hours=9))  # 17:17 UTC: 0:17 on the 11th in Hà Nội
        phone.publish(phone.keys(1))
        services.flush_statistics()
        thursday = date(2021, 3, 11)
        assert stored("publishes") == {(WEDNESDAY, 1): 2, (WEDNESDAY, 2): 1, (thursday, 1): 1}
        # no onset is stated: -1
        assert stored("onset-to-upload") == {(WEDNESDAY, -1): 3, (thursday, -1): 1}
        assert stored("keys-by-age") == {(WEDNESDAY, 1): 3, (WEDNESDAY, 2): 3, (thursday, 1): 1}

    def test_a_revision_is_no_new_publish(self, phone: Any) -> None:
        keys = phone.keys(3)
        _, reply = phone.publish(keys, "likely")
        phone.publish(keys, "confirmed", revisionToken=reply["revisionToken"])
        services.flush_statistics()
        assert stored("publishes") == {(WEDNESDAY, 2): 1}
        assert stored("revisions") == {(WEDNESDAY, 1): 1}
        assert sum(stored("keys-by-age").values()) == 3

    def test_chaff_and_refusals_are_in_no_statistic(self, phone: Any) -> None:
        chaff = json.dumps(phone.body(phone.keys(14)))
        phone.client.post("/v1/publish", chaff, content_type="application/json", headers={"X-Chaff": "1"})
        assert phone.send({**phone.body(phone.keys(1)), "healthAuthorityID": "nobody"})[0] == 401
        services.flush_statistics()
        assert stored("publishes") == stored("keys-by-age") == stored("onset-to-upload") == {}
        assert stored("chaff") == {(WEDNESDAY, 0): 1}

    def test_what_cannot_be_written_is_kept(
        self, key_server: Path, authority_clock: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(_rows: object) -> None:
            raise OperationalError("the disk is full")

        statistics.note_publish(ReportTypeName.CONFIRMED, (1, 99), 99, authority_clock.now())
        with monkeypatch.context() as patch:
            patch.setattr(statistics, "_upsert", full)
            with pytest.raises(OperationalError):
                services.flush_statistics()
        statistics.note_publish(ReportTypeName.CONFIRMED, (1,), None, authority_clock.now())
        services.flush_statistics()
        assert stored("publishes") == {(WEDNESDAY, 1): 2}
        assert stored("keys-by-age") == {(WEDNESDAY, 1): 2, (WEDNESDAY, 16): 1}  # 16: over 15
        assert stored("onset-to-upload") == {(WEDNESDAY, 30): 1, (WEDNESDAY, -1): 1}  # 30: over 29

    def test_the_flusher_writes_what_is_left_when_it_stops(
        self, key_server: Path, authority_clock: Any
    ) -> None:
        with services.StatisticsFlusher():
            statistics.note_publish(ReportTypeName.LIKELY, (0,), 2, authority_clock.now())
        assert stored("publishes") == {(WEDNESDAY, 2): 1}


class TestCodes:
    pytestmark = pytest.mark.django_db

    @pytest.fixture
    def issue(self, key_server: Path, authority_clock: Any) -> Any:
        def one(area: str = "01/009/00343", **changes: Any) -> services.IssuedCode:
            asked = {
                "report_type": ReportTypeName.CONFIRMED,
                "test_date": date(2021, 3, 9),
                "uuid": uuid.uuid4(),
                "area_path": area,
                "scope": Scope.everything(),
                "by": SYSTEM,
                "now": authority_clock.now(),
            }
            return services.issue_code(**{**asked, **changes})

        return one

    def test_issued_claimed_revoked_and_expired(self, issue: Any, authority_clock: Any) -> None:
        used, revoked, _unused = issue(), issue(), issue(report_type=ReportTypeName.LIKELY)
        long = issue(with_long_code=True)  # good until 15:17 tomorrow
        services.verify_code(used.code, [], authority_clock.now())
        services.revoke_code(revoked.uuid, scope=Scope.everything(), by=SYSTEM, now=authority_clock.now())
        services.count_codes(authority_clock.now())
        assert stored("codes-issued") == {(WEDNESDAY, 1): 3, (WEDNESDAY, 2): 1}
        assert stored("codes-claimed") == stored("codes-revoked") == {(WEDNESDAY, 1): 1}
        assert stored("codes-expired") == {}
        authority_clock.advance(timedelta(minutes=16))
        for _ in range(2):  # counting again counts nothing twice
            services.count_codes(authority_clock.now())
        assert stored("codes-expired") == {(WEDNESDAY, 2): 1}
        authority_clock.advance(timedelta(hours=12))
        services.verify_code(long.long_code, [], authority_clock.now())
        services.count_codes(authority_clock.now())
        assert stored("codes-claimed") == {(WEDNESDAY, 1): 1, (date(2021, 3, 11), 1): 1}
        assert stored("codes-expired") == {(WEDNESDAY, 2): 1}

    def test_the_sums_outlive_the_codes(self, issue: Any, authority_clock: Any) -> None:
        issue()
        for _ in range(40):
            authority_clock.advance(timedelta(hours=13))
            services.count_codes(authority_clock.now())
            services.delete_expired(authority_clock.now())
        assert VerificationCode.objects.count() == 0
        assert stored("codes-issued") == stored("codes-expired") == {(WEDNESDAY, 1): 1}

    def test_days_are_hanois(self, issue: Any, authority_clock: Any) -> None:
        authority_clock.advance(timedelta(hours=8, minutes=42))  # 23:59 in Hà Nội
        issue()
        authority_clock.advance(timedelta(minutes=1))
        issue()
        services.count_codes(authority_clock.now())
        assert stored("codes-issued") == {(WEDNESDAY, 1): 1, (date(2021, 3, 11), 1): 1}


class TestRules:
    def test_ages_by_hand(self) -> None:
        early = datetime(2021, 3, 9, 23, 0, tzinfo=UTC)  # 6:00 on the 10th in Hà Nội
        tenth = (date(2021, 3, 10) - date(1970, 1, 1)).days * DAY
        assert key_ages([tenth - DAY, tenth - 3 * DAY + 7], early) == (0, 2)  # keys have UTC days
        assert onset_to_upload(tenth, 0, early) == 0  # an onset has a day in Hà Nội
        assert onset_to_upload(0, tenth - 5 * DAY, early) == 5
        assert onset_to_upload(tenth - DAY, tenth - 5 * DAY, early) == 1
        assert onset_to_upload(tenth - 40 * DAY, tenth - 5 * DAY, early) == 5
        assert onset_to_upload(tenth + DAY, 0, early) is None
        assert onset_to_upload(0, 0, early) is None

    @pytest.mark.parametrize(
        ("now", "embargo", "last"),
        [
            (datetime(2021, 3, 10, 17, 59, tzinfo=UTC), 0, 9),  # 0:59 on the 11th: the 10th is not settled
            (datetime(2021, 3, 10, 18, 0, tzinfo=UTC), 0, 10),
            (datetime(2021, 3, 12, 16, 59, tzinfo=UTC), 48, 9),
            (datetime(2021, 3, 12, 17, 0, tzinfo=UTC), 48, 10),
        ],
    )
    def test_a_day_is_told_when_it_is_over(self, now: datetime, embargo: int, last: int) -> None:
        assert last_day_told(now, timedelta(hours=embargo)) == date(2021, 3, last)

    def test_small_numbers(self) -> None:
        assert [tell(count) for count in (0, 1, 9, 10, 11)] == [SMALL, SMALL, SMALL, 10, 11]
        assert (tell(126, people=9), tell(140, people=10)) == (SMALL, 140)

    @pytest.mark.parametrize(
        ("days", "parts", "told"),
        [
            # nothing is small
            ([20] * 7, [100, 40], (100, 40)),
            # 3 could be worked out from 140: so the next greater is covered
            ([20] * 7, [100, 37, 3], (100, COVER, SMALL)),
            # 5 + 4 = 9 and 0 <= 9 <= 9: either may be anything from 0 to 9
            ([20] * 7, [131, 5, 4], (131, SMALL, SMALL)),
            # 9 + 9 = 18: both would be known to be 9
            ([20] * 7, [122, 9, 9], (COVER, SMALL, SMALL)),
            # 1 + 1 = 2: neither could be more than 2
            ([20] * 7, [100, 38, 1, 1], (100, COVER, SMALL, SMALL)),
            # with 13 covered, the small one could be at most 13 + 4 - 10 = 7: one more
            ([20] * 7, [123, 13, 4], (COVER, COVER, SMALL)),
            # one small day: the total would give it away
            ([20] * 6 + [5], [100, 25], None),
            # two small days of 4 and 5 are safe from the total
            ([20] * 5 + [4, 5], [80, 29], (80, 29)),
            ([0] * 7, [0, 0], None),
        ],
    )
    def test_parts_of_a_week(self, days: list[int], parts: list[int], told: object) -> None:
        assert sum(days) == sum(parts)
        assert tell_parts(days, parts) == told

    @pytest.mark.parametrize(
        ("issued", "outcomes", "told"),
        [
            (90, [40, 30, 20], (40, 30, 20)),
            # 32 - 17 - 12 = 3: with 12 alone covered it could be at most 3 + 2
            (32, [17, 3, 12], (COVER, SMALL, COVER)),
            (2000, [1900, 95, 5], (1900, COVER, SMALL)),
            # the rest of 40 was 0
            (40, [40, 0, 0], (COVER, SMALL, SMALL)),
            (15, [9, 4, 2], (SMALL, SMALL, SMALL)),
            # 27 are three times 9, and of 15 with one that is 10 or more the others have at most 5
            (27, [9, 9, 9], (COVER, COVER, COVER)),
            (15, [12, 3, 0], (COVER, COVER, COVER)),
            # nobody can take these for all of 1,234
            (1234, [9, 0, 0], (SMALL, SMALL, SMALL)),
            # yesterday's codes
            (3, [14, 2, 0], (14, SMALL, SMALL)),
        ],
    )
    def test_what_became_of_a_days_codes(self, issued: int, outcomes: list[int], told: object) -> None:
        assert tell_outcomes(issued, outcomes) == told

    def test_parts_of_a_scope(self) -> None:
        assert area_group("01/009/00343", ()) == "01/009"
        assert area_group("01", ()) == "01"
        assert area_group("*", ()) == "*"
        assert area_group("01/009/00343/7", ("01/009",)) == "01/009/00343"
        assert area_group("01/009", ("01/009",)) == "01/009"
        assert area_group("01/0091/5", ("01", "01/009")) == "01/0091"


def possible_values(figures: Sequence[object], total: int) -> list[set[int]]:
    """Brute force of one who knows the total: what each small figure may be."""
    known = sum(figure for figure in figures if isinstance(figure, int))
    small = [at for at, figure in enumerate(figures) if figure is SMALL]
    covers = sum(figure is COVER for figure in figures)
    found: list[set[int]] = [set() for _ in small]
    for guess in itertools.product(range(10), repeat=len(small)):
        left = total - known - sum(guess)
        if (left == 0) if not covers else (left >= 10 * covers):
            for at, value in enumerate(guess):
                found[at].add(value)
    return found


@settings(deadline=None, max_examples=60)
@given(
    parts=st.lists(st.one_of(st.integers(0, 12), st.integers(0, 60)), min_size=1, max_size=5),
    days=st.lists(st.integers(0, 30), min_size=3, max_size=3),
)
def test_whoever_adds_and_subtracts_learns_nothing_of_a_small_number(
    parts: list[int], days: list[int]
) -> None:
    rest = sum(parts) - sum(days)
    days = [*days, rest] if rest >= 0 else [sum(parts)]
    told = tell_parts(days, parts)
    if told is None:
        return
    total = sum(parts)
    for figures in (told, [tell(day) for day in days]):
        assert all(values == set(range(10)) for values in possible_values(figures, total))
    for count, figure in zip(parts, told, strict=True):
        assert (figure is SMALL) == (count < 10)
        assert figure in (count, SMALL, COVER)


@settings(deadline=None, max_examples=60)
@given(outcomes=st.lists(st.one_of(st.integers(0, 12), st.integers(0, 60)), min_size=3, max_size=3))
def test_no_small_outcome_can_be_worked_out_from_the_others(outcomes: list[int]) -> None:
    issued = sum(outcomes)
    told = tell_outcomes(issued, outcomes)
    if issued >= 10 and SMALL in told:
        assert all(values == set(range(10)) for values in possible_values(told, issued))


@pytest.mark.django_db
def test_days_that_cover_others_are_in_no_sum_of_the_week(key_server: Path, authority_clock: Any) -> None:
    """Of seven days of 40 claimed six are told: the week's 280 would tell the seventh, so its 3 and 2."""
    for day in range(1, 8):
        for measure, count in (("issued", 90), ("claimed", 40), ("expired", 30), ("revoked", 20)):
            put(date(2021, 3, day), f"codes-{measure}", count, area="01/009/00343")
    assert week_figures(Scope.everything(), date(2021, 3, 1)).claimed_by_area == {"01/009": 280}
    StatisticCount.objects.filter(day=date(2021, 3, 4), measure="codes-expired").update(count=3)
    StatisticCount.objects.filter(day=date(2021, 3, 4), measure="codes-revoked").update(count=2)
    fourth = day_figures(Scope.everything(), authority_clock.now())[5]
    assert (fourth.day, fourth.claimed) == (date(2021, 3, 4), COVER)
    assert week_figures(Scope.everything(), date(2021, 3, 1)).claimed_by_area is None


@pytest.mark.django_db
class TestApi:
    @pytest.fixture(autouse=True)
    def counts(self, key_server: Path) -> None:
        put(date(2021, 3, 9), "codes-issued", 12, area="01/009/00343")
        put(date(2021, 3, 9), "codes-issued", 4, 2, area="01/009/00346")
        put(date(2021, 3, 9), "codes-issued", 50, area="01/001/00001")
        put(date(2021, 3, 9), "codes-claimed", 9, area="01/009/00343")
        put(date(2021, 3, 9), "publishes", 9)
        put(date(2021, 3, 9), "keys-by-age", 126)
        put(date(2021, 3, 8), "publishes", 10)
        put(date(2021, 3, 8), "keys-by-age", 139)
        put(WEDNESDAY, "publishes", 1000)  # today
        for day in range(1, 8):  # Monday to Sunday before
            put(date(2021, 3, day), "codes-issued", 20, area="01/009/00343")
            put(date(2021, 3, day), "publishes", 15)
            put(date(2021, 3, day), "keys-by-age", 30, 2)
            put(date(2021, 3, day), "keys-by-age", 1, 15)
            put(date(2021, 3, day), "onset-to-upload", 13, 4)
            put(date(2021, 3, day), "onset-to-upload", 2, -1)

    def get(self, path: str, clock: Any, area: str = "01/009", kind: ApiKind = ApiKind.STATS) -> Any:
        key = services.create_api_key("Reader", kind, area, by=SYSTEM, now=clock.now())
        return Client().get(path, headers={"X-API-Key": key.text})

    def test_codes_of_the_keys_area(self, authority_clock: Any) -> None:
        reply = self.get("/api/stats/realm.json", authority_clock).json()
        assert len(reply.pop("padding")) >= 2048
        newest = reply["statistics"][0]
        assert newest["date"] == "2021-03-09T00:00:00Z"
        assert newest["data"] == {
            "codes_issued": 16,
            "codes_claimed": "<10",
            "codes_expired": "<10",
            "codes_revoked": "<10",
        }
        # as far back as anything was counted
        assert [one["date"][:10] for one in reply["statistics"]] == [
            f"2021-03-{day:02}" for day in range(9, 0, -1)
        ]
        (week,) = reply["weeks"]
        assert (week["first_day"], week["last_day"]) == ("2021-03-01", "2021-03-07")
        assert week["codes_issued_by_area"] == {"01/009/00343": 140}

    def test_keys_of_the_region(self, authority_clock: Any) -> None:
        reply = self.get("/api/stats/keyserver.json", authority_clock).json()
        ninth, eighth = reply["statistics"][:2]
        # 126 keys would tell how few people sent them
        assert (ninth["publish_requests"], ninth["total_teks_published"]) == ({"unknown": "<10"}, "<10")
        assert (eighth["publish_requests"], eighth["total_teks_published"]) == ({"unknown": 10}, 139)
        (week,) = reply["weeks"]
        ages, onsets = week["tek_age_distribution"], week["onset_to_upload_distribution"]
        assert (len(ages), len(onsets)) == (17, 31)
        # 7 keys of age 15 are too few; the 210 cover them, since the total may be known
        assert (ages[2], ages[15]) == ("withheld", "<10")
        # 29 small bins, all empty; the 14 alone could cover no more than 4 in them, so the 91 is covered too
        assert (onsets[4], week["requests_missing_onset_date"]) == ("withheld", "withheld")
        assert onsets.count("<10") == 30
        assert "1000" not in json.dumps(reply["statistics"])

    def test_csv(self, authority_clock: Any) -> None:
        response = self.get("/api/stats/realm.csv", authority_clock)
        assert response["Content-Type"].startswith("text/csv")
        rows = list(csv.reader(io.StringIO(response.content.decode())))
        assert rows[0] == ["date", "codes_issued", "codes_claimed", "codes_expired", "codes_revoked"]
        assert rows[1] == ["2021-03-09", "16", "<10", "<10", "<10"]
        response = self.get("/api/stats/keyserver.csv", authority_clock)
        rows = list(csv.reader(io.StringIO(response.content.decode())))
        assert rows[1:3] == [["2021-03-09", "<10", "<10", "<10"], ["2021-03-08", "10", "139", "<10"]]

    def test_embargo(self, authority_clock: Any, settings: Any) -> None:
        settings.BLUEZONE_STATISTICS_EMBARGO_HOURS = 48
        reply = self.get("/api/stats/realm.json", authority_clock).json()
        assert reply["statistics"][0]["date"] == "2021-03-07T00:00:00Z"  # over since 63 hours
        settings.BLUEZONE_STATISTICS_EMBARGO_HOURS = 72
        reply = self.get("/api/stats/realm.json", authority_clock).json()
        assert reply["statistics"][0]["date"] == "2021-03-06T00:00:00Z"
        assert reply["weeks"] == []  # the week is not over for so long

    @pytest.mark.parametrize("path", ["realm.json", "realm.csv", "keyserver.json", "keyserver.csv"])
    def test_only_with_a_stats_key(self, authority_clock: Any, path: str) -> None:
        for kind in (ApiKind.DEVICE, ApiKind.ADMIN):
            assert self.get(f"/api/stats/{path}", authority_clock, kind=kind).status_code == 401
        assert Client().get(f"/api/stats/{path}").status_code == 401
        assert Client().post(f"/api/stats/{path}").status_code == 405


@pytest.mark.django_db
class TestPage:
    def reader(self, clock: Any, role: Role = Role.DISTRICT_OFFICER, area: str = "01/009") -> Client:
        load_thanh_xuan()
        cli, now = Actor("cli"), clock.now()
        user = create_user("an", "rừng-tre-gió-thổi", display_name="An", by=cli, now=now)
        grant_role(user, role, area, by=cli, now=now)
        client = Client()
        client.force_login(user)
        return client

    def text(self, response: Any) -> str:
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())

    def test_figures_and_charts(self, key_server: Path, authority_clock: Any) -> None:
        for day in range(1, 10):
            put(date(2021, 3, day), "codes-issued", 1234, area="01/009/00343")
            put(date(2021, 3, day), "codes-issued", 777, area="01/001/00001")  # another district
        client = self.reader(authority_clock)
        page = client.get("/statistics/")
        assert page.status_code == 200
        text = self.text(page)
        assert "đến hết ngày 09/03/2021" in text
        assert "09/03/2021 1.234 <10 <10 <10 <10 <10 <10" in text
        assert "777" not in text
        assert "Theo tuần: 01/03 – 07/03/2021" in text
        assert "8.638" in text  # 7 · 1,234 in the ward
        assert "Quá ít để công bố" in text  # of publishes there are none
        for chart in ("codes", "publishes", "ages", "onsets"):
            drawing = client.get(f"/statistics/{chart}.svg")
            assert drawing["Content-Type"] == "image/svg+xml"
            assert drawing.content.startswith(b"<svg")

    def test_before_anything_was_counted(self, key_server: Path, authority_clock: Any) -> None:
        client = self.reader(authority_clock, Role.EPIDEMIOLOGIST, EVERYWHERE)
        text = self.text(client.get("/statistics/"))
        assert "Chưa có số liệu của ngày nào." in text
        assert "Chưa có tuần nào đã qua hết." in text
        assert client.get("/statistics/codes.svg").status_code == 404
        assert client.get("/statistics/ages.svg").status_code == 404

    def test_what_is_not_there(self, key_server: Path, authority_clock: Any) -> None:
        put(date(2021, 3, 1), "publishes", 1)
        client = self.reader(authority_clock)
        assert client.get("/statistics/nothing.svg").status_code == 404
        for week in ("2021-03-02", "2021-03-08", "2021-02-22", "x"):
            assert client.get("/statistics/", {"week": week}).status_code == 404
        assert client.get("/statistics/", {"week": "2021-03-01"}).status_code == 200

    @pytest.mark.parametrize("role", [Role.GUARD, Role.CANVASSER, Role.OPERATOR])
    def test_not_for_everybody(self, key_server: Path, authority_clock: Any, role: Role) -> None:
        client = self.reader(authority_clock, role)
        assert client.get("/statistics/").status_code == 403
        assert client.get("/statistics/codes.svg").status_code == 403
        assert Client().get("/statistics/").status_code == 302

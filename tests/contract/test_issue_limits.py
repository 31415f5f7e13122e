"""How many codes a day: from the last weeks, or set for a day and an area, and then no more."""

from __future__ import annotations

import logging
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from tests.contract.laboratory import Laboratory, new_key

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.models import AuditEntry
from bluezone.authority.access.scope import Scope
from bluezone.authority.keys import services
from bluezone.authority.keys.models import IssueLimit, VerificationCode
from bluezone.authority.keys.report_types import ReportTypeName

pytestmark = pytest.mark.django_db
EVERYWHERE = Scope.everything()
TODAY = date(2021, 3, 10)


def issue(clock: Any, area: str = "01/009", **changes: Any) -> services.IssuedCode:
    return services.issue_code(
        report_type=ReportTypeName.CONFIRMED,
        test_date=clock.now().date(),
        area_path=area,
        scope=EVERYWHERE,
        by=Actor("test"),
        now=clock.now(),
        **{"uuid": uuid.uuid4(), **changes},
    )


def set_limit(clock: Any, area: str, codes: int, **changes: Any) -> IssueLimit:
    wanted = {"day": TODAY, "reason": "ổ dịch", "scope": EVERYWHERE, "by": Actor("user:x"), **changes}
    return services.set_issue_limit(area, codes=codes, now=clock.now(), **wanted)


def test_over_the_limit_nothing_is_issued_and_an_alarm_is_logged(
    key_server: Any, authority_clock: Any, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.BLUEZONE_ISSUE_LIMIT = 2
    codes = [issue(authority_clock) for _ in range(2)]
    with caplog.at_level(logging.ERROR), pytest.raises(services.CodeRefused) as refused:
        issue(authority_clock)
    assert (refused.value.code, refused.value.status) == ("quota_exceeded", 429)
    assert "2 mã" in str(refused.value)
    assert "the daily limit of codes is reached" in caplog.text
    assert VerificationCode.objects.count() == 2
    assert issue(authority_clock, uuid=codes[0].uuid) == codes[0]  # asking again is no new code
    lab = Laboratory(new_key(authority_clock).text)
    status, reply = lab.post("/api/issue", {"testType": "confirmed", "testDate": "2021-03-09"})
    assert (status, reply["errorCode"]) == (429, "quota_exceeded")
    authority_clock.advance(timedelta(hours=8, minutes=42))
    with pytest.raises(services.CodeRefused):  # 23:59 in Hà Nội
        issue(authority_clock)
    authority_clock.advance(timedelta(minutes=1))
    assert issue(authority_clock)


def test_the_limit_follows_the_last_weeks_though_codes_are_erased(
    key_server: Any, authority_clock: Any, settings: Any
) -> None:
    """Two codes a day for 20 days, but 3 on the last: means 9.5 and 2.05, slope 9.5 / 665 = 1/70, so that the
    21st day is 2.05 + 10.5 / 70 = 2.2; held at 10, and times 1.5.
    """
    settings.BLUEZONE_ISSUE_FACTOR, settings.BLUEZONE_ISSUE_LIMIT = 1.5, 777
    for day in range(20):
        assert services.day_limit("01", authority_clock.now()).codes == (777 if day < 14 else 15)
        for _ in range(3 if day == 19 else 2):
            issue(authority_clock)
        services.count_codes(authority_clock.now())
        authority_clock.advance(timedelta(days=1))
        services.delete_expired(authority_clock.now())
    limit = services.day_limit("01/009", authority_clock.now())
    assert (limit.codes, limit.issued, limit.is_set) == (15, 0, False)


def test_days_without_codes_count_as_such(key_server: Any, authority_clock: Any, settings: Any) -> None:
    """40 on one day, then 13 days of none: means 6.5 and 20/7, Sxy = -6.5 · 40 = -260; the line falls."""
    settings.BLUEZONE_ISSUE_FACTOR = 1
    for _ in range(40):
        issue(authority_clock)
    services.count_codes(authority_clock.now())
    authority_clock.advance(timedelta(days=14))
    assert services.day_limit("01/009", authority_clock.now()).codes == 10


def test_a_limit_that_is_set_holds_below_its_area_for_its_day(
    key_server: Any, authority_clock: Any, settings: Any
) -> None:
    settings.BLUEZONE_ISSUE_LIMIT = 2
    set_limit(authority_clock, "01/009", 3)
    for area in ("01/009", "01/009/00343", "01/009/00346"):
        issue(authority_clock, area)
    for area in ("01/009", "01/009/00343"):
        with pytest.raises(services.CodeRefused, match="3 mã"):
            issue(authority_clock, area)
    for _ in range(2):  # elsewhere the usual limit holds, and is not used up by the outbreak there
        issue(authority_clock, "01/010")
    with pytest.raises(services.CodeRefused, match="2 mã"):
        issue(authority_clock, "01/010")
    assert services.day_limit("01/0090", authority_clock.now()).area_path == "*"
    authority_clock.advance(timedelta(days=1))
    assert services.day_limit("01/009", authority_clock.now()).codes == 2


def test_the_nearest_limit_counts_and_setting_again_replaces(key_server: Any, authority_clock: Any) -> None:
    set_limit(authority_clock, "*", 100)
    set_limit(authority_clock, "01/009", 50)
    set_limit(authority_clock, "01/009/00343", 1)
    set_limit(authority_clock, "01/009/00343", 0)
    now = authority_clock.now()
    found = [services.day_limit(area, now).codes for area in ("01", "01/009", "01/009/00346", "01/009/00343")]
    assert found == [100, 50, 50, 0]
    with pytest.raises(services.CodeRefused):
        issue(authority_clock, "01/009/00343")
    entries = AuditEntry.objects.filter(action="keys.issue-limit-set", subject="area:01/009/00343")
    assert sorted(entry.details["codes"] for entry in entries) == [0, 1]
    assert {entry.actor for entry in entries} == {"user:x"}


def test_every_reason_is_kept_and_the_log_refers_to_it(key_server: Any, authority_clock: Any) -> None:
    set_limit(authority_clock, "01/009", 20, reason="thử")
    set_limit(authority_clock, "01/009", 50, reason="ổ dịch nhà ông Tám")
    set_limit(authority_clock, "01/009", 50, reason="ổ dịch nhà ông Tám")  # sent again
    set_limit(authority_clock, "01/009", 50, day=date(2021, 3, 11), reason="như hôm qua")
    kept = list(IssueLimit.objects.order_by("pk"))
    assert [one.reason for one in kept] == ["thử", "ổ dịch nhà ông Tám", "như hôm qua"]
    entries = AuditEntry.objects.filter(action="keys.issue-limit-set")
    by_limit = {entry.details["limit"]: entry.details for entry in entries}
    assert by_limit == {
        row.pk: {
            "area": "01/009",
            "day": row.day.isoformat(),
            "codes": row.codes,
            "codes_before": before,
            "limit": row.pk,
        }
        for row, before in zip(kept, [None, 20, None], strict=True)
    }
    assert "ông Tám" not in str(list(entries.values()))
    assert services.day_limit("01/009", authority_clock.now()).codes == 50


@pytest.mark.parametrize(
    ("area", "changes", "code"),
    [
        ("01/010", {"scope": Scope.of(["01/009"])}, "outside_scope"),
        ("*", {"scope": Scope.of(["01/009"])}, "outside_scope"),
        ("01/009", {"day": date(2021, 3, 9)}, "invalid_date"),
        ("01/009", {"codes": -1}, "invalid_limit"),
        ("01/009", {"codes": 1_000_001}, "invalid_limit"),
        ("01/009", {"reason": " "}, "missing_reason"),
        ("01/009", {"reason": "x" * 301}, "missing_reason"),
    ],
)
def test_limits_that_are_not_set(
    key_server: Any, authority_clock: Any, area: str, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(services.CodeRefused) as refused:
        set_limit(authority_clock, area, changes.pop("codes", 5), **changes)
    assert refused.value.code == code
    assert IssueLimit.objects.count() == AuditEntry.objects.filter(action="keys.issue-limit-set").count() == 0

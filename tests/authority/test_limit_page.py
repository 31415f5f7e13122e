"""The page on which an epidemiologist or operator sets how many codes a day may be issued."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from bluezone.authority.access.models import AuditEntry
from bluezone.authority.access.roles import Role
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.keys.models import IssueLimit

from .staff_pages import AREA, form, logged_in, text_of

pytestmark = pytest.mark.django_db

PAGE = "/codes/limits/"


@pytest.fixture
def epidemiologist(authority: Path, authority_clock: Any) -> Client:
    load_thanh_xuan()
    return logged_in(authority_clock, "dich", "01/009", Role.EPIDEMIOLOGIST)


def limit(**changes: Any) -> dict[str, Any]:
    return {"area": AREA, "day": "2021-03-10", "codes": "40", "reason": "ổ dịch", **changes}


def test_a_worker_who_is_refused_goes_on_when_the_limit_is_raised(
    epidemiologist: Client, authority_clock: Any, settings: Any
) -> None:
    settings.BLUEZONE_ISSUE_LIMIT = 1
    worker = logged_in(authority_clock, "an", AREA)
    assert worker.post("/codes/", form()).status_code == 200
    refused = worker.post("/codes/", form())
    assert "Hãy báo cán bộ dịch tễ" in text_of(refused)
    assert "đã cấp 1 trên 1 mã" in text_of(epidemiologist.get(PAGE))
    done = text_of(epidemiologist.post(PAGE, limit(codes="2"), follow=True))
    assert "Đã đặt giới hạn 2 mã" in done
    assert "đã cấp 1 trên 2 mã" in done
    assert "ổ dịch" in done
    assert "Bs dich" in done
    assert worker.post("/codes/", form()).status_code == 200
    assert worker.post("/codes/", form()).status_code == 422
    entry = AuditEntry.objects.get(action="keys.issue-limit-set")
    assert entry.details["limit"] == IssueLimit.objects.get().pk
    assert entry.actor.startswith("user:")


def test_who_is_offered_the_page(epidemiologist: Client, authority_clock: Any) -> None:
    operator = logged_in(authority_clock, "van-hanh", "*", Role.OPERATOR)
    for one, everywhere in ((epidemiologist, False), (operator, True)):
        page = one.get(PAGE)
        assert page.status_code == 200
        assert "Giới hạn mã" in text_of(page)
        assert ('<option value="*">' in page.content.decode()) is everywhere
    assert PAGE in epidemiologist.get("/codes/").content.decode()
    worker = logged_in(authority_clock, "an", AREA)
    assert worker.get(PAGE).status_code == worker.post(PAGE, limit()).status_code == 403
    assert PAGE not in worker.get("/codes/").content.decode()
    assert Client().get(PAGE)["Location"].startswith("/login/")
    assert IssueLimit.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"area": "*"}, "area"),
        ({"area": "01/010"}, "area"),
        ({"day": "2021-03-09"}, "day"),
        ({"day": ""}, "day"),
        ({"codes": "-1"}, "codes"),
        ({"codes": "1000001"}, "codes"),
        ({"codes": "nhiều"}, "codes"),
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * 301}, "reason"),
    ],
)
def test_limits_that_are_refused(epidemiologist: Client, changes: dict[str, str], field: str) -> None:
    page = epidemiologist.post(PAGE, limit(**changes))
    assert page.status_code == 422
    body = page.content.decode()
    assert re.findall(r'<a href="(#id_\w+)">', body) == [f"#id_{field}"]
    assert "<title>Lỗi: " in body
    assert not re.search(r"\b(Enter|Ensure|Select|required)\b", text_of(page))
    assert IssueLimit.objects.count() == AuditEntry.objects.filter(action="keys.issue-limit-set").count() == 0


def test_limits_set_elsewhere_are_not_shown(epidemiologist: Client, authority_clock: Any) -> None:
    operator = logged_in(authority_clock, "van-hanh", "*", Role.OPERATOR)
    operator.post(PAGE, limit(area="*", reason="tất cả"))
    operator.post(PAGE, limit(reason="trong quận"))
    words = text_of(epidemiologist.get(PAGE))
    assert "trong quận" in words
    assert "tất cả" not in words.lower().replace("tất cả địa bàn", "")

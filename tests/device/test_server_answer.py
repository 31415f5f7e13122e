"""The authority's JSON answers: odd types, odd characters, and nothing that a terminal would obey."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bluezone.device.client_errors import BadAnswer, ServerRefused
from bluezone.device.server_answer import ServerAnswer, parse_answer, shown
from bluezone.errors import Refused

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(["token", "warnings", "insertedExposures", "error", "code", "errorCode"])


def answer(**fields: Any) -> ServerAnswer:
    return parse_answer(200, json.dumps(fields).encode(), "https://a.example/x")


@pytest.mark.parametrize("token", ["", "\ud800", "é", "a\nb", "a\x1b[2J", "a\x7f", 5, [], True, None])
def test_a_token_that_could_not_be_sent_back_is_refused(token: object) -> None:
    with pytest.raises(BadAnswer, match="'token'"):
        answer(token=token).text("token")


def test_a_missing_text_may_have_a_default() -> None:
    assert answer(token=None).text("token", default="") == answer().text("token", default="") == ""
    assert answer(token="").text("token", default="") == ""
    assert answer(token="abc-1.2 3").text("token") == "abc-1.2 3"


@pytest.mark.parametrize("count", [-1, True, 1.0, "3", [], 10**7])
def test_a_count_is_a_number_of_things(count: object) -> None:
    with pytest.raises(BadAnswer, match="'inserted'"):
        answer(inserted=count).count("inserted")
    assert (answer(inserted=3).count("inserted"), answer().count("inserted")) == (3, 0)


@pytest.mark.parametrize("remarks", [5, "text", {"a": "b"}, ["a", 5], True])
def test_remarks_are_a_list_of_texts(remarks: object) -> None:
    with pytest.raises(BadAnswer, match="'warnings'"):
        answer(warnings=remarks).remarks("warnings")
    assert answer(warnings=None).remarks("warnings") == ()
    assert answer(warnings=["ngày\x1b]0;x\x07 \u202eai"]).remarks("warnings") == ("ngày ]0;x ai",)
    assert len(answer(warnings=["x"] * 1000).remarks("warnings")) == 20


def test_a_reason_has_no_control_characters_and_an_end() -> None:
    bad = answer(error="no\x1b[31m\r\nyes" + "x" * 1000, errorCode="c\x00d")
    assert bad.failed
    assert bad.reason.startswith("no [31m yesxxx")
    assert bad.reason.endswith("x… (c d)")
    assert len(bad.error) == 300
    assert answer(error={"a": 1}).reason == "status 200"
    assert answer(errorCode="gone").reason == "gone"


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"[" * 60_000, b'{"a":' + b"9" * 5000 + b"}", b"\xff\xfe\x00"]
)
def test_what_is_no_object_is_refused(content: bytes) -> None:
    with pytest.raises(BadAnswer, match="not a JSON object"):
        parse_answer(200, content, "u")
    with pytest.raises(ServerRefused, match="fault"):
        parse_answer(502, content, "u")
    with pytest.raises(ServerRefused, match="too many requests"):
        parse_answer(429, content, "u")


@pytest.mark.parametrize(
    ("status", "passing"), [(200, False), (400, False), (428, False), (429, True), (499, False), (500, True)]
)
def test_a_fault_and_too_many_requests_pass(status: int, passing: bool) -> None:
    assert ServerAnswer(status, {"errorCode": "x"}).passing is passing


@given(st.dictionaries(FIELDS, JSON))
def test_any_json_gives_values_that_can_be_sent_and_shown_or_a_refusal(fields: dict[str, Any]) -> None:
    one = ServerAnswer(200, fields)
    assert one.reason.isprintable()
    with suppress(Refused):
        one.text("token").encode("ascii")
    with suppress(Refused):
        assert all(remark.isprintable() for remark in one.remarks("warnings"))
    with suppress(Refused):
        assert one.count("insertedExposures") >= 0


@given(st.text())
def test_shown_text_is_one_printable_line_and_stays_so(text: str) -> None:
    line = shown(text)
    assert line.isprintable()
    assert len(line) <= 300
    line.encode()  # no lone surrogate
    assert shown(line) == line

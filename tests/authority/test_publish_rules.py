"""The pure rules of publishing, over all key sets; and the MACs against published values."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bluezone.authority.keys.report_types import ReportTypeName
from bluezone.authority.keys.rules import (
    LIMITS,
    PublishRefused,
    decide_keys,
    ends_released,
    floor_to,
    midnight_interval,
    release_time,
)
from bluezone.authority.keys.tekmac import matches_tekmac, tekmacs
from bluezone.authority.keys.wire import BadRequest, WireKey, decode_base64, parse_publish

NOW = datetime(2021, 3, 10, 8, 17, tzinfo=UTC)
CURRENT = int(NOW.timestamp()) // 600

keys = st.builds(
    lambda data, start, period, risk: WireKey(b64encode(data).decode(), CURRENT + start, period, risk),
    st.binary(min_size=16, max_size=16),
    st.integers(-144 * 17, 156),  # clocks that are 26 hours fast, and keys that are too old
    st.integers(-1, 146),
    st.integers(-1, 9),
)


@given(st.lists(keys, max_size=32), st.integers(-144 * 40, 144))
def test_what_is_accepted_keeps_every_limit(sent: list[WireKey], onset: int) -> None:
    try:
        decision = decide_keys(
            sent, ReportTypeName.CONFIRMED, onset_sent=CURRENT + onset, onset_certified=0, now=NOW
        )
    except PublishRefused as refusal:
        decision, refused_as = None, refusal.code
    if decision is None:
        assert refused_as == "bad_request"
        return
    assert len(decision.accepted) + len(decision.errors) + len(decision.warnings) == len(sent)
    for key in decision.accepted:
        asked = sent[key.index]
        assert key.tek == b64decode(asked.key)
        assert 1 <= key.rolling_period <= 144
        assert key.rolling_start <= CURRENT
        assert (key.rolling_start + key.rolling_period) * 600 > NOW.timestamp() - 360 * 3600 - 600
        assert abs(key.days_since_onset) <= 14
        expiry = datetime.fromtimestamp((key.rolling_start + key.rolling_period) * 600, UTC)
        assert key.release_at.minute == key.release_at.second == 0
        assert key.release_at >= min(expiry + timedelta(hours=2), NOW - timedelta(hours=1))
        assert key.release_at <= max(NOW, expiry + timedelta(hours=3))
    for one in decision.accepted:
        for other in decision.accepted:
            apart = one.rolling_start + one.rolling_period <= other.rolling_start
            assert one.rolling_start >= other.rolling_start or apart
    starts = [key.rolling_start for key in decision.accepted]
    assert all(starts.count(start) <= 3 for start in starts)
    assert len({key.tek for key in decision.accepted}) == len(decision.accepted)


SECRET = bytes(range(1, 17))
REFERENCE_KEYS = [
    WireKey("z2Cx9hdz2SlxZ8GEgqTYpA==", 1, 144, 3),
    WireKey("dPCphLzfG4uzXneNimkPRQ==", 144, 144, 5),
]


def test_tekmac_is_the_reference_servers() -> None:
    """The value in the reference server's own test of its HMAC."""
    (mac,) = tekmacs(REFERENCE_KEYS, SECRET)
    assert b64encode(mac) == b"2u1nHt5WWurJytFLF3xitNzM99oNrad2y4YGOL53AeY="
    assert matches_tekmac(REFERENCE_KEYS[::-1], SECRET, mac)
    assert not matches_tekmac(REFERENCE_KEYS, SECRET[:-1], mac)


def test_both_forms_when_every_risk_is_zero() -> None:
    zero = [WireKey(key.key, key.rolling_start, key.rolling_period, 0) for key in REFERENCE_KEYS]
    texts = (
        "dPCphLzfG4uzXneNimkPRQ==.144.144.0,z2Cx9hdz2SlxZ8GEgqTYpA==.1.144.0",
        "dPCphLzfG4uzXneNimkPRQ==.144.144,z2Cx9hdz2SlxZ8GEgqTYpA==.1.144",
    )
    wanted = tuple(hmac.new(SECRET, text.encode(), hashlib.sha256).digest() for text in texts)
    assert tekmacs(zero, SECRET) == wanted


@given(st.binary(max_size=40))
def test_base64_in_every_spelling(data: bytes) -> None:
    standard = b64encode(data).decode()
    for text in (standard, standard.rstrip("="), standard.replace("+", "-").replace("/", "_")):
        assert decode_base64(text) == data


@pytest.mark.parametrize("text", ["a", "a b=", "====a", "\n", "ä"])
def test_what_is_not_base64(text: str) -> None:
    with pytest.raises(ValueError, match=r"base64|ASCII"):
        decode_base64(text)


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_any_body_is_read_or_refused(body: bytes) -> None:
    with suppress(BadRequest):  # and nothing else
        parse_publish(body)


def test_intervals_of_days_and_windows() -> None:
    assert midnight_interval(date(1970, 1, 2)) == 144
    assert midnight_interval(date(2021, 3, 7)) == 18_693 * 144
    assert floor_to(NOW, timedelta(hours=4)) == datetime(2021, 3, 10, 8, 0, tzinfo=UTC)
    assert floor_to(NOW, timedelta(days=1)) == datetime(2021, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "onset", "days"),
    [
        # 18:00 UTC on 10 March is 1:00 on 11 March in Hà Nội; onset "11 March" is at midnight UTC, 6 h ahead:
        # it counts as 10 March, and the key of 10 March is 0 days after it
        (datetime(2021, 3, 10, 18, 0, tzinfo=UTC), datetime(2021, 3, 11, tzinfo=UTC), 0),
        # 23:50 on 10 March in Hà Nội: 11 March is tomorrow and not believed; four days before are 6 March
        (datetime(2021, 3, 10, 16, 50, tzinfo=UTC), datetime(2021, 3, 11, tzinfo=UTC), 4),
        # 1:00 on 11 March: the last interval of that day (23:50 local, 16:50 UTC) is today, the next is not
        (datetime(2021, 3, 10, 18, 0, tzinfo=UTC), datetime(2021, 3, 11, 16, 50, tzinfo=UTC), 0),
        (datetime(2021, 3, 10, 18, 0, tzinfo=UTC), datetime(2021, 3, 11, 17, 0, tzinfo=UTC), 4),
        # 7:00 on 11 March: it has just begun in UTC too, and yesterday's key is a day before onset
        (datetime(2021, 3, 11, 0, 0, tzinfo=UTC), datetime(2021, 3, 11, tzinfo=UTC), -1),
    ],
)
def test_an_onset_today_is_today_from_midnight_in_hanoi(now: datetime, onset: datetime, days: int) -> None:
    start = midnight_interval(date(2021, 3, 10))
    key = WireKey(b64encode(bytes(16)).decode(), start, 144, 0)
    interval = int(onset.timestamp()) // 600
    for sent, certified in ((interval, 0), (0, interval)):
        decision = decide_keys(
            [key], ReportTypeName.CONFIRMED, onset_sent=sent, onset_certified=certified, now=now
        )
        assert [one.days_since_onset for one in decision.accepted] == [days]


@pytest.mark.parametrize(("begin", "hours"), [(0, 4), (8, 4), (20, 4), (16, 8), (13, 1), (0, 24)])
def test_ends_released_are_those_of_keys_that_a_report_cut_short(begin: int, hours: int) -> None:
    start = datetime(2021, 3, 10, begin, tzinfo=UTC)
    end = start + timedelta(hours=hours)
    found = ends_released(start, end)
    day = int(start.timestamp()) // 600
    reports = {one: datetime.fromtimestamp(one * 600, UTC) for one in range(day - 144, day + 288)}
    assert [one for ends in found for one in ends] == [
        one for one, at in reports.items() if start <= release_time(one, now=at, limits=LIMITS) < end
    ]
    for ends in found:  # each part is of one export window
        assert len({floor_to(reports[one], timedelta(hours=hours)) for one in ends}) == 1
    assert len({floor_to(reports[ends[0]], timedelta(hours=hours)) for ends in found}) == len(found)


def test_ends_released_by_hand() -> None:
    """A key that ends at 13:00 is out from 15:00, by 13:10 from 16:00; one of 21:00 just before midnight."""
    at = datetime(2021, 3, 10, 16, tzinfo=UTC)
    midnight = int(at.timestamp()) // 600 - 96
    assert ends_released(at, at + timedelta(hours=8)) == (
        range(midnight + 79, midnight + 96),
        range(midnight + 96, midnight + 127),
    )

"""What files say, put together: windows, keys shown twice, revisions, onsets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.export_audit.made_files import DAY, SECONDS, Key, audited, person, published, tek

from bluezone.export_audit.published import codes_of, read_file
from bluezone.protocols.export_errors import MissingSignature, NotAnArchive
from bluezone.protocols.export_file import write_export
from bluezone.protocols.gaen import DiagnosisKey, ReportType, TemporaryExposureKey

HOUR = 3_600
NOON = DAY * SECONDS + 12 * HOUR


def test_a_file_is_read_with_its_order_times_and_revisions(tmp_path: Path) -> None:
    first = DiagnosisKey(TemporaryExposureKey(bytes([1] * 16), DAY * 144, 7), ReportType.SELF_REPORT, -2, 5)
    second = DiagnosisKey(TemporaryExposureKey(bytes([2] * 16), DAY * 144), ReportType.CONFIRMED_TEST)
    revoked = DiagnosisKey(TemporaryExposureKey(bytes([3] * 16), DAY * 144), ReportType.REVOKED)
    path = tmp_path / "export.zip"
    path.write_bytes(
        write_export([second, first], region="VN", start=NOON, end=NOON + HOUR, revised_keys=[revoked])
    )
    file = read_file(path, allow_unsigned=True)
    assert (file.name, file.start, file.end) == (str(path), NOON, NOON + HOUR)
    assert file.teks == (bytes([1] * 16), bytes([2] * 16))
    assert file.table.tolist() == [[DAY * 144, 7, 5, 3, -2], [DAY * 144, 144, 0, 1, -(2**31) - 1]]
    assert file.revised_teks == (bytes([3] * 16),)
    with pytest.raises(MissingSignature, match=r"export\.zip"):
        read_file(path)
    path.write_bytes(b"no zip")
    with pytest.raises(NotAnArchive, match=r"export\.zip"):
        read_file(path)


def test_files_are_put_in_order_and_a_split_batch_is_one_window() -> None:
    late = audited([Key("c", DAY)], start=NOON + HOUR, end=NOON + 2 * HOUR)
    half = audited([Key("b", DAY)], start=NOON, end=NOON + HOUR + 1)
    first = audited([Key("a", DAY)], start=NOON, end=NOON + HOUR)
    untimed = audited([Key("d", DAY)])
    found = published(late, untimed, half, first)
    assert found.files == (first, half, late, untimed)
    assert found.windows == (0, 0, 1, 2)
    assert found.teks == (tek("a"), tek("b"), tek("c"), tek("d"))
    assert found.window.tolist() == [0, 0, 1, 2]


def test_a_key_shown_twice_counts_where_it_was_first() -> None:
    again = audited([Key("b", DAY), Key("a", DAY)], start=NOON, end=NOON + 2 * HOUR)
    found = published(again, audited([Key("a", DAY)], start=NOON, end=NOON + HOUR))
    assert found.teks == (tek("a"), tek("b"))
    assert list(zip(found.file, found.place, strict=True)) == [(0, 0), (1, 0)]


def test_onset_is_the_start_day_less_the_days_since() -> None:
    found = published([Key("a", DAY, DAY - 5), Key("b", DAY - 2, DAY - 5), Key("c", DAY, None)])
    assert found.onsets.tolist() == [DAY - 5, DAY - 5, -(2**31) - 1]
    assert found.sickness().tolist() == [1, 1, 0]


def test_revised_keys_are_a_class_of_their_own() -> None:
    keys = person("a", [DAY - 1, DAY]) + person("b", [DAY - 1, DAY])
    revised = [Key(f"a{DAY}", DAY, DAY - 3, kind=5), Key(f"a{DAY - 1}", DAY - 1, DAY - 3, kind=5)]
    found = published(
        audited(keys, start=NOON, end=NOON + HOUR),
        audited([], revised, start=NOON + HOUR, end=NOON + 2 * HOUR),
    )
    assert found.revision.tolist() == [1, 1, 0, 0]
    assert found.classes()[0] == found.classes()[1] != found.classes()[2] == found.classes()[3]


def test_risk_counts_only_where_it_tells_more_than_type_and_day() -> None:
    by_day = [Key("a", DAY, risk=3), Key("b", DAY, risk=3), Key("c", DAY - 1, risk=6)]
    assert not published(by_day).risk_tells
    assert len(set(published(by_day).classes().tolist())) == 1
    by_person = [Key("a", DAY, risk=3), Key("b", DAY, risk=4)]
    assert published(by_person).risk_tells
    assert len(set(published(by_person).classes().tolist())) == 2


def test_codes_number_equal_rows_equally() -> None:
    codes = codes_of(np.array([5, 5, 9, 5]), np.array([1, 2, 1, 1]))
    assert codes.tolist() == [0, 1, 2, 0]
    assert codes_of(np.zeros(0, dtype=np.int64)).tolist() == []


def test_no_keys_at_all() -> None:
    found = published(audited([], start=NOON, end=NOON + HOUR))
    assert (len(found), found.classes().tolist()) == (0, [])

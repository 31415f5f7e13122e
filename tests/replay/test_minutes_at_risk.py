"""Terms of a score: by hand for a preset that looks at the least attenuation, and adding up for any."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bluezone.device.exposure_results import MatchedKey
from bluezone.protocols.gaen import ReportType
from bluezone.protocols.risk import ScanInstance, exposure_windows, score_window
from bluezone.protocols.risk_presets import load_preset, preset_names
from bluezone.replay.minutes_at_risk import weighed_scans

MIDNIGHT = 1_615_334_400  # 10 March 2021, 00:00 UTC
CONFIRMED = MatchedKey(bytes(16), ReportType.CONFIRMED_TEST, 0, False)


def test_the_german_preset_looks_at_the_least_attenuation() -> None:
    # Onset day 0 is "high", confirmed 1.6. Least 62 dB is below 63: weight 0.8; least 70: 1.0; least 80: 0.
    scans = [
        ScanInstance(MIDNIGHT + 600, 80.0, 70.0, 300),
        ScanInstance(MIDNIGHT, 75.0, 62.0, 240),
        ScanInstance(MIDNIGHT + 900, 90.0, 80.0, 300),
    ]
    found = list(weighed_scans(CONFIRMED, scans, load_preset("de-cwa")))
    assert [one.attenuation for one in found] == [62.0, 70.0, 80.0]
    assert [one.weight for one in found] == pytest.approx([1.28, 1.6, 0.0])
    assert [one.minutes for one in found] == pytest.approx([4 * 1.28, 5 * 1.6, 0.0])
    assert {one.day for one in found} == {date(2021, 3, 10)}


def test_the_swiss_preset_looks_at_the_typical_attenuation() -> None:
    # Below 55 dB a minute counts whole, below 63 half; every kind and day has the factor 1.
    scans = [ScanInstance(MIDNIGHT + 60 * at, db, 40.0, 60) for at, db in enumerate((54.0, 55.0, 62.0, 63.0))]
    found = weighed_scans(CONFIRMED, scans, load_preset("ch-2020-late"))
    assert [one.minutes for one in found] == [1.0, 0.5, 0.5, 0.0]


def test_a_dropped_window_counts_nothing() -> None:
    # Four minutes below 79 dB are less than the five that the German rule wants of a window.
    scans = [ScanInstance(MIDNIGHT, 60.0, 60.0, 240)]
    (one,) = weighed_scans(CONFIRMED, scans, load_preset("de-cwa"))
    assert (one.weight, one.minutes) == (0.0, 0.0)


@given(
    st.lists(
        st.builds(
            ScanInstance,
            st.integers(MIDNIGHT, MIDNIGHT + 7200),
            st.integers(40, 90).map(float),
            st.integers(40, 90).map(float),
            st.integers(0, 300),
        ),
        max_size=20,
    ),
    st.sampled_from(preset_names()),
    st.sampled_from([None, -14, -3, 0, 6, 12]),
    st.sampled_from([one for one in ReportType if one is not ReportType.REVOKED]),
)
def test_the_terms_add_up_to_the_score(
    scans: list[ScanInstance], name: str, onset: int | None, kind: ReportType
) -> None:
    preset, key = load_preset(name), MatchedKey(bytes(16), kind, onset, False)
    windows = exposure_windows(scans, preset, report_type=kind, days_since_onset=onset)
    expected = sum(score_window(window, preset).score for window in windows)
    found = list(weighed_scans(key, scans, preset))
    assert len(found) == len(scans)
    assert sum(one.minutes for one in found) == pytest.approx(expected)

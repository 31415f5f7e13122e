"""Risk scores: every preset by hand, the German app's published cases, and what must hold for any input."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bluezone.protocols.gaen import ReportType
from bluezone.protocols.risk import (
    WINDOW_SECONDS,
    Certainty,
    ExposureWindow,
    RiskLevel,
    ScanInstance,
    attenuation,
    daily_summaries,
    exposure_windows,
    score_window,
)
from bluezone.protocols.risk_presets import Infectiousness, RiskPreset, load_preset

DAY = date(2026, 11, 25)
NOON = int(datetime(2026, 11, 25, 12, tzinfo=UTC).timestamp())
TEST, CLINICAL = ReportType.CONFIRMED_TEST, ReportType.CONFIRMED_CLINICAL_DIAGNOSIS
SELF, RECURSIVE = ReportType.SELF_REPORT, ReportType.RECURSIVE
STANDARD, HIGH = Infectiousness.STANDARD, Infectiousness.HIGH


def window(
    *scans: tuple[float, int], kind: ReportType = TEST, infectious: Infectiousness = HIGH, day: date = DAY
) -> ExposureWindow:
    """Scans of (attenuation, seconds), four minutes apart, the same for typical and minimum."""
    instances = tuple(ScanInstance(NOON + 240 * at, db, db, s) for at, (db, s) in enumerate(scans))
    return ExposureWindow(day, infectious, kind, instances)


def level(preset: RiskPreset, *windows: ExposureWindow) -> RiskLevel:
    (summary,) = daily_summaries(windows, preset) or [None]
    return RiskLevel.NONE if summary is None else summary.level


def test_attenuation_is_sent_minus_corrected_received() -> None:
    assert attenuation(-20, -85, 5) == 60  # -20 - (-85 + 5)
    assert attenuation(-20, -10, 0) == 0  # stronger than sent: a wrong calibration, not a negative loss


def test_windows_start_again_thirty_minutes_after_their_first_scan() -> None:
    times = [0, 240, 1799, 1800, 3599, 3600, 9000]
    scans = [ScanInstance(NOON + t, 50, 50, 240) for t in times]
    windows = exposure_windows(scans, load_preset("bluezone"), report_type=TEST, days_since_onset=0)
    assert [[s.time - NOON for s in w.scans] for w in windows] == [
        [0, 240, 1799],
        [1800, 3599],
        [3600],
        [9000],
    ]


def test_a_window_belongs_to_the_utc_day_of_its_first_scan() -> None:
    midnight = int(datetime(2026, 11, 26, tzinfo=UTC).timestamp())
    scans = [ScanInstance(midnight + t, 50, 50, 240) for t in (-240, 0, 240)]
    (only,) = exposure_windows(scans, load_preset("bluezone"), report_type=TEST, days_since_onset=0)
    assert only.day == DAY


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (-15, "u"),
        (-14, 0),
        (-6, 0),
        (-5, 1),
        (-3, 1),
        (-2, 2),
        (5, 2),
        (6, 1),
        (10, 1),
        (11, 0),
        (14, 0),
        (15, "u"),
    ],
)
def test_infectiousness_by_days_since_onset(days: int, expected: int | str) -> None:
    preset = load_preset("bluezone")
    wanted = preset.unknown_onset if expected == "u" else Infectiousness(int(expected))
    assert preset.infectiousness(days) is wanted


def test_unknown_onset_is_what_the_preset_says() -> None:
    preset = load_preset("bluezone")
    assert preset.infectiousness(None) is STANDARD
    assert replace(preset, unknown_onset=Infectiousness.NONE).infectiousness(None) is Infectiousness.NONE


# --- the German preset, by hand: level x 0.2 x sum(minutes x weight)


@pytest.mark.parametrize(
    ("kind", "infectious", "expected"),
    [  # offsets: recursive 0, self 2, clinical 4, test 6; standard 1, high 2; levels 1 and 2 are dropped
        (RECURSIVE, STANDARD, 0),
        (RECURSIVE, HIGH, 0),
        (SELF, STANDARD, 0.2 * 3),
        (SELF, HIGH, 0.2 * 4),
        (CLINICAL, STANDARD, 0.2 * 5),
        (CLINICAL, HIGH, 0.2 * 6),
        (TEST, STANDARD, 0.2 * 7),
        (TEST, HIGH, 0.2 * 8),
        (ReportType.REVOKED, HIGH, 0),
    ],
)
def test_german_transmission_levels(kind: ReportType, infectious: Infectiousness, expected: float) -> None:
    ten_minutes_at_weight_one = window((65, 300), (65, 300), kind=kind, infectious=infectious)
    score = score_window(ten_minutes_at_weight_one, load_preset("de-cwa"))
    assert score.score == pytest.approx(10 * expected)
    assert score.dropped == (expected == 0)


@pytest.mark.parametrize(
    ("db", "weight"), [(0, 0.8), (62.9, 0.8), (63, 1.0), (72.9, 1.0), (73, 0.1), (78.9, 0.1)]
)
def test_german_attenuation_weights(db: float, weight: float) -> None:
    assert score_window(window((db, 600)), load_preset("de-cwa")).weighted_seconds == pytest.approx(
        600 * weight
    )


def test_german_windows_under_five_minutes_below_79_db_are_dropped() -> None:
    german = load_preset("de-cwa")
    assert score_window(window((50, 150), (78, 149), (79, 300)), german).dropped  # 299 s count
    assert not score_window(window((50, 150), (78, 150), (79, 300)), german).dropped  # 300 s count
    assert score_window(window((79, 1800)), german).dropped


def test_german_alert_at_13_normalised_minutes_of_a_day() -> None:
    german = load_preset("de-cwa")
    # confirmed test, high: 1.6 a minute. 8.125 min = 487.5 s at weight 1 make 13.
    assert level(german, window((70, 487))) is RiskLevel.LOW  # 12.987
    assert level(german, window((70, 488))) is RiskLevel.HIGH  # 13.013
    half = window((70, 300), kind=CLINICAL, infectious=STANDARD)  # 5 normalised minutes
    assert level(german, half, half) is RiskLevel.LOW
    assert level(german, half, half, half) is RiskLevel.HIGH  # 15
    assert level(german, window((70, 900), kind=RECURSIVE)) is RiskLevel.NONE


def german_1_15() -> RiskPreset:
    """The parameters under which the German app's cases were published: no drop, low from 5, high from 9."""
    return replace(load_preset("de-cwa"), drop_below_minutes=0, low_minutes=5, high_minutes=9)


@pytest.mark.parametrize(
    ("kind", "infectious", "scans", "expected"),
    [  # published cases: (minimum attenuation, seconds), every typical attenuation is 25
        (CLINICAL, HIGH, [(30, 300), (30, 299)], RiskLevel.HIGH),
        (CLINICAL, HIGH, [(73, 3000)], RiskLevel.LOW),
        (CLINICAL, HIGH, [(72, 300), (72, 300)], RiskLevel.HIGH),
        (RECURSIVE, HIGH, [(30, 300), (30, 300)], RiskLevel.NONE),
        (SELF, STANDARD, [(30, 300), (30, 300), (30, 300)], RiskLevel.LOW),
        (CLINICAL, STANDARD, [(65, 299)], RiskLevel.NONE),
        (CLINICAL, STANDARD, [(65, 300)], RiskLevel.LOW),
        (CLINICAL, STANDARD, [(65, 539)], RiskLevel.LOW),
        (CLINICAL, STANDARD, [(65, 540)], RiskLevel.HIGH),
        (CLINICAL, STANDARD, [(0, 300), (65, 300)], RiskLevel.HIGH),
        (CLINICAL, STANDARD, [(70, 0), (70, 300), (70, 300)], RiskLevel.HIGH),
        (CLINICAL, HIGH, [], RiskLevel.NONE),
    ],
)
def test_published_cases_of_the_german_app(
    kind: ReportType, infectious: Infectiousness, scans: list[tuple[int, int]], expected: RiskLevel
) -> None:
    instances = tuple(ScanInstance(NOON + 300 * at, 25, db, s) for at, (db, s) in enumerate(scans))
    assert level(german_1_15(), ExposureWindow(DAY, infectious, kind, instances)) is expected


# --- the others, by hand


@pytest.mark.parametrize(
    ("name", "scans", "expected"),
    [
        ("ch-2020-early", [(49, 300), (49, 300), (49, 300)], RiskLevel.HIGH),  # 15
        ("ch-2020-early", [(49, 300), (49, 300), (50, 300), (50, 299)], RiskLevel.LOW),  # 10 + 4.99
        ("ch-2020-early", [(49, 300), (49, 300), (54, 300), (54, 300)], RiskLevel.HIGH),  # 10 + 5
        ("ch-2020-early", [(55, 300)] * 6, RiskLevel.NONE),
        ("ch-2020-late", [(54, 300)] * 3, RiskLevel.HIGH),  # 15
        ("ch-2020-late", [(62, 300)] * 5, RiskLevel.LOW),  # 12.5
        ("ch-2020-late", [(62, 300)] * 6, RiskLevel.HIGH),  # 15
        ("ch-2020-late", [(63, 300)] * 6, RiskLevel.NONE),
        ("bluezone", [(54, 300), (54, 300)], RiskLevel.HIGH),  # 10 x 1.2 = 12
        ("bluezone", [(60, 300), (60, 300)], RiskLevel.LOW),  # 10
        ("bluezone", [(60, 300), (60, 300), (66, 240)], RiskLevel.HIGH),  # 10 + 2
        ("bluezone", [(67, 300)] * 6, RiskLevel.NONE),
        ("bluezone_v2", [(99, 1)], RiskLevel.HIGH),  # one sighting at any strength
    ],
)
def test_other_presets(name: str, scans: list[tuple[float, int]], expected: RiskLevel) -> None:
    assert level(load_preset(name), window(*scans)) is expected


def test_ours_weighs_report_types_and_days() -> None:
    ours = load_preset("bluezone")
    assert score_window(window((60, 600), kind=SELF, infectious=STANDARD), ours).score == pytest.approx(4.0)
    assert score_window(window((60, 600), infectious=Infectiousness.NONE), ours).dropped
    assert score_window(window((60, 600), kind=ReportType.UNKNOWN), ours).score == pytest.approx(10.0)


def test_a_summary_says_plain_time_nearest_and_how_sure() -> None:
    ours = load_preset("bluezone")
    (summary,) = daily_summaries([window((50, 300), (58, 300), (60, 240), (80, 300))], ours)
    assert (summary.seconds, summary.closest_attenuation, summary.scans) == (
        840,
        50,
        3,
    )  # 80 dB counts nothing
    assert summary.score == pytest.approx(5 * 1.2 + 5 + 4)
    assert summary.certainty is Certainty.LIKELY  # three scans, median 58 <= 61 - 3
    (unsure,) = daily_summaries([window((59, 300), (58.5, 300), (60, 240))], ours)
    assert unsure.certainty is Certainty.POSSIBLE  # median 59
    (short,) = daily_summaries([window((40, 300), (40, 300))], ours)
    assert short.certainty is Certainty.POSSIBLE
    (blind,) = daily_summaries([window(*[(40, 300)] * 6)], load_preset("bluezone_v2"))
    assert blind.certainty is Certainty.POSSIBLE


def test_two_keys_in_one_scan_are_one_stretch_of_plain_time() -> None:
    (summary,) = daily_summaries([window((50, 300)), window((52, 300))], load_preset("bluezone"))
    assert (summary.seconds, summary.scans) == (300, 1)
    assert summary.score == pytest.approx(12.0)  # risk adds up: two people


def test_days_beyond_the_age_limit_are_left_out() -> None:
    german = load_preset("de-cwa")
    old, new = window((70, 900), day=date(2026, 11, 14)), window((70, 900), day=date(2026, 11, 15))
    assert [s.day for s in daily_summaries([old, new], german, today=DAY)] == [date(2026, 11, 15)]


# --- properties

scan_instances = st.lists(
    st.builds(
        lambda at, low, more, seconds: ScanInstance(NOON + at, low + more, low, seconds),
        st.integers(0, 20_000),
        st.integers(0, 100),
        st.integers(0, 20),
        st.integers(0, 300),
    ),
    max_size=40,
)
monotone = st.sampled_from(["ch-2020-early", "ch-2020-late", "bluezone", "bluezone_v2"])


@given(scan_instances, st.randoms())
def test_windows_keep_every_second_and_stay_under_thirty_minutes(scans, random) -> None:  # type: ignore[no-untyped-def]
    preset = load_preset("bluezone")
    windows = exposure_windows(scans, preset, report_type=TEST, days_since_onset=0)
    assert sorted(map(repr, scans)) == sorted(repr(s) for w in windows for s in w.scans)
    assert all(w.scans[-1].time - w.scans[0].time < WINDOW_SECONDS for w in windows)
    shuffled = list(scans)
    random.shuffle(shuffled)
    assert exposure_windows(shuffled, preset, report_type=TEST, days_since_onset=0) == windows
    backwards = daily_summaries(reversed(windows), preset)
    assert backwards == daily_summaries(windows, preset)


@given(monotone, scan_instances.filter(bool), st.data())
def test_longer_or_nearer_never_scores_less(
    name: str, scans: list[ScanInstance], data: st.DataObject
) -> None:
    preset = load_preset(name)
    at = data.draw(st.integers(0, len(scans) - 1))
    longer = data.draw(st.integers(0, 600))
    nearer = data.draw(st.floats(0, 100))
    changed = replace(
        scans[at],
        seconds_since_last_scan=scans[at].seconds_since_last_scan + longer,
        typical_attenuation=max(0.0, scans[at].typical_attenuation - nearer),
        min_attenuation=max(0.0, scans[at].min_attenuation - nearer),
    )

    def score(instances: list[ScanInstance]) -> float:
        windows = exposure_windows(instances, preset, report_type=TEST, days_since_onset=0)
        return sum(s.score for s in daily_summaries(windows, preset))

    assert score([*scans[:at], changed, *scans[at + 1 :]]) >= score(scans) - 1e-6

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
    looked_up_attenuations,
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
    return ExposureWindow(day, infectious, kind, instances, tuple(db for db, _ in scans))


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
    windowed = ExposureWindow(DAY, infectious, kind, instances, tuple(db for db, _ in scans))
    assert level(german_1_15(), windowed) is expected


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
        ("bluezone", [(57, 300), (57, 300)], RiskLevel.HIGH),  # 10
        ("bluezone", [(57, 300), (58, 300)], RiskLevel.LOW),  # 5 + 3.5
        ("bluezone", [(57, 300), (61, 300), (64, 225)], RiskLevel.HIGH),  # 5 + 3.5 + 1.5
        ("bluezone", [(67, 300)] * 10, RiskLevel.HIGH),  # 10 x 1
        ("bluezone", [(67, 300)] * 3, RiskLevel.NONE),  # 3
        ("bluezone", [(68, 300)] * 20, RiskLevel.NONE),
        ("bluezone_v2", [(99, 1)], RiskLevel.HIGH),  # one sighting at any strength
    ],
)
def test_other_presets(name: str, scans: list[tuple[float, int]], expected: RiskLevel) -> None:
    assert level(load_preset(name), window(*scans)) is expected


def test_ours_weighs_report_types_and_days() -> None:
    ours = load_preset("bluezone")
    assert score_window(window((57, 600), kind=SELF, infectious=STANDARD), ours).score == pytest.approx(4.0)
    assert score_window(window((57, 600), infectious=Infectiousness.NONE), ours).dropped
    assert score_window(window((57, 600), kind=ReportType.UNKNOWN), ours).score == pytest.approx(10.0)


def test_the_adjusted_attenuation_by_hand() -> None:
    ours = load_preset("bluezone")
    scans = [
        ScanInstance(NOON, 60.0, 50.0, 300, surroundings=None),
        ScanInstance(NOON + 450, 64.0, 60.0, 300, surroundings=70.0),
        ScanInstance(NOON + 901, 62.0, 58.0, 300, surroundings=80.0),
        ScanInstance(NOON + 2000, 62.0, 58.0, 300, surroundings=50.0),
    ]
    assert looked_up_attenuations(scans, ours) == pytest.approx(
        [
            0.7 * 60 + 0.3 * 50,  # nothing is known of the surroundings
            0.7 * 64 + 0.3 * 50 - 0.75 * 4,  # the first is 450 s away, the third 451 s: nearest around is 50
            0.7 * 62 + 0.3 * 58 - 0.75 * 6,  # 14 dB weaker, of which 6 count
            0.7 * 62 + 0.3 * 58 + 0.75 * 6,
        ]
    )
    windows = exposure_windows(scans[::-1], ours, report_type=TEST, days_since_onset=0)
    assert [loss for w in windows for loss in w.attenuations] == looked_up_attenuations(scans, ours)
    swiss = load_preset("ch-2020-late")
    assert looked_up_attenuations(scans, swiss) == [60.0, 64.0, 62.0, 62.0]
    assert looked_up_attenuations(scans, load_preset("de-cwa")) == [50.0, 60.0, 58.0, 58.0]


def test_neighbours_count_across_the_border_of_windows() -> None:
    """Scans 240 s apart for 40 minutes: the first of the second window sees the last of the first."""
    ours = load_preset("bluezone")
    losses = [70.0] * 7 + [40.0] + [70.0] * 3  # times 0..2400; the eighth, at 1680, is the last before 1800
    scans = [ScanInstance(NOON + 240 * at, 70.0, low, 240) for at, low in enumerate(losses)]
    first, second = exposure_windows(scans, ours, report_type=TEST, days_since_onset=0)
    near, far = 0.7 * 70 + 0.3 * 40, 70.0
    assert first.attenuations == pytest.approx((*[far] * 6, near, near))
    assert second.attenuations == pytest.approx((near, far, far))


def test_a_summary_says_plain_time_nearest_and_how_sure() -> None:
    ours = load_preset("bluezone")
    (summary,) = daily_summaries([window((50, 300), (59, 300), (61, 240), (80, 300))], ours)
    assert (summary.seconds, summary.closest_attenuation, summary.scans) == (
        840,
        50,
        3,
    )  # 80 dB counts nothing
    assert summary.score == pytest.approx(5 + 5 * 0.7 + 4 * 0.7)
    assert summary.certainty is Certainty.LIKELY  # three scans, median 59 <= 62 - 3
    (unsure,) = daily_summaries([window((60, 300), (59.5, 300), (61, 240))], ours)
    assert unsure.certainty is Certainty.POSSIBLE  # median 60
    (short,) = daily_summaries([window((40, 300), (40, 300))], ours)
    assert short.certainty is Certainty.POSSIBLE
    (blind,) = daily_summaries([window(*[(40, 300)] * 6)], load_preset("bluezone_v2"))
    assert blind.certainty is Certainty.POSSIBLE


def test_two_keys_in_one_scan_are_one_stretch_of_plain_time() -> None:
    (summary,) = daily_summaries([window((50, 300)), window((52, 300))], load_preset("bluezone"))
    assert (summary.seconds, summary.scans) == (300, 1)
    assert summary.score == pytest.approx(10.0)  # risk adds up: two people


def test_days_beyond_the_age_limit_are_left_out() -> None:
    german = load_preset("de-cwa")
    old, new = window((70, 900), day=date(2026, 11, 14)), window((70, 900), day=date(2026, 11, 15))
    assert [s.day for s in daily_summaries([old, new], german, today=DAY)] == [date(2026, 11, 15)]


# --- properties

scan_instances = st.lists(
    st.builds(
        lambda at, low, more, seconds, around: ScanInstance(NOON + at, low + more, low, seconds, around),
        st.integers(0, 20_000),
        st.integers(0, 100),
        st.integers(0, 20),
        st.integers(0, 300),
        st.none() | st.floats(20, 100),
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

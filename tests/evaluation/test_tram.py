"""The Dublin tram: its files, the published anchors, and presets scored as a device scores them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bluezone.evaluation.tram import MINUTE_RULES, Warned, minutes_below, warned_by, warned_by_preset
from bluezone.evaluation.tram_files import BadTramFile, TramPairs, read_tram
from bluezone.protocols.gaen import ReportType
from bluezone.protocols.risk_presets import load_preset

RULES = {rule.name: rule for rule in MINUTE_RULES}
BINS = "# The attenuation levels (in dB) are 48-50, 50-56, 56-60.  E.g. column one is for 48-50dB.\n"


@pytest.fixture(scope="module")
def tram(shared_data: Path) -> TramPairs:
    radio = shared_data / "radio"
    return read_tram(radio / "dublintram_attenuations.txt", radio / "dublintram_distances.txt")


def files(folder: Path, attenuations: str, distances: str) -> tuple[Path, Path]:
    paths = folder / "dublintram_attenuations.txt", folder / "dublintram_distances.txt"
    for path, text in zip(paths, (attenuations, distances), strict=True):
        path.write_text(text, encoding="utf-8")
    return paths


def pairs_of(edges: list[float], rows: list[tuple[list[float], float]]) -> TramPairs:
    return TramPairs(
        np.array(edges, dtype=np.float64),
        np.array([minutes for minutes, _ in rows], dtype=np.float64),
        np.array([metres for _, metres in rows], dtype=np.float64),
    )


def test_the_published_files(tram: TramPairs, shared_data: Path) -> None:
    assert tram.minutes.shape == (72, 19)
    assert tram.edges_db.tolist() == [*range(48, 81, 2), 85, 90, 100]
    radio = shared_data / "radio"
    assert (tram.minutes == np.loadtxt(radio / "dublintram_attenuations.txt")).all()
    assert (tram.metres == np.loadtxt(radio / "dublintram_distances.txt")).all()


def test_the_published_anchors(tram: TramPairs) -> None:
    """Nobody by the Swiss and the German thresholds; 57 % of the near and 41 % of the far below 73 dB."""
    assert warned_by(RULES["ch-2020-early"], tram) == Warned(0, 28, 0, 44)
    assert warned_by(RULES["de-2020"], tram) == Warned(0, 28, 0, 44)
    below = warned_by(RULES["below-73"], tram)
    assert below == Warned(16, 28, 18, 44)
    assert below.true_positive_rate == pytest.approx(0.57, abs=0.005)
    assert below.false_positive_rate == pytest.approx(0.41, abs=0.005)


def test_presets_of_the_same_thresholds_warn_nobody_either(tram: TramPairs) -> None:
    for name in ("ch-2020-early", "ch-2020-late"):
        assert warned_by_preset(load_preset(name), tram) == Warned(0, 28, 0, 44)


def test_one_sighting_warns_everybody_who_was_heard(tram: TramPairs) -> None:
    """Two pairs, 4.9 m apart, heard nothing of each other."""
    silent = tram.minutes.sum(axis=1) == 0
    assert tram.metres[silent].tolist() == [4.9, 4.9]
    assert warned_by_preset(load_preset("bluezone_v2"), tram) == Warned(28, 28, 42, 44)


@pytest.mark.parametrize("name", ["bluezone", "ch-2020-late", "de-cwa"])
def test_presets_by_a_plain_sum_over_the_minutes(tram: TramPairs, name: str) -> None:
    """On one ride with one key a score is: a minute's weight at the middle of its bin, summed, times the
    factor of the day of onset; the adjusted attenuation by its definition."""
    preset = load_preset(name)
    factors = preset.transmission[ReportType.CONFIRMED_TEST]
    factor = factors[1] if name.startswith("ch-") else factors[2]  # the Swiss rule knows no days
    middles = ((tram.edges_db[:-1] + tram.edges_db[1:]) / 2).tolist()
    near_warned = far_warned = 0
    for minutes, metres in zip(tram.minutes.tolist(), tram.metres.tolist(), strict=True):
        ride = [middle for middle, spent in zip(middles, minutes, strict=True) for _ in range(round(spent))]
        losses = list(ride)
        if (adjustment := preset.adjustment) is not None:
            reach = int(adjustment.around_seconds // 60)
            losses = [
                adjustment.typical * loss
                + adjustment.minimum_around * min(ride[max(0, at - reach) : at + reach + 1])
                for at, loss in enumerate(ride)
            ]
        edges = list(zip(preset.below_db, preset.weights, strict=False))
        score = sum(next((weight for edge, weight in edges if loss < edge), 0.0) for loss in losses) * factor
        counting = sum(loss < preset.counting_below_db for loss in losses)
        if counting >= preset.drop_below_minutes and losses and score >= preset.high_minutes - 1e-9:
            near_warned += metres < 2
            far_warned += metres >= 2
    assert warned_by_preset(preset, tram) == Warned(near_warned, 28, far_warned, 44)


def test_minutes_of_a_bin_are_spread_evenly() -> None:
    pairs = pairs_of([48, 50, 56, 60], [([4, 6, 8], 1.0)])
    # Below 53: all of 48-50, half of 50-56. Below 58: and half of 56-60.
    assert [minutes_below(pairs, limit)[0] for limit in (40, 48, 49, 50, 53, 58, 60, 99)] == [
        0,
        0,
        2,
        4,
        7,
        14,
        18,
        18,
    ]


def test_a_rule_by_hand() -> None:
    # 50/55: 10 minutes below 50 and 10 of the 12 in 50-56 that lie below 55, counted half: 15, just enough.
    pairs = pairs_of([48, 50, 56], [([10, 12], 1.99), ([10, 12], 2.0), ([10, 11.9], 1.0), ([15, 0], 3.0)])
    warned = warned_by(RULES["ch-2020-early"], pairs)
    assert warned == Warned(1, 2, 2, 2)
    assert (warned.true_positive_rate, warned.false_positive_rate) == (0.5, 1.0)


def test_parts_of_minutes_reach_a_preset() -> None:
    # 54 dB counts half in ch-2020-early: 30 minutes and 6 seconds score 15.05, 29.9 minutes 14.95.
    preset = load_preset("ch-2020-early")
    pairs = pairs_of([48, 50, 58], [([0, 30.1], 1.0), ([0, 29.9], 1.0)])
    assert warned_by_preset(preset, pairs) == Warned(1, 2, 0, 0)
    assert warned_by_preset(preset, pairs).false_positive_rate is None


@pytest.mark.parametrize(
    ("attenuations", "distances", "says"),
    [
        ("1 2 3\n", "1\n", "attenuations.txt: no comment on top names the attenuation bins"),
        ("# are 48-50, 52-54\n1 2\n", "1\n", "bin 48-50 is not followed by one from 50"),
        ("# are 50-48, 48-54\n1 2\n", "1\n", "bin 50-48 is empty"),
        (BINS, "1\n", "attenuations.txt: there are no pairs"),
        (BINS + "1 2 3\n\n1 2\n", "1\n2\n", "attenuations.txt, line 4: has 2 values, needs 3"),
        (BINS + "1 2 x\n", "1\n", "line 2: 'x' is not from 0 to 1440 minutes"),
        (BINS + "1 2 -3\n", "1\n", "line 2: '-3'"),
        (BINS + "1 2 nan\n", "1\n", "line 2: 'nan'"),
        (BINS + "1 2 1e9\n", "1\n", "line 2: '1e9'"),
        (BINS + "1 2 3\n", "# metres\n-1\n", "distances.txt, line 2: '-1' is not from 0 to 1000 metres"),
        (BINS + "1 2 3\n", "1 2\n", "distances.txt, line 1: has 2 values, needs 1"),
        (BINS + "1 2 3\n1 2 3\n", "1\n", "distances.txt: has 1 distances for 2 pairs in"),
    ],
)
def test_a_bad_file_is_named(tmp_path: Path, attenuations: str, distances: str, says: str) -> None:
    with pytest.raises(BadTramFile) as caught:
        read_tram(*files(tmp_path, attenuations, distances))
    assert says in str(caught.value)


def test_blank_lines_and_comments_count_for_nothing(tmp_path: Path) -> None:
    pairs = read_tram(*files(tmp_path, BINS + "   \n1 2 3\n\n4 5 6\n", "# metres\n\n1.5\n2\n"))
    assert pairs.minutes.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert pairs.metres.tolist() == [1.5, 2]
    assert len(pairs) == 2


def test_files_that_are_no_text_are_refused(tmp_path: Path) -> None:
    attenuations, distances = files(tmp_path, BINS + "1 2 3\n", "1\n")
    with pytest.raises(BadTramFile, match=r"none\.txt: cannot be read"):
        read_tram(tmp_path / "none.txt", distances)
    distances.write_bytes(b"\xff\xfe")
    with pytest.raises(BadTramFile, match=r"distances\.txt: cannot be read"):
        read_tram(attenuations, distances)

"""What is known of keys: read with every fault named, and scores by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from bluezone.export_audit.truth import TruthRefused, read_truth, score_groups, score_suspects

A, B, C, D, E = (bytes([at] * 16) for at in range(5))
TRUTH = {A: 1, B: 1, C: 2, D: 2, E: None}


def test_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    path.write_text(f"tek,user,padding\n{A.hex()},7,0\n{B.hex().upper()},,1\n")
    assert read_truth(path) == {A: 7, B: None}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "first line must be tek,user,padding"),
        ("tek,user\n", "first line must be"),
        ("tek,user,padding\n00,1,0\n", "line 2: '00' is no key of 32 hexadecimal digits"),
        (f"tek,user,padding\n{'zz' * 16},1,0\n", "line 2"),
        (f"tek,user,padding\n{A.hex()},1\n", "line 2: 2 fields instead of 3"),
        (f"tek,user,padding\n{A.hex()},1,2\n", "line 2: padding is '2', not 0 or 1"),
        (f"tek,user,padding\n{A.hex()},x,0\n", "line 2: user 'x' is no whole number"),
        (f"tek,user,padding\n{A.hex()},,0\n", "line 2: user '' is no whole number"),
        (f"tek,user,padding\n{A.hex()},1,0\n{A.hex()},2,0\n", "line 3: this key was there before"),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "truth.csv"
    path.write_text(text)
    with pytest.raises(TruthRefused, match=said):
        read_truth(path)


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TruthRefused, match="no CSV in UTF-8"):
        read_truth(path)


def test_groups_are_scored_by_pairs() -> None:
    # Claimed are AB, and CDE with one right pair of three. True pairs are AB and CD, of ten pairs in all.
    score = score_groups([(A, B), (C, D, E)], (A, B, C, D, E), TRUTH)
    assert (score.users, score.precision, score.recall, score.precision_by_chance) == (1, 0.5, 1.0, 0.2)
    nothing = score_groups([], (A, B, C, D, E), TRUTH)
    assert (nothing.users, nothing.precision, nothing.recall) == (0, None, 0.0)
    twice = score_groups([(A, B), (B, A)], (A, B), TRUTH)
    assert twice.users == 1


def test_padding_is_nobodys_pair() -> None:
    score = score_groups([(D, E)], (D, E), {D: None, E: None})
    assert (score.users, score.precision, score.recall) == (0, 0.0, None)


def test_suspects_are_scored() -> None:
    score = score_suspects({D, E}, (A, B, C, D, E), TRUTH)
    assert (score.precision, score.recall, score.share) == (0.5, 1.0, 0.2)
    assert score_suspects(set(), (A,), TRUTH).precision is None

"""Presets as data: those that come along are sound, a wrong one is refused by file, key and reason."""

from __future__ import annotations

from importlib.resources import files

import pytest

from bluezone.errors import Refused
from bluezone.protocols.risk_presets import BadPreset, UnknownPreset, load_preset, parse_preset, preset_names

GOOD = (files("bluezone.protocols") / "presets" / "bluezone.toml").read_text(encoding="utf-8")


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


def test_every_preset_is_named_like_its_file_and_says_where_it_is_from() -> None:
    assert preset_names() == ["bluezone", "bluezone_v2", "ch-2020-early", "ch-2020-late", "de-cwa"]
    for name in preset_names():
        preset = load_preset(name)
        assert preset.name == name
        assert preset.version >= 1
        assert preset.sources


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownPreset, match=r"no risk preset 'fr'.*de-cwa"):
        load_preset("fr")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[", r"p\.toml: not TOML"),
        (changed('name = "bluezone"', ""), r"p\.toml: name: is missing"),
        (changed('name = "bluezone"', 'name = " "'), r"p\.toml: name: must be a text"),
        (changed("version = 2", "version = 0"), r"p\.toml: version: must be a whole number from 1"),
        (changed("version = 2", "version = true"), r"p\.toml: version: must be a whole number"),
        (
            changed("max_age_days = 14", "max_age_days = 15"),
            r"max_age_days: must be a whole number from 1 to 14",
        ),
        (changed("[58, 62, 65, 68]", "[58, 58, 65, 68]"), r"attenuation\.below_db: must ascend"),
        (
            changed("[58, 62, 65, 68]", '[58, "62", 65, 68]'),
            r"attenuation\.below_db: must be a number .*'62'",
        ),
        (changed("[58, 62, 65, 68]", "[58, 62]"), r"attenuation\.weights: needs 3 numbers for 2 limits"),
        (changed("[1.0, 0.7, 0.4, 0.2, 0.0]", "[0, 0, 0, 0, 0]"), r"attenuation\.weights: at least one"),
        (
            changed("[1.0, 0.7, 0.4, 0.2, 0.0]", "[-1, 1, 1, 1, 1]"),
            r"attenuation\.weights: must be a number from 0",
        ),
        (
            changed("[1.0, 0.7, 0.4, 0.2, 0.0]", "[nan, 1, 1, 1, 1]"),
            r"attenuation\.weights: must be a number from 0",
        ),
        (changed("[1.0, 0.7, 0.4, 0.2, 0.0]", "1"), r"attenuation\.weights: must be a list"),
        (
            changed('"adjusted"', '"mean"'),
            r"attenuation\.of_scan: must be one of typical, minimum, adjusted, not 'mean'",
        ),
        (
            changed("recursive = [0.0, 0.0, 0.0]", "recursive = [0.0]"),
            r"transmission\.recursive: needs three",
        ),
        (changed("recursive = [0.0, 0.0, 0.0]", ""), r"transmission\.recursive: is missing"),
        (changed("[-5, 10]", "[-15, 10]"), r"infectiousness\.standard_days: must be \[first, last\]"),
        (changed("[-5, 10]", "[10, -5]"), r"infectiousness\.standard_days: must be \[first, last\]"),
        (changed("[-5, 10]", "5"), r"infectiousness\.standard_days: must be \[first, last\]"),
        (
            changed('unknown_onset = "standard"', 'unknown_onset = "maybe"'),
            r"unknown_onset: must be one of none",
        ),
        (changed("low = 4.0", "low = 13"), r"minutes\.low: must not be above high"),
        (changed("low = 4.0", "lower = 4"), r"minutes\.low: is missing"),
        (changed("[minutes]", "[minutes]\nhihg = 1"), r"p\.toml: minutes\.hihg: is not a key of a preset"),
        (GOOD + "\n[notes]\na = 1\n", r"p\.toml: notes: is not a key of a preset"),
        ("window = 3\n" + GOOD.replace("[window]", "[windows]"), r"window: must be a table"),
        (
            GOOD[: GOOD.index("sources = [")]
            + "sources = []"
            + GOOD[GOOD.index("]", GOOD.index("sources")) + 1 :],
            r"sources: must be a list",
        ),
        (changed("surroundings = 0.75", ""), r"p\.toml: adjustment\.surroundings: is missing"),
        (changed("typical = 0.7", "typical = -1"), r"adjustment\.typical: must be a number from 0 to 10"),
        (changed("most_db = 6", "most_db = 6\nleast_db = 1"), r"adjustment\.least_db: is not a key"),
        (changed("[adjustment]", "[adjustments]"), r"p\.toml: adjustment: is missing"),
        (changed('"adjusted"', '"typical"'), r"p\.toml: adjustment: is not a key of a preset"),
    ],
)
def test_a_wrong_preset_is_refused_by_file_key_and_reason(text: str, reason: str) -> None:
    with pytest.raises(BadPreset, match=reason) as caught:
        parse_preset(text, source="p.toml")
    assert isinstance(caught.value, Refused)

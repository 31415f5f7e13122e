"""Which charts a replay's report gives: against adoption, thresholds, and the delay to publish."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bluezone.charts.line_chart import Axis, Panel, Series, draw_chart

__all__ = ["charts_of"]

_Row = dict[str, Any]
_Report = dict[str, Any]

_SHARE_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
_SENSITIVITY = "Sensitivity: of the true contacts, who is warned"
_PRECISION = "Precision: of the warned, who is a true contact"


def charts_of(report: _Report) -> dict[str, str]:
    """File name to SVG text, for everything that was swept; ``spec/replay_report.schema.json`` says what."""
    drawn = {
        "adoption.svg": _adoption(report) if len(_values(report["sweep"], "adoption")) > 1 else None,
        "thresholds.svg": _thresholds(report) if report["thresholds"] else None,
        "delay.svg": _delay(report) if report["delays"] else None,
    }
    return {name: chart for name, chart in drawn.items() if chart is not None}


def _adoption(report: _Report) -> str:
    x = Axis("People with the app", tuple(at / 5 for at in range(6)), percent=True)
    rows, chosen = report["sweep"], report["options"]["preset"]
    guide = _p_squared(rows, chosen)
    sensitivity = _by_preset(report, rows, "adoption", "sensitivity")
    panels = (
        Panel(_SENSITIVITY, x, _share_axis(), (*sensitivity, *([guide] if guide else []))),
        Panel(_PRECISION, x, _share_axis(), _by_preset(report, rows, "adoption", "precision")),
    )
    return draw_chart(
        f"Warning against adoption: {report['source']['name']}",
        (
            _of_what(report),
            "Contact and F0 both need the app: at adoption p about p² of the contacts can be warned.",
        ),
        panels,
    )


def _p_squared(rows: Sequence[_Row], chosen: str) -> Series | None:
    """The sensitivity of full adoption times p²; none without a value at full adoption."""
    full = next((row for row in rows if row["preset"] == chosen and row["adoption"] == 1), None)
    if full is None or full["sensitivity"] is None:
        return None
    at_full = full["sensitivity"]["mean"]
    points = tuple((at / 50, (at / 50) ** 2 * at_full) for at in range(51))
    return Series(f"p² × {chosen} at full adoption", points, style=None)


def _thresholds(report: _Report) -> str:
    rows = report["thresholds"]
    minutes = _values(rows, "minutes")
    x = Axis("Minutes at risk from which a device warns", _ticks(minutes))
    shifts = _values(rows, "shift_db")

    def panel(title: str, figure: str) -> Panel:
        series = tuple(
            _line(
                _shift_name(shift),
                [row for row in rows if row["shift_db"] == shift],
                "minutes",
                figure,
                style=at,
                strong=shift == 0,
            )
            for at, shift in enumerate(sorted(shifts, key=abs))  # unshifted first: the first style
        )
        return Panel(title, x, _share_axis(), series)

    chosen = next(one for one in report["presets"] if one["name"] == report["options"]["preset"])
    return draw_chart(
        f"Warning against thresholds: {report['source']['name']}",
        (
            _of_what(report),
            f"Preset {chosen['name']} warns from {chosen['high_minutes']:g} minutes. A shift in dB is added "
            "to each of its attenuation limits, so raised limits take more for near.",
        ),
        (panel(_SENSITIVITY, "sensitivity"), panel(_PRECISION, "precision")),
    )


def _shift_name(shift: float) -> str:
    return f"{shift:+g} dB".replace("-", "−") if shift else "limits as they are"


def _delay(report: _Report) -> str:
    rows = report["delays"]
    x = Axis("Days from the positive test to publishing", _ticks(_values(rows, "delay_days")))
    slowest = max((row["days_to_warning"]["high"] for row in rows if row["days_to_warning"]), default=1.0)
    days = Axis("days", tuple(float(at) for at in _round_ticks(slowest)))
    return draw_chart(
        f"Warning against delay: {report['source']['name']}",
        (
            _of_what(report),
            "Days to the warning: from the last meeting with an F0 until the contact's device says so.",
        ),
        (
            Panel(_SENSITIVITY, x, _share_axis(), _by_preset(report, rows, "delay_days", "sensitivity")),
            Panel("Days to the warning", x, days, _by_preset(report, rows, "delay_days", "days_to_warning")),
        ),
    )


def _by_preset(report: _Report, rows: Sequence[_Row], x: str, figure: str) -> tuple[Series, ...]:
    chosen = report["options"]["preset"]
    return tuple(
        _line(
            name, [row for row in rows if row["preset"] == name], x, figure, style=at, strong=name == chosen
        )
        for at, name in enumerate(one["name"] for one in report["presets"])
    )


def _line(name: str, rows: Sequence[_Row], x: str, figure: str, *, style: int, strong: bool) -> Series:
    in_order = sorted(rows, key=_by(x))
    return Series(
        name=name,
        points=tuple((row[x], row[figure] and row[figure]["mean"]) for row in in_order),
        band=tuple((row[x], row[figure]["low"], row[figure]["high"]) for row in in_order if row[figure]),
        style=style,
        strong=strong,
    )


def _of_what(report: _Report) -> str:
    options = report["options"]
    seeds = options["seeds"]
    parts = [
        f"{report['people']} people, {report['source']['days']} days",
        f"{report['f0']} F0s",
        f"{seeds} seeds ({options['seed']} to {options['seed'] + seeds - 1}; mean, and band from least to "
        "greatest)"
        if seeds > 1
        else f"seed {options['seed']}",
    ]
    return ", ".join(parts) + "."


def _share_axis() -> Axis:
    return Axis("", _SHARE_TICKS, percent=True)


def _ticks(values: Sequence[float]) -> tuple[float, ...]:
    """A tick at each value, and at least two, since an axis has a length."""
    return tuple(values) if len(values) > 1 else (values[0], values[0] + 1)


def _round_ticks(highest: float) -> list[int]:
    step = next(size for size in (1, 2, 5, 10, 20) if highest <= 5 * size or size == 20)
    return list(range(0, step * (int(-(-highest // step)) + 1), step)) or [0, step]


def _values(rows: Sequence[_Row], name: str) -> list[float]:
    return sorted({row[name] for row in rows})


def _by(name: str) -> Callable[[_Row], float]:
    return lambda row: float(row[name])

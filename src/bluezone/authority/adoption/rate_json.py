"""Rates as JSON, the same for the command line and the staff's address."""

from __future__ import annotations

from bluezone.authority.adoption.carried import Carried, CarriedRow
from bluezone.authority.adoption.queries import Figure, PartsSum, Rate
from bluezone.authority.adoption.rules import Forecast, NoForecast, percent_of, rate_text
from bluezone.authority.adoption.target_queries import Progress

__all__ = ["carried_document", "figure_document", "parts_sum_document", "progress_document", "rate_document"]


def rate_document(rate: Rate) -> dict[str, str | int | float | None]:
    """Both counts with their metrics, days, sources and definitions; ``percent`` has two decimals."""
    numerator, denominator = rate.numerator, rate.denominator
    return {
        "metric": numerator.metric.value,
        "base": denominator.metric.value,
        "numerator": numerator.value,
        "denominator": denominator.value,
        "percent": None if rate.percent is None else float(rate.percent),
        "text": rate.text,
        "source": numerator.source.value,
        "as_of": numerator.as_of.isoformat(),
        "definition": numerator.definition,
        "base_source": denominator.source.value,
        "base_as_of": denominator.as_of.isoformat(),
        "base_definition": denominator.definition,
    }


def figure_document(figure: Figure) -> dict[str, str | int]:
    """A count that is in no rate."""
    return {
        "metric": figure.metric.value,
        "value": figure.value,
        "source": figure.source.value,
        "as_of": figure.as_of.isoformat(),
        "definition": figure.definition,
    }


def parts_sum_document(added: PartsSum) -> dict[str, str | int | float | None]:
    """What parts add up to where nobody gave a total."""
    percent = percent_of(added.numerator, added.denominator)
    return {
        "numerator": added.numerator,
        "denominator": added.denominator,
        "percent": None if percent is None else float(percent),
        "text": rate_text(added.numerator, added.denominator),
        "areas": added.reporting,
        "first_day": added.first_day.isoformat(),
        "last_day": added.last_day.isoformat(),
    }


def progress_document(progress: Progress) -> dict[str, object]:
    """A target and how far it is; ``forecast`` is ``None`` where none is due, else a range or a reason."""
    points, ahead = progress.points_missing, progress.ahead
    return {
        "percent": float(progress.percent),
        "due": progress.due.isoformat(),
        "standing": progress.standing.value,
        "points_missing": None if points is None else float(points),
        "phones_missing": progress.phones_missing,
        "forecast": None if ahead is None else _forecast_document(ahead),
    }


def carried_document(carried: Carried) -> dict[str, object]:
    """The same rates in the areas of another day; where ``rate`` is ``None`` there is a reason."""
    return {
        "areas_of": carried.areas_of.isoformat(),
        "areas": [_row_document(one) for one in carried.rows],
        "unexplained": [{"path": one.path, "name": one.name} for one in carried.unexplained],
    }


def _forecast_document(ahead: Forecast | NoForecast) -> dict[str, object]:
    if isinstance(ahead, NoForecast):
        return {"percent": None, "reason": ahead.value}
    percent, low, high = (round(one, 2) for one in (ahead.percent, ahead.low, ahead.high))
    return {"percent": percent, "low": low, "high": high, "points": ahead.points}


def _row_document(row: CarriedRow) -> dict[str, object]:
    document: dict[str, object] = {"area": row.area.code, "path": row.area.path, "name": row.area.name}
    rate = row.rate
    if rate is None:
        return {**document, "rate": None, "reason": row.reason.en, "reason_vi": row.reason.vi}
    return {
        **document,
        "rate": {
            "numerator": rate.numerator,
            "denominator": rate.denominator,
            "percent": None if rate.percent is None else float(rate.percent),
            "text": rate.text,
            "made_of": [one.code for one in rate.made_of],
            "first_day": rate.first_day.isoformat(),
            "last_day": rate.last_day.isoformat(),
        },
    }

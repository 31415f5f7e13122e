"""A rate as JSON, the same for the command line and the staff's address."""

from __future__ import annotations

from bluezone.authority.adoption.queries import Rate

__all__ = ["rate_document"]


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

"""A round as JSON, the same for the command line and the staff's address."""

from __future__ import annotations

from collections.abc import Mapping

from bluezone.authority.adoption.rules import percent_of
from bluezone.authority.returns.metrics import Form, rate_of
from bluezone.authority.returns.round_queries import Asked, Gap, Round, Tally

__all__ = ["round_document"]


def round_document(shown: Round, since: Mapping[int, Gap]) -> dict[str, object]:
    """Totals with how many organisations they rest on, those of each part, and every organisation."""
    area, form = shown.area, shown.survey.form
    return {
        "area": None if area is None else area.code,
        "name": None if area is None else area.name,
        "round": shown.day.isoformat(),
        "kind": shown.survey.kind.value,
        "form": form.value,
        "counted_at": "work" if form is Form.STAFF else "school",
        "total": _tally(shown.total, form),
        "parts": [
            {
                "area": None if part.area is None else part.area.code,
                "name": None if part.area is None else part.area.name,
                **_tally(part.tally, form),
            }
            for part in shown.parts
        ],
        "organisations": [_asked(one, since.get(one.pk), form) for one in shown.asked],
    }


def _tally(tally: Tally, form: Form) -> dict[str, object]:
    return {
        "asked": tally.asked,
        "resting_on": tally.resting_on,
        "states": {state.value: count for state, count in tally.states.items()},
        "counts": dict(tally.counts) if tally.resting_on else None,
        **_rate(form, tally.counts if tally.resting_on else None),
    }


def _asked(one: Asked, gap: Gap | None, form: Form) -> dict[str, object]:
    own = one.own
    return {
        "key": one.key,
        "code": one.code,
        "name": one.name,
        "area": one.area_path,
        "state": own.state.value,
        "cutoff": own.cutoff.isoformat(),
        "last_entered": None if own.last is None else own.last.isoformat(),
        "owed": own.owed,
        "returned": own.returned,
        "missing_since": None if gap is None or gap.since is None else gap.since.isoformat(),
        "last_return": None if gap is None or gap.last_return is None else gap.last_return.isoformat(),
        "counts": None if own.counts is None else dict(own.counts),
        **_rate(form, own.counts),
    }


def _rate(form: Form, counts: Mapping[str, int] | None) -> dict[str, object]:
    if counts is None:
        return {"numerator": None, "denominator": None, "percent": None}
    numerator, denominator = rate_of(form, counts)
    percent = percent_of(numerator, denominator)
    return {
        "numerator": numerator,
        "denominator": denominator,
        "percent": None if percent is None else float(percent),
    }

"""``/api/stats/…``: statistics for other systems, with the reference's field names, as JSON and CSV.

A number that is not told is a text in its place: ``"<10"``, or ``"withheld"`` where it is 10 or more but
would give away a smaller one. Distributions are told by weeks, not by days as the reference does: by days the
small numbers in them would be told as well.
"""

from __future__ import annotations

import csv
import functools
import io
import json
import secrets
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse

from bluezone.authority import runtime
from bluezone.authority.access.disclosure_rules import Figure
from bluezone.authority.keys import services
from bluezone.authority.keys.json_endpoints import View
from bluezone.authority.keys.models import ApiKind
from bluezone.authority.keys.statistics_queries import (
    DayFigures,
    WeekFigures,
    day_figures,
    week_figures,
    weeks_told,
)
from bluezone.authority.keys.statistics_rules import ONSET_BINS
from bluezone.authority.keys.verification_json import caller_of, code_error

__all__ = ["codes_csv", "codes_json", "keys_csv", "keys_json"]

_PADDING = 2048
"""At least, as the reference pads its statistics."""

_log = structlog.get_logger("bluezone.authority.keys")
_CallerView = Callable[[services.ApiCaller], HttpResponse]


def _stats_get(view: _CallerView) -> View:
    """A GET endpoint for holders of a STATS key, whose area is what they see of the codes."""

    @functools.wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            refusal = code_error("method_not_allowed", "use GET", 405)
            refusal["Allow"] = "GET, HEAD"
            return refusal
        try:
            return view(caller_of(request, ApiKind.STATS))
        except services.ApiKeyRefused as error:
            return code_error("unauthorized", str(error), 401)
        except Exception:  # noqa: BLE001 # logged with its traceback; machines read JSON only
            _log.exception("request failed")
            return code_error("internal_server_error", "Internal Server Error", 500)

    return answer


@_stats_get
def codes_json(caller: services.ApiCaller) -> HttpResponse:
    """``GET /api/stats/realm.json``: codes of the key's area by day; weeks by type and area."""
    now = runtime.now()
    return _json(
        {
            "area": caller.area_path,
            "has_key_server_stats": True,
            "statistics": [
                {"date": f"{one.day}T00:00:00Z", "data": _of_codes(one)}
                for one in day_figures(caller.scope, now)
            ],
            "weeks": [_week_of_codes(week_figures(caller.scope, monday)) for monday in weeks_told(now)],
        }
    )


@_stats_get
def codes_csv(caller: services.ApiCaller) -> HttpResponse:
    """``GET /api/stats/realm.csv``: codes of the key's area by day."""
    days = day_figures(caller.scope, runtime.now())
    return _csv(
        ("date", "codes_issued", "codes_claimed", "codes_expired", "codes_revoked"),
        ((one.day, *_of_codes(one).values()) for one in days),
    )


@_stats_get
def keys_json(caller: services.ApiCaller) -> HttpResponse:
    """``GET /api/stats/keyserver.json``: publishes of the whole region by day; weeks by ages and onset."""
    now = runtime.now()
    return _json(
        {
            "statistics": [
                {
                    "day": f"{one.day}T00:00:00Z",
                    "publish_requests": {"unknown": one.publishes},
                    "total_teks_published": one.keys,
                    "revision_requests": one.revisions,
                }
                for one in day_figures(caller.scope, now)
            ],
            "weeks": [_week_of_keys(week_figures(caller.scope, monday)) for monday in weeks_told(now)],
        }
    )


@_stats_get
def keys_csv(caller: services.ApiCaller) -> HttpResponse:
    """``GET /api/stats/keyserver.csv``: publishes of the whole region by day."""
    days = day_figures(caller.scope, runtime.now())
    return _csv(
        ("day", "publish_requests", "total_teks_published", "revision_requests"),
        ((one.day, one.publishes, one.keys, one.revisions) for one in days),
    )


def _of_codes(one: DayFigures) -> dict[str, Figure]:
    return {
        "codes_issued": one.issued,
        "codes_claimed": one.claimed,
        "codes_expired": one.expired,
        "codes_revoked": one.revoked,
    }


def _week_of_codes(week: WeekFigures) -> dict[str, Any]:
    return {
        **_week(week),
        "codes_issued_by_type": _named(week.issued_by_type),
        "codes_issued_by_area": _named(week.issued_by_area),
        "codes_claimed_by_area": _named(week.claimed_by_area),
    }


def _week_of_keys(week: WeekFigures) -> dict[str, Any]:
    onsets = week.onsets
    return {
        **_week(week),
        "publish_requests_by_type": _named(week.publishes_by_type),
        "tek_age_distribution": week.ages,
        "onset_to_upload_distribution": None if onsets is None else onsets[:ONSET_BINS],
        "requests_missing_onset_date": None if onsets is None else onsets[ONSET_BINS],
    }


def _week(week: WeekFigures) -> dict[str, Any]:
    return {"first_day": week.monday.isoformat(), "last_day": week.sunday.isoformat()}


def _named(parts: Mapping[Any, Figure] | None) -> dict[str, Figure] | None:
    return None if parts is None else {str(name) or "unknown": figure for name, figure in parts.items()}


def _json(reply: Mapping[str, Any]) -> HttpResponse:
    padding = secrets.token_bytes(_PADDING + secrets.randbelow(_PADDING + 1))
    body = json.dumps({**reply, "padding": b64encode(padding).decode()})
    return HttpResponse(body, "application/json", headers={"Cache-Control": "no-store"})


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    headers = {"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="statistics.csv"'}
    return HttpResponse(out.getvalue(), "text/csv; charset=utf-8", headers=headers)

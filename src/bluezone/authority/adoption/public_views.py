"""Rates of areas for everybody, as a page and as JSON; there is neither unless a setting says so."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bluezone.authority.access.scope import check_area_path
from bluezone.authority.adoption.metrics import DEFINITIONS
from bluezone.authority.adoption.public_queries import PublicRow, PublicTable, public_table
from bluezone.authority.adoption.rate_json import rate_document
from bluezone.authority.tabular.reading import in_language

__all__ = ["public_json", "public_page"]


@require_safe
def public_page(request: HttpRequest) -> HttpResponse:
    """``/adoption/public/``: the highest areas, or with ``?area=01/009`` that one and its parts."""
    table = _table(request)
    told = [one.rate for one in (table.whole, *table.parts) if one is not None and one.rate is not None]
    used = {code for rate in told for code in (rate.numerator.definition, rate.denominator.definition)}
    definitions = [in_language(DEFINITIONS[code]) for code in sorted(used)]
    return render(request, "adoption/public.html", {"table": table, "definitions": definitions})


@require_safe
def public_json(request: HttpRequest) -> HttpResponse:
    """``/adoption/public.json``: the same for machines."""
    table = _table(request)
    document = {
        "as_of": table.day.isoformat(),
        "area": None if table.whole is None else _document(table.whole),
        "parts": [_document(one) for one in table.parts],
    }
    answer = JsonResponse(document, json_dumps_params={"ensure_ascii": False})
    answer["Cache-Control"] = "public, max-age=3600"
    return answer


def _table(request: HttpRequest) -> PublicTable:
    if not settings.BLUEZONE_PUBLIC_ADOPTION:
        raise Http404
    path = request.GET.get("area", "")
    try:
        table = public_table(check_area_path(path) if path else "")
    except ValueError:
        raise Http404 from None
    if table is None:
        raise Http404
    return table


def _document(row: PublicRow) -> dict[str, object]:
    return {
        "area": row.area.code,
        "path": row.area.path,
        "name": row.area.name,
        "telling": row.telling.value,
        "rate": None if row.rate is None else rate_document(row.rate),
    }

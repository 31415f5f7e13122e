"""The demo day: a page, and the report that its script draws."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import condition, require_safe

__all__ = ["day", "report", "report_path"]

LANGUAGES: Final = ("vi", "en")


def report_path() -> Path:
    """Where the demo command leaves its report (``spec/demo_report.schema.json``)."""
    return Path(settings.BLUEZONE_DATA) / "demo" / "report.json"


@require_safe
def day(request: HttpRequest) -> HttpResponse:
    """The page, in Vietnamese or with ``?lang=en`` in English; without a report it says how to make one."""
    asked = request.GET.get("lang", "")
    language = asked if asked in LANGUAGES else LANGUAGES[0]
    there = report_path().is_file()
    return render(request, "demo/day.html", {"page_language": language, "has_report": there})


def _etag(_request: HttpRequest) -> str | None:
    content = _content()
    return None if content is None else f'"{hashlib.sha256(content).hexdigest()[:32]}"'


@require_safe
@condition(etag_func=_etag)
def report(_request: HttpRequest) -> HttpResponseBase:
    """The report as it was written; 404 while there is none."""
    content = _content()
    if content is None:
        raise Http404("no demo report has been made yet")
    response = HttpResponse(content, content_type="application/json; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


def _content() -> bytes | None:
    try:
        return report_path().read_bytes()
    except FileNotFoundError:
        return None

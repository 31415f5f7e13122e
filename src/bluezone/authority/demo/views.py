"""The demo's two pages, the simulated day and the replay of real contacts, and the reports that they draw."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import condition, require_safe

__all__ = ["day", "replay", "replay_path", "replay_report", "report", "report_path"]

LANGUAGES: Final = ("vi", "en")


def report_path() -> Path:
    """Where the demo command leaves its report (``spec/demo_report.schema.json``)."""
    return Path(settings.BLUEZONE_DATA) / "demo" / "report.json"


def replay_path() -> Path:
    """Where the report of a replay is looked for (``spec/replay_report.schema.json``)."""
    return Path(settings.BLUEZONE_DATA) / "demo" / "replay.json"


@require_safe
def day(request: HttpRequest) -> HttpResponse:
    """The day's page, in the reader's language or that of ``?lang=en``; without a report, how to make one."""
    return _page(request, "demo/day.html", report_path())


@require_safe
def replay(request: HttpRequest) -> HttpResponse:
    """The replay's page, likewise."""
    return _page(request, "demo/replay.html", replay_path())


@require_safe
@condition(etag_func=lambda _request: _etag(report_path()))
def report(_request: HttpRequest) -> HttpResponseBase:
    """The day's report as it was written; 404 while there is none."""
    return _sent(report_path())


@require_safe
@condition(etag_func=lambda _request: _etag(replay_path()))
def replay_report(_request: HttpRequest) -> HttpResponseBase:
    """The replay's report as it was written; 404 while there is none."""
    return _sent(replay_path())


def _page(request: HttpRequest, template: str, path: Path) -> HttpResponse:
    asked = request.GET.get("lang", "")
    language = asked if asked in LANGUAGES else get_language()
    return render(request, template, {"page_language": language, "has_report": path.is_file()})


def _etag(path: Path) -> str | None:
    content = _content(path)
    return None if content is None else f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def _sent(path: Path) -> HttpResponse:
    content = _content(path)
    if content is None:
        raise Http404("no such report has been made yet")
    response = HttpResponse(content, content_type="application/json; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None

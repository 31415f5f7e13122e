"""The front page."""

from __future__ import annotations

from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

__all__ = ["front"]


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """What this server is, and the ways in."""
    return render(request, "front.html", {"demo": apps.is_installed("bluezone.authority.demo")})

"""The front page."""

from __future__ import annotations

from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from bluezone.authority.read_only import read_only

__all__ = ["front"]


@read_only
def front(request: HttpRequest) -> HttpResponse:
    """What this server is, and the ways in."""
    return render(request, "front.html", {"demo": apps.is_installed("bluezone.authority.demo")})

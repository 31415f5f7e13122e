"""The front page and the health check."""

from __future__ import annotations

from django.apps import apps
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

__all__ = ["front", "healthz"]


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """What this server is, and the ways in."""
    return render(request, "front.html", {"demo": apps.is_installed("bluezone.authority.demo")})


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the server answers and reaches its database, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "no database"}, status=503)
    return JsonResponse({"status": "ok"})

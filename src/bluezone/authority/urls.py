"""The project's addresses."""

from __future__ import annotations

from django.apps import apps
from django.urls import URLPattern, URLResolver, include, path

from bluezone.authority import health, metrics

__all__ = ["urlpatterns"]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("bluezone.authority.home.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("", include("bluezone.authority.accounts.urls")),
    path("", include("bluezone.authority.keys.urls")),
    path("areas/", include("bluezone.authority.areas.urls")),
    path("organisations/", include("bluezone.authority.organisations.urls")),
    path("adoption/", include("bluezone.authority.adoption.urls")),
    path("returns/", include("bluezone.authority.returns.urls")),
    path("", include("bluezone.authority.heartbeats.urls")),
]
if apps.is_installed("bluezone.authority.demo"):
    urlpatterns.append(path("demo/", include("bluezone.authority.demo.urls")))

"""The project's addresses."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from bluezone.authority import views

__all__ = ["urlpatterns"]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.front, name="front"),
    path("healthz", views.healthz, name="healthz"),
    path("", include("bluezone.authority.accounts.urls")),
    path("", include("bluezone.authority.keys.urls")),
]
if settings.BLUEZONE_DEMO:
    urlpatterns.append(path("demo/", include("bluezone.authority.demo.urls")))

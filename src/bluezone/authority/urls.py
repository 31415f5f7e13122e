"""The project's addresses."""

from __future__ import annotations

from django.apps import apps
from django.urls import URLPattern, URLResolver, include, path

from bluezone.authority import views

__all__ = ["urlpatterns"]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.front, name="front"),
    path("healthz", views.healthz, name="healthz"),
    path("", include("bluezone.authority.accounts.urls")),
    path("", include("bluezone.authority.keys.urls")),
]
if apps.is_installed("bluezone.authority.demo"):
    urlpatterns.append(path("demo/", include("bluezone.authority.demo.urls")))

"""Addresses of the demo page, under /demo/."""

from __future__ import annotations

from django.urls import path

from bluezone.authority.demo import views

__all__ = ["app_name", "urlpatterns"]

app_name = "demo"

urlpatterns = [
    path("", views.day, name="day"),
    path("report.json", views.report, name="report"),
]

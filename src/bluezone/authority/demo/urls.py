"""Addresses of the demo's pages, under /demo/."""

from __future__ import annotations

from django.urls import path

from bluezone.authority.demo import views

__all__ = ["app_name", "urlpatterns"]

app_name = "demo"

urlpatterns = [
    path("", views.day, name="day"),
    path("report.json", views.report, name="report"),
    path("replay/", views.replay, name="replay"),
    path("replay/report.json", views.replay_report, name="replay-report"),
]

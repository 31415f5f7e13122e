"""Addresses of heartbeats."""

from django.urls import path

from bluezone.authority.heartbeats import api, views
from bluezone.protocols.heartbeat import HEARTBEAT_PATH

__all__ = ["urlpatterns"]

urlpatterns = [
    path(HEARTBEAT_PATH.lstrip("/"), api.heartbeats, name="api-heartbeats"),
    path("heartbeat/", views.about, name="heartbeat-about"),
    path("heartbeats/", views.counts, name="heartbeat-counts"),
]

"""Registers the app under its package name."""

from django.apps import AppConfig

__all__ = ["HeartbeatsConfig"]


class HeartbeatsConfig(AppConfig):
    """The app's place in the project."""

    name = "bluezone.authority.heartbeats"
    label = "heartbeats"
    default_auto_field = "django.db.models.BigAutoField"

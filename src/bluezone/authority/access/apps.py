"""Registers the app under its package name."""

from django.apps import AppConfig

__all__ = ["AccessConfig"]


class AccessConfig(AppConfig):
    """The app's place in the project."""

    name = "bluezone.authority.access"
    label = "access"
    default_auto_field = "django.db.models.BigAutoField"

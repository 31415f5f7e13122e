"""Registers the app under its package name."""

from django.apps import AppConfig

__all__ = ["AreasConfig"]


class AreasConfig(AppConfig):
    """The app's place in the project."""

    name = "bluezone.authority.areas"
    label = "areas"
    default_auto_field = "django.db.models.BigAutoField"

"""Registers the app under its package name."""

from django.apps import AppConfig

__all__ = ["TabularConfig"]


class TabularConfig(AppConfig):
    """The app's place in the project."""

    name = "bluezone.authority.tabular"
    label = "tabular"
    default_auto_field = "django.db.models.BigAutoField"

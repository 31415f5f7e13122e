"""Registers the app under its package name."""

from django.apps import AppConfig

__all__ = ["KeysConfig"]


class KeysConfig(AppConfig):
    """The app's place in the project."""

    name = "bluezone.authority.keys"
    label = "keys"
    default_auto_field = "django.db.models.BigAutoField"

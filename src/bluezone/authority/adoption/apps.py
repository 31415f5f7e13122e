"""Registers the app under its package name."""

from django.apps import AppConfig

__all__ = ["AdoptionConfig"]


class AdoptionConfig(AppConfig):
    """The app's place in the project."""

    name = "bluezone.authority.adoption"
    label = "adoption"
    default_auto_field = "django.db.models.BigAutoField"

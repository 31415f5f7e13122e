"""Registers the app under its package name."""

from django.apps import AppConfig

__all__ = ["OrganisationsConfig"]


class OrganisationsConfig(AppConfig):
    """The app's place in the project."""

    name = "bluezone.authority.organisations"
    label = "organisations"
    default_auto_field = "django.db.models.BigAutoField"

"""Registers the app under its package name."""

from django.apps import AppConfig

__all__ = ["AccountsConfig"]


class AccountsConfig(AppConfig):
    """The app's place in the project."""

    name = "bluezone.authority.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

"""Registers the app under its package name."""

from django.apps import AppConfig

__all__ = ["HomeConfig"]


class HomeConfig(AppConfig):
    """The app's place in the project."""

    name = "bluezone.authority.home"
    label = "home"

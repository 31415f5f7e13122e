"""Registers the demo page with Django."""

from __future__ import annotations

from django.apps import AppConfig

__all__ = ["DemoConfig"]


class DemoConfig(AppConfig):
    name = "bluezone.authority.demo"
    label = "demo"
    verbose_name = "Demo"

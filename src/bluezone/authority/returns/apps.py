"""Registers the app under its package name."""

from django.apps import AppConfig

__all__ = ["ReturnsConfig"]


class ReturnsConfig(AppConfig):
    """The app's place in the project."""

    name = "bluezone.authority.returns"
    label = "returns"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The overview of adoption tells of returns too."""
        from bluezone.authority.adoption.sections import add_section
        from bluezone.authority.returns.overview_section import returns_section

        add_section(returns_section)

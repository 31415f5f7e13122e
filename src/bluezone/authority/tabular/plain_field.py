"""A column for searching without diacritics."""

from __future__ import annotations

from typing import Any

from django.db import models

from bluezone.authority.tabular.spelling import plain

__all__ = ["PlainField"]


class PlainField(models.CharField):  # type: ignore[type-arg]  # generic for mypy only
    """The plain letters of another column, written with each row so that nobody can forget it.

    Only rows that are saved or created in bulk have it; ``update`` of the other column must set it too.
    """

    def __init__(self, *args: Any, of: str, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "editable": False})
        self.of = of

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """What is written."""
        value = plain(getattr(model_instance, self.of))
        setattr(model_instance, self.attname, value)
        return value

    def deconstruct(self) -> Any:
        """For migrations."""
        name, path, args, kwargs = super().deconstruct()
        del kwargs["editable"]
        return name, path, args, {**kwargs, "of": self.of}

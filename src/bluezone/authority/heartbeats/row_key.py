"""A number that is a row's place in the table: SQLite has no other order of it."""

from __future__ import annotations

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["RowKey"]


class RowKey(models.BigIntegerField):  # type: ignore[type-arg]  # generic for mypy only
    """A primary key. SQLite numbers rows in the order in which they came, unless it is an ``integer``."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        """``bigint`` is another word for the same elsewhere, and there it is no number of rows."""
        return "integer" if connection.vendor == "sqlite" else super().db_type(connection)

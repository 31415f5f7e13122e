"""``{% load reading %}``: sentences and numbers in the reader's language."""

from __future__ import annotations

from django import template

from bluezone.authority.formats import numbers
from bluezone.authority.tabular.reading import in_language

__all__ = ["register"]

register = template.Library()
register.filter("told", in_language)
register.filter("grouped", numbers.grouped)
register.filter("written", numbers.written)
register.filter("percent", numbers.percent)

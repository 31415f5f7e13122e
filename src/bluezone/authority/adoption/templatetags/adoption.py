"""``{% load adoption %}``: rates in the reader's language."""

from __future__ import annotations

from django import template

from bluezone.authority.adoption.rate_words import rate_words

__all__ = ["register"]

register = template.Library()
register.simple_tag(rate_words, name="rate_text")

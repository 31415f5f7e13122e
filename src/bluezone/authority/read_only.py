"""Views for anybody that change nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

__all__ = ["read_only"]


_View = TypeVar("_View", bound=Callable[..., Any])


def read_only(view: _View) -> _View:
    """Only GET and HEAD; a program that sends anything else gets a 405, not a page about missing cookies."""
    return csrf_exempt(require_safe(view))

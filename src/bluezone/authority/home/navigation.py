"""The pages on top of every page: those that open to whoever reads it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from bluezone.authority import runtime
from bluezone.authority.home.registry import PAGES
from bluezone.authority.todays_work import Page, person_of

__all__ = ["navigation"]


def navigation(request: HttpRequest) -> dict[str, Any]:
    """For every template; looked up only where it is shown."""
    return {"navigation": SimpleLazyObject(lambda: _offered(request))}


def _offered(request: HttpRequest) -> list[Page]:
    person = person_of(request.user, runtime.now())
    return [page for page in PAGES if page.in_navigation and person and person.may_open(page)]

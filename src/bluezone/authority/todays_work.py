"""What each domain tells the first page and the search: its pages, and what is to be done today, by whom."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import IntEnum
from typing import TYPE_CHECKING

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from bluezone.authority.access.queries import roles_of
from bluezone.authority.access.roles import Role
from bluezone.authority.access.rules import HeldRole
from bluezone.authority.access.scope import EVERYWHERE, Scope

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

__all__ = ["Page", "Person", "Urgency", "WorkItem", "person_of"]


class Urgency(IntEnum):
    """What comes first."""

    ALARM = 0
    """Something fails, or somebody is waiting for it now."""

    OVERDUE = 1
    SOON = 2
    OPEN = 3


@dataclass(frozen=True, slots=True)
class WorkItem:
    """Something to be done: a sentence with its count, without anybody's name or number."""

    urgency: Urgency
    text: str
    address: str = ""
    """Where it is done; empty where that is not on a page."""

    since: date | datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A page that people look for by name; the texts are translated when they are read."""

    view: str
    name: str | _StrPromise
    hint: str | _StrPromise
    roles: frozenset[Role] | None
    """Whom it opens to; ``None`` is everybody who is logged in."""

    words: str = ""
    """What else people call it, for the search."""

    needs_area: bool = False
    """Whether it has nothing for whoever holds organisations alone."""

    in_navigation: str | _StrPromise = ""
    """Its short name on top of every page; empty for those that others lead to."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who is asking, with all that they hold at this moment: read once, for all domains."""

    user: AbstractBaseUser
    held: tuple[HeldRole, ...]
    now: datetime

    @property
    def today(self) -> date:
        """In Hà Nội."""
        return timezone.localtime(self.now).date()

    @property
    def midnight(self) -> datetime:
        """When today began."""
        return timezone.make_aware(datetime.combine(self.today, time()))

    def holds(self, roles: Collection[Role]) -> bool:
        """Whether they hold one of these anywhere."""
        return any(one.role in roles for one in self.held)

    def scope(self, roles: Collection[Role]) -> Scope:
        """Where they hold one of these."""
        return Scope.of(one.area_path for one in self.held if one.role in roles)

    def may_open(self, page: Page) -> bool:
        """Whether the page is one for them."""
        opening = [one for one in self.held if page.roles is None or one.role in page.roles]
        if page.needs_area:
            return any(_is_area(one.area_path) for one in opening)
        return page.roles is None or bool(opening)


def _is_area(path: str) -> bool:
    """Codes of areas begin with a digit, which the root of management does not."""
    return path == EVERYWHERE or path[0].isdigit()


def person_of(user: AbstractBaseUser | AnonymousUser, now: datetime) -> Person | None:
    """Who is logged in; ``None`` for anybody else."""
    if not isinstance(user, AbstractBaseUser):
        return None
    return Person(user, roles_of(user, now), now)

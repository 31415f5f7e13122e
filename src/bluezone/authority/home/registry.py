"""Which domains have pages and work to tell; a new domain is added here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from bluezone.authority.accounts import today as accounts
from bluezone.authority.adoption import today as adoption
from bluezone.authority.areas import today as areas
from bluezone.authority.heartbeats import today as heartbeats
from bluezone.authority.home import server_state
from bluezone.authority.keys import today as keys
from bluezone.authority.organisations import today as organisations
from bluezone.authority.returns import today as returns
from bluezone.authority.todays_work import Page, Person, WorkItem

__all__ = ["PAGES", "work_of"]

PAGES: Sequence[Page] = (
    *keys.PAGES,
    *adoption.PAGES,
    *heartbeats.PAGES,
    *returns.PAGES,
    *organisations.PAGES,
    *areas.PAGES,
    *accounts.PAGES,
)
"""In the order in which the first page offers them."""

_WORK: Sequence[Callable[[Person], Iterable[WorkItem]]] = (
    server_state.todays_work,
    keys.todays_work,
    adoption.todays_work,
    returns.todays_work,
    accounts.todays_work,
)


def work_of(person: Person) -> Sequence[WorkItem]:
    """What is to be done today by somebody, the most urgent first."""
    items = [item for work in _WORK for item in work(person)]
    return sorted(items, key=lambda item: item.urgency)  # of equals, in the order of the domains

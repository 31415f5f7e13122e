"""The search over the whole site: pages, areas and organisations, each within what somebody may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import override

from bluezone.authority.access.roles import ADOPTION_READERS, ORGANISATION_READERS
from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.search import areas_found
from bluezone.authority.home.registry import PAGES
from bluezone.authority.organisations.models import Organisation
from bluezone.authority.organisations.search import organisations_found
from bluezone.authority.tabular.spelling import plain
from bluezone.authority.todays_work import Page, Person

__all__ = ["Found", "find", "pages_found"]

_LANGUAGES = ("vi", "en")


@dataclass(frozen=True, slots=True)
class Found:
    """What there is, the likeliest first; nothing is read before it is shown."""

    pages: Sequence[Page]
    areas: QuerySet[Area]
    organisations: QuerySet[Organisation]
    of_areas: Scope
    """Where an area may be found: there is something of it to look at."""

    of_adoption: Scope
    """Where its figures may be looked at."""

    of_organisations: Scope
    """Where its organisations may."""


def find(words: str, person: Person) -> Found:
    """Everything with all of these words, whatever diacritics they were typed with."""
    of_adoption, of_organisations = person.scope(ADOPTION_READERS), person.scope(ORGANISATION_READERS)
    either = (
        Scope.everything()
        if of_adoption.unlimited or of_organisations.unlimited
        else Scope(of_adoption.prefixes | of_organisations.prefixes)
    )
    return Found(
        pages_found(words, person),
        areas_found(words, either, person.today),
        organisations_found(words, of_organisations),
        either,
        of_adoption,
        of_organisations,
    )


def pages_found(words: str, person: Person) -> Sequence[Page]:
    """Pages that open to somebody and have words that begin like these, in either language."""
    wanted = plain(words)
    if not wanted:
        return []
    ranked = []
    for page in PAGES:
        names = _names(page)
        known = " ".join((*names, page.words)).split()
        has_all = all(any(one.startswith(word) for one in known) for word in wanted.split())
        if has_all and person.may_open(page):
            likeliness = 0 if any(name.startswith(wanted) for name in names) else 1
            ranked.append((likeliness, page))
    return [page for _, page in sorted(ranked, key=lambda one: one[0])]


def _names(page: Page) -> Sequence[str]:
    names = []
    for language in _LANGUAGES:
        with override(language):
            names.append(plain(str(page.name)))
    return names

"""Areas of today and of before by what people type, the likeliest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import reduce
from operator import and_, or_

from django.db.models import Case, Q, QuerySet, Value, When

from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.models import Area, Succession
from bluezone.authority.areas.names import CODE_WIDTHS, TYPES, with_full_type
from bluezone.authority.tabular.spelling import plain

__all__ = ["areas_found", "successors_of"]


def areas_found(words: str, scope: Scope, day: date) -> QuerySet[Area]:
    """Every version of an area in the scope with all of the words in its name or code; none for no words.

    The whole name or code first, with or without its type, then what begins with the words, then where they
    stand together; of equals those that exist on the day.
    """
    wanted = plain(words)
    if not wanted:
        return Area.objects.none()
    spellings = {wanted, with_full_type(wanted)}
    whole = {f"{start}{one}" for one in spellings for start in ("", *(f"{full} " for full in TYPES))}
    likeliness = Case(
        When(Q(plain_name__in=whole) | Q(code__in=_codes(wanted)), then=Value(0)),
        When(reduce(or_, (Q(plain_name__startswith=one) for one in sorted(whole))), then=Value(1)),
        When(reduce(or_, (Q(plain_name__contains=f" {one}") for one in sorted(spellings))), then=Value(2)),
        default=Value(3),
    )
    is_past = Case(
        When(Q(valid_until=None) | Q(valid_until__gt=day), valid_from__lte=day, then=Value(0)),
        default=Value(1),
    )
    holding = reduce(or_, (_with_all_words(one) for one in sorted(spellings)))
    found = scope.filter(Area.objects.filter(holding), "path").select_related("parent")
    return found.annotate(likeliness=likeliness, is_past=is_past).order_by(
        "likeliness", "is_past", "plain_name", "path", "-valid_from"
    )


def successors_of(areas: Iterable[Area], scope: Scope) -> Mapping[int, Sequence[Area]]:
    """By the keys of areas what became of them, as far as the scope holds it."""
    links = Succession.objects.filter(predecessor__in=[one.pk for one in areas])
    links = scope.filter(links, "successor__path").select_related("successor")
    found: dict[int, list[Area]] = {}
    for link in links.order_by("successor__path", "successor__valid_from"):
        found.setdefault(link.predecessor_id, []).append(link.successor)
    return found


def _with_all_words(text: str) -> Q:
    return reduce(
        and_,
        (
            Q(plain_name__contains=word) | Q(code__istartswith=word) | Q(code__in=_codes(word))
            for word in text.split()
        ),
    )


def _codes(word: str) -> Sequence[str]:
    """The codes that a word may be, also with the zeros that spreadsheets eat."""
    if not (word.isascii() and word.isalnum()):
        return []
    widths = CODE_WIDTHS.values() if word.isdigit() else ()
    return sorted({word.upper(), *(word.zfill(width) for width in widths)})

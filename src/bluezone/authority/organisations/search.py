"""Organisations by what people type, the likeliest first."""

from __future__ import annotations

from django.db.models import Case, Q, QuerySet, Value, When

from bluezone.authority.access.scope import Scope
from bluezone.authority.organisations.models import Organisation
from bluezone.authority.organisations.queries import organisations
from bluezone.authority.tabular.spelling import plain

__all__ = ["organisations_found"]


def organisations_found(words: str, scope: Scope) -> QuerySet[Organisation]:
    """Those of a scope that have all of the words in their name or code, closed or not; none for no words.

    The whole name or code first, then what begins with the words, then where they stand together; of equals
    those that have not closed.
    """
    wanted = plain(words)
    if not wanted:
        return Organisation.objects.none()
    likeliness = Case(
        When(Q(plain_name=wanted) | Q(code__iexact=wanted), then=Value(0)),
        When(Q(plain_name__startswith=wanted) | Q(code__istartswith=wanted), then=Value(1)),
        When(plain_name__contains=f" {wanted}", then=Value(2)),
        default=Value(3),
    )
    has_closed = Case(When(closed_on=None, then=Value(0)), default=Value(1))
    found = organisations(scope, words=wanted, closed=True)
    return found.annotate(likeliness=likeliness, has_closed=has_closed).order_by(
        "likeliness", "has_closed", "plain_name", "pk"
    )

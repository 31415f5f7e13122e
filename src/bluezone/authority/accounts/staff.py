"""What every page about one's own account begins with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from bluezone.authority import runtime
from bluezone.authority.accounts.models import User

__all__ = ["Myself", "myself"]


@dataclass(frozen=True, slots=True)
class Myself:
    """Whoever asks, at the moment of the request."""

    user: User
    now: datetime


def myself(request: HttpRequest) -> Myself:
    """Whoever asks.

    :raises PermissionDenied: nobody is logged in.
    """
    if not request.user.is_authenticated:
        raise PermissionDenied("nobody is logged in")
    return Myself(request.user, runtime.now())

"""Keys of other systems: apps that verify codes, laboratories that issue them, readers of statistics."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from bluezone.authority.access.audit import Actor, record
from bluezone.authority.access.scope import EVERYWHERE, Scope, check_area_path
from bluezone.authority.keys.keyed_hash import keyed
from bluezone.authority.keys.models import ApiKey, ApiKind
from bluezone.authority.keys.rules import HANOI
from bluezone.errors import Refused

__all__ = [
    "ApiCaller",
    "ApiKeyRefused",
    "NewApiKey",
    "api_caller",
    "create_api_key",
    "revoke_api_key",
]

_LONGEST = 200


class ApiKeyRefused(Refused):
    """No key is made or found, or a request came without a good one."""


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key just made; its text is shown once and stored nowhere."""

    id: uuid.UUID
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ApiCaller:
    """The system that a request's API key belongs to."""

    id: uuid.UUID
    kind: ApiKind
    area_path: str

    @property
    def scope(self) -> Scope:
        """Where it may act."""
        return Scope.of([self.area_path])

    @property
    def actor(self) -> Actor:
        """How the audit log names it."""
        return Actor(f"api-key:{self.id}")


@transaction.atomic
def create_api_key(name: str, kind: ApiKind, area_path: str, *, by: Actor, now: datetime) -> NewApiKey:
    """A key for a system that acts in an area, or :data:`EVERYWHERE`.

    :param name: what people call the system.
    :raises ApiKeyRefused: no name, or a very long one.
    :raises ValueError: if ``area_path`` is neither.
    """
    if area_path != EVERYWHERE:
        check_area_path(area_path)
    if not name.strip() or len(name) > _LONGEST:
        raise ApiKeyRefused(f"an API key has a name of 1 to {_LONGEST} characters")
    text = secrets.token_urlsafe(32)
    row = ApiKey.objects.create(
        name=name.strip(),
        kind=kind,
        area_path=area_path,
        key_hmac=keyed("api-key", text),
        created_at=now,
        created_by_id=by.user_id,
    )
    record(by, "keys.api-key-created", f"api-key:{row.pk}", {"kind": kind.value, "area": area_path}, now=now)
    return NewApiKey(row.pk, text)


@transaction.atomic
def revoke_api_key(key: uuid.UUID, *, by: Actor, now: datetime) -> None:
    """From now on the key opens nothing; revoking it again changes nothing.

    :raises ApiKeyRefused: no such key.
    """
    if ApiKey.objects.filter(pk=key, revoked_at=None).update(revoked_at=now):
        record(by, "keys.api-key-revoked", f"api-key:{key}", {}, now=now)
    elif not ApiKey.objects.filter(pk=key).exists():
        raise ApiKeyRefused(f"there is no API key {key}")


def api_caller(text: str, kinds: Collection[ApiKind], now: datetime) -> ApiCaller:
    """Whose key this is, of one of these kinds; the day of its last use is noted once a day.

    :raises ApiKeyRefused: the same for a missing, unknown or revoked key and for one of another kind.
    """
    found = ApiKey.objects.filter(key_hmac=keyed("api-key", text), revoked_at=None).first()
    if not text or found is None or ApiKind(found.kind) not in kinds:
        raise ApiKeyRefused("unauthorized")
    today = now.astimezone(HANOI).date()
    if found.last_used_on != today:
        ApiKey.objects.filter(pk=found.pk).update(last_used_on=today)
    return ApiCaller(found.pk, ApiKind(found.kind), found.area_path)

"""A laboratory's system and a staff account, as the tests of issuing need them."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.test import Client

from bluezone.authority.access.audit import SYSTEM
from bluezone.authority.keys import services
from bluezone.authority.keys.models import ApiKind

__all__ = ["Laboratory", "Outbox", "new_key"]


def new_key(clock: Any, kind: ApiKind = ApiKind.ADMIN, area: str = "01/009") -> services.NewApiKey:
    return services.create_api_key("Lab", kind, area, by=SYSTEM, now=clock.now())


@dataclass
class Laboratory:
    """Calls the API with a key; every reply must be padded."""

    key: str
    client: Client = field(default_factory=Client)

    def post(self, path: str, body: Any) -> tuple[int, dict[str, Any]]:
        response = self.client.post(
            path, json.dumps(body), content_type="application/json", headers={"X-API-Key": self.key}
        )
        reply = response.json()
        assert 1024 <= len(b64decode(reply.pop("padding"))) <= 2048
        assert response["Cache-Control"] == "no-store"
        assert reply.get("error", "").isascii()  # English, as the reference says of all its errors
        return response.status_code, reply


@dataclass
class Outbox:
    """Keeps messages instead of sending them."""

    sent: list[tuple[str, str]] = field(default_factory=list)

    def send(self, phone: str, text: str, *, reference: UUID) -> None:
        self.sent.append((phone, text))

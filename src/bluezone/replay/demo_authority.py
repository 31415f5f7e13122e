"""The authority of a demo: in this process, on loopback, on the demo's clock, in a folder of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

from bluezone.authority.setup import configure, prepare
from bluezone.clock import Clock

__all__ = ["DemoAuthority", "demo_authority"]

_AREA = "01/009"
_USER = "tram-y-te"


@dataclass(frozen=True, slots=True)
class DemoAuthority:
    """Where it listens, what devices are enrolled with, and a health worker's account."""

    url: str
    region: str
    health_authority: str
    export_keys: tuple[str, ...]
    user: str
    user_id: UUID
    password: str = field(repr=False)
    clock: Clock = field(repr=False)

    def issue_code(self, *, tested_on: date, ill_since: date) -> str:
        """A code for a confirmed test, issued by the health worker."""
        from bluezone.authority.access.audit import user_actor
        from bluezone.authority.access.scope import Scope
        from bluezone.authority.keys.report_types import ReportTypeName
        from bluezone.authority.keys.services import issue_code

        return issue_code(
            report_type=ReportTypeName.CONFIRMED,
            test_date=tested_on,
            onset_date=ill_since,
            uuid=uuid4(),
            area_path=_AREA,
            scope=Scope.of([_AREA]),
            by=user_actor(self.user_id),
            now=self.clock.now(),
        ).code

    def build_exports(self) -> int:
        """Build what is due now; returns how many keys went out."""
        from bluezone.authority.keys.services import build_exports

        return build_exports(self.clock.now()).keys


@contextmanager
def demo_authority(data: Path, clock: Clock, host: str, port: int) -> Iterator[DemoAuthority]:
    """Set up and serve; stops when the block is left. Exports are built only when asked.

    :raises Refused: if the address is in use.
    """
    # A log line for each of dozens of requests would bury what the demo tells.
    os.environ.setdefault("BLUEZONE_LOG_LEVEL", "WARNING")
    # Never the database that DATABASE_URL may name: a demo must not touch a real one.
    configure(data, database_url="", demo=True, clock=clock)
    prepare()
    from django.conf import settings

    from bluezone.authority import server
    from bluezone.authority.access.audit import SYSTEM
    from bluezone.authority.access.roles import Role
    from bluezone.authority.access.services import grant_role
    from bluezone.authority.accounts.services import create_user, new_password
    from bluezone.authority.keys.queries import export_public_keys

    now, password = clock.now(), new_password()
    worker = create_user(_USER, password, display_name="Trạm y tế (demo)", by=SYSTEM, now=now)
    grant_role(worker, Role.HEALTH_WORKER, _AREA, by=SYSTEM, now=now)
    with server.start(host, port, background=False) as running:
        yield DemoAuthority(
            url=running.url,
            region=settings.BLUEZONE_REGION,
            health_authority=settings.BLUEZONE_HEALTH_AUTHORITY,
            export_keys=tuple(key.pem for key in export_public_keys()),
            user=worker.username,
            user_id=worker.pk,
            password=password,
            clock=clock,
        )

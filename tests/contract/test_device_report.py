"""The device's report against the real key server: a lost answer, a new code, and nothing to take."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import Client

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.scope import Scope
from bluezone.authority.keys import services
from bluezone.authority.keys.models import PublishedKey
from bluezone.authority.keys.report_types import ReportTypeName
from bluezone.clock import SettableClock
from bluezone.device.client import AuthorityClient
from bluezone.device.client_errors import ServerUnreachable
from bluezone.device.report import NothingTaken, report_positive
from bluezone.device.store import DeviceStore

pytestmark = pytest.mark.django_db


class Device:
    """Its store, a line to the server on which the next answers may get lost, and the server's clock."""

    def __init__(self, folder: Path, clock: SettableClock, authority: str) -> None:
        self.store, self.clock, self.authority = DeviceStore.open(folder), clock, authority
        self.lost: list[str] = []

    def code(self, tested: date, onset: date | None = None) -> str:
        return services.issue_code(
            report_type=ReportTypeName.CONFIRMED,
            test_date=tested,
            onset_date=onset,
            uuid=uuid.uuid4(),
            area_path="01/009/00343",
            scope=Scope.of(["01/009"]),
            by=Actor("test"),
            now=self.clock.now(),
        ).grouped

    def report(self, code: str) -> Any:
        with httpx.Client(transport=httpx.MockTransport(self._forward)) as http:
            client = AuthorityClient("https://authority.example", "VN", http)
            return report_positive(
                self.store, client, code, clock=self.clock, health_authority=self.authority
            )

    def _forward(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        answer = Client().post(path, request.content, content_type="application/json")
        if path in self.lost:
            self.lost.remove(path)
            raise httpx.ReadError("connection reset")
        return httpx.Response(answer.status_code, content=answer.content)


@pytest.fixture
def device(
    key_server: Path, tmp_path: Path, authority_clock: SettableClock, settings: Any
) -> Iterator[Device]:
    """It has been in use for three days."""
    made = Device(tmp_path / "device", authority_clock, settings.BLUEZONE_HEALTH_AUTHORITY)
    for days in (2, 1, 0):
        made.store.current_key(authority_clock.now() - timedelta(days=days))
    yield made
    made.store.close()


def test_a_lost_answer_and_a_new_code_hours_later(device: Device) -> None:
    today = device.clock.now().date()
    device.lost = ["/v1/publish"]
    with pytest.raises(ServerUnreachable):
        device.report(device.code(today))
    assert PublishedKey.objects.count() == 3
    device.clock.advance(timedelta(hours=20))  # the first certificate is long expired
    device.store.current_key(device.clock.now())
    done = device.report(device.code(today))
    assert (done.keys, done.inserted) == (4, 4)
    assert PublishedKey.objects.count() == 4
    assert all(key.published_at for key in device.store.own_keys())
    device.clock.advance(timedelta(hours=1))
    device.store.current_key(device.clock.now())
    assert device.report(device.code(today)).inserted == 1  # the revision token is the right one


def test_keys_that_are_all_too_far_from_the_onset(device: Device) -> None:
    today = device.clock.now().date()
    with pytest.raises(NothingTaken, match=r"none of the 3 keys.*days from symptom onset"):
        device.report(device.code(today, today - timedelta(days=25)))
    assert not any(key.published_at for key in device.store.own_keys())
    assert device.report(device.code(today)).inserted == 3


def test_keys_of_a_clock_that_was_set_back_are_taken(device: Device) -> None:
    """Three keys with the same start, one of them cut."""
    device.store.claim_interval(device.clock.now())
    for hours in (3, 6):
        device.store.claim_interval(device.clock.now() - timedelta(hours=hours))
    starts = [key.tek.rolling_start for key in device.store.own_keys()]
    assert sorted(starts.count(start) for start in set(starts)) == [1, 1, 3]
    assert device.report(device.code(device.clock.now().date())).inserted == 5

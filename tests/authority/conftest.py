"""Fixtures of the staff pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.keys.sms.config import SmsSettings

from .staff_pages import AREA, Outbox, logged_in


@pytest.fixture
def outbox(settings: Any) -> Outbox:
    one = Outbox()
    settings.BLUEZONE_SMS = SmsSettings(one)
    return one


@pytest.fixture
def worker(authority: Path, authority_clock: Any) -> Client:
    load_thanh_xuan()
    return logged_in(authority_clock, "an", AREA)

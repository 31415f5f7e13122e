"""What tests of the staff pages share: who asks, what they send, what a page says."""

from __future__ import annotations

import re
import uuid
from html import unescape
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.roles import Role
from bluezone.authority.access.services import grant_role
from bluezone.authority.accounts.services import create_user
from bluezone.authority.keys.sms.interface import SmsUnavailable

AREA = "01/009/00343"
CLI = Actor("cli")


class Outbox:
    """Takes messages, unless it is down."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.down = False

    def send(self, phone: str, text: str, *, reference: uuid.UUID) -> None:
        if self.down:
            raise SmsUnavailable("máy chủ SMS trả lời mã 503")
        self.texts.append(text)


def logged_in(clock: Any, name: str, area: str, role: Role = Role.HEALTH_WORKER) -> Client:
    user = create_user(name, "rừng-tre-gió-thổi", display_name=f"Bs {name}", by=CLI, now=clock.now())
    grant_role(user, role, area, by=CLI, now=clock.now())
    client = Client()
    client.force_login(user)
    return client


def form(**changes: Any) -> dict[str, Any]:
    return {
        "uuid": str(uuid.uuid4()),
        "report_type": "confirmed",
        "test_date": "2021-03-09",
        "area": AREA,
        **changes,
    }


def text_of(response: Any) -> str:
    """What a page says, without tags."""
    body = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(unescape(body).split())


FILE = (
    "Mã mẫu;Kết quả;Ngày lấy mẫu;Số điện thoại\r\n"
    "=1+1;dương tính;09/03/2021;912345678\r\n"
    "XN-2;xấu;32/03/2021;\r\n"
    "XN-3;âm tính;2021-03-08;\r\n"
)


def upload(worker: Client, text: str | bytes, **changes: Any) -> Any:
    data = text if isinstance(text, bytes) else text.encode()
    file = SimpleUploadedFile("a.csv", data, "text/csv")
    return worker.post("/codes/bulk/", {"uuid": str(uuid.uuid4()), "area": AREA, "file": file, **changes})


def hidden(page: Any) -> dict[str, str]:
    found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode()))
    return {name: unescape(value) for name, value in found.items() if name != "csrfmiddlewaretoken"}

"""How staff see codes and messages: words, colours, and the filters of their list."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext, gettext_lazy

from bluezone.authority.access.scope import EVERYWHERE
from bluezone.authority.keys.forms import REPORT_TYPE_LABELS
from bluezone.authority.keys.issue_rules import CodeState
from bluezone.authority.keys.models import SmsMessage, SmsState, VerificationCode
from bluezone.authority.keys.queries import state_of
from bluezone.authority.keys.report_types import ReportTypeName
from bluezone.authority.keys.sms.rules import is_overdue

__all__ = ["FILTERS", "CodeLine", "Filter", "MessageLine", "code_line", "filters_of", "message_line"]

_NUMBER = re.compile(r"\d+")
_STATES = {
    CodeState.WAITING: (gettext_lazy("đang chờ nhập"), ""),
    CodeState.CLAIMED: (gettext_lazy("đã dùng"), "good"),
    CodeState.EXPIRED: (gettext_lazy("hết hạn, chưa dùng"), "warn"),
    CodeState.REVOKED: (gettext_lazy("đã thu hồi"), "warn"),
}

FILTERS = {
    "": gettext_lazy("Tất cả"),
    CodeState.WAITING.value: gettext_lazy("Đang chờ"),
    CodeState.CLAIMED.value: gettext_lazy("Đã dùng"),
    CodeState.EXPIRED.value: gettext_lazy("Hết hạn"),
    CodeState.REVOKED.value: gettext_lazy("Đã thu hồi"),
    "sms-trouble": gettext_lazy("SMS chưa gửi được"),
}


@dataclass(frozen=True, slots=True)
class MessageLine:
    """A message as staff see it; never the number."""

    uuid: uuid.UUID
    created_at: datetime
    label: str
    badge: str
    attempts: int
    reason: str
    next_try_at: datetime | None
    finished_at: datetime | None

    @property
    def trouble(self) -> bool:
        """Somebody should look at it."""
        return self.badge == "bad"


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A code as staff see it; the code itself is not known here."""

    uuid: uuid.UUID
    issued_at: datetime
    area: str
    report_type: str
    issuer: str
    state: CodeState
    label: str
    badge: str
    messages: tuple[MessageLine, ...]

    @property
    def latest_message(self) -> MessageLine | None:
        """The one that counts: an earlier one may have gone to a wrong number."""
        return self.messages[-1] if self.messages else None

    def matches(self, wanted: str) -> bool:
        """Whether it is in the list under one of :data:`FILTERS`."""
        if wanted == "sms-trouble":
            latest, ended = self.latest_message, self.state in (CodeState.CLAIMED, CodeState.REVOKED)
            return latest is not None and latest.trouble and not ended  # else there is nothing to be done
        return wanted in ("", self.state.value)


@dataclass(frozen=True, slots=True)
class Filter:
    """A way to narrow the list, and how many codes it leaves."""

    value: str
    label: str
    count: int
    chosen: bool


def code_line(row: VerificationCode, areas: Mapping[str, str], now: datetime) -> CodeLine:
    """A stored code in words; ``areas`` are names by path."""
    state = state_of(row, now)
    label, badge = _STATES[state]
    messages = sorted(row.messages.all(), key=lambda one: one.created_at)
    if row.issued_by:
        issuer = row.issued_by.display_name
    elif row.api_key_id:
        issuer = gettext("hệ thống khác")
    else:
        issuer = gettext("quản trị máy chủ")
    return CodeLine(
        uuid=row.pk,
        issued_at=row.issued_at,
        area=areas.get(row.area_path, "–" if row.area_path == EVERYWHERE else row.area_path),
        report_type=str(REPORT_TYPE_LABELS[ReportTypeName(row.report_type)]),
        issuer=issuer,
        state=state,
        label=str(label),
        badge=badge,
        messages=tuple(message_line(one, now) for one in messages),
    )


def message_line(message: SmsMessage, now: datetime) -> MessageLine:
    """A message in words."""
    if message.state == SmsState.SENT:
        label, badge = gettext("đã gửi"), "good"
    elif message.state == SmsState.FAILED and message.unclear_tries:
        label, badge = gettext("không rõ đã gửi được chưa"), "bad"
    elif message.state == SmsState.FAILED:
        label, badge = gettext("không gửi được"), "bad"
    elif message.last_error:
        label, badge = gettext("chưa gửi được, sẽ thử lại"), "bad"
    elif is_overdue(message.attempts, message.created_at, message.next_try_at, now):
        label, badge = gettext("chưa gửi được, còn chờ đến lượt"), "bad"
    else:
        label, badge = gettext("đang gửi"), ""
    waiting = message.state == SmsState.WAITING
    return MessageLine(
        uuid=message.pk,
        created_at=message.created_at,
        label=label,
        badge=badge,
        attempts=message.attempts,
        reason=_in_words(message.last_error),
        next_try_at=message.next_try_at if waiting and message.attempts else None,
        finished_at=message.finished_at,
    )


def _in_words(reason: str) -> str:
    """Why a message was not sent, in the reader's language: it is kept in Vietnamese, with its numbers."""
    parts = []
    for part in reason.split("; "):
        number = _NUMBER.search(part)
        text = gettext(_NUMBER.sub("{code}", part, count=1)) if part else ""
        parts.append(text.replace("{code}", number[0]) if number else text)
    return "; ".join(parts)


def filters_of(lines: Sequence[CodeLine], chosen: str) -> list[Filter]:
    """All filters with their counts."""
    return [
        Filter(value, str(label), sum(line.matches(value) for line in lines), value == chosen)
        for value, label in FILTERS.items()
    ]

"""The daily heartbeat: only with its owner's consent this device says once a day that it runs, and where.

A day's pseudonym is drawn for that day and forgotten when its heartbeat is through: nothing here or on the
server links one day with another.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bluezone.device.client import AuthorityClient
from bluezone.device.client_errors import HeartbeatRefused
from bluezone.device.enrolment import enrolment_of
from bluezone.device.retention import last_scan
from bluezone.device.store import DeviceStore
from bluezone.errors import Refused
from bluezone.protocols.heartbeat import (
    CONSENT_WORDING,
    PSEUDONYM_BYTES,
    WARD_CODE,
    Platform,
    hanoi_day,
    heartbeat_fields,
)

__all__ = [
    "CONSENT_TEXTS",
    "BadWard",
    "Consent",
    "DayOfHeartbeat",
    "consent_of",
    "give_consent",
    "is_due",
    "last_heartbeat",
    "send_heartbeat",
    "tracing_ran",
    "withdraw_consent",
]

CONSENT_TEXTS = {
    "vi": "Tôi đồng ý để ứng dụng này mỗi ngày gửi một lần cho máy chủ Bluezone: ngày, phường tôi đã chọn,"
    " loại ứng dụng, có truy vết trong 24 giờ qua hay không, và một mã ngẫu nhiên chỉ dùng trong ngày đó."
    " Tôi có thể rút lại bất cứ lúc nào.",
    "en": "I agree that this app tells the Bluezone server once a day: the day, the ward that I chose, the"
    " kind of app, whether tracing ran in the last 24 hours, and a random code that is used on that day"
    " alone. I can withdraw at any time.",
}
"""The wording :data:`~bluezone.protocols.heartbeat.CONSENT_WORDING`, as the specification has it."""

_CONSENT, _DAY = "heartbeat-consent", "heartbeat-day"
_TRACED_WITHIN = timedelta(hours=24)
_PATIENT_HOURS = timedelta(hours=12)
"""So long into a day a device whose tracing has not run waits: its radio may only be starting."""


class BadWard(Refused):
    """What is to be the code of a ward is none."""


@dataclass(frozen=True, slots=True)
class Consent:
    """That the owner agreed, when, to which wording, and for which ward."""

    given_at: datetime
    wording: int
    ward: str


@dataclass(frozen=True, slots=True)
class DayOfHeartbeat:
    """How far a day's heartbeat is; ``refused`` is the server's reason, if it did not take it."""

    day: date
    is_done: bool
    refused: str = ""


def give_consent(store: DeviceStore, ward: str, now: datetime) -> Consent:
    """Remember that the owner agreed to the present wording. A day that is through stays so.

    :raises BadWard: a code that cannot be one; whether there is such a ward only the server knows.
    """
    if not WARD_CODE.fullmatch(ward):
        raise BadWard(f"{ward!r} is not the code of a ward, such as 00343")
    consent = Consent(now, CONSENT_WORDING, ward)
    kept = {"given": int(now.timestamp()), "wording": consent.wording, "ward": ward}
    last = last_heartbeat(store)
    if last is not None and last.refused:
        store.set_setting(_DAY, None)  # another ward may be taken today
    store.set_setting(_CONSENT, kept)
    return consent


def withdraw_consent(store: DeviceStore) -> bool:
    """Forget it, with the day's pseudonym; whether there was one.

    The day counts as through: whoever agrees again on it, after an answer that was lost, would count twice.
    """
    was_given = store.setting(_CONSENT) is not None
    store.set_setting(_CONSENT, None)
    last = last_heartbeat(store)
    if last is not None:
        _end(store, last.day, last.refused)
    return was_given


def consent_of(store: DeviceStore) -> Consent | None:
    """The owner's consent; ``None`` without one, and where it was to an earlier wording."""
    kept = store.setting(_CONSENT)
    if kept is None or kept["wording"] != CONSENT_WORDING:
        return None
    return Consent(datetime.fromtimestamp(kept["given"], UTC), kept["wording"], kept["ward"])


def last_heartbeat(store: DeviceStore) -> DayOfHeartbeat | None:
    """The last day for which one was sent or tried."""
    kept = store.setting(_DAY)
    if kept is None:
        return None
    return DayOfHeartbeat(date.fromisoformat(kept["day"]), kept["pseudonym"] is None, kept["refused"])


def tracing_ran(store: DeviceStore, now: datetime) -> bool:
    """Whether this device scanned within the last 24 hours."""
    last = last_scan(store)
    return last is not None and abs(now - last) <= _TRACED_WITHIN


def is_due(store: DeviceStore, now: datetime) -> bool:
    """Whether one is to be sent now: agreed to, not through for today, and with something to say."""
    if consent_of(store) is None or not enrolment_of(store).server:
        return False
    last = last_heartbeat(store)
    if last is not None and last.day == hanoi_day(now) and last.is_done:
        return False
    return tracing_ran(store, now) or hanoi_day(now - _PATIENT_HOURS) == hanoi_day(now)


def send_heartbeat(store: DeviceStore, client: AuthorityClient, now: datetime) -> bool:
    """Send today's if it is due; whether the server took it. Sent again after a lost answer it counts once.

    :raises Refused: no network, or a server with a fault: it stays due.
    """
    consent = consent_of(store)
    if consent is None or not is_due(store, now):
        return False
    day = hanoi_day(now)
    kept = store.setting(_DAY)
    if kept is None or kept["day"] != day.isoformat():
        kept = _begin(store, day)
    fields = heartbeat_fields(
        day=day,
        ward=consent.ward,
        platform=Platform.DEVICE,
        tracing=tracing_ran(store, now),
        pseudonym=bytes.fromhex(kept["pseudonym"]),
    )
    refused = ""
    try:
        client.send_heartbeat(fields)
    except HeartbeatRefused as refusal:
        refused = str(refusal)
    _end(store, day, refused)
    return not refused


def _end(store: DeviceStore, day: date, refused: str) -> None:
    store.set_setting(_DAY, {"day": day.isoformat(), "pseudonym": None, "refused": refused})


def _begin(store: DeviceStore, day: date) -> dict[str, Any]:
    """A fresh pseudonym for a day, on disk before it is used."""
    pseudonym = secrets.token_bytes(PSEUDONYM_BYTES).hex()
    kept = {"day": day.isoformat(), "pseudonym": pseudonym, "refused": ""}
    store.set_setting(_DAY, kept)
    return kept

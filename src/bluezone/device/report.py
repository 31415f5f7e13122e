"""Reporting a positive test: the owner's keys are published, with consent, and only once.

Every step is written down before the next begins, so that an interrupted report is run again with the same
code: what the server has already given (token, certificate) is not asked for twice, the keys stay the same,
and sending them twice is harmless. Whom this device met is never part of it.
"""

from __future__ import annotations

import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from hashlib import sha256

from bluezone.clock import Clock
from bluezone.device.client import AuthorityClient, Published, key_mac
from bluezone.device.client_errors import CertificateRefused, PublishRefused
from bluezone.device.store import RETENTION, DeviceStore
from bluezone.errors import Refused
from bluezone.protocols.gaen import TemporaryExposureKey, interval_number, interval_start

__all__ = ["NothingToReport", "ReportPlan", "plan_report", "report_positive"]

_HMAC_KEY_BYTES = 32
_CERTIFICATE_INVALID = "health_authority_verification_certificate_invalid"


class NothingToReport(Refused):
    """This device has no key that could be published."""


@dataclass(frozen=True, slots=True)
class ReportPlan:
    """What a report would send, for the owner to see before consenting: UTC days and the number of keys."""

    days: tuple[date, ...]
    keys: int


@dataclass(frozen=True, slots=True)
class _Progress:
    """How far a report is. ``code``: a hash, to tell a new code from the one at work."""

    code: str
    token: str = field(default="", repr=False)
    symptom_date: str = ""
    key_starts: tuple[int, ...] = ()
    hmac_key: str = field(default="", repr=False)
    certificate: str = field(default="", repr=False)


def plan_report(store: DeviceStore, clock: Clock) -> ReportPlan:
    """What :func:`report_positive` would publish now; nothing is changed."""
    keys = _publishable(store, clock.now())
    days = sorted({datetime.fromtimestamp(interval_start(key.rolling_start), UTC).date() for key in keys})
    return ReportPlan(tuple(days), len(keys))


def report_positive(
    store: DeviceStore, client: AuthorityClient, code: str, *, clock: Clock, health_authority: str
) -> Published:
    """Publish this device's keys of the last 14 days; the caller has the owner's consent.

    Today's key is cut short at the present interval and goes with them; the rest of the day gets a new one.

    :raises NothingToReport: without any key.
    :raises Refused: from the client; run it again with the same code, unless the message asks for a new one.
    """
    with store.exclusively("check"):
        progress = _load(store, code)
        if not progress.token:
            if not _publishable(store, clock.now()):
                raise NothingToReport("this device has no keys yet, so there is nothing to publish")
            verified = client.verify(code)
            progress = replace(progress, token=verified.token, symptom_date=verified.symptom_date)
            _save(store, progress)
        if not progress.key_starts:
            store.cut_current_key(clock.now())
            starts = tuple(key.rolling_start for key in _publishable(store, clock.now()))
            hmac_key = b64encode(secrets.token_bytes(_HMAC_KEY_BYTES)).decode()
            progress = replace(progress, key_starts=starts, hmac_key=hmac_key)
            _save(store, progress)
        keys = [key.tek for key in store.own_keys() if key.tek.rolling_start in progress.key_starts]
        hmac_key_bytes = b64decode(progress.hmac_key)
        if not progress.certificate:
            progress = _certify(store, client, progress, key_mac(keys, hmac_key_bytes))
        try:
            published = client.publish(
                keys,
                health_authority=health_authority,
                certificate=progress.certificate,
                hmac_key=hmac_key_bytes,
                symptom_onset_interval=_onset_interval(progress.symptom_date),
                revision_token=store.setting("revision-token") or "",
            )
        except PublishRefused as refusal:
            if refusal.code == _CERTIFICATE_INVALID:  # most likely too old by now: the next run gets another
                _save(store, replace(progress, certificate=""))
            raise
        _finish(store, keys, published, clock.now())
    return published


def _certify(store: DeviceStore, client: AuthorityClient, progress: _Progress, mac: bytes) -> _Progress:
    try:
        certificate = client.certificate(progress.token, mac)
    except CertificateRefused:
        store.set_setting("report", None)  # the token is worth nothing any more: start over, with a new code
        raise
    progress = replace(progress, certificate=certificate)
    _save(store, progress)
    return progress


def _publishable(store: DeviceStore, now: datetime) -> list[TemporaryExposureKey]:
    """Keys of the last 14 days up to the present interval."""
    oldest, present = interval_number((now - RETENTION).timestamp()), interval_number(now.timestamp())
    return [
        key.tek
        for key in store.own_keys()
        if key.tek.rolling_end > oldest and key.tek.rolling_start <= present
    ]


def _onset_interval(symptom_date: str) -> int:
    """The UTC midnight of an ISO date as an interval; 0 if the server named none that can be read."""
    try:
        day = date.fromisoformat(symptom_date)
    except ValueError:
        return 0
    return interval_number(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _load(store: DeviceStore, code: str) -> _Progress:
    digest = sha256(code.encode()).hexdigest()
    saved = store.setting("report")
    if not isinstance(saved, dict) or saved.get("code") != digest:
        return _Progress(digest)
    return _Progress(**{**saved, "key_starts": tuple(saved["key_starts"])})


def _save(store: DeviceStore, progress: _Progress) -> None:
    store.set_setting(
        "report",
        {
            "code": progress.code,
            "token": progress.token,
            "symptom_date": progress.symptom_date,
            "key_starts": list(progress.key_starts),
            "hmac_key": progress.hmac_key,
            "certificate": progress.certificate,
        },
    )


def _finish(
    store: DeviceStore, keys: list[TemporaryExposureKey], published: Published, now: datetime
) -> None:
    with store.transaction(durable=True) as connection:
        connection.executemany(
            "UPDATE own_keys SET published_at = ? WHERE rolling_start = ?",
            [(int(now.timestamp()), key.rolling_start) for key in keys],
        )
    if published.revision_token:
        store.set_setting("revision-token", published.revision_token)
    store.set_setting("report", None)

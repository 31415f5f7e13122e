"""Reporting a positive test: the owner's keys are published, with consent, and only once.

Every step is written down before the next begins, so that an interrupted report is run again with the same
code: what the server has already given (token, certificate) is not asked for twice, the keys stay the same,
and sending them twice is harmless. If another code comes instead, what may have reached the server is first
sent again, for the revision token of its answer: without that token the server takes none of those keys any
more. Whom this device met is never part of a report.
"""

from __future__ import annotations

import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from hashlib import sha256

from bluezone.clock import Clock
from bluezone.device.client import AuthorityClient, Published, key_mac
from bluezone.device.client_errors import CertificateRefused, PublishRefused
from bluezone.device.own_keys import OwnKey
from bluezone.device.store import RETENTION, DeviceStore
from bluezone.errors import Refused
from bluezone.protocols.gaen import interval_number, interval_start

__all__ = ["NothingTaken", "NothingToReport", "ReportPlan", "Reported", "plan_report", "report_positive"]

MAX_KEYS = 30
MAX_KEYS_OF_ONE_START = 3
"""Key servers refuse a whole report above these; only a clock often set back by hours gets there."""
_HMAC_KEY_BYTES = 32
_CERTIFICATE_INVALID = "health_authority_verification_certificate_invalid"
_LATER_PERHAPS = ("internal_error", "too_many_requests")


class NothingToReport(Refused):
    """This device has no key that could be published."""

    def __init__(self) -> None:
        super().__init__("this device has no keys yet, so there is nothing to publish")


class NothingTaken(Refused):
    """The server answered, but took none of the keys."""


@dataclass(frozen=True, slots=True)
class ReportPlan:
    """What a report would send, for the owner to see before consenting: UTC days and the number of keys.

    ``further_days``: days that an interrupted report, which is continued, leaves for another one.
    """

    days: tuple[date, ...]
    keys: int
    further_days: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Reported:
    """What was sent, of which the server took ``inserted`` keys that it had not yet, and its remarks.

    ``further_days``: days of keys that were not part of it and need another report, with a new code.
    """

    days: tuple[date, ...]
    keys: int
    inserted: int
    warnings: tuple[str, ...]
    further_days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class _Progress:
    """How far a report is. ``code``: a hash, to tell a new code from the one at work."""

    code: str
    token: str = field(default="", repr=False)
    symptom_date: str = ""
    key_ids: tuple[int, ...] = ()
    hmac_key: str = field(default="", repr=False)
    certificate: str = field(default="", repr=False)

    def keys(self, store: DeviceStore) -> list[OwnKey]:
        return [key for key in store.own_keys() if key.id in self.key_ids]


def plan_report(store: DeviceStore, code: str, clock: Clock) -> ReportPlan:
    """What :func:`report_positive` would publish now with this code; nothing is changed."""
    progress = _load(store)
    present = _publishable(store, clock.now())
    if progress is None or progress.code != _digest(code) or not progress.key_ids:
        return ReportPlan(_days(present), len(present))
    keys = progress.keys(store)
    return ReportPlan(_days(keys), len(keys), _days(key for key in present if key.id not in progress.key_ids))


def report_positive(
    store: DeviceStore, client: AuthorityClient, code: str, *, clock: Clock, health_authority: str
) -> Reported:
    """Publish this device's keys of the last 14 days; the caller has the owner's consent.

    Today's key is cut short at the present interval and goes with them; the rest of the day gets a new one.

    :param code: as it was read out or written down: spaces and hyphens do not matter.
    :raises NothingToReport: without any key.
    :raises NothingTaken: if the server took no key of this device, with its reasons.
    :raises Refused: from the client; run it again with the same code, unless the message asks for a new one.
    """
    with store.exclusively("check"):
        progress = _load(store)
        sent_again = 0
        if progress is not None and progress.code != _digest(code):
            sent_again = _send_again(store, client, progress, clock=clock, health_authority=health_authority)
            progress = None
        progress = progress or _Progress(_digest(code))
        if not progress.token:
            if not _publishable(store, clock.now()):
                raise NothingToReport
            verified = client.verify(_plain(code))
            progress = replace(progress, token=verified.token, symptom_date=verified.symptom_date)
            _save(store, progress)
        if not progress.key_ids:
            store.cut_current_key(clock.now())
            ids = tuple(key.id for key in _publishable(store, clock.now()))
            hmac_key = b64encode(secrets.token_bytes(_HMAC_KEY_BYTES)).decode()
            progress = replace(progress, key_ids=ids, hmac_key=hmac_key)
            _save(store, progress)
        if not progress.certificate:
            progress = _certify(store, client, progress)
        keys = progress.keys(store)
        try:
            published = _publish(store, client, progress, health_authority)
        except PublishRefused as refusal:
            if refusal.code == _CERTIFICATE_INVALID:  # most likely too old by now: the next run gets another
                _save(store, replace(progress, certificate=""))
            raise
        _finish(store, keys, published, clock.now())
        return Reported(
            days=_days(keys),
            keys=len(keys),
            inserted=sent_again + published.inserted,
            warnings=published.warnings,
            further_days=_days(
                key for key in _publishable(store, clock.now()) if key.id not in progress.key_ids
            ),
        )


def _send_again(
    store: DeviceStore, client: AuthorityClient, progress: _Progress, *, clock: Clock, health_authority: str
) -> int:
    """End a report whose code was given up; returns how many keys the server took.

    If its answer was lost, the server gives it once more.

    :raises Refused: when that may be better later; the new code is unspent then.
    """
    inserted = 0
    if progress.certificate:
        try:
            published = _publish(store, client, progress, health_authority)
            _finish(store, progress.keys(store), published, clock.now())
            inserted = published.inserted
        except PublishRefused as refusal:
            if refusal.code in _LATER_PERHAPS:
                raise
            # It never got there, and cannot any more; the new report brings these keys too.
        except NothingTaken:
            pass
    store.set_setting("report", None)
    return inserted


def _publish(
    store: DeviceStore, client: AuthorityClient, progress: _Progress, health_authority: str
) -> Published:
    return client.publish(
        [key.tek for key in progress.keys(store)],
        health_authority=health_authority,
        certificate=progress.certificate,
        hmac_key=b64decode(progress.hmac_key),
        symptom_onset_interval=_onset_interval(progress.symptom_date),
        revision_token=store.setting("revision-token") or "",
    )


def _certify(store: DeviceStore, client: AuthorityClient, progress: _Progress) -> _Progress:
    mac = key_mac([key.tek for key in progress.keys(store)], b64decode(progress.hmac_key))
    try:
        certificate = client.certificate(progress.token, mac)
    except CertificateRefused:
        store.set_setting("report", None)  # the token is worth nothing any more: start over, with a new code
        raise
    progress = replace(progress, certificate=certificate)
    _save(store, progress)
    return progress


def _finish(store: DeviceStore, keys: Sequence[OwnKey], published: Published, now: datetime) -> None:
    """Write down what the server took; a report that it took nothing of is over too, but says so."""
    if published.revision_token:
        store.set_setting("revision-token", published.revision_token)
    unpublished = sum(key.published_at is None for key in keys)
    if unpublished and not published.inserted:
        store.set_setting("report", None)
        remarks = "; ".join(published.warnings) or "it gave no reason"
        raise NothingTaken(
            f"the server took none of the {unpublished} keys that were not published yet: {remarks}. "
            "Tell your health worker; another try needs a new code"
        )
    with store.transaction(durable=True) as connection:
        connection.executemany(
            "UPDATE own_keys SET published_at = ? WHERE id = ?",
            [(int(now.timestamp()), key.id) for key in keys],
        )
    store.set_setting("report", None)


def _publishable(store: DeviceStore, now: datetime) -> list[OwnKey]:
    """Keys of the last 14 days up to the present interval, oldest first, as many as a server takes."""
    oldest, present = interval_number((now - RETENTION).timestamp()), interval_number(now.timestamp())
    by_start: dict[int, list[OwnKey]] = {}
    for key in store.own_keys():
        if key.tek.rolling_end > oldest and key.tek.rolling_start <= present:
            by_start.setdefault(key.tek.rolling_start, []).append(key)
    newest = [key for same in by_start.values() for key in same[-MAX_KEYS_OF_ONE_START:]]
    return newest[-MAX_KEYS:]


def _days(keys: Iterable[OwnKey]) -> tuple[date, ...]:
    """The UTC days that keys are of, in order."""
    starts = (interval_start(key.tek.rolling_start) for key in keys)
    return tuple(sorted({datetime.fromtimestamp(start, UTC).date() for start in starts}))


def _onset_interval(symptom_date: str) -> int:
    """The UTC midnight of an ISO date as an interval; 0 if the server named none that can be read."""
    try:
        day = date.fromisoformat(symptom_date)
    except ValueError:
        return 0
    return interval_number(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _plain(code: str) -> str:
    """A code without what only makes it easier to read."""
    return "".join(character for character in code if character.isalnum())


def _digest(code: str) -> str:
    return sha256(_plain(code).encode()).hexdigest()


def _load(store: DeviceStore) -> _Progress | None:
    saved = store.setting("report")
    return _Progress(**{**saved, "key_ids": tuple(saved["key_ids"])}) if saved else None


def _save(store: DeviceStore, progress: _Progress) -> None:
    store.set_setting("report", {**asdict(progress), "key_ids": list(progress.key_ids)})

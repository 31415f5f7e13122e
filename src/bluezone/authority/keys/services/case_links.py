"""Case links: an F0 agrees that their keys belong to their case, so that contacts who ask can be placed.

It is the only thing that keeps one person's keys together on the server. So it is off unless the operator
turns it on, is asked for apart from publishing, which never learns of it, is stored encrypted, can be
withdrawn, and ends by itself after 14 days.
"""

from __future__ import annotations

import hmac
import secrets
import struct
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import IntegrityError, transaction

from bluezone.authority.access.audit import SYSTEM, Actor, record
from bluezone.authority.keys.issue_rules import CodeRefused
from bluezone.authority.keys.keyed_hash import keyed
from bluezone.authority.keys.models import CaseLink
from bluezone.authority.keys.rules import LIMITS
from bluezone.authority.keys.services.certifying import certified_token
from bluezone.authority.keys.tekmac import tekmacs
from bluezone.authority.keys.wire import WireKey, decode_base64
from bluezone.authority.secret_files import CASE_LINK_KEY, read_secret
from bluezone.protocols.gaen import KEY_BYTES, MAX_ROLLING_PERIOD

__all__ = [
    "CONSENT_WORDINGS",
    "LINK_LIFETIME",
    "GivenLink",
    "LinkedKey",
    "link_case",
    "read_case_link",
    "withdraw_case_link",
]

CONSENT_WORDINGS = frozenset({1})
"""Versions of the words in which the app asks; they stand in spec/verification.md."""

LINK_LIFETIME = timedelta(days=14)
_KEY = struct.Struct(f">{KEY_BYTES}sIH")
_SHORTEST_REFERENCE, _LONGEST_REFERENCE = 4, 64
_NONCE = 12
_TRIES = 3


@dataclass(frozen=True, slots=True)
class GivenLink:
    """A link in force: when it ends, and what withdraws it before."""

    consented_at: datetime
    expires_at: datetime
    withdrawal: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LinkedKey:
    """A key of a linked case."""

    tek: bytes = field(repr=False)
    rolling_start: int
    rolling_period: int


@transaction.atomic
def link_case(
    token: str,
    keys: Sequence[WireKey],
    hmac_key: bytes,
    *,
    case_reference: str,
    wording_version: int,
    now: datetime,
) -> GivenLink:
    """Keep the keys with a case for 14 days. The same again changes nothing and answers the same.

    With a case that another code took first nothing is kept, and the answer is no other: else whoever has a
    code could find out which cases' F0s agreed. The audit log tells that somebody tried.

    :param token: of the code; a certificate over exactly these keys must have been asked for with it.
    :param hmac_key: the device's secret that the certificate's MAC was made with.
    :raises CodeRefused: links are off, unknown words of consent, a token that is not for these keys, no
        usable reference, or a token that another case is linked with.
    """
    _check_allowed(wording_version)
    found = certified_token(token, now)
    macs = [keyed("tekmac", f"{token}|{mac.hex()}") for mac in tekmacs(keys, hmac_key)]
    if not any(hmac.compare_digest(bytes(found.tekmac_hmac or b""), one) for one in macs):
        raise CodeRefused("verification token is for other keys", "token_invalid")
    packed, link_id = _pack(keys), _link_id(token)
    reference_hmac = _reference_hmac(case_reference)
    aside_hmac = keyed("case-reference-taken", f"{token}|{reference_hmac.hex()}")
    for _ in range(_TRIES):
        mine = CaseLink.objects.filter(pk=link_id).first()
        if mine is None:
            CaseLink.objects.filter(case_reference_hmac=reference_hmac, expires_at__lte=now).delete()
            taken = CaseLink.objects.filter(case_reference_hmac=reference_hmac).first()
            mine = _store(
                CaseLink(
                    id=link_id,
                    case_reference_hmac=aside_hmac if taken else reference_hmac,
                    keys_encrypted=_seal(bytes(len(packed)) if taken else packed, link_id),
                    wording_version=wording_version,
                    consented_at=now,
                    expires_at=now + LINK_LIFETIME,
                ),
                taken,
                now,
            )
        if mine is None:
            continue  # the same request, or another with this case, was quicker: look again
        if bytes(mine.case_reference_hmac) not in (reference_hmac, aside_hmac):
            raise CodeRefused(
                "verification token is linked with another case; withdraw that first",
                "token_already_linked",
                409,
            )
        return GivenLink(mine.consented_at, mine.expires_at, _withdrawal(link_id))
    raise RuntimeError("a case link kept colliding with others")


@transaction.atomic
def withdraw_case_link(withdrawal: str, now: datetime) -> None:
    """Delete a link; one that is gone already is as good.

    :raises CodeRefused: a text that no link was given.
    """
    try:
        link_id = uuid.UUID(withdrawal.partition(".")[0])
    except ValueError:
        raise CodeRefused("this withdraws no link", "withdrawal_invalid") from None
    if not hmac.compare_digest(withdrawal.encode(), _withdrawal(link_id).encode()):
        raise CodeRefused("this withdraws no link", "withdrawal_invalid")
    deleted, _ = CaseLink.objects.filter(pk=link_id).delete()
    if deleted:
        record(SYSTEM, "keys.case-link-withdrawn", f"case-link:{link_id}", {}, now=now)


@transaction.atomic
def read_case_link(case_reference: str, *, by: Actor, now: datetime) -> tuple[LinkedKey, ...] | None:
    """The keys of a case whose F0 agreed; ``None`` without consent in force. Each reading is audited."""
    found = CaseLink.objects.filter(
        case_reference_hmac=_reference_hmac(case_reference), expires_at__gt=now
    ).first()
    if found is None:
        return None
    record(by, "keys.case-link-read", f"case-link:{found.pk}", {}, now=now)
    packed = _open(found)
    return tuple(LinkedKey(*_KEY.unpack_from(packed, 1 + at * _KEY.size)) for at in range(packed[0]))


def _link_id(token: str) -> uuid.UUID:
    """One for each token, so that one code takes one case; the database alone tells no token's link."""
    return uuid.UUID(bytes=keyed("case-link-id", token)[:16])


def _store(link: CaseLink, taken: CaseLink | None, now: datetime) -> CaseLink | None:
    """Save it, with one entry of the audit log either way; ``None`` if somebody was quicker."""
    try:
        with transaction.atomic():
            link.save(force_insert=True)
    except IntegrityError:
        return None
    if taken is None:
        record(SYSTEM, "keys.case-linked", f"case-link:{link.pk}", {"wording": link.wording_version}, now=now)
    else:
        record(SYSTEM, "keys.case-link-contested", f"case-link:{taken.pk}", {}, now=now)
    return link


def _check_allowed(wording_version: int) -> None:
    if not settings.BLUEZONE_CASE_LINKS:
        raise CodeRefused("case links are not offered here", "case_links_disabled", 404)
    if wording_version not in CONSENT_WORDINGS:
        raise CodeRefused(
            f"consent wording {wording_version} is not known here", "unknown_consent_wording", 400
        )


def _pack(keys: Sequence[WireKey]) -> bytes:
    """Always the same size, so that the row does not tell how many days an F0 shared."""
    if not 1 <= len(keys) <= LIMITS.max_keys:
        raise CodeRefused(f"{len(keys)} keys, there must be 1 to {LIMITS.max_keys}", "unparsable_request")
    parts = [bytes([len(keys)])]
    for at, key in enumerate(sorted(keys, key=lambda one: (one.rolling_start, one.key))):
        try:
            tek = decode_base64(key.key)
        except ValueError:
            tek = b""
        in_range = key.rolling_start >= 0 and 1 <= key.rolling_period <= MAX_ROLLING_PERIOD
        if len(tek) != KEY_BYTES or not in_range:
            raise CodeRefused(f"key {at} is no exposure key", "unparsable_request")
        parts.append(_KEY.pack(tek, key.rolling_start, key.rolling_period))
    return b"".join(parts).ljust(1 + LIMITS.max_keys * _KEY.size, b"\0")


def _reference_hmac(case_reference: str) -> bytes:
    """A reference as people copy it: blanks and small letters do not count."""
    reference = "".join(case_reference.split()).upper()
    if (
        not _SHORTEST_REFERENCE <= len(reference) <= _LONGEST_REFERENCE
        or not reference.isascii()
        or not reference.isprintable()
    ):
        raise CodeRefused(
            f"a case reference has {_SHORTEST_REFERENCE} to {_LONGEST_REFERENCE} ASCII characters",
            "case_reference_invalid",
        )
    return keyed("case-reference", reference)


def _seal(packed: bytes, link_id: uuid.UUID) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _cipher().encrypt(nonce, packed, link_id.bytes)


def _open(link: CaseLink) -> bytes:
    sealed = bytes(link.keys_encrypted)
    return _cipher().decrypt(sealed[:_NONCE], sealed[_NONCE:], link.pk.bytes)


def _cipher() -> AESGCM:
    return AESGCM(bytes.fromhex(read_secret(CASE_LINK_KEY).decode()))


def _withdrawal(link_id: uuid.UUID) -> str:
    return f"{link_id.hex}.{keyed('case-link-withdrawal', link_id.hex).hex()[:32]}"

"""What a browser is asked for a passkey, and whether its answer holds (WebAuthn, by the library fido2)."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from fido2 import cbor
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationConveyancePreference,
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorData,
    CollectedClientData,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialParameters,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from bluezone.authority.accounts.rules import CHALLENGE_LIFE, PasskeySite
from bluezone.authority.accounts.services.account_rows import AccountRefused

__all__ = [
    "NewKey",
    "PasskeyRefused",
    "StoredKey",
    "UsedKey",
    "asserted_id",
    "check_assertion",
    "check_registration",
    "creation_options",
    "parse_answer",
    "request_options",
]

LONGEST_ANSWER = 20_000
_MOST_DIGITS = 5
_LONGEST_ID = 1023
_LONGEST_KEY = 4096
_ALGORITHMS = (-7, -8, -257)
"""ES256, EdDSA, RS256: what platforms and sticks make, each with a library that checks it."""

_UNREADABLE = (
    *(ValueError, KeyError, TypeError, AttributeError, IndexError, AssertionError, OverflowError),
    *(NotImplementedError, RecursionError, struct.error, UnsupportedAlgorithm),
)
"""What reading an answer may raise, whatever somebody made up; the library refuses by a ``ValueError``."""


class PasskeyRefused(AccountRefused):
    """The answer to a challenge does not hold."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """What is kept of a passkey that was made for this site."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    is_backup_eligible: bool
    is_backed_up: bool


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A passkey as its answers are held against."""

    credential_id: bytes
    public_key: bytes
    user_handle: bytes
    is_backup_eligible: bool


@dataclass(frozen=True, slots=True)
class UsedKey:
    """What a good answer says of its passkey."""

    sign_count: int
    is_backed_up: bool


def creation_options(
    site: PasskeySite, challenge: bytes, *, handle: bytes, name: str, shown: str, known: Sequence[bytes]
) -> str:
    """JSON for ``navigator.credentials.create``; one that knows a key of this user makes no other.

    :param handle: of the user, by which a passkey finds its account; tells nothing of them.
    """
    user = PublicKeyCredentialUserEntity(id=handle, name=name, display_name=shown)
    options, _ = _server(site).register_begin(
        user,
        credentials=_descriptors(known),
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,
        user_verification=UserVerificationRequirement.PREFERRED,
        challenge=challenge,
    )
    return _in_time(dict(options))


def request_options(site: PasskeySite, challenge: bytes, *, known: Sequence[bytes] | None) -> str:
    """JSON for ``navigator.credentials.get``.

    :param known: the keys of whoever gave a password; ``None``: any, but its user must be verified by it.
    """
    options, _ = _server(site).authenticate_begin(
        None if known is None else _descriptors(known),
        user_verification=UserVerificationRequirement.REQUIRED
        if known is None
        else UserVerificationRequirement.PREFERRED,
        challenge=challenge,
    )
    return _in_time(dict(options))


def parse_answer(text: str) -> Mapping[str, Any]:
    """What the browser sent.

    :raises PasskeyRefused: no object.
    """
    try:
        answer = json.loads(text, parse_int=_small) if len(text) <= LONGEST_ANSWER else None
    except _UNREADABLE:
        answer = None
    if not isinstance(answer, dict):
        raise PasskeyRefused("the passkey's answer is not readable")
    return answer


def _small(digits: str) -> int:
    """A number that somebody might put where bytes belong: the library would make so many of them."""
    if len(digits) > _MOST_DIGITS:
        raise ValueError("a number larger than any that browsers send")
    return int(digits)


def check_registration(site: PasskeySite, challenge: bytes, answer: Mapping[str, Any]) -> NewKey:
    """The key of an answer to :func:`creation_options`.

    :raises PasskeyRefused: made for another site or challenge, or not readable.
    """
    try:
        made = _server(site).register_complete(_state(challenge, verified=False), answer)
        client = RegistrationResponse.from_dict(answer).response.client_data
        _check_frame(client)
        data = made.credential_data
        if data is None or data.public_key.ALGORITHM not in _ALGORITHMS:
            raise ValueError("a key of a kind that was not asked for")
        public_key = cbor.encode(dict(data.public_key))
        if not 0 < len(data.credential_id) <= _LONGEST_ID or len(public_key) > _LONGEST_KEY:
            raise ValueError("a key too long")
        _check_flags(made, made.is_backup_eligible())
        return NewKey(
            bytes(data.credential_id),
            public_key,
            made.counter,
            made.is_backup_eligible(),
            made.is_backed_up(),
        )
    except _UNREADABLE as error:
        raise PasskeyRefused(f"the new passkey is refused: {error}") from None


def asserted_id(answer: Mapping[str, Any]) -> bytes:
    """Which key claims to have made an answer.

    :raises PasskeyRefused: not readable.
    """
    try:
        return bytes(AuthenticationResponse.from_dict(answer).raw_id)
    except _UNREADABLE:
        raise PasskeyRefused("the passkey's answer is not readable") from None


def check_assertion(
    site: PasskeySite, challenge: bytes, answer: Mapping[str, Any], key: StoredKey, *, alone: bool
) -> UsedKey:
    """What an answer to :func:`request_options` says.

    :param alone: no password was given: the answer must name the user, and say that it verified them.
    :raises PasskeyRefused: not by this key, for another site or challenge, or not readable.
    """
    try:
        data = AttestedCredentialData.create(
            Aaguid.NONE, key.credential_id, CoseKey.parse(_decoded(key.public_key))
        )
        _server(site).authenticate_complete(_state(challenge, verified=alone), [data], answer)
        response = AuthenticationResponse.from_dict(answer).response
        _check_frame(response.client_data)
        if response.user_handle != key.user_handle and (alone or response.user_handle):
            raise ValueError("a key of another user")
        _check_flags(response.authenticator_data, key.is_backup_eligible)
        return UsedKey(response.authenticator_data.counter, response.authenticator_data.is_backed_up())
    except _UNREADABLE as error:
        raise PasskeyRefused(f"the passkey is refused: {error}") from None


def _server(site: PasskeySite) -> Fido2Server:
    server = Fido2Server(
        PublicKeyCredentialRpEntity(name="Bluezone", id=site.rp_id),
        attestation=AttestationConveyancePreference.NONE,
        verify_origin=lambda origin: origin == site.origin,
    )
    server.allowed_algorithms = [
        PublicKeyCredentialParameters(type=PublicKeyCredentialType.PUBLIC_KEY, alg=one) for one in _ALGORITHMS
    ]
    return server


def _in_time(options: dict[str, Any]) -> str:
    """As JSON, with how long the browser may take."""
    asked = {**options["publicKey"], "timeout": int(CHALLENGE_LIFE.total_seconds() * 1000)}
    return json.dumps({"publicKey": asked})


def _state(challenge: bytes, *, verified: bool) -> dict[str, str]:
    """What the library would keep between question and answer."""
    wanted = UserVerificationRequirement.REQUIRED if verified else UserVerificationRequirement.PREFERRED
    return {"challenge": websafe_encode(challenge), "user_verification": wanted.value}


def _descriptors(known: Sequence[bytes]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(type=PublicKeyCredentialType.PUBLIC_KEY, id=one) for one in known]


def _check_frame(client: CollectedClientData) -> None:
    if client.cross_origin:
        raise ValueError("asked inside a page of another site")


def _check_flags(data: AuthenticatorData, is_backup_eligible: bool) -> None:
    """Eligibility is for life, and only what is eligible can be backed up (WebAuthn level 3, § 7.2)."""
    if data.is_backup_eligible() != is_backup_eligible or (data.is_backed_up() and not is_backup_eligible):
        raise ValueError("its backup flags contradict what is known of it")


def _decoded(public_key: bytes) -> Mapping[int, Any]:
    decoded: Any = cbor.decode(public_key)
    return decoded  # type: ignore[no-any-return] # what check_registration encoded

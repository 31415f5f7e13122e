"""Signatures of export files: ECDSA on P-256 with SHA-256 over the whole export.bin, made and checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from google.protobuf.message import DecodeError

from bluezone.protocols import export_pb2 as pb
from bluezone.protocols.export_errors import (
    BadSignature,
    MissingSignature,
    UndecodableSignature,
    UnknownSignatureAlgorithm,
    UnknownSigner,
    UnusablePublicKey,
)

__all__ = [
    "ECDSA_SHA256_OID",
    "MAX_SIGNATURES",
    "PublicKeys",
    "SignatureInfo",
    "SignatureStatus",
    "Signer",
    "build_signature_file",
    "check_signatures",
    "load_public_key",
    "load_public_keys",
    "private_key_signer",
]

ECDSA_SHA256_OID = "1.2.840.10045.4.3.2"
MAX_SIGNATURES = 10
"""More would not be read by phones either."""

_END_OF_KEY = b"-----END PUBLIC KEY-----"

SignatureStatus = Literal["verified", "unverified", "missing"]

PublicKeys = Mapping[tuple[str, str], ec.EllipticCurvePublicKey] | Sequence[ec.EllipticCurvePublicKey] | None
"""Keys to verify with: ``{(key id, key version): key}``, or a plain sequence whose keys are tried in turn.

With a mapping, only signatures under its ids are checked, and each of them must be true. With a sequence,
one true signature is enough, and none is :class:`BadSignature`: who names no ids vouches for the file's
signer. ``None`` and empty mean that no key is known.
"""


@dataclass(frozen=True, slots=True)
class SignatureInfo:
    """Who says to have signed: the authority's name for its key, the key's version, and the algorithm."""

    key_id: str
    key_version: str
    algorithm: str = ECDSA_SHA256_OID


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs export files; ``sign`` gives the DER signature (ECDSA P-256) of a SHA-256 digest."""

    info: SignatureInfo
    sign: Callable[[bytes], bytes]


def private_key_signer(private_key: ec.EllipticCurvePrivateKey, key_id: str, key_version: str) -> Signer:
    """A signer that holds its key in memory; it gives the same signature for the same bytes (RFC 6979).

    :raises ValueError: if the key is on another curve than P-256.
    """
    if not isinstance(private_key.curve, ec.SECP256R1):
        raise ValueError(f"exports are signed on P-256, not on {private_key.curve.name}")
    algorithm = ec.ECDSA(Prehashed(SHA256()), deterministic_signing=True)
    return Signer(SignatureInfo(key_id, key_version), lambda digest: private_key.sign(digest, algorithm))


def load_public_key(pem: bytes) -> ec.EllipticCurvePublicKey:
    """Read a PEM ``PUBLIC KEY`` on P-256.

    :raises UnusablePublicKey: if it is anything else.
    """
    _refuse_private_key(pem)
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise UnusablePublicKey("the public key is not a PEM block 'PUBLIC KEY'") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise UnusablePublicKey("the public key is not on the curve P-256")
    return key


def load_public_keys(pem: bytes) -> list[ec.EllipticCurvePublicKey]:
    """Read one PEM ``PUBLIC KEY`` after the other, at least one: a key that takes over comes with the former.

    :raises UnusablePublicKey: if any is not on P-256, or there is none.
    """
    _refuse_private_key(pem)
    blocks = pem.split(_END_OF_KEY)[:-1] or [pem]
    return [load_public_key(block + _END_OF_KEY + b"\n") for block in blocks]


def _refuse_private_key(pem: bytes) -> None:
    if b"PRIVATE KEY" in pem:
        raise UnusablePublicKey("that is a private key, which only its owner may have: give the public one")


def build_signature_file(
    digest: bytes, signers: Sequence[Signer], *, batch_num: int, batch_size: int
) -> bytes:
    """The export.sig for a whole export.bin of this SHA-256 digest; empty when there are no signers."""
    signatures = [
        pb.Signature(
            signature_info=pb.SignatureInfo(
                key_version=signer.info.key_version,
                key_id=signer.info.key_id,
                signature_algorithm=signer.info.algorithm,
            ),
            batch_num=batch_num,
            batch_size=batch_size,
            signature=signer.sign(digest),
        )
        for signer in signers
    ]
    return pb.SignatureList(signatures=signatures).SerializeToString()


def check_signatures(
    digest: bytes, signature_file: bytes, public_keys: PublicKeys, *, allow_unsigned: bool
) -> tuple[SignatureStatus, tuple[SignatureInfo, ...]]:
    """Whether an export.bin with this SHA-256 digest is signed by one of the keys, and who says so.

    ``allow_unsigned`` lets "missing" and "unverified" pass; a false signature never passes.

    :raises ExportError: ``MissingSignature``, ``UndecodableSignature``, ``UnknownSignatureAlgorithm``,
        ``UnknownSigner`` or ``BadSignature``.
    """
    if not signature_file:
        if not allow_unsigned:
            raise MissingSignature("the export is not signed (export.sig is missing or empty)")
        return "missing", ()
    signatures = _decode(signature_file)
    infos = tuple(info for info, _ in signatures)
    supported = [(info, der) for info, der in signatures if info.algorithm == ECDSA_SHA256_OID]
    if not supported:
        names = ", ".join(sorted({repr(info.algorithm) for info in infos}))
        raise UnknownSignatureAlgorithm(f"signed only by algorithm {names}, not {ECDSA_SHA256_OID}")
    if not public_keys:
        verified = False
    elif isinstance(public_keys, Mapping):
        verified = _check_named(digest, supported, public_keys)
    else:
        verified = any(_is_true(digest, der, key) for _, der in supported for key in public_keys)
        if not verified:
            raise BadSignature(
                "no signature of the export can be verified with the given public key: it was altered, or "
                "somebody else signed it"
            )
    if verified:
        return "verified", infos
    if not allow_unsigned:
        signers = ", ".join(f"{info.key_id!r} version {info.key_version!r}" for info in infos)
        raise UnknownSigner(f"no public key is given for the signer {signers}")
    return "unverified", infos


def _check_named(
    digest: bytes,
    signatures: list[tuple[SignatureInfo, bytes]],
    public_keys: Mapping[tuple[str, str], ec.EllipticCurvePublicKey],
) -> bool:
    known = [
        (info, der, public_keys[info.key_id, info.key_version])
        for info, der in signatures
        if (info.key_id, info.key_version) in public_keys
    ]
    for info, der, key in known:
        if not _is_true(digest, der, key):
            raise BadSignature(f"the signature of {info.key_id!r} version {info.key_version!r} is false")
    return bool(known)


def _is_true(digest: bytes, der: bytes, key: ec.EllipticCurvePublicKey) -> bool:
    if not isinstance(key.curve, ec.SECP256R1):
        raise UnusablePublicKey(f"exports are signed on P-256, a given key is on {key.curve.name}")
    try:
        key.verify(der, digest, ec.ECDSA(Prehashed(SHA256())))
    except InvalidSignature:
        return False
    return True


def _decode(signature_file: bytes) -> list[tuple[SignatureInfo, bytes]]:
    try:
        signatures = pb.SignatureList.FromString(signature_file).signatures
    except (DecodeError, UnicodeDecodeError):
        raise UndecodableSignature("export.sig is not a readable protobuf message") from None
    if not 1 <= len(signatures) <= MAX_SIGNATURES:
        raise UndecodableSignature(f"export.sig lists {len(signatures)} signatures, not 1-{MAX_SIGNATURES}")
    decoded = []
    for signature in signatures:
        info = signature.signature_info
        texts = (info.key_id, info.key_version, info.signature_algorithm)
        if not all(isinstance(text, str) for text in texts):  # invalid UTF-8 comes as bytes
            raise UndecodableSignature("export.sig names its signer in something other than UTF-8")
        decoded.append((SignatureInfo(*texts), signature.signature))
    return decoded

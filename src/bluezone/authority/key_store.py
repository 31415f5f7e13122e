"""Signing keys behind an interface shaped like PKCS#11 or a KMS: they sign digests and never come out.

What signs asks :func:`key_store` for a key by its name and gets signatures. Here keys are files of the data
folder's ``secrets``; a store in hardware is another class with the same four methods.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from bluezone.authority.secret_files import new_p256_pem, read_private_key, secrets_folder, write_secret
from bluezone.errors import Refused

__all__ = ["FileKeyStore", "KeyExists", "KeyStore", "StoredKey", "holds", "key_store", "public_pem"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}")
_DIGEST_BYTES = 32
_RFC_6979 = ec.ECDSA(Prehashed(SHA256()), deterministic_signing=True)


class KeyExists(Refused):
    """A key of this name is in the store already."""


class KeyStore(Protocol):
    """Keys on P-256, each under a name for ever."""

    def __hash__(self) -> int:
        """Two of the same store are alike."""

    def create(self, name: str) -> ec.EllipticCurvePublicKey:
        """Make a key; :raises KeyExists: if there is one."""

    def names(self) -> Sequence[str]:
        """Of all keys, sorted."""

    def public_key(self, name: str) -> ec.EllipticCurvePublicKey:
        """The public half; :raises MissingSecret: without such a key."""

    def sign(self, name: str, digest: bytes) -> bytes:
        """DER-encoded ECDSA of a SHA-256 digest; :raises MissingSecret: without such a key."""


@dataclass(frozen=True, slots=True)
class FileKeyStore:
    """Each key a PEM file that only its owner may read. Signs the same digest the same way (RFC 6979)."""

    folder: Path

    def create(self, name: str) -> ec.EllipticCurvePublicKey:
        """Make a key; of two makers at once one is refused."""
        if not write_secret(self._path(name), new_p256_pem):
            raise KeyExists(f"there is a signing key {name} already")
        return self.public_key(name)

    def names(self) -> Sequence[str]:
        """Of all keys, sorted."""
        return sorted(path.stem for path in self.folder.glob("*.pem") if _NAME.fullmatch(path.stem))

    def public_key(self, name: str) -> ec.EllipticCurvePublicKey:
        """The public half."""
        return self._private(name).public_key()

    def sign(self, name: str, digest: bytes) -> bytes:
        """DER-encoded ECDSA of a SHA-256 digest."""
        if len(digest) != _DIGEST_BYTES:
            raise ValueError(f"a SHA-256 digest has {_DIGEST_BYTES} bytes, not {len(digest)}")
        return self._private(name).sign(digest, _RFC_6979)

    def _private(self, name: str) -> ec.EllipticCurvePrivateKey:
        return read_private_key(self._path(name))

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise Refused(f"a signing key's name has letters, digits and dashes, unlike {name!r}")
        return self.folder / f"{name}.pem"


@dataclass(frozen=True, slots=True)
class StoredKey(ec.EllipticCurvePrivateKey):
    """A key of a store, for libraries that want a private key object: it signs, and gives nothing away."""

    store: KeyStore
    name: str

    def sign(self, data: Any, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """DER-encoded ECDSA over SHA-256 of ``data``, whatever else the algorithm asks for."""
        if not isinstance(signature_algorithm.algorithm, SHA256):
            raise ValueError("a stored key signs with SHA-256 only")
        return self.store.sign(self.name, sha256(data).digest())

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public half."""
        return self.store.public_key(self.name)

    @property
    def curve(self) -> ec.EllipticCurve:
        """P-256."""
        return ec.SECP256R1()

    @property
    def key_size(self) -> int:
        """In bits."""
        return self.curve.key_size

    def exchange(self, algorithm: ec.ECDH, peer_public_key: ec.EllipticCurvePublicKey) -> bytes:
        """Refused: the key only signs."""
        raise TypeError("a stored key only signs")

    def private_numbers(self) -> ec.EllipticCurvePrivateNumbers:
        """Refused: the key stays in its store."""
        raise TypeError("a stored key does not leave its store")

    def private_bytes(
        self,
        encoding: serialization.Encoding,
        format: serialization.PrivateFormat,
        encryption_algorithm: serialization.KeySerializationEncryption,
    ) -> bytes:
        """Refused: the key stays in its store."""
        raise TypeError("a stored key does not leave its store")

    def __copy__(self) -> StoredKey:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> StoredKey:
        return self


def key_store() -> KeyStore:
    """This installation's store."""
    return FileKeyStore(secrets_folder())


def public_pem(key: ec.EllipticCurvePublicKey) -> str:
    """A public key as PEM ``PUBLIC KEY``."""
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def holds(store: KeyStore, name: str, pem: str) -> bool:
    """Whether the store has the private half of a public key under that name, and can read it."""
    try:
        return public_pem(store.public_key(name)) == pem
    except (Refused, ValueError, OSError):
        return False

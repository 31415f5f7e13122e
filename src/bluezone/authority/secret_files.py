"""The server's secrets: files of the data folder that only its owner may read, never in the database."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from bluezone.errors import Refused

__all__ = [
    "AUDIT_KEY",
    "CASE_LINK_KEY",
    "CERTIFICATE_SIGNING_KEY",
    "CODE_KEY",
    "CONTACT_KEY",
    "DJANGO_KEY",
    "EXPORT_SIGNING_KEY",
    "PHONE_KEY",
    "PUBLISH_MEMORY_KEY",
    "QUEUE_KEY",
    "SECOND_FACTOR_KEY",
    "MissingSecret",
    "create_missing_secrets",
    "new_p256_pem",
    "read_private_key",
    "read_secret",
    "secrets_folder",
    "unreadable_secrets",
    "write_secret",
]

DJANGO_KEY = "django.key"
CODE_KEY = "verification-code.key"
AUDIT_KEY = "audit.key"
PUBLISH_MEMORY_KEY = "publish-memory.key"
QUEUE_KEY = "queue.key"
SECOND_FACTOR_KEY = "second-factor.key"
PHONE_KEY = "message-phone.key"
CONTACT_KEY = "contact-person.key"
CASE_LINK_KEY = "case-link.key"
CERTIFICATE_SIGNING_KEY = "certificate-signing.pem"
EXPORT_SIGNING_KEY = "export-signing.pem"

_RANDOM = (
    DJANGO_KEY,
    CODE_KEY,
    AUDIT_KEY,
    PUBLISH_MEMORY_KEY,
    QUEUE_KEY,
    SECOND_FACTOR_KEY,
    PHONE_KEY,
    CONTACT_KEY,
    CASE_LINK_KEY,
)
_P256 = (CERTIFICATE_SIGNING_KEY, EXPORT_SIGNING_KEY)


class MissingSecret(Refused):
    """A secret's file is not in the data folder."""


def secrets_folder() -> Path:
    """Where the secrets are, 0700."""
    return Path(settings.BLUEZONE_DATA) / "secrets"


def create_missing_secrets() -> None:
    """Make every secret that is not there yet; two processes doing it at once agree on one."""
    folder = secrets_folder()
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for name in _RANDOM:
        write_secret(folder / name, secrets.token_hex(32).encode())
    for name in _P256:
        # When the first key is gone after a rotation, a new one would sign in its successor's place.
        if not any(folder.glob(f"{Path(name).stem}-*.pem")):
            write_secret(folder / name, new_p256_pem)


def write_secret(path: Path, content: bytes | Callable[[], bytes]) -> bool:
    """Write a secret unless it exists; readers see the whole file or none. True when it was written."""
    if path.exists():
        return False
    data = content if isinstance(content, bytes) else content()
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.link(aside, path)  # unlike a rename, this never replaces a secret that another process made
    except FileExistsError:
        return False
    finally:
        aside.unlink()
    return True


def unreadable_secrets() -> Sequence[str]:
    """Names of the random secrets that are not there, are empty or may not be read; nothing is cached."""
    faults: list[str] = []
    for name in _RANDOM:
        try:
            if not (secrets_folder() / name).read_bytes():
                faults.append(name)
        except OSError:
            faults.append(name)
    return faults


def read_secret(name: str) -> bytes:
    """A random secret's bytes.

    :raises MissingSecret: when ``bluezone setup`` has not been run for this data folder.
    """
    return _read_named(settings.BLUEZONE_DATA, name)


@lru_cache(maxsize=64)
def _read_named(data: Path, name: str) -> bytes:
    """By the folder itself: joining paths takes longer than all else that is done with a secret."""
    return _read(Path(data) / "secrets" / name)


def read_private_key(name: str | Path) -> ec.EllipticCurvePrivateKey:
    """A P-256 signing key, by its name among the secrets or by its whole path.

    :raises MissingSecret: when ``bluezone setup`` has not been run for this data folder.
    """
    return _load_private_key(secrets_folder() / name)


@lru_cache(maxsize=64)
def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise MissingSecret(f"{path} is missing: run `bluezone setup` or restore a backup") from None


@lru_cache(maxsize=16)
def _load_private_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(_read(path), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Refused(f"{path} does not hold a P-256 private key")
    return key


def new_p256_pem() -> bytes:
    """A fresh P-256 private key, PKCS #8."""
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

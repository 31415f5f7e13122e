"""Exposure Notification cryptography v1.2: from a day's key to ten-minute identifiers and their metadata.

Source: *Exposure Notification Cryptography Specification* v1.2 (Apple and Google, April 2020). Times are
interval numbers (ENIN): whole ten-minute steps since the Unix epoch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

__all__ = [
    "INTERVAL_SECONDS",
    "KEY_BYTES",
    "MATCH_TOLERANCE_INTERVALS",
    "MAX_ROLLING_PERIOD",
    "DiagnosisKey",
    "Metadata",
    "ReportType",
    "TemporaryExposureKey",
    "decrypt_metadata",
    "derive_aemk",
    "derive_rpik",
    "encrypt_metadata",
    "identifier_block",
    "interval_number",
    "interval_start",
    "rolling_proximity_identifier",
    "rolling_proximity_identifiers",
]

INTERVAL_SECONDS = 600
MAX_ROLLING_PERIOD = 144
KEY_BYTES = 16
MATCH_TOLERANCE_INTERVALS = 12
"""A sighting may be up to two hours away from the interval its identifier belongs to (clock skew)."""

_MAX_INTERVAL = 2**32 - 1
_ECB = modes.ECB()  # noqa: S305 - single independent blocks, as the specification prescribes


class ReportType(IntEnum):
    """How a key came to be published; numbers are those of the export format."""

    UNKNOWN = 0
    CONFIRMED_TEST = 1
    CONFIRMED_CLINICAL_DIAGNOSIS = 2
    SELF_REPORT = 3
    RECURSIVE = 4
    REVOKED = 5


@dataclass(frozen=True, slots=True)
class TemporaryExposureKey:
    """A key (TEK) and the intervals ``[rolling_start, rolling_start + rolling_period)`` it is good for.

    :raises ValueError: if the key is not 16 bytes, the period outside 1-144 or the start not a u32.
    """

    data: bytes = field(repr=False)
    rolling_start: int
    rolling_period: int = MAX_ROLLING_PERIOD

    def __post_init__(self) -> None:
        if len(self.data) != KEY_BYTES:
            raise ValueError(f"a temporary exposure key has {KEY_BYTES} bytes, not {len(self.data)}")
        if not 1 <= self.rolling_period <= MAX_ROLLING_PERIOD:
            raise ValueError(f"rolling period {self.rolling_period} is outside 1-{MAX_ROLLING_PERIOD}")
        if not 0 <= self.rolling_start <= _MAX_INTERVAL - MAX_ROLLING_PERIOD:
            raise ValueError(f"rolling start {self.rolling_start} is not an interval number")

    @property
    def rolling_end(self) -> int:
        """First interval after the key's last one."""
        return self.rolling_start + self.rolling_period


@dataclass(frozen=True, slots=True)
class DiagnosisKey:
    """A temporary exposure key as an authority publishes it."""

    tek: TemporaryExposureKey
    report_type: ReportType = ReportType.UNKNOWN
    days_since_onset: int | None = None
    transmission_risk: int = 0


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a device adds to each identifier, readable only after its key is published.

    ``tx_power`` is the calibrated transmit power in dBm at the antenna, -128 to 127.
    """

    tx_power: int
    major: int = 1
    minor: int = 0

    def pack(self) -> bytes:
        """Four bytes: version (bits 7-6 major, 5-4 minor), signed transmit power, two reserved zeros."""
        if not (0 <= self.major <= 3 and 0 <= self.minor <= 3):
            raise ValueError(f"metadata version {self.major}.{self.minor} does not fit two bits each")
        return (
            bytes([self.major << 6 | self.minor << 4])
            + self.tx_power.to_bytes(1, "big", signed=True)
            + bytes(2)
        )

    @classmethod
    def unpack(cls, packed: bytes) -> Metadata:
        """Read four decrypted bytes; reserved ones are ignored.

        :raises ValueError: if there are not four bytes.
        """
        if len(packed) != 4:
            raise ValueError(f"metadata has 4 bytes, not {len(packed)}")
        return cls(
            tx_power=int.from_bytes(packed[1:2], "big", signed=True),
            major=packed[0] >> 6,
            minor=packed[0] >> 4 & 3,
        )


def interval_number(unix_seconds: float) -> int:
    """The interval (ENIN) that a time in seconds since the epoch falls into."""
    return int(unix_seconds // INTERVAL_SECONDS)


def interval_start(interval: int) -> int:
    """First second of an interval, since the epoch."""
    return interval * INTERVAL_SECONDS


def derive_rpik(tek: bytes) -> bytes:
    """The rolling proximity identifier key: 16 bytes from a 16-byte TEK."""
    return _hkdf(tek, b"EN-RPIK")


def derive_aemk(tek: bytes) -> bytes:
    """The associated encrypted metadata key: 16 bytes from a 16-byte TEK."""
    return _hkdf(tek, b"EN-AEMK")


def identifier_block(interval: int) -> bytes:
    """The 16-byte plaintext whose encryption is the identifier: ``EN-RPI``, six zeros, ENIN little-endian."""
    return b"EN-RPI" + bytes(6) + interval.to_bytes(4, "little")


def rolling_proximity_identifier(rpik: bytes, interval: int) -> bytes:
    """The identifier (RPI) broadcast during one interval: 16 bytes."""
    return _aes_ecb(rpik, identifier_block(interval))


def rolling_proximity_identifiers(tek: TemporaryExposureKey) -> list[bytes]:
    """Every identifier of a key, in order of its intervals."""
    blocks = b"".join(identifier_block(i) for i in range(tek.rolling_start, tek.rolling_end))
    ids = _aes_ecb(derive_rpik(tek.data), blocks)
    return [ids[at : at + KEY_BYTES] for at in range(0, len(ids), KEY_BYTES)]


def encrypt_metadata(aemk: bytes, rpi: bytes, metadata: bytes) -> bytes:
    """AEM for one identifier: AES-128-CTR with the identifier as the initial counter."""
    encryptor = Cipher(algorithms.AES128(aemk), modes.CTR(rpi)).encryptor()
    return encryptor.update(metadata) + encryptor.finalize()


def decrypt_metadata(aemk: bytes, rpi: bytes, aem: bytes) -> bytes:
    """The inverse of :func:`encrypt_metadata`; CTR is its own inverse. Nothing is authenticated."""
    return encrypt_metadata(aemk, rpi, aem)


def _hkdf(tek: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(tek)


def _aes_ecb(key: bytes, blocks: bytes) -> bytes:
    return Cipher(algorithms.AES128(key), _ECB).encryptor().update(blocks)

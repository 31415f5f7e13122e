"""Bluetooth LE adverts of Exposure Notifications and of Bluezone 2.x: build, parse, count what is not ours.

An advert is a row of structures: length, type, payload (Bluetooth Core, vol. 3 part C, 11). Layout of the
31 bytes of a GAEN advert, which is also the most that legacy advertising carries::

    02 01 1A                      flags (optional when parsing)
    03 03 6F FD                   complete list of 16-bit service UUIDs
    17 16 6F FD  RPI×16  AEM×4    service data
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

__all__ = [
    "BLUEZONE_COMPANY",
    "BLUEZONE_UUID",
    "GAEN_UUID",
    "AdvertError",
    "AdvertReader",
    "BluezoneAdvert",
    "ForeignAdvert",
    "GaenAdvert",
    "MalformedAdvert",
    "OverlongAdvert",
    "ShortAdvert",
    "build_bluezone_advert",
    "build_gaen_advert",
    "parse_bluezone_advert",
    "parse_gaen_advert",
]

GAEN_UUID = 0xFD6F
BLUEZONE_UUID = 0x4E56
BLUEZONE_COMPANY = 0x22B5
MAX_ADVERT_BYTES = 31

_FLAGS, _UUIDS_16, _SERVICE_DATA_16, _MANUFACTURER = 0x01, 0x03, 0x16, 0xFF
_UUIDS_16_INCOMPLETE = 0x02
_DEFAULT_FLAGS = 0x1A
_RPI, _AEM, _BLID = 16, 4, 12


class AdvertError(ValueError):
    """An advert that is not a usable one of ours; ``kind`` is the name it is counted under."""

    kind: ClassVar[str]


class ForeignAdvert(AdvertError):
    """Well formed, but of another service: most of what a radio hears."""

    kind = "foreign"


class ShortAdvert(AdvertError):
    """Ours by its service, but its payload is shorter than the format."""

    kind = "short"


class OverlongAdvert(AdvertError):
    """Ours by its service, but longer than the format, or longer than legacy advertising allows."""

    kind = "overlong"


class MalformedAdvert(AdvertError):
    """The structures themselves do not add up, or contradict each other."""

    kind = "malformed"


@dataclass(frozen=True, slots=True)
class GaenAdvert:
    """What an Exposure Notifications advert says: 16-byte identifier, 4-byte encrypted metadata."""

    rpi: bytes
    aem: bytes


@dataclass(frozen=True, slots=True)
class BluezoneAdvert:
    """What a Bluezone 2.x advert says: a 12-byte id."""

    blid: bytes


def build_gaen_advert(rpi: bytes, aem: bytes) -> bytes:
    """The 31 bytes to broadcast.

    :raises ValueError: if the identifier is not 16 bytes or the metadata not 4.
    """
    if len(rpi) != _RPI or len(aem) != _AEM:
        raise ValueError(f"an advert carries {_RPI} + {_AEM} bytes, not {len(rpi)} + {len(aem)}")
    uuid = GAEN_UUID.to_bytes(2, "little")
    return (
        _structure(_FLAGS, bytes([_DEFAULT_FLAGS]))
        + _structure(_UUIDS_16, uuid)
        + _structure(_SERVICE_DATA_16, uuid + rpi + aem)
    )


def parse_gaen_advert(data: bytes) -> GaenAdvert:
    """Read an advert; flags and the UUID list may be absent, since some stacks strip them.

    :raises AdvertError: one of its four kinds, when there is nothing usable in it.
    """
    uuid = GAEN_UUID.to_bytes(2, "little")
    payloads = _payloads_of(data, _SERVICE_DATA_16, uuid)
    if not payloads:
        if _lists_uuid(data, uuid):
            raise ShortAdvert("the service is listed, but its data is missing")
        raise ForeignAdvert("no exposure notification service data")
    payload = _only(payloads, _RPI + _AEM, data)
    return GaenAdvert(payload[:_RPI], payload[_RPI:])


def build_bluezone_advert(blid: bytes) -> bytes:
    """The 23 bytes that an Android phone with Bluezone 2.x broadcasts.

    :raises ValueError: if the id is not 12 bytes.
    """
    if len(blid) != _BLID:
        raise ValueError(f"a Bluezone id has {_BLID} bytes, not {len(blid)}")
    return (
        _structure(_FLAGS, bytes([0x02]))
        + _structure(_UUIDS_16, BLUEZONE_UUID.to_bytes(2, "little"))
        + _structure(_MANUFACTURER, BLUEZONE_COMPANY.to_bytes(2, "little") + blid)
    )


def parse_bluezone_advert(data: bytes) -> BluezoneAdvert:
    """Read an advert of the original app.

    :raises AdvertError: one of its four kinds, when there is nothing usable in it.
    """
    payloads = _payloads_of(data, _MANUFACTURER, BLUEZONE_COMPANY.to_bytes(2, "little"))
    if not payloads:
        if _lists_uuid(data, BLUEZONE_UUID.to_bytes(2, "little")):
            raise ShortAdvert("the service is listed, but its id is missing")
        raise ForeignAdvert("no Bluezone manufacturer data")
    return BluezoneAdvert(_only(payloads, _BLID, data))


class AdvertReader:
    """Reads adverts for a radio loop: what is not a GAEN advert is counted by kind and gives ``None``."""

    def __init__(self) -> None:
        self.accepted = 0
        self.ignored: Counter[str] = Counter()

    def read(self, data: bytes) -> GaenAdvert | None:
        try:
            advert = parse_gaen_advert(data)
        except AdvertError as error:
            self.ignored[error.kind] += 1
            return None
        self.accepted += 1
        return advert


def _structure(kind: int, payload: bytes) -> bytes:
    return bytes([len(payload) + 1, kind]) + payload


def _structures(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        length = data[at]
        if length == 0:  # early termination: the rest must be padding
            if any(data[at:]):
                raise MalformedAdvert(f"bytes after the terminating zero at {at}")
            return
        end = at + 1 + length
        if end > len(data):
            raise MalformedAdvert(f"structure at {at} claims {length} bytes, {len(data) - at - 1} are left")
        yield data[at + 1], data[at + 2 : end]
        at = end


def _payloads_of(data: bytes, kind: int, prefix: bytes) -> list[bytes]:
    return [
        payload[len(prefix) :] for k, payload in _structures(data) if k == kind and payload.startswith(prefix)
    ]


def _lists_uuid(data: bytes, uuid: bytes) -> bool:
    return any(
        uuid in (payload[at : at + 2] for at in range(0, len(payload), 2))
        for kind, payload in _structures(data)
        if kind in (_UUIDS_16, _UUIDS_16_INCOMPLETE)
    )


def _only(payloads: list[bytes], size: int, data: bytes) -> bytes:
    if len(payloads) > 1:
        raise MalformedAdvert(f"{len(payloads)} payloads of one service")
    payload = payloads[0]
    if len(payload) < size:
        raise ShortAdvert(f"payload has {len(payload)} of {size} bytes")
    if len(payload) > size or len(data) > MAX_ADVERT_BYTES:
        raise OverlongAdvert(
            f"payload has {len(payload)} bytes of {size}, the advert {len(data)} of {MAX_ADVERT_BYTES}"
        )
    return payload

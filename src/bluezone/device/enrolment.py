"""Where a device belongs: its authority's server and keys, and how it scores; kept in its store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from ipaddress import ip_address
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec

from bluezone.device.agent import DEFAULT_RSSI_CORRECTION, DEFAULT_TX_POWER, AgentSettings
from bluezone.device.exposure_results import retry_refused_exports
from bluezone.device.store import DeviceStore
from bluezone.errors import Refused
from bluezone.protocols.export_region import REGION
from bluezone.protocols.export_signature import load_public_keys
from bluezone.protocols.risk_presets import load_preset

__all__ = [
    "BadSetting",
    "Enrolment",
    "InsecureServer",
    "NotEnrolled",
    "WrongAddress",
    "enrolment_of",
    "save_enrolment",
]

_MOST_PORT = 65_535
_MOST_CORRECTION = 40
"""Twice what the published calibration of some 10,000 phone models needs."""


class NotEnrolled(Refused):
    """The device does not know its authority yet."""


class BadSetting(Refused):
    """A value that the device could not work with; nothing is remembered."""


class WrongAddress(Refused):
    """The server's address is none."""


class InsecureServer(Refused):
    """The server is on another machine and has no TLS, and the owner has not agreed to that."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Server address, region of exports, the health authority's id, PEM public keys, preset, calibration.

    ``insecure_http``: the owner agrees to an ``http://`` server. Whoever is on the way there can read the
    code and the keys of a report, and withhold exports (not forge them: they are signed).
    """

    server: str = ""
    region: str = "VN"
    health_authority: str = ""
    public_keys: tuple[str, ...] = ()
    preset: str = "bluezone"
    tx_power: int = DEFAULT_TX_POWER
    rssi_correction: int = DEFAULT_RSSI_CORRECTION
    insecure_http: bool = False

    def require_server(self) -> str:
        """The server's address.

        :raises NotEnrolled: if none was ever given.
        :raises Refused: ``WrongAddress`` or ``InsecureServer``.
        """
        if not self.server:
            raise NotEnrolled("this device does not know its server yet: give --server once")
        _check_address(self.server, insecure_http=self.insecure_http)
        return self.server

    def trusted_keys(self) -> Sequence[ec.EllipticCurvePublicKey]:
        """The keys whose signatures to believe.

        :raises NotEnrolled: if none was ever given.
        """
        if not self.public_keys:
            raise NotEnrolled("this device does not know its authority's key yet: give --public-key once")
        return [key for pem in self.public_keys for key in load_public_keys(pem.encode())]

    def agent_settings(self) -> AgentSettings:
        """Calibration for sending and for matching, the rest by default."""
        return AgentSettings(tx_power=self.tx_power, rssi_correction=self.rssi_correction)


def enrolment_of(store: DeviceStore) -> Enrolment:
    """What is kept; defaults where nothing is."""
    saved = store.setting("enrolment")
    if not isinstance(saved, dict):
        return Enrolment()
    return Enrolment(**{**saved, "public_keys": tuple(saved["public_keys"])})


def save_enrolment(store: DeviceStore, **changes: Any) -> Enrolment:
    """Keep changed fields; ``None`` leaves a field as it is. All of them are checked before any is kept.

    Where the keys change, exports that were refused are tried again.

    The server's address is checked where it, or the agreement to do without TLS, changes: a device that an
    older version let have its address goes on meeting others, and only its checks are refused.

    :raises Refused: for a public key that is none, ``BadSetting``, or see :meth:`Enrolment.require_server`.
    """
    before = enrolment_of(store)
    after = replace(before, **{name: value for name, value in changes.items() if value is not None})
    _check_settings(after)
    if after.server and _address_of(after) != _address_of(before):
        after.require_server()
    if after.public_keys != before.public_keys:
        retry_refused_exports(store)
    if after != before:
        store.set_setting("enrolment", asdict(after))
    return after


def _check_settings(enrolment: Enrolment) -> None:
    for pem in enrolment.public_keys:
        load_public_keys(pem.encode())
    load_preset(enrolment.preset)
    if not REGION.fullmatch(enrolment.region):
        raise BadSetting(f"region {enrolment.region!r} is not like VN or VN-HN")
    if abs(enrolment.rssi_correction) > _MOST_CORRECTION:
        raise BadSetting(
            f"an RSSI correction of {enrolment.rssi_correction} dB is none: phone models lie within"
            f" ±{_MOST_CORRECTION} dB"
        )
    try:
        enrolment.agent_settings()
    except ValueError as error:
        raise BadSetting(str(error)) from None


def _address_of(enrolment: Enrolment) -> tuple[str, bool]:
    return enrolment.server, enrolment.insecure_http


def _check_address(server: str, *, insecure_http: bool) -> None:
    try:
        url = httpx.URL(server)
        host = url.host
        url.raw_host.decode("ascii").encode("idna")  # as a connection will: label by label, at most 63 each
    except httpx.InvalidURL as error:
        raise WrongAddress(f"{server!r} is no address: {error}") from None
    except UnicodeError:
        raise WrongAddress(f"{server!r} is no address of a server: its host cannot be a name") from None
    if url.scheme not in ("http", "https") or not host:
        raise WrongAddress(f"{server!r} is no address of a server; it should begin with https://")
    if any(character.isspace() for character in server) or "%20" in host:
        raise WrongAddress(f"{server!r} is no address of a server: there is a space in it")
    if url.port is not None and url.port > _MOST_PORT:
        raise WrongAddress(f"{server!r} is no address of a server: ports end at {_MOST_PORT}")
    if url.scheme == "http" and not insecure_http and not _is_loopback(host):
        raise InsecureServer(
            f"{server}: without TLS anybody on the way can read the code and the keys of a report, and"
            " withhold warnings; use https://, or agree to it with --insecure-http"
            " (of device run, check and report-positive)"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

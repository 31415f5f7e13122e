"""Where a device belongs: its authority's server and keys, and how it scores; kept in its store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from bluezone.device.agent import DEFAULT_RSSI_CORRECTION, DEFAULT_TX_POWER, AgentSettings
from bluezone.device.store import DeviceStore
from bluezone.errors import Refused
from bluezone.protocols.export_signature import load_public_key

__all__ = ["Enrolment", "NotEnrolled", "enrolment_of", "save_enrolment"]


class NotEnrolled(Refused):
    """The device does not know its authority yet."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Server address, region of exports, the health authority's id, PEM public keys, preset, calibration."""

    server: str = ""
    region: str = "VN"
    health_authority: str = ""
    public_keys: tuple[str, ...] = ()
    preset: str = "bluezone"
    tx_power: int = DEFAULT_TX_POWER
    rssi_correction: int = DEFAULT_RSSI_CORRECTION

    def require_server(self) -> str:
        """The server's address.

        :raises NotEnrolled: if none was ever given.
        """
        if not self.server:
            raise NotEnrolled("this device does not know its server yet: give --server once")
        return self.server

    def trusted_keys(self) -> Sequence[ec.EllipticCurvePublicKey]:
        """The keys whose signatures to believe.

        :raises NotEnrolled: if none was ever given.
        """
        if not self.public_keys:
            raise NotEnrolled("this device does not know its authority's key yet: give --public-key once")
        return [load_public_key(pem.encode()) for pem in self.public_keys]

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
    """Keep changed fields; ``None`` leaves a field as it is. Public keys are checked before they are kept.

    :raises Refused: for a public key that is none.
    """
    before = enrolment_of(store)
    after = replace(before, **{name: value for name, value in changes.items() if value is not None})
    for pem in after.public_keys:
        load_public_key(pem.encode())
    if after != before:
        store.set_setting("enrolment", asdict(after))
    return after

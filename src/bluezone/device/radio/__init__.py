"""Bluetooth behind one small interface: Bumble for CI, dongles and gateways; BlueZ where bluetoothd rules."""

from bluezone.device.radio.interface import Radio, RadioError, Reception
from bluezone.device.radio.open import radio_from

__all__ = ["Radio", "RadioError", "Reception", "radio_from"]

"""From what a user writes to the radio it names."""

from __future__ import annotations

import re

from bluezone.device.radio.interface import Radio
from bluezone.errors import Refused

__all__ = ["radio_from"]

_BUMBLE_TRANSPORTS = (
    "usb",
    "pyusb",
    "serial",
    "hci-socket",
    "vhci",
    "tcp-client",
    "tcp-server",
    "udp",
    "unix",
    "unix-client",
    "unix-server",
    "ws-client",
    "ws-server",
    "pty",
    "file",
    "android-emulator",
    "android-netsim",
)
_NEED_PARAMETERS = frozenset(_BUMBLE_TRANSPORTS) - {
    "hci-socket",
    "vhci",
    "pty",
    "android-emulator",
    "android-netsim",
}


def radio_from(spec: str) -> Radio:
    """The radio that a text names, not yet opened.

    ``bluez`` or ``bluez:hci1``: through bluetoothd. ``usb:0``, ``serial:/dev/ttyACM0,1000000``,
    ``hci-socket:0`` and so on, with or without ``bumble:`` before it: the adapter itself, through Bumble.

    :raises Refused: when the text names no radio.
    """
    kind, _, rest = spec.removeprefix("bumble:").partition(":")
    if kind == "bluez" and not spec.startswith("bumble:"):
        if rest and not re.fullmatch(r"hci\d+", rest):
            raise Refused(f"radio {spec!r}: {rest!r} is not an adapter's name such as hci0")
        from bluezone.device.radio.bluez import BluezRadio

        return BluezRadio(rest or "hci0")
    if kind not in _BUMBLE_TRANSPORTS:
        known = ", ".join(("bluez", *_BUMBLE_TRANSPORTS))
        raise Refused(f"radio {spec!r}: {kind!r} is no kind of radio; there are: {known}")
    if kind in _NEED_PARAMETERS and not rest:
        raise Refused(f"radio {spec!r}: say which one, as in usb:0 or serial:/dev/ttyACM0")
    from bluezone.device.radio.bumble_radio import BumbleRadio

    return BumbleRadio(spec.removeprefix("bumble:"))

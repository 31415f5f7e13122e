"""The names of radios, good and bad."""

from __future__ import annotations

import pytest

from bluezone.device.radio.bluez import BluezRadio
from bluezone.device.radio.bumble_radio import BumbleRadio
from bluezone.device.radio.open import radio_from
from bluezone.errors import Refused


@pytest.mark.parametrize(
    ("spec", "transport"),
    [
        ("usb:0", "usb:0"),
        ("bumble:usb:0", "usb:0"),
        ("usb:[driver=rtk]0", "usb:[driver=rtk]0"),
        ("serial:/dev/ttyACM0,1000000", "serial:/dev/ttyACM0,1000000"),
        ("hci-socket", "hci-socket"),
        ("bumble:hci-socket:1", "hci-socket:1"),
        ("tcp-client:127.0.0.1:9000", "tcp-client:127.0.0.1:9000"),
    ],
)
def test_a_transport_of_bumble(spec: str, transport: str) -> None:
    radio = radio_from(spec)
    assert isinstance(radio, BumbleRadio)
    assert radio.spec == transport


@pytest.mark.parametrize(("spec", "adapter"), [("bluez", "hci0"), ("bluez:hci12", "hci12")])
def test_an_adapter_of_bluez(spec: str, adapter: str) -> None:
    radio = radio_from(spec)
    assert isinstance(radio, BluezRadio)
    assert radio.adapter == adapter


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("", "'' is no kind of radio; there are: bluez, usb"),
        ("wifi:0", "'wifi' is no kind of radio"),
        ("bumble:", "no kind of radio"),
        ("bumble:bluez", "'bluez' is no kind of radio"),
        ("usb", "radio 'usb': say which one"),
        ("bumble:serial:", "say which one"),
        ("bluez:../hci0", "not an adapter's name"),
        ("bluez:hci", "not an adapter's name"),
    ],
)
def test_what_names_no_radio_is_refused(spec: str, message: str) -> None:
    with pytest.raises(Refused, match=message):
        radio_from(spec)

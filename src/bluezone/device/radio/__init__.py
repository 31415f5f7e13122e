"""Bluetooth behind one small interface: Bumble for CI, dongles and gateways; BlueZ where bluetoothd rules."""

"""How every device of a replay is set, whether its radio is a virtual one or is bypassed."""

from bluezone.device.agent import AgentSettings

__all__ = ["DEVICE_SETTINGS"]

DEVICE_SETTINGS = AgentSettings(scan_seconds=2.0)

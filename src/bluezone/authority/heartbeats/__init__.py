"""Heartbeats: how many apps ran in each ward, as they say themselves; counts alone outlive the day."""

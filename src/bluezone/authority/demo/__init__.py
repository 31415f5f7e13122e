"""The page where the day of a demo can be looked at; only there when the demo runs."""

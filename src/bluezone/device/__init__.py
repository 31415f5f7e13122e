"""The device: radio, encounters, download, match, risk, alert; no web framework in it."""

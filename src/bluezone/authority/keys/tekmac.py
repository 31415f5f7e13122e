"""The MAC by which a certificate names the keys it is for, without showing them to whoever signed it.

Source: the verification protocol of the public reference server: HMAC-SHA256 under the device's secret over
``key.start.period.risk`` of each key, sorted by key, joined by commas.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from bluezone.authority.keys.wire import WireKey

__all__ = ["matches_tekmac", "tekmacs"]


def tekmacs(keys: Sequence[WireKey], secret: bytes) -> tuple[bytes, ...]:
    """Every MAC that is right for the keys: the four-part form, and without risks when each risk is 0."""
    ordered = sorted(keys, key=lambda key: key.key)
    parts = [[str(part) for part in key.parts] for key in ordered]
    forms = [parts]
    if all(key.transmission_risk == 0 for key in keys):
        forms.append([part[:3] for part in parts])
    texts = (",".join(".".join(part) for part in form) for form in forms)
    return tuple(hmac.digest(secret, text.encode(), "sha256") for text in texts)


def matches_tekmac(keys: Sequence[WireKey], secret: bytes, wanted: bytes) -> bool:
    """Whether a MAC is one of the right ones, in constant time."""
    found = [hmac.compare_digest(one, wanted) for one in tekmacs(keys, secret)]  # each form, always
    return any(found)

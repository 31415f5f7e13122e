"""What is remembered of a publish request: its name, which tells no key, and which of its keys were taken."""

from __future__ import annotations

import hmac
from hashlib import sha256

from bluezone.authority.keys.wire import PublishRequest
from bluezone.authority.secret_files import PUBLISH_MEMORY_KEY, read_secret

__all__ = ["request_hmac_of", "sorted_places", "taken_bits"]


def request_hmac_of(request: PublishRequest) -> bytes:
    """Names a request without telling its keys: HMAC of who asks, certificate and the sorted keys' digest.

    The certificate without its signature, which differs each time the same claims are signed. Whoever repeats
    them is who asked for them: the MAC in them is a secret until keys and ``hmacKey`` are sent.
    """
    ordered = sorted(key.parts for key in request.keys)
    keys = ",".join(".".join(str(part) for part in parts) for parts in ordered)
    claims = request.certificate.rpartition(".")[0]
    asks = f"{request.health_authority}|{request.hmac_key}"
    text = f"{asks}|{claims}|{sha256(keys.encode()).hexdigest()}"
    return hmac.digest(read_secret(PUBLISH_MEMORY_KEY), text.encode(), "sha256")


def sorted_places(request: PublishRequest) -> list[int]:
    """The places of the keys in the request, sorted by the keys."""
    return sorted(range(len(request.keys)), key=lambda at: request.keys[at].parts)


def taken_bits(request: PublishRequest, kept: set[int]) -> int:
    """Bit n is set when the n-th of the sorted keys is at one of these places of the request."""
    return sum(1 << bit for bit, at in enumerate(sorted_places(request)) if at in kept)

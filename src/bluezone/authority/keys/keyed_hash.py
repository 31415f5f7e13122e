"""Keyed hashes: how the server recognises what it was told without storing it."""

from __future__ import annotations

import hmac

from bluezone.authority.secret_files import CODE_KEY, read_secret

__all__ = ["keyed"]


def keyed(purpose: str, text: str) -> bytes:
    """HMAC-SHA256 under the server's secret; the same text for another purpose has another one.

    What is looked up by it may be looked up in an index: how long that takes tells of hashes, not of texts.
    """
    return hmac.digest(read_secret(CODE_KEY), f"{purpose}|{text}".encode(), "sha256")

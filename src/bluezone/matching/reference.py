"""The reference engine: identifiers by hashlib and ``cryptography``, probed by numpy in a table of prefixes.

About 9 µs per key on one core: 2.4 for the key derivation, 4.6 for AES (3 of them making the cipher context),
the rest for probing 144 identifiers and confirming what is found.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

from bluezone.matching.interface import Candidates, KeyBlock, Sightings
from bluezone.protocols.gaen import KEY_BYTES, MAX_ROLLING_PERIOD, identifier_block

__all__ = ["ReferenceEngine", "derive_rpiks", "derive_rpis"]

_BATCH_KEYS = 256
"""Their identifiers (0.6 MB) stay in the second-level cache between AES and the table."""

_MIN_PREFIX_BITS, _MAX_PREFIX_BITS = 16, 24
_KEY_SPAN = MAX_ROLLING_PERIOD * KEY_BYTES
_ECB = modes.ECB()  # noqa: S305 - single independent blocks, as the specification prescribes

# HMAC-SHA256 is two hashes over the key padded to a block and masked. Both masked blocks of HKDF's first
# HMAC, whose key is all zeros, are constant: their states are made once and copied.
_INNER, _OUTER = (bytes(byte ^ mask for byte in range(256)) for mask in (0x36, 0x5C))
_EXTRACT_INNER, _EXTRACT_OUTER = sha256(b"\x36" * 64), sha256(b"\x5c" * 64)
_EXPAND_INNER_TAIL = b"\x36" * 32 + b"EN-RPIK\x01"
_EXPAND_OUTER_TAIL = b"\x5c" * 32


class ReferenceEngine:
    """Works everywhere Bluezone runs; stateless between calls."""

    name = "reference"

    def prepare(self, sightings: Sightings) -> NDArray[np.bool_]:
        """A table with ``True`` at the low bits of the first four bytes of each identifier heard.

        Its size follows the number of sightings, up to 16 MB, so that few identifiers are proposed in vain:
        one in a hundred for 20,000 sightings.
        """
        wanted = max(1, 200 * len(sightings)).bit_length() - 1
        bits = min(max(wanted, _MIN_PREFIX_BITS), _MAX_PREFIX_BITS)
        table = np.zeros(2**bits, dtype=np.bool_)
        table[_prefixes(sightings.rpis, len(table))] = True
        return table

    def propose(self, keys: KeyBlock, prefilter: object) -> Iterator[Candidates]:
        """Candidates of a block of any size; only identifiers within the rolling period are derived."""
        if not isinstance(prefilter, np.ndarray):
            raise TypeError("the reference engine is handed the table that it prepared")
        scratch = bytearray(_BATCH_KEYS * _KEY_SPAN + KEY_BYTES)
        for first in range(0, len(keys), _BATCH_KEYS):
            batch = slice(first, first + _BATCH_KEYS)
            part = KeyBlock(keys.teks[batch], keys.starts[batch], keys.periods[batch])
            rpis = derive_rpis(part, scratch)
            rows, slots = np.divmod(
                np.flatnonzero(prefilter.take(_prefixes(rpis, len(prefilter)))), MAX_ROLLING_PERIOD
            )
            within = slots < part.periods[rows]  # behind a short period lie bytes of an earlier batch
            rows, slots = rows[within], slots[within]
            yield Candidates(
                keys=first + rows,
                intervals=part.starts[rows] + slots.astype(np.uint32),
                rpis=rpis[rows * MAX_ROLLING_PERIOD + slots],
            )


def derive_rpiks(teks: NDArray[np.uint8]) -> list[bytes]:
    """The rolling proximity identifier key of each row: HKDF-SHA256 without salt, 16 bytes each."""
    data = teks.tobytes()
    rpiks = []
    for at in range(0, len(data), KEY_BYTES):
        inner = _EXTRACT_INNER.copy()
        inner.update(data[at : at + KEY_BYTES])
        outer = _EXTRACT_OUTER.copy()
        outer.update(inner.digest())
        secret = outer.digest()
        expanded = sha256(secret.translate(_INNER) + _EXPAND_INNER_TAIL).digest()
        rpiks.append(sha256(secret.translate(_OUTER) + _EXPAND_OUTER_TAIL + expanded).digest()[:KEY_BYTES])
    return rpiks


def derive_rpis(keys: KeyBlock, scratch: bytearray) -> NDArray[np.uint8]:
    """Identifiers uint8 (144 n, 16) of ``n`` keys, 144 rows each, those behind a key's period undefined.

    They lie in ``scratch``, which has 2304 n + 16 bytes at least, and are good until it is used again.
    """
    view = memoryview(scratch)
    # One cipher whose key is exchanged: making both objects anew takes as long as the encryption.
    algorithm = algorithms.AES128(bytes(KEY_BYTES))
    cipher = Cipher(algorithm, _ECB)
    at = 0
    rows = zip(derive_rpiks(keys.teks), keys.starts.tolist(), keys.periods.tolist(), strict=True)
    for rpik, start, period in rows:
        plain = _identifier_blocks(start)
        if period < MAX_ROLLING_PERIOD:
            plain = plain[: period * KEY_BYTES]
        algorithm.key = rpik
        # The library wants a block more room than it fills; the next key's identifiers overwrite it.
        cipher.encryptor().update_into(plain, view[at : at + _KEY_SPAN + 15])
        at += _KEY_SPAN
    return np.frombuffer(scratch, dtype=np.uint8, count=len(keys) * _KEY_SPAN).reshape(-1, KEY_BYTES)


@lru_cache(maxsize=512)  # keys of one day share their start
def _identifier_blocks(start: int) -> bytes:
    blocks = np.empty((MAX_ROLLING_PERIOD, KEY_BYTES), dtype=np.uint8)
    blocks[:] = np.frombuffer(identifier_block(start), dtype=np.uint8)
    intervals = start + np.arange(MAX_ROLLING_PERIOD, dtype="<u4")
    blocks[:, -4:] = intervals.view(np.uint8).reshape(-1, 4)
    return blocks.tobytes()


def _prefixes(rpis: NDArray[np.uint8], table_size: int) -> NDArray[np.intp]:
    words = np.ascontiguousarray(rpis).view(np.uint32)[:, 0]
    return (words & np.uint32(table_size - 1)).astype(np.intp)

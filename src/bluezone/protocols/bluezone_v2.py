"""The id chain of the original Bluezone 2.x and its matching rule, to read and to compare; never our default.

Re-implemented from the published facts (see docs/adr/0004). Everything is SHA-256; days are UTC days. Two
faults are part of the format and are the reason why we do not use it ourselves: a published daily key also
gives away every later day, and one sighting at any strength is already a "contact".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256

__all__ = [
    "DAY_SECONDS",
    "ID_BYTES",
    "KEY_BYTES",
    "SLOTS_PER_DAY",
    "SLOT_SECONDS",
    "KeyChain",
    "PublishedKey",
    "Sighting",
    "bluezone_id",
    "create_key_chain",
    "day_midnight",
    "match_history",
    "next_daily_key",
    "published_ids",
    "slot_index",
]

KEY_BYTES = 32
ID_BYTES = 12
SLOT_SECONDS = 900
SLOTS_PER_DAY = 96
DAY_SECONDS = 86_400
_SUBKEY_LABEL = b"bluzonesubkey"  # the typo is the format's
_ID_OFFSETS = (0, 4, 8, 12, 16, 18, 20, 22, 24, 26, 28, 30)


@dataclass(frozen=True, slots=True)
class KeyChain:
    """The install-day key and its UTC midnight (Unix seconds); every later day follows from it.

    It is made once (:func:`create_key_chain`) and kept: a second one would make the device a stranger to
    its own history.
    """

    install_key: bytes = field(repr=False)
    install_midnight: int

    def __post_init__(self) -> None:
        if len(self.install_key) != KEY_BYTES:
            raise ValueError(f"an install-day key has {KEY_BYTES} bytes, not {len(self.install_key)}")
        if self.install_midnight % DAY_SECONDS:
            raise ValueError(f"{self.install_midnight} is not a UTC midnight")

    def daily_key(self, unix_seconds: int) -> bytes:
        """The key of the UTC day that contains a time.

        :raises ValueError: for a time before the install day; the chain does not run backwards.
        """
        days = (unix_seconds - self.install_midnight) // DAY_SECONDS
        if days < 0:
            raise ValueError(f"{unix_seconds} is before the install day")
        key = self.install_key
        for _ in range(days):
            key = next_daily_key(key)
        return key

    def id_at(self, unix_seconds: int) -> bytes:
        """The 12-byte id broadcast at a time."""
        return bluezone_id(self.daily_key(unix_seconds), slot_index(unix_seconds))


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """A daily key pushed to phones: ids from ``time_start``, while a slot starts at or before ``time_end``.

    ``max_slots``: after how many slots the key rolls to the next day's (the format's ``max``).
    """

    daily_key: bytes = field(repr=False)
    time_start: int
    time_end: int
    max_slots: int = SLOTS_PER_DAY

    def __post_init__(self) -> None:
        if len(self.daily_key) != KEY_BYTES:
            raise ValueError(f"a daily key has {KEY_BYTES} bytes, not {len(self.daily_key)}")
        if not 1 <= self.max_slots <= SLOTS_PER_DAY:
            raise ValueError(f"max {self.max_slots} is outside 1-{SLOTS_PER_DAY}")


@dataclass(frozen=True, slots=True)
class Sighting:
    """One row of a phone's history: which id was heard, when (Unix seconds)."""

    blid: bytes
    time: int


def create_key_chain(random_key: bytes, unix_seconds: int) -> KeyChain:
    """Start a chain on the install day; ``random_key`` is 32 bytes from the caller's secure source."""
    return KeyChain(random_key, day_midnight(unix_seconds))


def day_midnight(unix_seconds: int) -> int:
    """The UTC midnight at or before a time."""
    return unix_seconds - unix_seconds % DAY_SECONDS


def slot_index(unix_seconds: int) -> int:
    """Which of the day's 96 slots a time falls into."""
    return unix_seconds % DAY_SECONDS // SLOT_SECONDS


def next_daily_key(daily_key: bytes) -> bytes:
    """The following day's key."""
    return sha256(daily_key).digest()


def bluezone_id(daily_key: bytes, slot: int) -> bytes:
    """The 12-byte id (BLID) of one 15-minute slot of a day.

    :raises ValueError: if the slot is outside 0-95 or the key not 32 bytes.
    """
    if len(daily_key) != KEY_BYTES:
        raise ValueError(f"a daily key has {KEY_BYTES} bytes, not {len(daily_key)}")
    if not 0 <= slot < SLOTS_PER_DAY:
        raise ValueError(f"slot {slot} is outside 0-{SLOTS_PER_DAY - 1}")
    secret = sha256(daily_key + _SUBKEY_LABEL).digest()
    for _ in range(slot):
        secret = sha256(secret).digest()
    return _id_of(secret)


def published_ids(published: PublishedKey) -> Iterator[tuple[int, bytes]]:
    """``(slot start in Unix seconds, id)`` for every slot that a published key gives away."""
    key, start = published.daily_key, published.time_start
    while start <= published.time_end:
        secret = sha256(key + _SUBKEY_LABEL).digest()
        for _ in range(published.max_slots):
            if start > published.time_end:
                return
            yield start, _id_of(secret)
            secret = sha256(secret).digest()
            start += SLOT_SECONDS
        key = next_daily_key(key)


def match_history(published: PublishedKey, history: Iterable[Sighting]) -> list[Sighting]:
    """The original's rule: same id, heard within its slot (both ends included). No strength, no duration."""
    starts: dict[bytes, list[int]] = {}
    for start, blid in published_ids(published):
        starts.setdefault(blid, []).append(start)
    return [
        sighting
        for sighting in history
        if any(start <= sighting.time <= start + SLOT_SECONDS for start in starts.get(sighting.blid, ()))
    ]


def _id_of(secret: bytes) -> bytes:
    return bytes(secret[offset] for offset in _ID_OFFSETS)

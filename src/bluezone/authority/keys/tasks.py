"""Background work of the key server."""

from __future__ import annotations

from bluezone.authority import runtime
from bluezone.authority.keys import services
from bluezone.authority.keys.import_client import open_http_exports
from bluezone.authority.keys.revision_token import rotate_token_keys

__all__ = [
    "build_due_exports",
    "count_codes",
    "fetch_authority_keys",
    "follow_other_authorities",
    "send_messages",
    "tidy_up",
]


def build_due_exports() -> None:
    """Every minute: mix the rows of whatever window has ended, then export it."""
    now = runtime.now()
    try:
        services.mix_rows(now)
    finally:  # warnings go out whatever ails the mixing
        services.build_exports(now)


def send_messages() -> None:
    """Every minute: send the text messages that are due."""
    services.send_due_messages(runtime.now())


def count_codes() -> None:
    """Every five minutes: bring the statistics of codes up to date."""
    services.count_codes(runtime.now())


def follow_other_authorities() -> None:
    """Every quarter of an hour: take in what other authorities have published."""
    services.run_imports_if_idle(runtime.now(), open_http_exports)


def fetch_authority_keys() -> None:
    """Every five minutes: learn which keys other health authorities sign with."""
    services.refresh_authority_keys(runtime.now())


def tidy_up() -> None:
    """Every hour: erase what has expired and turn over the revision token keys."""
    now = runtime.now()
    services.delete_expired(now)
    rotate_token_keys(now)

"""Secrets: only their owner reads them, two makers agree, and none is in a log line."""

from __future__ import annotations

import io
import json
import logging
import logging.config
from base64 import b64decode, b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from bluezone.authority import secret_files
from bluezone.authority.keys.revision_token import InvalidToken, open_token, rotate_token_keys, seal_token
from bluezone.authority.log_format import log_config
from bluezone.errors import Refused

ENTRIES = {bytes([n]) * 16: (2_692_000 + n, 144) for n in range(1, 4)}


def test_secrets_are_for_their_owner_only(authority: Path) -> None:
    folder = authority / "secrets"
    assert folder.stat().st_mode & 0o777 == 0o700
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) == 12
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in files)
    assert len({path.read_bytes() for path in files}) == len(files)


def test_two_makers_agree(tmp_path: Path) -> None:
    path = tmp_path / "one.key"
    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(lambda n: secret_files.write_secret(path, bytes([n]) * 32), range(16)))
    assert sum(written) == 1
    assert path.read_bytes() == bytes([written.index(True)]) * 32
    assert [one.name for one in tmp_path.iterdir()] == ["one.key"]


def test_making_again_keeps_what_is_there(authority: Path) -> None:
    before = {path: path.read_bytes() for path in (authority / "secrets").iterdir() if path.is_file()}
    secret_files.create_missing_secrets()
    assert before == {path: path.read_bytes() for path in before}


def test_missing_and_wrong_secrets_are_named(authority: Path, tmp_path: Path, settings: Any) -> None:
    settings.BLUEZONE_DATA = tmp_path / "elsewhere"
    with pytest.raises(secret_files.MissingSecret, match=r"audit\.key is missing"):
        secret_files.read_secret(secret_files.AUDIT_KEY)
    folder = tmp_path / "elsewhere" / "secrets"
    folder.mkdir(parents=True)
    (folder / secret_files.EXPORT_SIGNING_KEY).write_bytes(b"not a key")
    with pytest.raises((Refused, ValueError)):
        secret_files.read_private_key(secret_files.EXPORT_SIGNING_KEY)
    with pytest.raises(secret_files.MissingSecret, match="holds no key"):
        seal_token(ENTRIES)


def test_revision_tokens_open_for_fifteen_days(authority: Path, authority_clock: Any) -> None:
    token = seal_token(ENTRIES)
    assert open_token(token) == ENTRIES
    folder = authority / "secrets" / "revision-token"
    for hours, keys in [(167, 1), (168, 2), (335, 2), (336, 3), (359, 3)]:
        rotate_token_keys(authority_clock.now() + timedelta(hours=hours))
        assert len(list(folder.iterdir())) == keys, hours
        assert open_token(token) == ENTRIES
    rotate_token_keys(authority_clock.now() + timedelta(hours=360))
    with pytest.raises(InvalidToken):
        open_token(token)


def test_no_byte_of_a_revision_token_can_be_changed(authority: Path) -> None:
    token = b64decode(seal_token(ENTRIES))
    assert not any(tek in token for tek in ENTRIES)
    for at in range(len(token)):
        altered = bytearray(token)
        altered[at] ^= 0x40
        with pytest.raises(InvalidToken):
            open_token(b64encode(altered).decode())
    for size in range(len(token)):
        with pytest.raises(InvalidToken):
            open_token(b64encode(token[:size]).decode())


def test_log_lines_are_json_without_what_people_sent() -> None:
    stream = io.StringIO()
    config = log_config("INFO")
    config["handlers"]["stderr"] |= {"stream": stream}
    logging.config.dictConfig(config)
    try:
        log = structlog.get_logger("bluezone.test")
        log.info(
            "hello", code="12345678", hmacKey="s3cret", hmac_key="s3cret", remote_addr="10.0.0.9", count=3
        )
        logging.getLogger("bluezone.test").warning("plain", extra={"token": "s3cret"})
        lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    finally:
        logging.config.dictConfig(log_config("INFO"))
    assert [line["event"] for line in lines] == ["hello", "plain"]
    assert lines[0]["count"] == 3
    for hidden in ("12345678", "s3cret", "10.0.0.9"):
        assert hidden not in stream.getvalue()

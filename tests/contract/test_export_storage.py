"""Files are written aside: by builders, by mirrors and by servers that copy from a bucket, all at once."""

from __future__ import annotations

import os
import time
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from bluezone.authority.keys import services
from bluezone.authority.keys.export_storage import put_in_place, write_aside

pytestmark = pytest.mark.django_db


def test_a_builder_leaves_alone_what_others_are_writing(key_server: Path, authority_clock: Any) -> None:
    root = key_server / "exports"
    now: datetime = authority_clock.now()

    def interrupted(out: BinaryIO) -> None:
        out.write(b"first half, ")
        services.build_exports(now)
        out.write(b"second half")

    put_in_place(write_aside(root, interrupted), root / "LA" / "1-2-00001.zip")
    assert (root / "LA" / "1-2-00001.zip").read_bytes() == b"first half, second half"


def test_what_nobody_has_written_to_for_an_hour_is_removed(key_server: Path, authority_clock: Any) -> None:
    root = key_server / "exports"
    old, new = (write_aside(root, lambda out: None) for _ in range(2))
    for path, minutes in ((old, 61), (new, 59)):
        os.utime(path, (time.time() - minutes * 60,) * 2)
    services.build_exports(authority_clock.now())
    assert list((root / ".aside").iterdir()) == [new]

"""The demo site with a replay's report on it, for whoever has no server of their own."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bluezone.atomic_file import write_whole
from bluezone.clock import SystemClock
from bluezone.replay.demo_authority import demo_authority

__all__ = ["REPLAY_PAGE", "put_report", "replay_site"]

REPLAY_PAGE = "/demo/replay/"


def put_report(report: dict[str, Any], data: Path) -> None:
    """Where the page looks for it in the site's data folder.

    :raises CannotWrite: if the folder cannot be written to.
    """
    write_whole(data / "demo" / "replay.json", json.dumps(report, ensure_ascii=False, allow_nan=False))


@contextmanager
def replay_site(report: dict[str, Any], port: int) -> Iterator[str]:
    """Serve on loopback, in a folder that is removed afterwards; gives the page's address.

    :raises Refused: if the port is in use.
    """
    with tempfile.TemporaryDirectory(prefix="bluezone-replay-") as folder:
        put_report(report, Path(folder))
        with demo_authority(Path(folder), SystemClock(), "127.0.0.1", port) as authority:
            yield f"{authority.url}{REPLAY_PAGE}"

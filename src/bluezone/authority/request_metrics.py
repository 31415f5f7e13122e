"""Counts of requests for Prometheus, kept by each process; worker processes share them through a folder.

Neither an address, a code, a key nor an area is ever a label.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Histogram

__all__ = ["count_wrong_code", "observe_request", "register_request_metrics", "shared_request_metrics"]

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The library's own variable. It decides at import where numbers are kept, so it is imported late."""


def observe_request(route: str, status: int, seconds: float) -> None:
    """Count one answered request.

    :param route: the pattern of its address, never the address itself; empty: none that is known.
    """
    _timer(route or "other", status).observe(seconds)


def count_wrong_code() -> None:
    """Count one wrong verification code."""
    _wrong_codes().inc()


def register_request_metrics(registry: CollectorRegistry) -> None:
    """Let ``registry`` show what all workers have counted, or this process if it is the only one."""
    if folder := os.environ.get(_FOLDER):
        from prometheus_client.multiprocess import MultiProcessCollector

        MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
    else:
        registry.register(_requests())
        registry.register(_wrong_codes())


@contextmanager
def shared_request_metrics(data: Path) -> Iterator[None]:
    """Let processes that are forked in this context share their counts, in a folder below ``data``.

    :raises RuntimeError: if the library was imported before; it can no longer be told then.
    """
    if "prometheus_client" in sys.modules:
        raise RuntimeError("the metrics library was imported before it was told to share counts")
    folder = data / "run" / f"metrics-{os.getpid()}"
    folder.parent.mkdir(exist_ok=True)
    for left in folder.parent.glob("metrics-*"):
        if left == folder or not _is_running(int(left.name.rpartition("-")[2])):
            shutil.rmtree(left, ignore_errors=True)
    folder.mkdir()
    os.environ[_FOLDER] = str(folder)
    try:
        yield
    finally:
        del os.environ[_FOLDER]
        shutil.rmtree(folder, ignore_errors=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


@lru_cache(maxsize=1)
def _requests() -> Histogram:
    from prometheus_client import Histogram

    return Histogram(
        "bluezone_request_seconds",
        "Requests answered, by route and status, and how long each took.",
        ("route", "status"),
        buckets=_BUCKETS,
        registry=None,
    )


@lru_cache(maxsize=1)
def _wrong_codes() -> Counter:
    from prometheus_client import Counter

    return Counter("bluezone_wrong_codes", "Verification codes that were wrong.", registry=None)


@lru_cache(maxsize=1000)
def _timer(route: str, status: int) -> Histogram:
    return _requests().labels(route, status)

"""Serving: threads that answer requests and do background work, in this process or in several workers."""

from __future__ import annotations

import functools
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from django.conf import settings
from django.db import connections
from django.urls import get_resolver
from waitress import wasyncore
from waitress.adjustments import Adjustments

from bluezone.authority import runtime
from bluezone.authority.background import BackgroundWork
from bluezone.authority.connections import IDLE_SECONDS, SWEEP_SECONDS, BoundedServer, connection_limit
from bluezone.authority.keys.services.statistics import StatisticsFlusher
from bluezone.authority.listener import listen, listen_together
from bluezone.authority.proxy import believing_the_proxy
from bluezone.authority.request_metrics import shared_request_metrics
from bluezone.authority.workers import Work, supervise

__all__ = ["Running", "serve", "start", "threads_of", "usable_cores"]

THREADS = 16
"""At most, of one process; each may hold a connection to the database."""

_SWITCH_SECONDS = 0.0005
"""So long a thread that the disk has answered waits for one that computes; ten times as long otherwise."""

_FEWEST_THREADS = 4
_THREADS_OF_ALL = 32  # PostgreSQL takes 100 connections unless told otherwise
MAX_BODY_BYTES = 4_500_000
MAX_HEADER_BYTES = 32_000
BODY_BYTES_IN_MEMORY = 64_000
SEND_BYTES = 1_000
"""From this size on a thread sends its answer itself; till then the network loop asks for it all the time."""


_Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Running:
    """A server at work in this process; leave the ``with`` block or call :meth:`stop` to end it."""

    def __init__(self, listener: socket.socket, *, background: bool, workers: int = 1) -> None:
        self.url = _url_of(listener)
        self._stopping = threading.Event()
        self._map: dict[int, Any] = {}
        options = Adjustments(
            sockets=[listener],
            threads=threads_of(workers),
            ident=None,
            connection_limit=connection_limit(),
            channel_timeout=IDLE_SECONDS,
            cleanup_interval=SWEEP_SECONDS,
            max_request_body_size=MAX_BODY_BYTES,
            max_request_header_size=MAX_HEADER_BYTES,
            inbuf_overflow=BODY_BYTES_IN_MEMORY,
            clear_untrusted_proxy_headers=True,
        )
        options.send_bytes = SEND_BYTES  # as an argument it is deprecated, with no other way instead
        self._server = BoundedServer(
            application(),
            self._map,
            _sock=listener,
            adj=options,
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
            bind_socket=False,
            spared=settings.BLUEZONE_TRUSTED_PROXY,
        )
        # outermost, since the library's own wrapper takes the headers of every proxy away
        self._server.application = believing_the_proxy(
            self._server.application, settings.BLUEZONE_TRUSTED_PROXY
        )
        self._background = BackgroundWork() if background else None
        self._statistics = StatisticsFlusher()
        self._thread = threading.Thread(target=self._loop, name="web", daemon=True)
        if self._background:
            self._background.__enter__()
        self._statistics.__enter__()
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Finish the requests and tasks in hand and stop; calling it again does nothing."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._server.pull_trigger()
        self._thread.join()
        self._server.task_dispatcher.shutdown()
        self._server.hang_up()
        wasyncore.close_all(self._map, ignore_all=True)
        if self._background:
            self._background.__exit__(None, None, None)
        self._statistics.__exit__(None, None, None)
        connections.close_all()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            # select() would fail from the 1024th open file on
            wasyncore.loop(timeout=1.0, use_poll=True, map=self._map, count=1)


def start(host: str = "127.0.0.1", port: int = 8000, *, background: bool = True) -> Running:
    """Serve in threads of this process; ``port`` 0 takes a free one, see ``Running.url``.

    :raises AddressInUse: if the address cannot be listened on.
    :raises RuntimeError: if the clock was replaced outside the demo.
    """
    if runtime.clock_is_replaced() and not settings.BLUEZONE_DEMO:
        raise RuntimeError("refusing to serve: the clock was replaced")
    return Running(listen(host, port), background=background)


def serve(host: str, port: int, *, workers: int, on_ready: Callable[[str], None]) -> None:
    """Serve until Ctrl-C or SIGTERM, then finish what is in hand; ``on_ready`` is told the address.

    :param workers: processes that answer requests; with one, this process is it, background work included.
    """
    if runtime.clock_is_replaced() and not settings.BLUEZONE_DEMO:
        raise RuntimeError("refusing to serve: the clock was replaced")
    if workers > 1:
        _serve_with_workers(host, port, workers, on_ready)
    else:
        _serve_here(host, port, on_ready)


def _serve_with_workers(host: str, port: int, workers: int, on_ready: Callable[[str], None]) -> None:
    listeners = listen_together(host, port, workers)
    with shared_request_metrics(Path(settings.BLUEZONE_DATA)):
        _run_workers(listeners, on_ready)
    for listener in listeners:
        listener.close()


def _run_workers(listeners: Sequence[socket.socket], on_ready: Callable[[str], None]) -> None:
    application()
    get_resolver().url_patterns  # noqa: B018 - workers share what was imported, limits on guessing above all
    connections.close_all()
    works: list[Work] = [Work("background", _do_background_work)]
    for number, listener in enumerate(listeners):
        works.append(Work(f"web-{number}", functools.partial(_answer_requests, listener, len(listeners))))
    supervise(works, on_ready=lambda: on_ready(_url_of(listeners[0])))


def _answer_requests(listener: socket.socket, workers: int, stop: threading.Event) -> None:
    sys.setswitchinterval(_SWITCH_SECONDS)
    with Running(listener, background=False, workers=workers):
        stop.wait()


def _do_background_work(stop: threading.Event) -> None:
    with BackgroundWork():
        stop.wait()
    connections.close_all()


def _serve_here(host: str, port: int, on_ready: Callable[[str], None]) -> None:
    stop = threading.Event()

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {one: signal.signal(one, ask_to_stop) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        with start(host, port) as running:
            on_ready(running.url)
            stop.wait()
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def application() -> _Application:
    """What answers requests; imported late, since it needs the settings."""
    from bluezone.authority.wsgi import application

    return application


def usable_cores() -> int:
    """How many workers are worth their while here; one where the system does not spread connections."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


def threads_of(workers: int) -> int:
    """Threads of each worker. Most of the time they wait for the disk or the database, together."""
    return max(_FEWEST_THREADS, min(THREADS, _THREADS_OF_ALL // workers))


def _url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"

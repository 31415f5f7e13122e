"""Runs ``bluezone`` commands in forks of one process that has imported the libraries: a start costs a second.

``python forked_commands.py SOCKET`` serves until its standard input ends; ``ask_forked_commands.py`` asks it.
Our own modules that read the environment are imported in the fork, as in a process of its own.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import socket
import sys
import traceback
from datetime import datetime

# What commands import, except what reads the environment or needs its settings.
LIBRARIES = (
    "bluezone.cli",
    "bluezone.protocols.export_file",
    "cryptography.hazmat.primitives.asymmetric.ec",
    "cryptography.x509",
    "django.contrib.auth",
    "django.contrib.sessions.backends.db",
    "django.core.management",
    "django.db.migrations.executor",
    "django.db.models",
    "django.forms",
    "django.template.loader",
    "django.urls",
    "httpx",
    "huey",
    "numpy",
    "phonenumbers",
    "prometheus_client",
    "python_calamine",
    "shapely",
    "sqlite3",
    "structlog",
)


def run(arguments: list[str], environment: dict[str, str], folder: str, streams: list[int]) -> int:
    """The command's exit status, in a fork that ends with it. ``NOW`` in the environment is its clock."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    status = 1
    try:
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["bluezone", *arguments]
        if "NOW" in environment:
            from bluezone.clock import SystemClock

            SystemClock.now = lambda _: datetime.fromisoformat(environment["NOW"])  # type: ignore[method-assign]
        from bluezone.cli import main

        main()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001  a fork must not go on as its parent
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def serve(path: str) -> None:
    """One command at a time, each over a connection of its own."""
    for name in LIBRARIES:
        importlib.import_module(name)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
        door.bind(path)
        door.listen()
        os.write(1, b"ready\n")
        while sys.stdin not in select.select([door, sys.stdin], [], [])[0]:
            connection = door.accept()[0]
            with connection:
                order, streams, _, _ = socket.recv_fds(connection, 1 << 18, 3)
                status = run(*json.loads(order), streams)
                for stream in streams:
                    os.close(stream)
                connection.send(str(status).encode())


if __name__ == "__main__":
    serve(sys.argv[1])

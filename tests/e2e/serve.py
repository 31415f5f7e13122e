"""A program: serves the data folder given as argument, at the port given, until standard input ends."""

from __future__ import annotations

import sys
from pathlib import Path

from bluezone.authority import setup

if __name__ == "__main__":
    setup.configure(Path(sys.argv[1]), database_url="", demo=True)
    setup.prepare()
    from bluezone.authority import server

    with server.start("127.0.0.1", int(sys.argv[2])) as running:
        sys.stdout.write(f"{running.url}\n")
        sys.stdout.flush()
        sys.stdin.read()

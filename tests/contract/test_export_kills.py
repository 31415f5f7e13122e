"""kill -9 at random points of building exports, again and again: nothing is lost, doubled or half there."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from bluezone.authority.export_storage_settings import export_storages
from bluezone.authority.keys import services
from bluezone.authority.keys.export_storage import clear_leftovers
from bluezone.authority.keys.models import BatchStatus, ExportBatch, ExportSigner, PublishedKey
from bluezone.protocols.export_file import read_export
from bluezone.protocols.export_signature import load_public_key

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of the bucket's libraries
]

STEP = timedelta(hours=12)
Look = Callable[[], dict[str, bytes]]
"""What lies in the store: every file by its index line, and the index as ``index.txt``."""

KILLED_BUILDER = """
import datetime, os, signal, sys
from pathlib import Path
import django
django.setup()
from django.conf import settings
settings.BLUEZONE_DATA = Path(sys.argv[1])
from bluezone.authority.keys import services

def build(now, deadly):
    # a fork of this process builds, and kills itself at the given call or return of any function
    count = 0
    def step(frame, event, argument):
        nonlocal count
        count += 1
        if count == deadly:
            os.kill(os.getpid(), signal.SIGKILL)
    sys.setprofile(step)
    services.build_exports(now)
    sys.setprofile(None)
    return count

for line in sys.stdin:
    now, deadly = line.split()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, str(build(datetime.datetime.fromisoformat(now), int(deadly))).encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    print(os.read(reader, 20).decode() or "killed", flush=True)
    os.close(reader)
"""


@contextmanager
def builder(data: Path, environment: dict[str, str]) -> Iterator[Callable[[Any, int], str]]:
    """Another process that builds at a time, and is killed at that step (0: never); says how that went."""
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED_BUILDER, str(data)],
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    asked, answers = process.stdin, process.stdout

    def build(now: Any, deadly: int) -> str:
        print(now.isoformat(), deadly, file=asked, flush=True)
        return answers.readline().strip()

    try:
        yield build
    finally:
        asked.close()
        assert process.wait() == 0
        answers.close()


def kill_again_and_again(
    phone: Any, start: Any, look: Look, build: Callable[[Any, int], str], kills: int, seed: int
) -> None:
    services.configure_export(
        "VN", max_keys_per_file=8, min_keys=12, padding_jitter=4, retention=timedelta(days=10)
    )
    public_key = load_public_key(ExportSigner.objects.get().public_key_pem.encode())
    chance = random.Random(seed)
    sent: set[bytes] = set()
    seen: dict[str, list[bytes]] = {}
    contents: dict[str, bytes] = {}

    def check() -> dict[str, bytes]:
        """Every listed file is there, whole, signed, and as it was when it was first listed."""
        there = look()
        lines = there.pop("index.txt", b"").decode().split()
        assert lines == sorted(set(lines))
        for line in lines:
            assert contents.setdefault(line, there[line]) == there[line]
            if line not in seen:
                export = read_export(there[line], public_keys=[public_key])
                seen[line] = [key.tek.data for key in export.keys]
        return {name: content for name, content in there.items() if name not in lines}

    now, steps, killed, at = start, int(build(start, 0)), 0, 0
    while killed < kills:
        keys = phone.keys(5)
        phone.publish(keys)
        sent |= {b64decode(key["key"]) for key in keys}
        now += STEP
        at += 1
        answer = build(now, chance.randrange(1, steps) if at > 1 else 0)
        if answer == "killed":
            killed += 1
        else:
            steps = int(answer) * 4 // 3  # so that a quarter of the runs, or more, comes through
        check()
    build(now, 0)
    assert check() == {}  # no file but those that are listed
    found = [tek for teks in seen.values() for tek in teks]
    assert len(found) == len(set(found))
    assert sent <= set(found)
    assert set(found) == {bytes(row.tek) for row in PublishedKey.objects.all()}
    states = set(ExportBatch.objects.values_list("status", flat=True))
    assert states <= {BatchStatus.PUBLISHED, BatchStatus.REMOVED}
    if now - start > timedelta(days=11):
        assert BatchStatus.REMOVED in states  # retention was killed, too
    assert len(seen) > at  # some batches were split


def test_in_a_folder(
    phone: Any, authority_clock: Any, key_server: Path, database_environment: dict[str, str]
) -> None:
    folder = key_server / "exports"

    def look() -> dict[str, bytes]:
        found = {f"VN/{path.name}": path.read_bytes() for path in folder.glob("VN/*")}
        return {"index.txt" if name == "VN/index.txt" else name: one for name, one in found.items()}

    with builder(key_server, database_environment) as build:
        kill_again_and_again(phone, authority_clock.now(), look, build, kills=25, seed=20210310)
    for left in folder.glob(".aside/*"):
        os.utime(left, (0, 0))
    clear_leftovers()
    assert list(folder.glob(".aside/*")) == []


def test_in_a_bucket(
    phone: Any, authority_clock: Any, key_server: Path, database_environment: dict[str, str], settings: Any
) -> None:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    environment = {
        "BLUEZONE_EXPORT_STORAGE_BUCKET": "kills",
        "BLUEZONE_EXPORT_STORAGE_ENDPOINT": f"http://{host}:{port}",
        "BLUEZONE_EXPORT_STORAGE_REGION": "us-east-1",
        "BLUEZONE_EXPORT_STORAGE_ACCESS_KEY": "id",
        "BLUEZONE_EXPORT_STORAGE_SECRET_KEY": "secret",
    }
    settings.STORAGES = {**settings.STORAGES, **export_storages(environment)}
    try:
        bucket = boto3.resource(
            "s3",
            endpoint_url=environment["BLUEZONE_EXPORT_STORAGE_ENDPOINT"],
            aws_access_key_id="id",
            aws_secret_access_key="secret",
            region_name="us-east-1",
        ).create_bucket(Bucket="kills")

        def look() -> dict[str, bytes]:
            found = {one.key: one.get()["Body"].read() for one in bucket.objects.all()}
            return {"index.txt" if name == "VN/index.txt" else name: one for name, one in found.items()}

        with builder(key_server, {**database_environment, **environment}) as build:
            kill_again_and_again(phone, authority_clock.now(), look, build, kills=8, seed=20210311)
    finally:
        server.stop()

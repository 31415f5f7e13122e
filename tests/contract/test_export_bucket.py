"""Exports in a bucket of an S3-compatible store: a local one, spoken to over HTTP."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.files.storage import storages
from django.test import Client
from moto.server import ThreadedMotoServer
from storages.backends.s3 import S3File
from structlog.testing import capture_logs

from bluezone.authority import runtime
from bluezone.authority.export_storage_settings import export_storages
from bluezone.authority.keys import services
from bluezone.authority.keys.export_storage import StorageUnavailable
from bluezone.authority.keys.models import BatchStatus, ExportBatch
from bluezone.authority.log_format import trace_without_values
from bluezone.errors import Refused
from bluezone.protocols.export_file import read_export

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of the libraries
]

PERIOD = timedelta(hours=4)
BUCKET = "bluezone-exports"
LOGIN = {"aws_access_key_id": "id", "aws_secret_access_key": "secret", "region_name": "us-east-1"}


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    """Address of an S3 server on loopback."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def environment(store: str) -> dict[str, str]:
    return {
        "BLUEZONE_EXPORT_STORAGE_BUCKET": BUCKET,
        "BLUEZONE_EXPORT_STORAGE_ENDPOINT": store,
        "BLUEZONE_EXPORT_STORAGE_REGION": "us-east-1",
        "BLUEZONE_EXPORT_STORAGE_ACCESS_KEY": "id",
        "BLUEZONE_EXPORT_STORAGE_SECRET_KEY": "secret",
        "BLUEZONE_EXPORT_STORAGE_LOCATION": "exports",
    }


@pytest.fixture
def bucket(store: str, environment: dict[str, str], key_server: Path, settings: Any) -> Iterator[Any]:
    made = boto3.resource("s3", endpoint_url=store, **LOGIN).create_bucket(Bucket=BUCKET)
    settings.STORAGES = {**settings.STORAGES, **export_storages(environment)}
    yield made
    made.objects.delete()
    made.delete()


def index(bucket: Any) -> list[str]:
    text: str = bucket.Object("exports/VN/index.txt").get()["Body"].read().decode()
    return text.split("\n") if text else []


def test_files_and_index_are_objects_with_what_caches_need(
    bucket: Any, phone: Any, authority_clock: Any
) -> None:
    keys = phone.keys(14)
    phone.publish(keys)
    authority_clock.advance(PERIOD)
    (line,) = services.build_exports(authority_clock.now()).built
    assert index(bucket) == [line]
    file = bucket.Object(f"exports/{line}").get()
    assert (file["ContentType"], file["CacheControl"]) == (
        "application/zip",
        "public, max-age=31536000, immutable",
    )
    listing = bucket.Object("exports/VN/index.txt").get()
    assert (listing["ContentType"], listing["CacheControl"]) == (
        "text/plain; charset=utf-8",
        "public, max-age=60",
    )
    export = read_export(file["Body"].read(), allow_unsigned=True)
    assert {key.tek.data for key in export.keys} == {b64decode(key["key"]) for key in keys}


def test_the_server_serves_it_from_a_copy(
    bucket: Any, phone: Any, authority_clock: Any, key_server: Path
) -> None:
    phone.publish(phone.keys(14))
    authority_clock.advance(PERIOD)
    (line,) = services.build_exports(authority_clock.now()).built
    client = Client()
    assert client.get("/exports/VN/index.txt").content.decode() == line
    whole = bucket.Object(f"exports/{line}").get()["Body"].read()
    first = client.get(f"/exports/{line}")
    assert first.getvalue() == whole
    assert (key_server / "exports" / line).read_bytes() == whole
    part = client.get(f"/exports/{line}", headers={"range": "bytes=10-19"})
    assert (part.status_code, part["Content-Length"]) == (206, "10")  # by which the server cuts the rest off
    assert part.getvalue()[:10] == whole[10:20]
    (key_server / "exports" / line).unlink()  # as on another server of the same bucket
    again = client.get(f"/exports/{line}")
    assert again.getvalue() == whole
    assert again["ETag"] == first["ETag"]
    assert again["Last-Modified"] == first["Last-Modified"]
    assert client.get(f"/exports/{line}", headers={"if-none-match": first["ETag"]}).status_code == 304
    assert client.get("/exports/VN/1615363200-1615377601-00001.zip").status_code == 404
    assert client.get("/exports/LA/index.txt").status_code == 404


def test_old_files_leave_the_index_the_bucket_and_every_copy(
    bucket: Any, phone: Any, authority_clock: Any, key_server: Path
) -> None:
    phone.publish(phone.keys(1))
    authority_clock.advance(PERIOD)
    (old,) = services.build_exports(authority_clock.now()).built
    Client().get(f"/exports/{old}").getvalue()
    copy = (key_server / "exports" / old).read_bytes()
    authority_clock.advance(timedelta(days=15))
    phone.publish(phone.keys(1))
    authority_clock.advance(PERIOD)
    report = services.build_exports(authority_clock.now())
    (new,) = report.built
    assert report.removed == (old,)
    assert index(bucket) == [new]
    assert {one.key for one in bucket.objects.all()} == {"exports/VN/index.txt", f"exports/{new}"}
    assert not (key_server / "exports" / old).exists()
    (key_server / "exports" / old).write_bytes(copy)  # another server has it still, until it fetches one more
    Client().get(f"/exports/{new}").getvalue()
    assert not (key_server / "exports" / old).exists()


def test_a_bucket_that_fails_is_made_good(
    bucket: Any,
    phone: Any,
    authority_clock: Any,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
) -> None:
    phone.publish(phone.keys(14))
    authority_clock.advance(PERIOD)
    for name, method in (("save", "save"), ("open", "open")):
        with monkeypatch.context() as broken:
            broken.setattr(storages["exports"], name, _refuse)
            with pytest.raises(StorageUnavailable):
                services.build_exports(authority_clock.now())
            if method == "open":
                answer = Client().get("/exports/VN/index.txt")
                assert (answer.status_code, answer["Cache-Control"]) == (503, "no-store")
    assert ExportBatch.objects.get().status == BatchStatus.PUBLISHED  # its file is there, not yet its line
    services.build_exports(authority_clock.now())
    assert len(index(bucket)) == 1


def test_a_bucket_that_is_not_there_is_told_in_one_line(
    bucket: Any, environment: dict[str, str], settings: Any, store: str
) -> None:
    missing = {**environment, PREFIX + "BUCKET": "nowhere"}
    settings.STORAGES = {**settings.STORAGES, **export_storages(missing)}
    with capture_logs() as lines, pytest.raises(Refused) as refusal:
        services.build_exports(runtime.now())
    assert str(refusal.value).startswith(f"cannot write VN/index.txt in the bucket nowhere of {store}: ")
    assert "The specified bucket does not exist" in str(refusal.value)  # the store's words
    assert "\n" not in str(refusal.value)
    assert [(line["region"], line["reason"]) for line in lines] == [("VN", str(refusal.value))]
    assert "exc_info" not in lines[0]
    assert str(refusal.value) in trace_without_values(refusal.value)  # as background work logs it


def test_a_store_that_is_not_there_is_told_in_one_line(
    bucket: Any, authority_clock: Any, monkeypatch: pytest.MonkeyPatch, store: str
) -> None:
    monkeypatch.setattr(storages["exports"], "open", _refuse)
    with pytest.raises(Refused) as refusal:
        services.build_exports(authority_clock.now())
    assert str(refusal.value) == (
        f"cannot read VN/index.txt in the bucket {BUCKET} of {store}: "
        'Could not connect to the endpoint URL: "http://127.0.0.1:9"'
    )


def test_a_failure_while_a_file_comes_is_told_alike(
    bucket: Any, authority_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.build_exports(authority_clock.now())
    monkeypatch.setattr(S3File, "read", _refuse)
    assert Client().get("/exports/VN/index.txt").status_code == 503


def test_nobody_waits_long_for_a_store_that_is_silent(bucket: Any) -> None:
    exports: Any = storages["exports"]
    config = exports.connection.meta.client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (5, 20)
    assert config.retries == {"mode": "standard", "total_max_attempts": 3}


def test_a_server_that_does_not_reach_the_bucket_says_so_and_serves_on(
    bucket: Any, authority_clock: Any, environment: dict[str, str], settings: Any
) -> None:
    services.build_exports(authority_clock.now())
    assert Client().get("/readyz").json()["checks"]["storage"] == "ok"
    missing = {**environment, PREFIX + "BUCKET": "nowhere"}
    settings.STORAGES = {**settings.STORAGES, **export_storages(missing)}
    answer = Client().get("/readyz")
    assert answer.status_code == 200  # codes and keys are as well here as on any server of the bucket
    assert answer.json()["checks"]["storage"] == "cannot be used: `bluezone export build` says why"
    assert "nowhere" not in answer.content.decode()


def _refuse(*arguments: Any) -> None:
    from botocore.exceptions import EndpointConnectionError

    raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")


PREFIX = "BLUEZONE_EXPORT_STORAGE_"


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"BUCKET": ""}, "ENDPOINT is set, but"),
        ({"ENDPOINT": "s3.example.vn"}, "ENDPOINT is not an address"),
        ({"ENDPOINT": "ftp://s3.example.vn"}, "ENDPOINT is not an address"),
        ({"SECRET_KEY": ""}, "both or not at all"),
        ({"ACCESS_KEY": ""}, "both or not at all"),
    ],
)
def test_settings_that_are_refused(environment: dict[str, str], changes: dict[str, str], wrong: str) -> None:
    changed = {**environment, **{PREFIX + name: value for name, value in changes.items()}}
    with pytest.raises(Refused, match=wrong) as refusal:
        export_storages(changed)
    assert "secret" not in str(refusal.value)


def test_without_settings_there_is_no_bucket() -> None:
    assert export_storages({}) == {}

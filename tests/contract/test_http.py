"""The whole way over a real socket: publish, build, download with validators and ranges, verify."""

from __future__ import annotations

import socket
import threading
from base64 import b64decode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

from bluezone.authority import runtime, server
from bluezone.authority.device_requests import DEVICE_PATHS
from bluezone.authority.keys import services
from bluezone.authority.listener import AddressInUse
from bluezone.protocols.export_file import read_export

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def running(key_server: Path) -> Iterator[server.Running]:
    with server.start(port=0, background=False) as one:
        yield one


@pytest.fixture
def http(running: server.Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.url, timeout=20) as client:
        yield client


@pytest.fixture
def published(phone: Any, authority_clock: Any, http: httpx.Client) -> tuple[list[bytes], str]:
    """Keys that went in over HTTP, and the index line of the file they came out in."""
    keys = phone.keys(14)
    response = http.post("/v1/publish", json=phone.body(keys))
    assert response.status_code == 200, response.text
    authority_clock.advance(timedelta(hours=4))
    (line,) = services.build_exports(authority_clock.now()).built
    return [b64decode(key["key"]) for key in keys], line


def test_a_device_finds_and_believes_the_keys(published: tuple[list[bytes], str], http: httpx.Client) -> None:
    teks, line = published
    assert http.get("/exports/VN/index.txt").text == line
    (key,) = http.get("/exports/VN/keys.json").json()["keys"]
    assert (key["id"], key["version"]) == ("452", "v1")
    public = load_pem_public_key(key["pem"].encode())
    assert isinstance(public, ec.EllipticCurvePublicKey)
    response = http.get(f"/exports/{line}")
    assert response.headers["content-type"] == "application/zip"
    export = read_export(response.content, public_keys={(key["id"], key["version"]): public})
    assert export.signature == "verified"
    assert {one.tek.data for one in export.keys} == set(teks)


def test_validators_of_a_file(published: tuple[list[bytes], str], http: httpx.Client) -> None:
    path = f"/exports/{published[1]}"
    whole = http.get(path)
    etag, modified = whole.headers["etag"], whole.headers["last-modified"]
    assert "immutable" in whole.headers["cache-control"]
    assert "vary" not in whole.headers
    assert "set-cookie" not in whole.headers
    assert http.head(path).headers["content-length"] == str(len(whole.content))
    for headers, status in [
        ({"If-None-Match": etag}, 304),
        ({"If-None-Match": f'"x", W/{etag}'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"x"'}, 200),
        ({"If-None-Match": '"x"', "If-Modified-Since": modified}, 200),
        ({"If-Modified-Since": modified}, 304),
        ({"If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}, 200),
        ({"If-Modified-Since": "yesterday"}, 200),
    ]:
        response = http.get(path, headers=headers)
        assert response.status_code == status, headers
        assert response.headers["etag"] == etag
        assert response.content == (b"" if status == 304 else whole.content)
        # RFC 9111, 3.2: a cache may take over what a 304 says of the file
        assert response.headers.get("content-type") == (None if status == 304 else "application/zip")


def test_ranges_of_a_file(published: tuple[list[bytes], str], http: httpx.Client) -> None:
    path = f"/exports/{published[1]}"
    whole = http.get(path)
    data, size, etag = whole.content, len(whole.content), whole.headers["etag"]
    for wanted, first, last in [
        ("bytes=0-0", 0, 0),
        ("bytes=10-99", 10, 99),
        (f"bytes={size - 5}-", size - 5, size - 1),
        ("bytes=-7", size - 7, size - 1),
        (f"bytes=-{size * 2}", 0, size - 1),
        (f"bytes=100-{size * 2}", 100, size - 1),
    ]:
        response = http.get(path, headers={"Range": wanted})
        assert response.status_code == 206, wanted
        assert response.headers["content-range"] == f"bytes {first}-{last}/{size}"
        assert response.content == data[first : last + 1]
    for wanted in ("bytes=0-1,4-5", "bytes=9-3", "bytes=-", "items=0-1", "bytes=a-b"):
        response = http.get(path, headers={"Range": wanted})
        assert (response.status_code, response.content) == (200, data), wanted
    for wanted in (f"bytes={size}-", "bytes=-0"):
        response = http.get(path, headers={"Range": wanted})
        assert response.status_code == 416, wanted
        assert response.headers["content-range"] == f"bytes */{size}"
        assert "content-type" not in response.headers
        assert response.headers["cache-control"] == "no-store"
    for condition, status in [
        (etag, 206),
        (whole.headers["last-modified"], 206),
        ('"other"', 200),
        ("Mon, 01 Jan 2001 00:00:00 GMT", 200),
    ]:
        response = http.get(path, headers={"Range": "bytes=5-", "If-Range": condition})
        assert response.status_code == status, condition


def test_the_index_has_a_short_life_and_an_etag(
    published: tuple[list[bytes], str], http: httpx.Client, phone: Any, authority_clock: Any
) -> None:
    first = http.get("/exports/VN/index.txt")
    assert first.headers["cache-control"] == "public, max-age=60"
    headers = {"If-None-Match": first.headers["etag"]}
    same = http.get("/exports/VN/index.txt", headers=headers)
    assert (same.status_code, same.headers.get("content-type")) == (304, None)
    http.post("/v1/publish", json=phone.body(phone.keys(1)))
    services.build_exports(authority_clock.now() + timedelta(hours=4))
    second = http.get("/exports/VN/index.txt", headers=headers)
    assert second.status_code == 200
    assert second.text.split("\n")[0] == published[1]
    assert len(second.text.split("\n")) == 2


@pytest.mark.parametrize(
    "path",
    [
        "/exports/VN/../../secrets/audit.key",
        "/exports/VN/..%2f..%2fsecrets%2faudit.key",
        "/exports/..%2fsecrets/audit.key",
        "/exports/VN/.lock",
        "/exports/VN/1-2-00001.zip",
        "/exports/XX/index.txt",
        "/exports/XX/keys.json",
        "/exports/vn/index.txt",
        "/demo/",
    ],
)
def test_nothing_else_is_served(http: httpx.Client, path: str) -> None:
    assert http.get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/healthz", "/readyz", "/metrics", "/v", "/.well-known/jwks.json"),
        *("/exports/VN/index.txt", "/exports/VN/keys.json", "/exports/VN/1-2-00001.zip"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_what_is_only_read_says_how(http: httpx.Client, path: str, method: str) -> None:
    answer = http.request(method, path)
    assert (answer.status_code, answer.headers["allow"], answer.content) == (405, "GET, HEAD", b"")


def test_every_reply_has_the_policy_and_loopback_has_no_hsts(http: httpx.Client) -> None:
    pages = [http.get(path) for path in ("/", "/login/", "/healthz", "/exports/XX/index.txt")]
    noise = [http.post(path, json={}, headers={"X-Chaff": "1"}) for path in DEVICE_PATHS[:3]]
    refused = [http.post(path, json={}) for path in DEVICE_PATHS]
    assert [one.status_code for one in (*noise, *refused)] == [200, 200, 200, 401, 400, 400, 400]
    for headers in (reply.headers for reply in (*pages, *noise, *refused)):
        assert headers["content-security-policy"].startswith("default-src 'self'")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"
        assert "strict-transport-security" not in headers
        assert "server" not in headers


def test_a_body_that_never_ends_is_cut_off(running: server.Running) -> None:
    port = int(running.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as raw:
        raw.sendall(
            b"POST /v1/publish HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 5000000\r\n\r\n"
        )
        assert b" 413 " in raw.recv(200)


def test_a_foreign_host_name_is_refused(http: httpx.Client) -> None:
    assert http.get("/", headers={"Host": "evil.example"}).status_code == 400


def test_not_ready_without_the_database(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_self: object) -> object:
        raise OperationalError("the database is gone")

    monkeypatch.setattr(BaseDatabaseWrapper, "cursor", gone)
    assert http.get("/healthz").json() == {"status": "ok"}  # the process itself answers
    answer = http.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == "no answer from the database"


def test_starting_and_stopping_leaves_no_thread(key_server: Path) -> None:
    before = threading.active_count()
    with server.start(port=0) as one:
        assert httpx.get(f"{one.url}/healthz").json() == {"status": "ok"}
        with pytest.raises(AddressInUse, match="cannot listen"):
            server.start(port=int(one.url.rsplit(":", 1)[1]))
    one.stop()
    assert threading.active_count() <= before
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{one.url}/healthz")


def test_no_replaced_clock_outside_the_demo(key_server: Path, settings: Any, authority_clock: Any) -> None:
    settings.BLUEZONE_DEMO = False
    with pytest.raises(RuntimeError, match="clock"):
        server.start(port=0)
    with pytest.raises(RuntimeError, match="clock"):
        runtime.replace_clock(authority_clock)

"""What other servers may do to us when they are asked for something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bluezone.authority.keys.capped_http import Fault, FetchFailed, ask, check_address, fetch, open_client

URL = "https://neighbour.example/file"


def answering(answer: httpx.Response | Callable[[httpx.Request], httpx.Response]) -> httpx.Client:
    return open_client(1.0, httpx.MockTransport(answer if callable(answer) else lambda _: answer))


def failing(error: Exception) -> httpx.Client:
    def fail(_request: httpx.Request) -> httpx.Response:
        raise error

    return answering(fail)


def body(content: bytes) -> Any:
    return httpx.ByteStream(content)


def test_a_file_and_its_exact_limit() -> None:
    assert fetch(answering(httpx.Response(200, stream=body(b"abc"))), URL, most=3, seconds=1) == b"abc"
    with pytest.raises(FetchFailed, match="larger than 2 bytes") as failed:
        fetch(answering(httpx.Response(200, stream=body(b"abc"))), URL, most=2, seconds=1)
    assert failed.value.fault is Fault.TOO_LARGE


@pytest.mark.parametrize("location", ["https://xn--/", "https://host:abc/", "https://[::1", "//\x00", ""])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_where_a_redirect_leads_matters_nothing(status: int, location: str) -> None:
    client = answering(httpx.Response(status, headers={"Location": location}))
    with pytest.raises(FetchFailed):
        fetch(client, URL, most=10, seconds=1)


def test_the_body_of_a_failure_is_not_read() -> None:
    def endless() -> Any:
        raise AssertionError
        yield b""

    assert ask(answering(httpx.Response(500, content=endless())), URL, most=1, seconds=1).status == 500
    client = answering(httpx.Response(200, content=endless()))
    assert ask(client, URL, most=1, seconds=1, read=False).status == 200


def test_a_compressed_answer_is_none() -> None:
    packed = httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=body(b""))
    with pytest.raises(FetchFailed, match="compressed"):
        fetch(answering(packed), URL, most=10, seconds=1)


def test_the_whole_time_is_capped_however_often_something_comes() -> None:
    times = iter([0.0, 10.0, 20.0, 30.5, 40.0])

    def drip() -> Any:
        for _ in range(10):
            yield b"x"

    with pytest.raises(FetchFailed, match="not there after 30 s") as failed:
        fetch(
            answering(httpx.Response(200, content=drip())),
            URL,
            most=100,
            seconds=30,
            clock=lambda: next(times),
        )
    assert failed.value.fault is Fault.TOO_SLOW
    assert next(times) == 40.0  # it hung up as soon as the time was over


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (httpx.ConnectError("refused"), Fault.NOT_SENT),
        (httpx.ConnectTimeout("no answer"), Fault.NOT_SENT),
        (httpx.ReadTimeout("no answer"), Fault.NO_ANSWER_IN_TIME),
        (httpx.RemoteProtocolError("gone"), Fault.BROKEN_OFF),
        (UnicodeError("label too long"), Fault.BROKEN_OFF),
    ],
)
def test_failures_tell_whether_the_request_can_have_arrived(error: Exception, fault: Fault) -> None:
    with pytest.raises(FetchFailed, match=type(error).__name__) as failed:
        fetch(failing(error), URL, most=10, seconds=1)
    assert failed.value.fault is fault


@pytest.mark.parametrize(
    "url",
    [
        "https://host:abc/jwks",
        "https://host:99999/jwks",
        "https://host:0/jwks",
        "https://xn--/",
        "https://[::1",
        "https://a b.example/",
        "https://example.org/a b",
        "https://example.org/\n",
        "https://exa\x00mple/",
        "https:///file",
        "file:///etc/passwd",
        "http://neighbour.example/file",
        "https://user@neighbour.example/file",
        "https://neighbour.example/file?token=1",
        "file",
        "",
    ],
)
def test_addresses_that_are_not_asked(url: str) -> None:
    with pytest.raises(FetchFailed) as failed:
        check_address(url)
    assert failed.value.fault is Fault.BAD_ADDRESS
    assert repr(url) in str(failed.value)


@pytest.mark.parametrize(
    "url", [URL, "https://ví.example:8443/a", "http://127.0.0.1:9/", "http://[::1]/", "http://localhost/"]
)
def test_addresses_that_are(url: str) -> None:
    assert check_address(url) == url

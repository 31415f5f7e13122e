"""Addresses that a proxy tells, in every spelling that proxies use, over a real socket."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from bluezone.authority import server
from bluezone.authority.access.rate_limit import network_of


def tell_who_calls(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    body = f"{environ['REMOTE_ADDR']} {environ['wsgi.url_scheme']}".encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


@pytest.fixture
def running(authority: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[server.Running]:
    settings.BLUEZONE_TRUSTED_PROXY = "127.0.0.1"
    monkeypatch.setattr(server, "application", lambda: tell_who_calls)
    monkeypatch.setattr(server, "StatisticsFlusher", nullcontext)  # nothing here touches the database
    with server.start(port=0, background=False) as one:
        yield one


def seen(running: server.Running, *forwarded: str, **headers: str) -> list[str]:
    """Address and scheme that the application was given."""
    pairs = [("X-Forwarded-For", one) for one in forwarded]
    pairs += [(name.replace("_", "-"), value) for name, value in headers.items()]
    return httpx.get(running.url, headers=pairs).text.split()


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("198.51.100.20", "198.51.100.20"),
        ("198.51.100.20:5000", "198.51.100.20"),
        ("::ffff:198.51.100.20", "198.51.100.20"),  # HAProxy's `bind :::443 v4v6`, nginx's `ipv6only=off`
        ("[::ffff:198.51.100.20]:5000", "198.51.100.20"),
        ("2001:db8:a:1::7", "2001:db8:a:1::7"),
        ("[2001:db8:a:1::7]", "2001:db8:a:1::7"),
        ("[2001:db8:a:1::7]:5000", "2001:db8:a:1::7"),
        ('"[2001:DB8:a:1:0::7]:5000"', "2001:db8:a:1::7"),
        ("203.0.113.1, 198.51.100.20", "198.51.100.20"),
        ("not an address,[2001:db8::7]:1", "2001:db8::7"),
    ],
)
def test_spellings_of_an_address(running: server.Running, forwarded: str, address: str) -> None:
    assert seen(running, forwarded) == [address, "http"]


def test_the_last_of_several_headers_is_the_proxys_own(running: server.Running) -> None:
    assert seen(running, "203.0.113.1", "[2001:db8::7]:5000")[0] == "2001:db8::7"


def test_what_is_no_address_is_one_network_and_warned_of_once(running: server.Running) -> None:
    unreadable = (
        "unknown",
        "_hidden:5000",
        "[2001:db8::7",
        "2001:db8:1:2:3:4:5:6:5000",
        "198.51.100",
        ",",
        "",
    )
    with capture_logs() as lines:
        networks = {network_of(seen(running, one)[0]) for one in unreadable}
    assert len(networks) == 1
    assert networks.isdisjoint({"127.0.0.1", ""})
    (warning,) = [line for line in lines if line["log_level"] == "warning"]
    assert "X-Forwarded-For" in warning["event"]
    assert "2001" not in str(warning)


def test_the_scheme_is_the_proxys(running: server.Running) -> None:
    assert seen(running, X_Forwarded_Proto="https") == ["127.0.0.1", "https"]
    assert seen(running, "198.51.100.20", X_Forwarded_Proto="HTTPS") == ["198.51.100.20", "https"]
    assert seen(running, X_Forwarded_Proto="gopher") == ["127.0.0.1", "http"]


@pytest.mark.parametrize("trusted", ["", "198.51.100.1", "*"])
def test_nobody_else_is_believed(running: server.Running, settings: Any, trusted: str) -> None:
    settings.BLUEZONE_TRUSTED_PROXY = trusted
    with server.start(port=0, background=False) as other:
        assert seen(other, "203.0.113.9", X_Forwarded_Proto="https") == ["127.0.0.1", "http"]


def test_a_proxy_that_is_named_as_ipv6_is_the_same(running: server.Running, settings: Any) -> None:
    settings.BLUEZONE_TRUSTED_PROXY = "::ffff:127.0.0.1"
    with server.start(port=0, background=False) as other:
        assert seen(other, "203.0.113.9")[0] == "203.0.113.9"

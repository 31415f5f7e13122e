"""Who is calling, where a reverse proxy tells it: its headers are believed if it is the one that is trusted.

The web server's library reads these headers too, but cuts an address at its last colon: all IPv4 clients that
a proxy writes as IPv6 would become one, and each port of an IPv6 client somebody else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any

import structlog

from bluezone.authority.access.rate_limit import plain_address

__all__ = ["UNREADABLE", "believing_the_proxy", "forwarded_address"]

UNREADABLE = "unreadable"
"""Stands for every address that cannot be read: all of them together are one network."""

_WITH_PORT = re.compile(r"(?:\[(?P<v6>[^\[\]]*)\]|(?P<v4>[0-9.]+))(?::[0-9]+)?")
_SCHEMES = ("http", "https")

_log = structlog.get_logger("bluezone.authority.server")
_Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def forwarded_address(header: str) -> str | None:
    """The address that the nearest proxy put last into X-Forwarded-For, in its plain form; None: unreadable.

    Brackets, a port and quotes may be around it. A port after an IPv6 address without brackets cannot be told
    from the address.
    """
    last = header.rpartition(",")[2].strip().strip('"')
    if match := _WITH_PORT.fullmatch(last):
        last = match["v6"] or match["v4"] or ""
    try:
        return plain_address(str(ip_address(last)))
    except ValueError:
        return None


def believing_the_proxy(application: _Application, trusted: str) -> _Application:
    """Put the client's address and scheme where the application looks, if ``trusted`` is who connects.

    What would shut clients out by counting them as one is warned of once: a proxy that is not trusted, and
    addresses that cannot be read.
    """
    trusted = plain_address(trusted)
    warned: set[str] = set()

    def warn_once(message: str) -> None:
        if message not in warned:
            warned.add(message)
            _log.warning(message, trusted_proxy=trusted or "none")

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        forwarded = environ.pop("HTTP_X_FORWARDED_FOR", None)
        scheme = environ.pop("HTTP_X_FORWARDED_PROTO", "").strip().lower()
        if trusted and environ["REMOTE_ADDR"] == trusted:
            if scheme in _SCHEMES:
                environ["wsgi.url_scheme"] = scheme
            if forwarded is not None:
                address = forwarded_address(forwarded)
                if address is None:
                    warn_once(
                        "X-Forwarded-For of the trusted proxy does not end in an IP address: such clients "
                        "are counted as one and can shut each other out"
                    )
                environ["REMOTE_ADDR"] = environ["REMOTE_HOST"] = address or UNREADABLE
        elif forwarded is not None:
            warn_once(
                "ignored X-Forwarded-For from an address that BLUEZONE_TRUSTED_PROXY does not name: if that "
                "is your proxy, all its clients are counted as one and can shut each other out"
            )
        return application(environ, start_response)

    return answer

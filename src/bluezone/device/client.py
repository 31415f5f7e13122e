"""The device's side of the authority's web interface: index and export files, code, certificate, publishing.

Nothing a server says is trusted: names are checked letter by letter, sizes and times are capped while bytes
arrive, files go to names of our own. Whatever fails raises :class:`~bluezone.errors.Refused` and can be
repeated.
"""

from __future__ import annotations

import re
import secrets
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import digest as hmac_digest
from pathlib import Path
from typing import Any

import httpx

from bluezone.device.client_errors import (
    CertificateRefused,
    CodeRefused,
    HeartbeatRefused,
    HostileIndex,
    PublishRefused,
    ServerRefused,
    ServerUnreachable,
)
from bluezone.device.download import download
from bluezone.device.http_answer import PLAIN, Deadline, is_validator, read_at_most
from bluezone.device.server_answer import ServerAnswer, parse_answer, shown
from bluezone.protocols.gaen import TemporaryExposureKey
from bluezone.protocols.heartbeat import HEARTBEAT_PATH

__all__ = [
    "ANSWER_SECONDS",
    "FILE_SECONDS",
    "MAX_EXPORT_FILE_BYTES",
    "MAX_INDEX_BYTES",
    "AuthorityClient",
    "Index",
    "Published",
    "Verified",
    "key_mac",
]

MAX_INDEX_BYTES = 1 << 20
MAX_EXPORT_FILE_BYTES = 20 << 20
MAX_ANSWER_BYTES = 64 << 10
FILE_SECONDS = 600.0
"""Then a download is broken off, and goes on in the next check: 20 MiB in this time is 35 KiB a second."""
ANSWER_SECONDS = 60.0
_PADDING_BYTES = 1024
_TOKEN_REFUSALS = ("token_invalid", "token_expired", "hmac_invalid")
"""Codes of a certificate that will never be given for this token and these keys."""
_ACCEPTED_TESTS = ("confirmed", "likely", "user-report")
_NAME = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9_-]{0,63}/){1,4}[A-Za-z0-9][A-Za-z0-9_-]{0,99}\.zip", re.ASCII)


@dataclass(frozen=True, slots=True)
class Index:
    """Names of export files, oldest first; ``etag``, if usable, to ask next time whether anything is new."""

    names: tuple[str, ...]
    etag: str | None


@dataclass(frozen=True, slots=True)
class Verified:
    """What a code was exchanged for: the kind of test, the day of onset or test (ISO) or "", a token."""

    test_type: str
    symptom_date: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Published:
    """The key server's answer: how many keys it took, what it remarked, a token to revise them with."""

    inserted: int
    warnings: tuple[str, ...]
    revision_token: str = field(repr=False)


class AuthorityClient:
    """Talks to one authority; ``http`` brings timeouts and trusted certificates, and stays the caller's.

    :param region: the folder of exports, such as ``VN``.
    :param monotonic: seconds that only go forward, for the deadline of each request.
    """

    def __init__(
        self,
        base_url: str,
        region: str,
        http: httpx.Client,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._region = region
        self._http = http
        self._monotonic = monotonic

    def fetch_index(self, etag: str | None = None) -> Index | None:
        """The list of exports, or ``None`` if it is still the one of ``etag``.

        :raises Refused: unreachable, an error, too large, or ``HostileIndex`` for a suspicious name.
        """
        url = f"{self._base}/exports/{self._region}/index.txt"
        headers = PLAIN | ({"If-None-Match": etag} if etag else {})
        deadline = self._deadline(ANSWER_SECONDS)
        with _network_errors(url), self._http.stream("GET", url, headers=headers) as response:
            if response.status_code == httpx.codes.NOT_MODIFIED:
                return None
            _require_ok(response, url)
            body = read_at_most(response, MAX_INDEX_BYTES, url, deadline)
        new_etag = response.headers.get("ETag", "")
        return Index(_index_names(body, url), new_etag if is_validator(new_etag) else None)

    def download_export(self, name: str, folder: Path) -> Path:
        """Fetch an export file into ``folder``, going on where an earlier try stopped.

        The file's name there is ours, not the server's. Memory stays bounded.

        :raises Refused: see :func:`bluezone.device.download.download`.
        """
        _check_name(name, "export")
        target = folder / f"{sha256(name.encode()).hexdigest()[:32]}.zip"
        url = f"{self._base}/exports/{name}"
        with _network_errors(url):
            deadline = self._deadline(FILE_SECONDS)
            download(self._http, url, target, max_bytes=MAX_EXPORT_FILE_BYTES, deadline=deadline)
        return target

    def verify(self, code: str) -> Verified:
        """Exchange a one-time code for a token.

        :raises CodeRefused: if the server knows no such code, or it was used or is too old.
        :raises ServerRefused: for a fault of the server or too many requests; the code may still be good.
        """
        answer = self._post(
            "/api/verify", {"code": code, "accept": list(_ACCEPTED_TESTS), "padding": _padding()}
        )
        if answer.passing:
            raise ServerRefused(
                f"the code could not be checked: {answer.reason}; try again later with the same code"
            )
        if answer.failed:
            raise CodeRefused(f"the code was not accepted: {answer.reason}; ask for a new code")
        return Verified(
            test_type=answer.text("testtype"),
            symptom_date=answer.text("symptomDate", default=""),
            token=answer.text("token"),
        )

    def certificate(self, token: str, mac: bytes) -> str:
        """Exchange the token for a certificate (JWT) over the keys' MAC, see :func:`key_mac`.

        :raises CertificateRefused: if the token was used or is too old.
        :raises ServerRefused: for any other failure; the token may still be good.
        """
        answer = self._post(
            "/api/certificate",
            {"token": token, "ekeyhmac": b64encode(mac).decode(), "padding": _padding()},
        )
        if answer.failed:
            if answer.code in _TOKEN_REFUSALS and not answer.passing:
                raise CertificateRefused(f"no certificate: {answer.reason}; ask for a new code")
            raise ServerRefused(
                f"no certificate: {answer.reason}; try again later with the same code,"
                " and if that does not help ask for a new one"
            )
        return answer.text("certificate")

    def publish(
        self,
        keys: Sequence[TemporaryExposureKey],
        *,
        health_authority: str,
        certificate: str,
        hmac_key: bytes,
        symptom_onset_interval: int = 0,
        traveler: bool = False,
        revision_token: str = "",
    ) -> Published:
        """Publish keys under a certificate over exactly these; sending the same again is harmless.

        :raises PublishRefused: with the server's error code.
        """
        request: dict[str, Any] = {
            "temporaryExposureKeys": [
                {
                    "key": b64encode(key.data).decode(),
                    "rollingStartNumber": key.rolling_start,
                    "rollingPeriod": key.rolling_period,
                    "transmissionRisk": 0,
                }
                for key in keys
            ],
            "healthAuthorityID": health_authority,
            "verificationPayload": certificate,
            "hmacKey": b64encode(hmac_key).decode(),
            "traveler": traveler,
            "padding": _padding(),
        }
        if symptom_onset_interval:
            request["symptomOnsetInterval"] = symptom_onset_interval
        if revision_token:
            request["revisionToken"] = revision_token
        answer = self._post("/v1/publish", request)
        # A partial failure took the other keys; what was left out is in the error text.
        partial = answer.code == "partial_failure"
        if answer.failed and not partial:
            raise PublishRefused(f"the keys were not published: {answer.reason}", answer.code)
        return Published(
            inserted=answer.count("insertedExposures"),
            warnings=answer.remarks("warnings") + ((answer.error,) if partial else ()),
            revision_token=answer.text("revisionToken", default=""),
        )

    def send_heartbeat(self, fields: dict[str, str | bool]) -> None:
        """Say that this device runs; sending the same again is harmless.

        :raises HeartbeatRefused: if it will never be taken.
        :raises ServerRefused: for a fault of the server or too many requests.
        """
        answer = self._post(HEARTBEAT_PATH, fields)
        if answer.passing:
            raise ServerRefused(f"the heartbeat was not taken: {answer.reason}")
        if answer.failed:
            raise HeartbeatRefused(f"the heartbeat was not taken: {answer.reason}")

    def _post(self, path: str, body: dict[str, Any]) -> ServerAnswer:
        url, deadline = self._base + path, self._deadline(ANSWER_SECONDS)
        with _network_errors(url), self._http.stream("POST", url, json=body, headers=PLAIN) as response:
            content = read_at_most(response, MAX_ANSWER_BYTES, url, deadline)
        return parse_answer(response.status_code, content, url)

    def _deadline(self, seconds: float) -> Deadline:
        return Deadline(self._monotonic() + seconds, self._monotonic)


def key_mac(keys: Sequence[TemporaryExposureKey], hmac_key: bytes) -> bytes:
    """HMAC-SHA256 that binds a certificate to keys: ``base64.start.period.risk``, sorted, comma-joined."""
    segments = sorted(
        f"{b64encode(key.data).decode()}.{key.rolling_start}.{key.rolling_period}.0" for key in keys
    )
    return hmac_digest(hmac_key, ",".join(segments).encode(), "sha256")


@contextmanager
def _network_errors(url: str) -> Iterator[None]:
    """Turns what the HTTP library raises into a refusal that says what to do."""
    try:
        yield
    except httpx.TimeoutException:
        raise ServerUnreachable(f"{url}: no answer in time; try again later") from None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, UnicodeError) as error:
        # UnicodeError: a host, such as a..b, that cannot be put into the letters of a name in the DNS.
        reason = shown(str(error)) or type(error).__name__
        raise ServerUnreachable(f"{url}: {reason}; check the network and the server's address") from None


def _index_names(body: bytes, url: str) -> tuple[str, ...]:
    try:
        lines = body.decode("ascii").splitlines()
    except UnicodeDecodeError:
        raise HostileIndex(f"{url}: the index has bytes that are not ASCII") from None
    names: dict[str, None] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            _check_name(line.strip(), f"{url}: line {number}")
            names[line.strip()] = None
    return tuple(names)


def _check_name(name: str, where: str) -> None:
    if not _NAME.fullmatch(name):
        raise HostileIndex(f"{where}: {name[:80]!r} is not the name of an export file")


def _require_ok(response: httpx.Response, url: str) -> None:
    if response.status_code == httpx.codes.NOT_FOUND:
        raise ServerRefused(f"{url}: nothing published there yet, or the wrong address or region")
    if response.status_code != httpx.codes.OK:
        raise ServerRefused(f"{url}: the server answered {response.status_code}; try again later")


def _padding() -> str:
    """Random length, so that the size on the wire does not tell how many keys there are."""
    return b64encode(secrets.token_bytes(_PADDING_BYTES + secrets.randbelow(_PADDING_BYTES))).decode()

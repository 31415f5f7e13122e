"""The client against servers that are slow, broken, changed or hostile; every failure says what to do."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.device.mini_authority import BASE, MiniAuthority

from bluezone.device import client_errors as errors
from bluezone.device.client import MAX_EXPORT_FILE_BYTES, MAX_INDEX_BYTES, AuthorityClient, key_mac
from bluezone.errors import Refused
from bluezone.protocols.gaen import TemporaryExposureKey

INDEX = "/exports/VN/index.txt"
NAME = "VN/1600000000-1600014400-00001.zip"
KEYS = [TemporaryExposureKey(bytes([n]) * 16, 2_990_000 + 144 * n, 144 - n) for n in range(3)]


@pytest.fixture
def server() -> MiniAuthority:
    return MiniAuthority()


@pytest.fixture
def client(server: MiniAuthority) -> Iterator[AuthorityClient]:
    with server.client() as http:
        yield AuthorityClient(BASE + "/", "VN", http)


def answering(answer: httpx.Response | Exception, path: str = INDEX) -> AuthorityClient:
    server = MiniAuthority(answers={path: [answer] * 3})
    return AuthorityClient(BASE, "VN", server.client())


# Index


def test_the_index_is_fetched_once_and_again_when_it_has_grown(
    server: MiniAuthority, client: AuthorityClient
) -> None:
    server.files = {NAME: b"1"}
    first = client.fetch_index()
    assert first is not None
    assert first.names == (NAME,)
    assert client.fetch_index(first.etag) is None
    server.files["VN/1600014400-1600028800-00001.zip"] = b"2"
    grown = client.fetch_index(first.etag)
    assert grown is not None
    assert len(grown.names) == 2


def test_an_empty_index_and_blank_lines_and_repeated_names_are_fine() -> None:
    index = answering(httpx.Response(200, content=b"")).fetch_index()
    assert index is not None
    assert (index.names, index.etag) == ((), None)
    index = answering(httpx.Response(200, content=f"\n{NAME}\r\n{NAME}\n\n".encode())).fetch_index()
    assert index is not None
    assert index.names == (NAME,)


@pytest.mark.parametrize(
    "line",
    [
        "/etc/passwd.zip",
        "VN/../../etc/1.zip",
        "../VN/1.zip",
        "VN/./1.zip",
        "VN//1.zip",
        "VN/.hidden.zip",
        "VN/-rf.zip",
        "VN\\1.zip",
        "https://evil.example/1.zip",
        "//evil.example/1.zip",
        "VN/1.zip?x=1",
        "VN/1.zip#x",
        "VN/1%2e%2e.zip",
        "VN/a b.zip",
        "VN/1.zip\x00",
        "VN/1.exe",
        "1.zip",
        "VN/" + "1" * 200 + ".zip",
        "a/b/c/d/e/1.zip",
    ],
)
def test_a_hostile_name_refuses_the_index_and_the_download(
    line: str, tmp_path: Path, server: MiniAuthority, client: AuthorityClient
) -> None:
    body = f"{NAME}\n{line}\n".encode()
    with pytest.raises(errors.HostileIndex, match="line 2"):
        answering(httpx.Response(200, content=body)).fetch_index()
    with pytest.raises(errors.HostileIndex):
        client.download_export(line, tmp_path)
    assert server.requests == []
    assert list(tmp_path.iterdir()) == []


def test_an_index_that_is_not_ascii_is_refused() -> None:
    with pytest.raises(errors.HostileIndex, match="not ASCII"):
        answering(httpx.Response(200, content="VN/é.zip".encode())).fetch_index()


@given(st.text(max_size=80))
def test_no_accepted_name_leaves_its_folder(name: str) -> None:
    try:
        index = answering(httpx.Response(200, content=name.encode("utf-8", "replace"))).fetch_index()
    except errors.HostileIndex:
        return
    assert index is not None
    for accepted in index.names:
        parts = accepted.split("/")
        assert accepted.isascii()
        assert all(part and not part.startswith(".") for part in parts)


class Slow(httpx.SyncByteStream):
    """Hands over one small piece after the other and counts them."""

    def __init__(self, piece: bytes, times: int, error: Exception | None = None) -> None:
        self.piece, self.times, self.error, self.given = piece, times, error, 0

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(self.times):
            self.given += 1
            yield self.piece
        if self.error is not None:
            raise self.error


def test_an_index_that_never_ends_is_cut_off_at_its_limit() -> None:
    stream = Slow(b"VN/1-2-3.zip\n" * 1000, 10**6)
    with pytest.raises(errors.TooLarge, match="more than 1,048,576 bytes"):
        answering(httpx.Response(200, stream=stream)).fetch_index()
    assert stream.given * len(stream.piece) < MAX_INDEX_BYTES + 2 * len(stream.piece) + 16_384


@pytest.mark.parametrize(
    ("answer", "kind", "advice"),
    [
        (
            httpx.Response(404),
            errors.ServerRefused,
            "nothing published there yet, or the wrong address or region",
        ),
        (httpx.Response(500), errors.ServerRefused, "answered 500; try again later"),
        (httpx.Response(302, headers={"Location": "/x"}), errors.ServerRefused, "answered 302"),
        (
            httpx.ConnectError("no route to host"),
            errors.ServerUnreachable,
            "no route to host; check the network",
        ),
        (httpx.ReadTimeout(""), errors.ServerUnreachable, "no answer in time"),
        (httpx.RemoteProtocolError("peer closed"), errors.ServerUnreachable, "peer closed"),
    ],
)
def test_failures_of_the_index_say_what_to_do(
    answer: httpx.Response | Exception, kind: type[Refused], advice: str
) -> None:
    with pytest.raises(kind, match=advice) as caught:
        answering(answer).fetch_index()
    assert str(caught.value).startswith(BASE + INDEX)


@pytest.mark.parametrize("host", ["a..b", "a" * 64 + ".example"])
def test_a_host_that_cannot_be_a_name_is_a_refusal(host: str) -> None:
    """With the transport that really looks names up: it fails before anything is sent."""
    with httpx.Client(trust_env=False) as http, pytest.raises(errors.ServerUnreachable, match="address"):
        AuthorityClient(f"http://{host}", "VN", http).fetch_index()


def test_plain_bytes_are_asked_for_and_nothing_else_is_unpacked(
    server: MiniAuthority, client: AuthorityClient
) -> None:
    """A kilobyte compressed twice unpacks to half a gigabyte; it has to be refused unread."""
    bomb = Slow(gzip.compress(gzip.compress(bytes(1 << 16))), 1)
    for encoding in ("gzip", "gzip, gzip", "br", "identity, gzip", "x-unknown"):
        compressed = httpx.Response(200, stream=bomb, headers={"Content-Encoding": encoding})
        with pytest.raises(errors.BadAnswer, match="compressed"):
            answering(compressed).fetch_index()
        with pytest.raises(errors.BadAnswer, match="compressed"):
            answering(compressed, "/api/verify").verify("1")
    assert bomb.given == 0
    client.fetch_index()
    client.verify("12345678")
    assert [r.headers["Accept-Encoding"] for r in server.requests] == ["identity"] * 2
    plain = httpx.Response(200, content=NAME.encode(), headers={"Content-Encoding": "Identity"})
    assert answering(plain).fetch_index() is not None


@pytest.mark.parametrize(
    ("etag", "kept"),
    [
        (b'"a!~"', True),
        (b'W/"a"', True),
        (b'"caf\xe9"', False),
        (b"bare", False),
        (b'"a b"', False),
        (b'"a"b"', False),
        (b'w/"a"', False),
        (b'"' + b"a" * 300 + b'"', False),
    ],
)
def test_only_a_validator_that_can_be_sent_back_is_kept(etag: bytes, kept: bool) -> None:
    index = answering(httpx.Response(200, content=b"", headers=[(b"ETag", etag)])).fetch_index()
    assert index is not None
    assert index.etag == (etag.decode() if kept else None)
    answering(httpx.Response(304)).fetch_index(index.etag)


class Seconds:
    """A monotonic source that goes on by ``step`` whenever it is looked at."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def dripping(path: str, step: float, headers: dict[str, str] | None = None) -> tuple[AuthorityClient, Slow]:
    stream = Slow(b"a", 10**6)
    server = MiniAuthority(answers={path: [httpx.Response(200, stream=stream, headers=headers or {})]})
    return AuthorityClient(BASE, "VN", server.client(), monotonic=Seconds(step)), stream


def test_answers_that_drip_are_given_up_after_a_minute_and_files_after_ten(tmp_path: Path) -> None:
    """One byte and one look at the clock every half second: 120 bytes are a minute, 1200 are ten."""
    client, stream = dripping(INDEX, 0.5)
    with pytest.raises(errors.ServerUnreachable, match="no answer in time"):
        client.fetch_index()
    assert 110 < stream.given < 125
    client, stream = dripping("/api/verify", 0.5)
    with pytest.raises(errors.ServerUnreachable, match="no answer in time"):
        client.verify("1")
    assert 110 < stream.given < 125
    client, stream = dripping(f"/exports/{NAME}", 0.5, {"ETag": '"e"', "Content-Length": "1000000"})
    with pytest.raises(errors.DownloadInterrupted, match="too slow"):
        client.download_export(NAME, tmp_path)
    assert 1190 < stream.given < 1205
    (part,) = tmp_path.glob("*.part")
    assert part.stat().st_size == stream.given - 1  # kept, to go on from


# Downloads

CONTENT = bytes(range(256)) * 1000


def fetch(server: MiniAuthority, folder: Path) -> Path:
    with server.client() as http:
        return AuthorityClient(BASE, "VN", http).download_export(NAME, folder)


def test_a_download_is_whole_under_a_name_of_ours_and_for_the_owner_only(
    server: MiniAuthority, tmp_path: Path
) -> None:
    server.files[NAME] = CONTENT
    path = fetch(server, tmp_path)
    assert path.read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o600
    assert "1600000000" not in path.name
    fetch(server, tmp_path)
    assert len(server.requests) == 1  # it is there already


def broken_off(at: int, etag: str | None, *, error: Exception | None = None) -> httpx.Response:
    headers = {"Content-Length": str(len(CONTENT))} | ({"ETag": etag} if etag else {})
    error = error or httpx.RemoteProtocolError("peer closed connection")
    return httpx.Response(200, stream=Slow(CONTENT[:at], 1, error), headers=headers)


def true_etag() -> str:
    return f'"{hashlib.sha256(CONTENT).hexdigest()[:8]}"'


@pytest.mark.parametrize("at", [1, 70_000, len(CONTENT) - 1])
def test_a_broken_download_goes_on_where_it_stopped(server: MiniAuthority, tmp_path: Path, at: int) -> None:
    server.files[NAME] = CONTENT
    server.answers[f"/exports/{NAME}"] = [broken_off(at, true_etag())]
    with pytest.raises(errors.DownloadInterrupted, match="check again to go on"):
        fetch(server, tmp_path)
    assert not list(tmp_path.glob("*.zip"))
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    again = server.requests[-1]
    assert (again.headers["Range"], again.headers["If-Range"]) == (f"bytes={at}-", true_etag())
    assert again.headers["Accept-Encoding"] == "identity"
    assert [path.suffix for path in tmp_path.iterdir()] == [".zip"]


def test_an_answer_shorter_than_announced_is_not_taken_for_whole(
    server: MiniAuthority, tmp_path: Path
) -> None:
    server.files[NAME] = CONTENT
    headers = {"ETag": true_etag(), "Content-Length": str(len(CONTENT))}
    server.answers[f"/exports/{NAME}"] = [httpx.Response(200, stream=Slow(CONTENT[:5], 1), headers=headers)]
    with pytest.raises(errors.DownloadInterrupted, match="broken off after 5 of 256,000 bytes"):
        fetch(server, tmp_path)
    assert fetch(server, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("etag", ['"of-an-older-file"', 'W/"weak"', None])
def test_a_file_that_changed_meanwhile_is_fetched_anew(
    server: MiniAuthority, tmp_path: Path, etag: str | None
) -> None:
    """Without the right strong validator the two halves may belong to different files."""
    server.files[NAME] = CONTENT
    server.answers[f"/exports/{NAME}"] = [broken_off(100_000, etag)]
    with pytest.raises(errors.DownloadInterrupted):
        fetch(server, tmp_path)
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert ("Range" in server.requests[-1].headers) == (etag == '"of-an-older-file"')


def test_a_complete_part_or_a_wrong_range_starts_over_by_itself(
    server: MiniAuthority, tmp_path: Path
) -> None:
    server.files[NAME] = CONTENT
    server.answers[f"/exports/{NAME}"] = [broken_off(len(CONTENT), true_etag())]
    with pytest.raises(errors.DownloadInterrupted):
        fetch(server, tmp_path)
    assert fetch(server, tmp_path).read_bytes() == CONTENT  # 416, then all of it

    for path in tmp_path.iterdir():
        path.unlink()
    wrong = {"ETag": true_etag(), "Content-Range": f"bytes 7-{len(CONTENT) - 1}/{len(CONTENT)}"}
    server.answers[f"/exports/{NAME}"] = [
        broken_off(100, true_etag()),
        httpx.Response(206, content=CONTENT[7:], headers=wrong),
    ]
    with pytest.raises(errors.DownloadInterrupted):
        fetch(server, tmp_path)
    assert fetch(server, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize(
    "span",
    [
        "bytes 100-99999/" + "9" * 5000,
        "bytes 100-255999/*",
        "bytes \u0661\u0660\u0660-255999/256000",
        "x",
        "",
    ],
)
def test_a_range_that_cannot_be_read_starts_over(server: MiniAuthority, tmp_path: Path, span: str) -> None:
    server.files[NAME] = CONTENT
    headers = [(b"Content-Range", span.encode())]
    server.answers[f"/exports/{NAME}"] = [
        broken_off(100, true_etag()),
        httpx.Response(206, content=CONTENT[100:], headers=headers),
    ]
    with pytest.raises(errors.DownloadInterrupted):
        fetch(server, tmp_path)
    assert fetch(server, tmp_path).read_bytes() == CONTENT


def test_a_validator_damaged_on_disk_starts_over(server: MiniAuthority, tmp_path: Path) -> None:
    server.files[NAME] = CONTENT
    server.answers[f"/exports/{NAME}"] = [broken_off(100, true_etag())]
    with pytest.raises(errors.DownloadInterrupted):
        fetch(server, tmp_path)
    (validator,) = tmp_path.glob("*.etag")
    validator.write_bytes(b'"caf\xe9"')
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert "Range" not in server.requests[-1].headers


def test_an_unreadable_length_is_none_at_all(server: MiniAuthority, tmp_path: Path) -> None:
    headers = {"Content-Length": "9" * 5000}
    server.answers[f"/exports/{NAME}"] = [httpx.Response(200, stream=Slow(CONTENT, 1), headers=headers)]
    assert fetch(server, tmp_path).read_bytes() == CONTENT


def test_a_server_without_ranges_sends_all_of_it_again(server: MiniAuthority, tmp_path: Path) -> None:
    server.files[NAME], server.range_requests = CONTENT, False
    server.answers[f"/exports/{NAME}"] = [broken_off(1000, true_etag())]
    with pytest.raises(errors.DownloadInterrupted):
        fetch(server, tmp_path)
    assert fetch(server, tmp_path).read_bytes() == CONTENT


def test_files_above_the_limit_are_refused_announced_or_not(server: MiniAuthority, tmp_path: Path) -> None:
    stream = Slow(bytes(1 << 20), 100)
    server.answers[f"/exports/{NAME}"] = [
        httpx.Response(200, stream=Slow(b"", 1), headers={"Content-Length": str(MAX_EXPORT_FILE_BYTES + 1)}),
        httpx.Response(200, stream=stream, headers={"ETag": '"e"'}),
    ]
    with pytest.raises(errors.TooLarge, match="20,971,521 bytes"):
        fetch(server, tmp_path)
    with pytest.raises(errors.TooLarge, match="more than 20,971,520"):
        fetch(server, tmp_path)
    assert stream.given <= 21
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.Response(404), errors.ExportGone),
        (httpx.Response(410), errors.ExportGone),
        (httpx.Response(500), errors.ServerRefused),
        (httpx.Response(416), errors.ServerRefused),
        (httpx.Response(206, content=b"x"), errors.ServerRefused),
        (httpx.Response(200, content=b"x", headers={"Content-Encoding": "gzip"}), errors.BadAnswer),
        (httpx.Response(200, content=b"xyz", headers={"Content-Length": "2"}), errors.BadAnswer),
        (httpx.ConnectTimeout(""), errors.ServerUnreachable),
    ],
)
def test_failures_of_a_download_leave_nothing(
    answer: httpx.Response | Exception, kind: type[Refused], server: MiniAuthority, tmp_path: Path
) -> None:
    server.answers[f"/exports/{NAME}"] = [answer]
    with pytest.raises(kind):
        fetch(server, tmp_path)
    assert list(tmp_path.iterdir()) == []


# Code, certificate, publishing


def test_the_mac_is_the_published_construction() -> None:
    """By hand: base64 key, start, period, risk joined by dots; sorted; joined by commas; HMAC-SHA256."""
    text = (
        "AAAAAAAAAAAAAAAAAAAAAA==.2990000.144.0,"
        "AQEBAQEBAQEBAQEBAQEBAQ==.2990144.143.0,"
        "AgICAgICAgICAgICAgICAg==.2990288.142.0"
    )
    expected = hmac.new(b"secret", text.encode(), hashlib.sha256).digest()
    assert key_mac(KEYS, b"secret") == key_mac(KEYS[::-1], b"secret") == expected


def test_code_certificate_and_publishing_as_the_server_expects(
    server: MiniAuthority, client: AuthorityClient
) -> None:
    verified = client.verify("12345678")
    assert (verified.test_type, verified.symptom_date) == ("confirmed", "2026-11-24")
    certificate = client.certificate(verified.token, key_mac(KEYS, b"k" * 32))
    published = client.publish(
        KEYS,
        health_authority="vn.bluezone",
        certificate=certificate,
        hmac_key=b"k" * 32,
        symptom_onset_interval=2_990_000,
    )
    assert (published.inserted, published.revision_token, published.warnings) == (3, "rev1", ())
    body = json.loads(server.requests[-1].content)
    assert body["healthAuthorityID"] == "vn.bluezone"
    assert body["temporaryExposureKeys"][1] == {
        "key": base64.b64encode(KEYS[1].data).decode(),
        "rollingStartNumber": 2_990_144,
        "rollingPeriod": 143,
        "transmissionRisk": 0,
    }
    sizes = {len(json.loads(r.content)["padding"]) for r in server.requests}
    assert len(sizes) > 1
    assert "token" not in repr(verified)


@pytest.mark.parametrize(
    ("path", "answer", "kind", "message"),
    [
        (
            "/api/verify",
            httpx.Response(400, json={"error": "no", "errorCode": "code_expired"}),
            errors.CodeRefused,
            r"no \(code_expired\); ask for a new code",
        ),
        ("/api/verify", httpx.Response(200, json={"error": "no"}), errors.CodeRefused, "no"),
        ("/api/verify", httpx.Response(200, json={"testtype": "confirmed"}), errors.BadAnswer, "no 'token'"),
        (
            "/api/verify",
            httpx.Response(200, json={"testtype": 3, "token": "t"}),
            errors.BadAnswer,
            "no 'testtype'",
        ),
        ("/api/verify", httpx.Response(200, content=b"<html>"), errors.BadAnswer, "is the address right"),
        ("/api/verify", httpx.Response(200, content=b"[]"), errors.BadAnswer, "not a JSON object"),
        ("/api/verify", httpx.Response(200, content=b"[" * 60_000), errors.BadAnswer, "not a JSON object"),
        ("/api/verify", httpx.Response(200, content=b"x" * 70_000), errors.TooLarge, "more than"),
        ("/api/verify", httpx.Response(502, content=b"<html>"), errors.ServerRefused, "502"),
        (
            "/api/verify",
            httpx.Response(429, json={}),
            errors.ServerRefused,
            r"requests \(429\); try again later",
        ),
        ("/api/verify", httpx.Response(429, content=b""), errors.ServerRefused, "try again later"),
        (
            "/api/verify",
            httpx.Response(429, json={"error": "slower", "errorCode": "too_many_requests"}),
            errors.ServerRefused,
            r"slower \(too_many_requests\); try again later with the same code",
        ),
        (
            "/api/verify",
            httpx.Response(500, json={"error": "oops", "errorCode": "internal_server_error"}),
            errors.ServerRefused,
            r"oops \(internal_server_error\); try again later with the same code",
        ),
        ("/api/verify", httpx.ConnectError("down"), errors.ServerUnreachable, "down"),
        *(
            (
                "/api/certificate",
                httpx.Response(400, json={"error": "old", "errorCode": code}),
                errors.CertificateRefused,
                rf"old \({code}\); ask for a new code",
            )
            for code in ("token_invalid", "token_expired", "hmac_invalid")
        ),
        (
            "/api/certificate",
            httpx.Response(503, json={"error": "busy", "errorCode": "token_invalid"}),
            errors.ServerRefused,
            "try again later with the same code",
        ),
        (
            "/api/certificate",
            httpx.Response(403, json={"error": "no"}),
            errors.ServerRefused,
            "no; try again",
        ),
        (
            "/v1/publish",
            httpx.Response(400, json={"error": "bad", "code": "bad_request"}),
            errors.PublishRefused,
            r"bad \(bad_request\)",
        ),
        (
            "/v1/publish",
            httpx.Response(500, json={"error": "x", "code": "internal_error"}),
            errors.PublishRefused,
            "internal_error",
        ),
        ("/v1/publish", httpx.Response(200, json={"warnings": 5}), errors.BadAnswer, "'warnings'"),
        (
            "/api/verify",
            httpx.Response(200, content=b'{"testtype": "confirmed", "token": "\\ud800"}'),
            errors.BadAnswer,
            "'token'",
        ),
        ("/v1/publish", httpx.Response(413, content=b""), errors.BadAnswer, "413"),
    ],
)
def test_failures_of_reporting_say_what_to_do(
    path: str, answer: httpx.Response | Exception, kind: type[Refused], message: str
) -> None:
    client = answering(answer, path)
    calls: dict[str, Callable[[], object]] = {
        "/api/verify": lambda: client.verify("1"),
        "/api/certificate": lambda: client.certificate("t", b"m" * 32),
        "/v1/publish": lambda: client.publish(KEYS, health_authority="a", certificate="c", hmac_key=b"k"),
    }
    with pytest.raises(kind, match=message):
        calls[path]()


def test_a_partial_failure_counts_and_its_reason_is_a_remark() -> None:
    answer = {
        "error": "key 2 cannot be imported",
        "code": "partial_failure",
        "insertedExposures": 2,
        "revisionToken": "r",
    }
    published = answering(httpx.Response(200, json=answer), "/v1/publish").publish(
        KEYS, health_authority="a", certificate="c", hmac_key=b"k"
    )
    assert (published.inserted, published.warnings) == (2, ("key 2 cannot be imported",))

"""Following another authority: its keys come in once and keep what it says of them, and nothing else does."""

from __future__ import annotations

import secrets
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import connections
from tests.contract.conftest import Phone

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.models import AuditEntry
from bluezone.authority.keys import queries, services
from bluezone.authority.keys.import_client import MAX_INDEX_BYTES, HttpExports, ImportFailed, check_source_url
from bluezone.authority.keys.models import ImportedFile, PublishedKey
from bluezone.clock import SettableClock
from bluezone.errors import Refused
from bluezone.protocols.export_file import read_export, write_export
from bluezone.protocols.export_signature import private_key_signer
from bluezone.protocols.gaen import DiagnosisKey, ReportType, TemporaryExposureKey

pytestmark = pytest.mark.django_db

INDEX = "https://neighbour.example/exports/LA/index.txt"
DAY = 144


class Neighbour:
    """Another authority's web site: files by address; what it was asked for."""

    def __init__(self, clock: SettableClock) -> None:
        self.clock = clock
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.pages: dict[str, bytes] = {}
        self.asked: list[str] = []

    @property
    def pem(self) -> str:
        return (
            self.key.public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode()
        )

    @property
    def today(self) -> int:
        return int(self.clock.now().timestamp()) // 86_400 * DAY

    def tek(self, days_ago: int = 2) -> DiagnosisKey:
        return DiagnosisKey(
            TemporaryExposureKey(secrets.token_bytes(16), self.today - DAY * days_ago, DAY),
            ReportType.CONFIRMED_TEST,
            3,
            2,
        )

    def publish(self, name: str, keys: list[DiagnosisKey], revised: list[DiagnosisKey] | None = None) -> None:
        now = self.clock.now()
        signer = private_key_signer(self.key, "457", "v1")
        self.pages[f"/exports/LA/{name}"] = write_export(
            keys,
            revised_keys=revised or [],
            region="LA",
            start=now - timedelta(hours=4),
            end=now,
            signers=[signer],
        )
        lines = [path.removeprefix("/exports/") for path in self.pages if path.endswith(".zip")]
        self.pages["/exports/LA/index.txt"] = "\n".join(lines).encode()

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        content = self.pages.get(request.url.path)
        if content is None:
            return httpx.Response(404)
        return httpx.Response(200, stream=httpx.ByteStream(content))

    def open(self, index_url: str) -> HttpExports:
        return HttpExports(httpx.Client(transport=httpx.MockTransport(self.answer)), index_url)


@pytest.fixture
def neighbour(key_server: Path, authority_clock: SettableClock) -> Neighbour:
    return Neighbour(authority_clock)


Follow = Callable[..., Any]


@pytest.fixture
def follow(neighbour: Neighbour, authority_clock: SettableClock) -> Follow:
    def add(
        *, reexport: bool = False, mirror: bool = False, region: str = "VN", pem: str | None = None
    ) -> Any:
        return services.add_source(
            "Lào",
            INDEX,
            region=region,
            public_keys_pem=neighbour.pem if pem is None else pem,
            reexport=reexport,
            mirror=mirror,
            by=Actor("test"),
            now=authority_clock.now(),
        )

    return add


def run(neighbour: Neighbour) -> services.ImportReport:
    (report,) = services.run_imports(neighbour.clock.now(), neighbour.open)
    return report


def test_keys_come_in_once_with_what_is_said_of_them(neighbour: Neighbour, follow: Follow) -> None:
    follow()
    keys = [neighbour.tek(days) for days in (2, 3, 4)]
    keys[1] = replace(keys[1], report_type=ReportType.SELF_REPORT, days_since_onset=None, transmission_risk=0)
    neighbour.publish("1615363200-1615377600-00001.zip", keys)
    report = run(neighbour)
    assert (report.files, report.keys, report.failed) == (("LA/1615363200-1615377600-00001.zip",), 3, ())
    rows = {bytes(row.tek): row for row in PublishedKey.objects.all()}
    for key in keys:
        row = rows[key.tek.data]
        assert (row.rolling_start, row.rolling_period) == (key.tek.rolling_start, 144)
        assert row.transmission_risk == key.transmission_risk
        assert row.days_since_onset == key.days_since_onset
        assert (row.region, row.authority, row.imported_from.name) == ("VN", None, "Lào")
    assert rows[keys[1].tek.data].report_type == "user-report"
    assert rows[keys[0].tek.data].report_type == "confirmed"
    neighbour.asked.clear()
    assert run(neighbour).files == ()
    assert neighbour.asked == ["/exports/LA/index.txt"]  # the file is not fetched again


def test_they_are_in_no_export_of_ours_unless_told(
    neighbour: Neighbour, follow: Follow, authority_clock: SettableClock, key_server: Path
) -> None:
    follow()
    key = neighbour.tek()
    neighbour.publish("1-2-00001.zip", [key])
    run(neighbour)
    authority_clock.advance(timedelta(hours=9))
    assert services.build_exports(authority_clock.now()).built == ()
    follow(reexport=True)  # the same source, otherwise
    authority_clock.advance(timedelta(hours=4))
    (line,) = services.build_exports(authority_clock.now()).built
    exported = read_export((key_server / "exports" / line).read_bytes(), allow_unsigned=True)
    assert key.tek.data in {one.tek.data for one in exported.keys}


def test_keys_of_our_own_stay_our_own(
    neighbour: Neighbour, follow: Follow, phone: Phone, key_server: Path, authority_clock: SettableClock
) -> None:
    """A neighbour who imports ours gives them back, revised even: nothing of it changes ours."""
    sent = phone.keys(2)
    phone.publish(sent, "likely")
    follow(reexport=True)
    back = [
        DiagnosisKey(
            TemporaryExposureKey(b64decode(one["key"]), one["rollingStartNumber"], 144),
            ReportType.CONFIRMED_TEST,
            0,
            2,
        )
        for one in sent
    ]
    neighbour.publish("1-2-00001.zip", [back[0]], revised=[back[1]])
    assert run(neighbour).keys == 0
    for row in PublishedKey.objects.all():
        assert (row.imported_from, row.report_type, row.revised_report_type) == (None, "likely", None)


def test_a_revision_revises(neighbour: Neighbour, follow: Follow) -> None:
    follow()
    likely = replace(neighbour.tek(), report_type=ReportType.CONFIRMED_CLINICAL_DIAGNOSIS)
    neighbour.publish("1-2-00001.zip", [likely])
    run(neighbour)
    confirmed = replace(likely, report_type=ReportType.CONFIRMED_TEST)
    unseen = neighbour.tek(5)
    revoked = replace(neighbour.tek(6), report_type=ReportType.REVOKED)
    neighbour.publish("2-3-00001.zip", [], revised=[confirmed, unseen, revoked])
    assert run(neighbour).keys == 1  # of a key never seen before only what it is now is known
    row = PublishedKey.objects.get(tek=likely.tek.data)
    assert (row.report_type, row.revised_report_type) == ("likely", "confirmed")
    assert PublishedKey.objects.get(tek=unseen.tek.data).report_type == "confirmed"
    assert not PublishedKey.objects.filter(tek=revoked.tek.data).exists()


def test_what_is_too_old_too_new_or_unspeakable_is_left_out(neighbour: Neighbour, follow: Follow) -> None:
    follow()
    good = replace(neighbour.tek(), days_since_onset=99)
    odd = [
        neighbour.tek(17),  # ended 16 days ago: keys are kept for 15
        neighbour.tek(-1),  # tomorrow
        replace(neighbour.tek(), report_type=ReportType.RECURSIVE),
        replace(neighbour.tek(), transmission_risk=9),
    ]
    neighbour.publish("1-2-00001.zip", [good, *odd, good])
    assert run(neighbour).keys == 1
    assert PublishedKey.objects.get().days_since_onset is None


def test_a_bad_file_stops_no_other(neighbour: Neighbour, follow: Follow) -> None:
    follow()
    neighbour.publish("1-2-00001.zip", [neighbour.tek()])
    neighbour.publish("2-3-00001.zip", [neighbour.tek()])
    neighbour.publish("3-4-00001.zip", [neighbour.tek()])
    neighbour.pages["/exports/LA/1-2-00001.zip"] = b"no zip"
    damaged = bytearray(neighbour.pages["/exports/LA/2-3-00001.zip"])
    damaged[60] ^= 1
    neighbour.pages["/exports/LA/2-3-00001.zip"] = bytes(damaged)
    report = run(neighbour)
    assert report.files == ("LA/3-4-00001.zip",)
    assert [one.split(":")[0] for one in report.failed] == ["LA/1-2-00001.zip", "LA/2-3-00001.zip"]
    (followed,) = queries.import_sources()
    assert (followed.files, followed.keys) == (1, 1)
    assert "1-2-00001.zip" in followed.source.last_error
    neighbour.publish("1-2-00001.zip", [neighbour.tek()])  # mended: it is tried again
    assert run(neighbour).files == ("LA/1-2-00001.zip",)


def test_another_signer_is_not_believed(neighbour: Neighbour, follow: Follow) -> None:
    other = Neighbour(neighbour.clock)
    follow(pem=other.pem)
    neighbour.publish("1-2-00001.zip", [neighbour.tek()])
    assert run(neighbour).files == ()
    assert PublishedKey.objects.count() == 0
    follow(pem=other.pem + neighbour.pem)  # while its key is rotated both are believed
    assert run(neighbour).keys == 1


@pytest.mark.parametrize(
    ("index", "says"),
    [
        (b"LA/../../etc/passwd.zip", "line 1 of the index"),
        (b"LA/a.zip\nhttps://evil.example/a.zip", "line 2 of the index"),
        (b"LA/a.zip\nLA/a.zip", "twice"),
        ("LA/ă.zip".encode(), "not plain text"),
        (b"LA/a.zip\n" * 200_000, "larger than 1,048,576 bytes"),
        (None, "the server answers 404"),
    ],
)
def test_a_hostile_index(neighbour: Neighbour, follow: Follow, index: bytes | None, says: str) -> None:
    follow()
    if index is not None:
        neighbour.pages["/exports/LA/index.txt"] = index
    report = run(neighbour)
    assert len(report.failed) == 1
    assert says in report.failed[0]
    assert neighbour.asked == ["/exports/LA/index.txt"]
    assert MAX_INDEX_BYTES == 1_048_576


def test_whatever_fails_with_one_source_holds_up_no_other(neighbour: Neighbour, follow: Follow) -> None:
    follow()
    key = neighbour.tek()
    neighbour.publish("1-2-00001.zip", [key])
    services.add_source(
        "Campuchia",
        "https://first.example/KH/index.txt",
        region="VN",
        public_keys_pem=neighbour.pem,
        reexport=False,
        by=Actor("test"),
        now=neighbour.clock.now(),
    )

    def fail(_request: httpx.Request) -> httpx.Response:
        raise RuntimeError("what nobody thought of")

    def open_source(index_url: str) -> HttpExports:
        if index_url == INDEX:
            return neighbour.open(index_url)
        return HttpExports(httpx.Client(transport=httpx.MockTransport(fail)), index_url)

    first, second = services.run_imports(neighbour.clock.now(), open_source)
    assert (first.source, first.keys) == ("Campuchia", 0)
    assert first.failed
    assert (second.source, second.keys, second.failed) == ("Lào", 1, ())
    shown = {one.source.name: one.source.last_error for one in queries.import_sources()}
    assert "RuntimeError" in shown["Campuchia"]
    assert shown["Lào"] == ""


def test_redirects_and_compressed_answers_are_not_followed(neighbour: Neighbour) -> None:
    answers = iter(
        [
            httpx.Response(302, headers={"Location": "https://elsewhere.example/"}),
            httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=b""),
            httpx.Response(302, headers={"Location": "https://xn--/"}),
        ]
    )
    exports = HttpExports(httpx.Client(transport=httpx.MockTransport(lambda _request: next(answers))), INDEX)
    with pytest.raises(ImportFailed, match="answers 302"):
        exports.index()
    with pytest.raises(ImportFailed, match="compressed"):
        exports.index()
    with pytest.raises(ImportFailed):
        exports.index()


def test_a_slow_server_is_hung_up_on(neighbour: Neighbour) -> None:
    seconds = iter(range(0, 10_000, 20))

    def drip() -> Any:
        yield b"LA/a.zip"
        yield b"\n"

    answer = httpx.Response(200, content=drip())
    exports = HttpExports(
        httpx.Client(transport=httpx.MockTransport(lambda _request: answer)),
        INDEX,
        clock=lambda: float(next(seconds)),
    )
    with pytest.raises(ImportFailed, match="not there after 30 s"):
        exports.index()


@pytest.mark.parametrize(
    "url",
    [
        "http://neighbour.example/index.txt",
        "ftp://neighbour.example/index.txt",
        "https://user:pw@neighbour.example/index.txt",
        "https://neighbour.example/index.txt?token=1",
        "https://neighbour.example:abc/index.txt",
        "https://xn--/index.txt",
        "index.txt",
    ],
)
def test_addresses_that_are_not_fetched(url: str) -> None:
    with pytest.raises(ImportFailed):
        check_source_url(url)
    assert check_source_url("http://127.0.0.1:9/VN/index.txt")


def test_a_source_must_make_sense(
    key_server: Path, neighbour: Neighbour, authority_clock: SettableClock
) -> None:
    good = {"region": "VN", "public_keys_pem": neighbour.pem, "reexport": False}
    for bad in (
        {"region": "việt"},
        {"public_keys_pem": "none"},
        {"public_keys_pem": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"},
        {"region": "LA", "reexport": True},
    ):
        with pytest.raises(Refused):
            services.add_source("Lào", INDEX, by=Actor("test"), now=authority_clock.now(), **{**good, **bad})
    assert queries.import_sources() == []


def test_following_can_stop_and_is_audited(neighbour: Neighbour, follow: Follow) -> None:
    follow()
    neighbour.publish("1-2-00001.zip", [neighbour.tek()])
    services.stop_source("Lào", by=Actor("test"), now=neighbour.clock.now())
    assert services.run_imports(neighbour.clock.now(), neighbour.open) == []
    actions = list(AuditEntry.objects.order_by("recorded_at", "action").values_list("action", flat=True))
    assert {"keys.import-added", "keys.import-stopped"} <= set(actions)
    with pytest.raises(Refused, match="no source is named 'Thái'"):
        services.stop_source("Thái", by=Actor("test"), now=neighbour.clock.now())


def test_imported_keys_end_with_their_age(
    neighbour: Neighbour, follow: Follow, authority_clock: SettableClock
) -> None:
    follow()
    neighbour.publish("1-2-00001.zip", [neighbour.tek()])
    run(neighbour)
    services.delete_expired(authority_clock.now())
    assert PublishedKey.objects.count() == 1
    authority_clock.advance(timedelta(days=15))
    services.delete_expired(authority_clock.now())
    assert PublishedKey.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_two_runners_take_a_file_in_once(neighbour: Neighbour, follow: Follow) -> None:
    """The second has fetched the same file before the first wrote it."""
    source = follow()
    neighbour.publish("1-2-00001.zip", [neighbour.tek(), neighbour.tek()])
    name, content = "LA/1-2-00001.zip", neighbour.pages["/exports/LA/1-2-00001.zip"]

    def meanwhile(index_url: str) -> HttpExports:
        class Late(HttpExports):
            def file(self, line: str) -> bytes:
                assert run_once(neighbour) == 2
                return content

        return Late(httpx.Client(transport=httpx.MockTransport(neighbour.answer)), index_url)

    (report,) = services.run_imports(neighbour.clock.now(), meanwhile)
    assert (report.files, report.keys, report.failed) == ((), 0, ())
    assert ImportedFile.objects.filter(source=source, name=name).count() == 1
    assert PublishedKey.objects.count() == 2
    connections.close_all()


def run_once(neighbour: Neighbour) -> int:
    return run(neighbour).keys

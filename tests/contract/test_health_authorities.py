"""Certificates of several authorities: keys given as PEM or fetched as JWKS, rotated, withdrawn."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from structlog.testing import capture_logs

from bluezone.authority import setup
from bluezone.authority.access.audit import SYSTEM
from bluezone.authority.access.models import AuditEntry
from bluezone.authority.keys import services
from bluezone.authority.keys.authority_jwks import MAX_BYTES, BadAuthorityKey, fetch_jwks, read_jwks
from bluezone.authority.keys.models import (
    ExportConfig,
    HealthAuthority,
    HealthAuthorityKey,
    PublishedKey,
)
from bluezone.authority.keys.queries import health_authorities
from bluezone.authority.keys.services.authorities import RegionChanged
from bluezone.authority.keys.state_queries import failing_authorities

pytestmark = pytest.mark.django_db

ADDRESS = "https://verify.example/jwks"


def jwk(key: ec.EllipticCurvePrivateKey, kid: str, **changes: Any) -> dict[str, Any]:
    """RFC 7518, 6.2: coordinates as base64url of 32 bytes."""
    numbers = key.public_key().public_numbers()
    x, y = (
        urlsafe_b64encode(one.to_bytes(32, "big")).rstrip(b"=").decode() for one in (numbers.x, numbers.y)
    )
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": kid, **changes}


def jwks(*keys: Mapping[str, Any]) -> bytes:
    return json.dumps({"keys": keys}).encode()


def new(authority: Any, **changes: Any) -> services.NewAuthority:
    given = {"identifier": "gov.new", "issuer": "gov.new.issuer", "audience": "key-server", "region": "VN"}
    return services.NewAuthority(**{**given, "keys": {authority.kid: authority.public_pem}, **changes})


def publish_for(phone: Any, authority: Any, identifier: str = "gov.new") -> tuple[int, str]:
    keys = phone.keys(1)
    claims = phone.claims(keys, iss="gov.new.issuer")
    body = {"healthAuthorityID": identifier, "verificationPayload": authority.jwt(claims)}
    status, reply = phone.publish(keys, **body)
    return status, reply.get("code", "")


@pytest.fixture
def now(authority_clock: Any) -> Any:
    return authority_clock.now()


@pytest.fixture
def stranger(foreign_authority: Any) -> Any:
    return type(foreign_authority)()


def test_an_added_authority_is_believed_until_it_is_removed(
    phone: Any, stranger: Any, authority_clock: Any
) -> None:
    now = authority_clock.now()
    assert publish_for(phone, stranger) == (401, "unknown_health_authority_id")
    services.add_authority(new(stranger), by=SYSTEM, now=now)
    assert publish_for(phone, stranger) == (200, "")
    services.remove_authority("gov.new", by=SYSTEM, now=now)
    assert publish_for(phone, stranger) == (401, "health_authority_verification_certificate_invalid")
    assert PublishedKey.objects.count() == 1  # what was published stays
    actions = AuditEntry.objects.filter(action__startswith="keys.authority").values_list("action", flat=True)
    assert sorted(actions) == ["keys.authority-added", "keys.authority-removed"]


def test_an_authority_nobody_published_with_is_removed_whole(
    phone: Any, stranger: Any, authority_clock: Any
) -> None:
    services.add_authority(new(stranger), by=SYSTEM, now=authority_clock.now())
    services.remove_authority("gov.new", by=SYSTEM, now=authority_clock.now())
    assert publish_for(phone, stranger) == (401, "unknown_health_authority_id")


def test_keys_rotate_with_overlap(phone: Any, stranger: Any, authority_clock: Any) -> None:
    now = authority_clock.now()
    second = type(stranger)(kid="v2")
    services.add_authority(new(stranger), by=SYSTEM, now=now)
    both = {"v1": stranger.public_pem, "v2": second.public_pem}
    services.add_authority(new(stranger, keys=both), by=SYSTEM, now=now)
    assert publish_for(phone, stranger)[0] == publish_for(phone, second)[0] == 200
    services.add_authority(new(stranger, keys={"v2": second.public_pem}), by=SYSTEM, now=now)
    assert publish_for(phone, stranger)[0] == 401
    assert publish_for(phone, second)[0] == 200


def test_a_key_counts_between_its_times(phone: Any, stranger: Any, authority_clock: Any) -> None:
    now = authority_clock.now()
    services.add_authority(new(stranger), by=SYSTEM, now=now)
    row = HealthAuthorityKey.objects.filter(authority__identifier="gov.new")
    for begins, ends, status in [(1, None, 401), (-2, 0, 401), (0, 1, 200)]:
        until = None if ends is None else now + timedelta(seconds=ends)
        row.update(valid_from=now + timedelta(seconds=begins), valid_until=until)
        from bluezone.authority.keys.services.accepted_keys import forget_accepted_keys

        forget_accepted_keys()
        assert publish_for(phone, stranger)[0] == status, (begins, ends)


def test_keys_of_an_address_follow_it(phone: Any, stranger: Any, authority_clock: Any) -> None:
    second = type(stranger)(kid="v2")
    published = [jwks(jwk(stranger.key, "v1"))]

    def fetch(url: str) -> Mapping[str, str]:
        assert url == ADDRESS
        return read_jwks(published[0])

    services.add_authority(new(stranger, keys={}, jwks_url=ADDRESS), by=SYSTEM, now=authority_clock.now())
    assert publish_for(phone, stranger)[0] == 401  # nothing has been fetched yet
    assert services.refresh_authority_keys(authority_clock.now(), fetch) == 1
    assert publish_for(phone, stranger)[0] == 200
    for keys, first_status, second_status in [
        ([jwk(stranger.key, "v1"), jwk(second.key, "v2")], 200, 200),
        ([jwk(second.key, "v2")], 401, 200),  # gone means no longer valid
        ([jwk(stranger.key, "v1")], 200, 401),  # and back again
        ([jwk(second.key, "v1")], 401, 401),  # another key under the same id
    ]:
        published[0] = jwks(*keys)
        authority_clock.advance(timedelta(minutes=5))
        services.refresh_authority_keys(authority_clock.now(), fetch)
        assert publish_for(phone, stranger)[0] == first_status
        assert publish_for(phone, second)[0] == second_status
    known = {one.identifier: one for one in health_authorities(authority_clock.now())}["gov.new"]
    assert (list(known.key_ids), known.fetched_at) == (["v1"], authority_clock.now())


def test_an_authority_out_of_reach_keeps_its_keys(phone: Any, stranger: Any, authority_clock: Any) -> None:
    now = authority_clock.now()
    services.add_authority(new(stranger, keys={}, jwks_url=ADDRESS), by=SYSTEM, now=now)
    services.refresh_authority_keys(now, lambda _: read_jwks(jwks(jwk(stranger.key, "v1"))))

    def fail(_url: str) -> Mapping[str, str]:
        raise BadAuthorityKey("verify.example: ConnectTimeout")

    assert services.refresh_authority_keys(now + timedelta(hours=1), fail) == 0
    assert publish_for(phone, stranger)[0] == 200


@pytest.mark.parametrize("fault", [BadAuthorityKey("no"), ValueError("no"), RuntimeError("no")])
def test_whatever_fails_with_one_authority_holds_up_no_other(
    phone: Any, stranger: Any, authority_clock: Any, fault: Exception
) -> None:
    now = authority_clock.now()
    bad = new(stranger, identifier="gov.bad", issuer="gov.bad.issuer", keys={}, jwks_url=ADDRESS + "/bad")
    services.add_authority(bad, by=SYSTEM, now=now)
    services.add_authority(new(stranger, keys={}, jwks_url=ADDRESS), by=SYSTEM, now=now)

    def fetch(url: str) -> Mapping[str, str]:
        if url != ADDRESS:
            raise fault
        return read_jwks(jwks(jwk(stranger.key, "v1")))

    assert services.refresh_authority_keys(now, fetch) == 1
    assert publish_for(phone, stranger)[0] == 200


def test_why_keys_were_not_fetched_is_kept_with_whose_they_are(
    phone: Any, stranger: Any, authority_clock: Any
) -> None:
    now = authority_clock.now()
    other = {"identifier": "gov.other", "issuer": "gov.other", "jwks_url": "https://other.example/jwks"}
    for changes in ({"jwks_url": ADDRESS}, other):
        services.add_authority(new(stranger, keys={}, **changes), by=SYSTEM, now=now)

    def fetch(url: str) -> Mapping[str, str]:
        if url == ADDRESS:
            raise BadAuthorityKey("verify.example: " + "x" * 400)
        raise RuntimeError("nobody thought of it")

    def errors() -> dict[str, str]:
        return {one.identifier: one.last_error for one in health_authorities(now) if one.jwks_url}

    with capture_logs() as lines:
        services.refresh_authority_keys(now, fetch, only="gov.new")
    assert [line["authority"] for line in lines] == ["gov.new"]
    assert errors() == {"gov.new": "verify.example: " + "x" * 284, "gov.other": ""}
    assert failing_authorities() == 1
    with capture_logs() as lines:
        services.refresh_authority_keys(now, fetch)
    assert [line["authority"] for line in lines] == ["gov.new", "gov.other"]
    assert errors()["gov.other"] == "stopped by a fault: RuntimeError"
    assert failing_authorities() == 2
    services.refresh_authority_keys(now, lambda _: read_jwks(jwks(jwk(stranger.key, "v1"))), only="gov.other")
    services.add_authority(new(stranger), by=SYSTEM, now=now)  # by its key, no more by an address
    assert (errors(), failing_authorities()) == ({"gov.other": ""}, 0)


def test_an_authority_that_was_changed_during_a_fetch_is_left_alone(
    phone: Any, stranger: Any, authority_clock: Any
) -> None:
    now = authority_clock.now()
    services.add_authority(new(stranger, keys={}, jwks_url=ADDRESS), by=SYSTEM, now=now)

    def fetch(_url: str) -> Mapping[str, str]:
        services.remove_authority("gov.new", by=SYSTEM, now=now)
        return read_jwks(jwks(jwk(stranger.key, "v1")))

    assert services.refresh_authority_keys(now, fetch) == 0
    assert not HealthAuthority.objects.filter(identifier="gov.new").exists()


@pytest.mark.parametrize(
    ("changes", "needle"),
    [
        ({"identifier": ""}, "identifier"),
        ({"identifier": "vn.bluezone"}, "own"),
        ({"identifier": "x\n"}, "identifier"),
        ({"issuer": "gov.example.issuer"}, "issuer"),
        ({"region": "R" * 17}, "region"),
        ({"region": ""}, "region"),
        ({"region": "../x"}, "region"),
        ({"region": "ZZ"}, "export configure ZZ"),
        ({"keys": {}}, "either"),
        ({"jwks_url": ADDRESS}, "either"),
        ({"keys": {}, "jwks_url": "http://verify.example/jwks"}, "https"),
        ({"keys": {}, "jwks_url": "https://user@verify.example/jwks"}, "https"),
        ({"keys": {}, "jwks_url": "file:///etc/passwd"}, "https"),
        ({"keys": {}, "jwks_url": "https://[::1"}, "https"),
        ({"keys": {}, "jwks_url": "https://host:abc/jwks"}, "host:abc"),
        ({"keys": {}, "jwks_url": "https://xn--/jwks"}, "xn--"),
        ({"keys": {"v1": "no key"}}, "PEM"),
        ({"keys": {"": "no key"}}, "key id"),
    ],
)
def test_authorities_that_cannot_be(
    phone: Any, stranger: Any, authority_clock: Any, changes: dict[str, Any], needle: str
) -> None:
    before = HealthAuthority.objects.count()
    with pytest.raises((services.AuthorityRefused, BadAuthorityKey), match=needle):
        services.add_authority(new(stranger, **changes), by=SYSTEM, now=authority_clock.now())
    assert HealthAuthority.objects.count() == before


@pytest.mark.parametrize(
    "key", [rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())]
)
def test_keys_of_other_kinds(phone: Any, stranger: Any, authority_clock: Any, key: Any) -> None:
    pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    with pytest.raises(BadAuthorityKey, match="P-256"):
        services.add_authority(new(stranger, keys={"v1": pem.decode()}), by=SYSTEM, now=authority_clock.now())


def test_the_own_authority_and_unknown_ones_are_not_removed(phone: Any, authority_clock: Any) -> None:
    for identifier in ("vn.bluezone", "nobody"):
        with pytest.raises(services.AuthorityRefused):
            services.remove_authority(identifier, by=SYSTEM, now=authority_clock.now())


def test_the_own_region_stays_once_keys_go_out_with_it(authority: Any, settings: Any, now: Any) -> None:
    assert services.add_own_authority(now).region == "VN"
    settings.BLUEZONE_REGION = "HN"
    assert services.add_own_authority(now).region == "HN"  # no export of VN had been made
    services.configure_export("HN")
    settings.BLUEZONE_REGION = "VN"
    with pytest.raises(RegionChanged, match="Set it to HN"):
        services.add_own_authority(now)
    assert HealthAuthority.objects.get().region == "HN"


def test_a_set_up_that_fails_registers_nothing(
    authority: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: Any, **_more: Any) -> None:
        raise services.ExportRefused("no")

    monkeypatch.setattr(setup.os, "umask", lambda _mask: 0)  # ours would stay with the tests that follow
    with monkeypatch.context() as failing:
        failing.setattr(services, "configure_export", refuse)
        with pytest.raises(services.ExportRefused):
            setup.prepare()
    assert HealthAuthority.objects.count() == 0
    settings.BLUEZONE_REGION = "HN"
    setup.prepare()
    assert HealthAuthority.objects.get().region == ExportConfig.objects.get().region == "HN"


class TestReading:
    """What is taken of a JWKS."""

    def test_other_keys_are_passed_over(self, stranger: Any) -> None:
        good = jwk(stranger.key, "v1", use="sig", alg="ES256")
        others = [
            {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "r"},
            jwk(stranger.key, "", use="sig"),
            jwk(stranger.key, "k" * 65),
            jwk(stranger.key, "enc", use="enc"),
            jwk(stranger.key, "other", alg="ES384"),
            jwk(stranger.key, "off", x="AAAA"),  # not on the curve
            jwk(stranger.key, "none", y=None),
            "text",
        ]
        assert read_jwks(jwks(*others, good)) == {"v1": stranger.public_pem}

    @pytest.mark.parametrize(
        "content", [b"", b"[]", b"{}", b'{"keys": 1}', b'{"keys": []}', b"\xff", b"[" * 50_000]
    )
    def test_what_is_no_jwks_withdraws_nothing(self, content: bytes) -> None:
        with pytest.raises(BadAuthorityKey):
            read_jwks(content)

    def test_a_key_id_twice(self, stranger: Any) -> None:
        with pytest.raises(BadAuthorityKey, match="twice"):
            read_jwks(jwks(jwk(stranger.key, "v1"), jwk(stranger.key, "v1")))


class TestFetching:
    """What is asked of the network, and what is not followed."""

    def fetch(self, answer: httpx.Response) -> Mapping[str, str]:
        return fetch_jwks(ADDRESS, httpx.MockTransport(lambda _: answer))

    def test_keys_are_fetched(self, stranger: Any) -> None:
        answer = httpx.Response(200, stream=httpx.ByteStream(jwks(jwk(stranger.key, "v1"))))
        assert self.fetch(answer) == {"v1": stranger.public_pem}

    @pytest.mark.parametrize("status", [204, 301, 404, 500])
    def test_other_answers(self, status: int) -> None:
        headers = {"Location": "https://elsewhere.example/"}
        with pytest.raises(BadAuthorityKey, match=f"verify.example: the server answers {status}"):
            self.fetch(httpx.Response(status, headers=headers, stream=httpx.ByteStream(b"")))

    def test_a_redirect_to_no_address(self) -> None:
        with pytest.raises(BadAuthorityKey, match=r"verify\.example"):
            self.fetch(httpx.Response(302, headers={"Location": "https://xn--/"}))

    def test_keys_that_drip_in_are_hung_up_on_after_30_seconds(self) -> None:
        seconds = iter([0.0, 9.0, 18.0, 27.0, 36.0, 45.0])

        def drip() -> Any:
            for _ in range(100):
                yield b" "

        with pytest.raises(BadAuthorityKey, match="not there after 30 s"):
            fetch_jwks(
                ADDRESS,
                httpx.MockTransport(lambda _: httpx.Response(200, content=drip())),
                clock=lambda: next(seconds),
            )
        assert next(seconds) == 45.0

    def test_too_much(self) -> None:
        with pytest.raises(BadAuthorityKey, match="larger"):
            self.fetch(httpx.Response(200, stream=httpx.ByteStream(b" " * (MAX_BYTES + 1))))

    def test_a_network_that_fails(self) -> None:
        def fail(_request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectTimeout("no answer")

        with pytest.raises(BadAuthorityKey, match="ConnectTimeout"):
            fetch_jwks(ADDRESS, httpx.MockTransport(fail))

    def test_only_https_but_on_this_machine(self) -> None:
        with pytest.raises(BadAuthorityKey, match="https"):
            fetch_jwks("http://192.0.2.1/jwks", httpx.MockTransport(lambda _: httpx.Response(200)))
        with pytest.raises(BadAuthorityKey, match="answers 404"):
            fetch_jwks("http://127.0.0.1:1/jwks", httpx.MockTransport(lambda _: httpx.Response(404)))

"""The runbook "rotating keys" of docs/operating.md, rehearsed: nobody who followed it is left behind."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.test import Client
from joserfc import jwt
from joserfc.jwk import ECKey
from structlog.testing import capture_logs

from bluezone.authority import secret_files
from bluezone.authority.access.audit import Actor
from bluezone.authority.access.models import AuditEntry
from bluezone.authority.keys import certificates, queries, services
from bluezone.authority.keys.models import ExportSigner, HealthAuthorityKey
from bluezone.authority.keys.report_types import ReportTypeName
from bluezone.authority.keys.services.certificate_signers import certificate_signer
from bluezone.authority.secret_files import MissingSecret, create_missing_secrets, secrets_folder
from bluezone.protocols.export_errors import UnknownSigner
from bluezone.protocols.export_file import Export, read_export

pytestmark = pytest.mark.django_db

CLI = Actor("cli")
DAY = timedelta(days=1)
PERIOD = timedelta(hours=4)


def keys_json(region: str = "VN") -> dict[tuple[str, str], ec.EllipticCurvePublicKey]:
    """What a device learns that asks now."""
    answer = json.loads(Client().get(f"/exports/{region}/keys.json").content)
    found = {}
    for one in answer["keys"]:
        key = load_pem_public_key(one["pem"].encode())
        assert isinstance(key, ec.EllipticCurvePublicKey)
        found[one["id"], one["version"]] = key
    return found


def lose(name: str) -> None:
    """A secret, for a server that is started afterwards."""
    (secrets_folder() / name).unlink()
    secret_files._load_private_key.cache_clear()
    secret_files._read.cache_clear()


def export_now(phone: Any, clock: Any, data: Path) -> bytes:
    """A new file, and its bytes."""
    assert phone.publish(phone.keys(1))[0] == 200
    clock.advance(PERIOD)
    (line,) = services.build_exports(clock.now()).built
    return (data / "exports" / line).read_bytes()


def signers(file: bytes, keys: dict[tuple[str, str], ec.EllipticCurvePublicKey]) -> list[str]:
    export: Export = read_export(file, public_keys=keys)
    assert export.signature == "verified"
    return [one.key_version for one in export.signers]


def test_export_keys_turn_over_with_overlap(phone: Any, authority_clock: Any, key_server: Path) -> None:
    pinned = keys_json()
    assert list(pinned) == [("452", "v1")]
    effective = authority_clock.now() + DAY
    services.rotate_export_key("VN", effective=effective, overlap=14 * DAY, by=CLI, now=authority_clock.now())
    both = keys_json()
    assert list(both) == [("452", "v2"), ("452", "v1")]  # known before it signs
    assert signers(export_now(phone, authority_clock, key_server), pinned) == ["v1"]
    authority_clock.set(effective)
    file = export_now(phone, authority_clock, key_server)
    assert signers(file, pinned) == signers(file, both) == ["v2", "v1"]  # the newest in effect first
    assert signers(file, {("452", "v2"): both["452", "v2"]}) == ["v2", "v1"]
    authority_clock.set(effective + 14 * DAY)
    late = export_now(phone, authority_clock, key_server)
    assert signers(late, both) == ["v2"]
    with pytest.raises(UnknownSigner):
        read_export(late, public_keys=pinned)
    assert set(keys_json()) == set(both)  # files of the old key are still listed
    authority_clock.set(effective + 28 * DAY)
    assert list(keys_json()) == [("452", "v2")]
    (secrets_folder() / "export-signing.pem").unlink()  # the last step of the runbook
    assert signers(export_now(phone, authority_clock, key_server), both) == ["v2"]
    entry = AuditEntry.objects.get(action="export-key-rotated")
    assert (entry.actor, entry.subject, entry.details["version"]) == ("cli", "export:VN", "v2")


def test_a_stolen_key_is_out_at_once(phone: Any, authority_clock: Any, key_server: Path) -> None:
    now = authority_clock.now()
    services.rotate_export_key("VN", effective=now, overlap=timedelta(0), by=CLI, now=now)
    assert signers(export_now(phone, authority_clock, key_server), keys_json()) == ["v2"]


def test_the_newest_effective_signs_first_whatever_was_made_first(
    phone: Any, authority_clock: Any, key_server: Path
) -> None:
    now = authority_clock.now()
    for hours in (2, 1, 3):
        services.rotate_export_key(
            "VN", effective=now + timedelta(hours=hours), overlap=30 * DAY, by=CLI, now=now
        )
    file = export_now(phone, authority_clock, key_server)
    assert signers(file, keys_json()) == ["v4", "v2", "v3", "v1"]


def test_a_file_carries_ten_signatures_and_no_more(
    phone: Any, authority_clock: Any, key_server: Path
) -> None:
    now = authority_clock.now()
    for _ in range(9):
        services.rotate_export_key("VN", effective=now, overlap=DAY, by=CLI, now=now)
    assert len(signers(export_now(phone, authority_clock, key_server), keys_json())) == 10
    now = authority_clock.now()
    with pytest.raises(services.RotationRefused, match="10 keys would sign"):
        services.rotate_export_key("VN", effective=now, overlap=DAY, by=CLI, now=now)
    assert ExportSigner.objects.count() == 10
    services.rotate_export_key("VN", effective=now, overlap=timedelta(0), by=CLI, now=now)
    assert len(signers(export_now(phone, authority_clock, key_server), keys_json())) == 1


def test_without_a_key_in_effect_nothing_is_published_unsigned(
    phone: Any, authority_clock: Any, key_server: Path
) -> None:
    phone.publish(phone.keys(1))
    ExportSigner.objects.update(valid_until=authority_clock.now())
    with capture_logs() as lines:
        assert services.build_exports(authority_clock.now() + PERIOD).built == ()
    assert [line["event"] for line in lines] == ["exports stopped: no signing key is in effect; rotate it"]
    now = authority_clock.now() + PERIOD
    services.rotate_export_key("VN", effective=now, overlap=DAY, by=CLI, now=now)
    assert len(services.build_exports(now).built) == 1


def test_a_lost_key_is_passed_over_and_no_other_signs_in_its_name(
    phone: Any, authority_clock: Any, key_server: Path
) -> None:
    now = authority_clock.now()
    services.rotate_export_key("VN", effective=now, overlap=14 * DAY, by=CLI, now=now)
    lose("export-signing-VN-v2.pem")
    with capture_logs() as lines:
        assert signers(export_now(phone, authority_clock, key_server), keys_json()) == ["v1"]
    assert [line["signer"] for line in lines if line["log_level"] == "error"] == ["452 v2"]
    lose("export-signing.pem")
    create_missing_secrets()  # as each command does: there is a key of that name again, but another
    phone.publish(phone.keys(1))
    authority_clock.advance(PERIOD)
    with capture_logs() as lines:
        assert services.build_exports(authority_clock.now()).built == ()
    assert lines[-1]["event"] == "exports stopped: no signing key is in effect; rotate it"
    checks = Client().get("/readyz").json()["checks"]
    assert checks["secrets"] == "cannot be read: export-signing, export-signing-VN-v2"
    now = authority_clock.now()
    services.rotate_export_key("VN", effective=now, overlap=timedelta(0), by=CLI, now=now)
    (line,) = services.build_exports(now).built
    assert signers((key_server / "exports" / line).read_bytes(), keys_json()) == ["v3"]
    assert Client().get("/readyz").json()["checks"]["secrets"] == "ok"


def test_a_region_that_comes_after_a_rotation_gets_a_key_of_its_own(
    key_server: Path, authority_clock: Any
) -> None:
    now = authority_clock.now()
    services.rotate_export_key("VN", effective=now, overlap=timedelta(0), by=CLI, now=now)
    lose("export-signing.pem")
    services.configure_export("VN-HN")
    assert ExportSigner.objects.get(config__region="VN-HN").store_name == "export-signing-VN-HN-v1"
    services.build_exports(now)
    assert list(keys_json("VN-HN")) == [("452", "v1")]


@pytest.mark.parametrize(
    ("region", "effective", "overlap"),
    [("VN", timedelta(seconds=-1), DAY), ("VN", timedelta(0), -DAY), ("LA", timedelta(0), DAY)],
)
def test_rotations_that_are_refused(
    key_server: Path, authority_clock: Any, region: str, effective: timedelta, overlap: timedelta
) -> None:
    now = authority_clock.now()
    with pytest.raises(services.RotationRefused):
        services.rotate_export_key(region, effective=now + effective, overlap=overlap, by=CLI, now=now)
    if region == "VN":
        with pytest.raises(services.RotationRefused):
            services.rotate_certificate_key(effective=now + effective, overlap=overlap, by=CLI, now=now)
    assert ExportSigner.objects.count() == 1


def test_a_key_that_was_made_before_a_crash_is_put_to_use(key_server: Path, authority_clock: Any) -> None:
    from bluezone.authority.key_store import key_store, public_pem

    orphan = public_pem(key_store().create("export-signing-VN-v2"))
    now = authority_clock.now()
    made = services.rotate_export_key("VN", effective=now, overlap=DAY, by=CLI, now=now)
    assert made.public_key_pem == orphan


class TestCertificates:
    """Keys that vouch for a diagnosis."""

    def kid(self, now: datetime) -> str:
        """Of the key that signs now, after it has proved to be what the table says."""
        key, kid = certificate_signer(now)
        certificate = certificates.sign_certificate(
            certificates.Claims(ReportTypeName.CONFIRMED, 0, bytes(32)),
            issuer="i",
            audience="a",
            key=key,
            kid=kid,
            encoded_tekmac="A" * 43 + "=",
            now=now,
        )
        pem = HealthAuthorityKey.objects.get(kid=kid).public_key_pem
        assert jwt.decode(certificate, ECKey.import_key(pem), ["ES256"]).header["kid"] == kid
        return kid

    def test_they_turn_over_with_overlap(self, key_server: Path, authority_clock: Any) -> None:
        now = authority_clock.now()
        old = self.kid(now)
        effective = now + timedelta(hours=1)
        new = services.rotate_certificate_key(effective=effective, overlap=DAY, by=CLI, now=now).kid
        assert self.kid(effective - timedelta(seconds=1)) == old
        assert self.kid(effective) == self.kid(effective + 30 * DAY) == new != old
        before = HealthAuthorityKey.objects.get(kid=old)
        assert before.valid_until == effective + DAY  # what it signed is believed that long
        (secrets_folder() / "certificate-signing.pem").unlink()
        services.add_own_authority(effective + 2 * DAY)  # as at each start: no third key comes to be
        assert self.kid(effective + 2 * DAY) == new

    def test_without_one_in_effect_none_is_signed(self, key_server: Path, authority_clock: Any) -> None:
        now = authority_clock.now()
        HealthAuthorityKey.objects.filter(authority__identifier="vn.bluezone").update(valid_until=now)
        with pytest.raises(MissingSecret, match="keys rotate --certificate"):
            certificate_signer(now)

    def test_a_key_whose_private_half_is_elsewhere_is_passed_over(
        self, key_server: Path, authority_clock: Any
    ) -> None:
        now = authority_clock.now()
        here = self.kid(now)
        made = services.rotate_certificate_key(effective=now, overlap=DAY, by=CLI, now=now)
        (path,) = secrets_folder().glob("certificate-signing-*.pem")
        path.unlink()
        assert certificate_signer(now)[1] == here
        states = {one.name: (one.state(now), one.in_store) for one in queries.signing_keys()}
        assert states[made.kid] == ("signing", False)
        assert states[here] == ("signing", True)
        assert states["452 v1"] == ("signing", True)

"""Two weeks of a small district's exports, by the services: the audit tells nobody apart, and no padding.

Few reports are the hard case: nobody has company but what padding gives. Where a neighbour's keys are passed
on, the attacker first takes them away, since they are in the neighbour's index too.
"""

from __future__ import annotations

import random
import secrets
from base64 import b64decode
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.contract.conftest import ForeignAuthority, Phone
from tests.contract.test_imports import INDEX, Neighbour

from bluezone.authority.access.audit import Actor
from bluezone.authority.keys import services
from bluezone.authority.keys.models import PublishedKey
from bluezone.clock import SettableClock
from bluezone.export_audit.audit import audit_document, audit_files
from bluezone.export_audit.published import AuditedFile, read_file
from bluezone.protocols.gaen import DiagnosisKey, ReportType, TemporaryExposureKey

pytestmark = pytest.mark.django_db(transaction=True)

DAYS, PEOPLE_A_DAY = 14, 3
_HOUR = timedelta(hours=1)


@dataclass
class District:
    """People who report from 7 in the morning to 22 in the evening, and what is theirs in truth."""

    clock: SettableClock
    authority: ForeignAuthority
    chance: random.Random
    owner: dict[bytes, int | None] = field(default_factory=dict)
    to_confirm: list[tuple[datetime, Phone, list[dict[str, Any]], dict[str, Any]]] = field(
        default_factory=list
    )

    def report(self) -> None:
        """One person more, now: most have two weeks of keys, half send the day's, some an own risk."""
        chance, phone, now = self.chance, Phone(self.clock, self.authority), self.clock.now()
        own_risk = chance.randint(1, 8) if chance.random() < 0.2 else 0
        history = 14 if chance.random() < 0.8 else chance.randint(1, 13)
        keys = [key for key in phone.keys(history, transmissionRisk=own_risk) if chance.random() > 0.03]
        if chance.random() < 0.5:
            so_far = max(1, (now.hour * 60 + now.minute) // 10)
            keys += phone.keys(1, first_day_ago=0, rollingPeriod=so_far, transmissionRisk=own_risk)
        if not keys:
            return
        (kind,) = chance.choices(["confirmed", "likely", "user-report"], [80, 12, 8])
        onset = {"symptomOnsetInterval": phone.today - 144 * min(13, int(chance.gammavariate(2.8, 1.8)))}
        status, answer = phone.publish(keys, kind, **onset)
        assert status == 200, answer
        user = len(self.owner)
        self.owner |= {b64decode(key["key"]): user for key in keys}
        if kind != "confirmed" and chance.random() < 0.5:
            later = now + timedelta(hours=chance.uniform(6, 48))
            self.to_confirm.append((later, phone, keys, {**onset, "revisionToken": answer["revisionToken"]}))

    def confirm_due(self) -> None:
        for one in [one for one in self.to_confirm if one[0] <= self.clock.now()]:
            self.to_confirm.remove(one)
            _, phone, keys, more = one
            assert phone.publish(keys, "confirmed", **more)[0] == 200


def weeks_of_reports(district: District, neighbour: Neighbour | None) -> set[bytes]:
    """Let the days pass as the server's tasks do; returns the keys that the neighbour published too."""
    clock, chance = district.clock, district.chance
    midnight = clock.now().replace(hour=0, minute=0)
    public: set[bytes] = set()
    crowd = random.Random(9)
    for hour in range(24 * DAYS + 30):
        now = midnight + hour * _HOUR
        clock.set(now)
        services.mix_rows(now)
        services.build_exports(now)
        if hour >= 24 * DAYS:
            continue
        if neighbour is not None and hour % 24 == 6:
            keys = neighbours_keys(neighbour, crowd)
            public |= {key.tek.data for key in keys}
            neighbour.publish(f"{hour}-{hour + 1}-00001.zip", keys)
            services.run_imports(now, neighbour.open)
        if not 7 <= hour % 24 < 22:
            continue
        for minute in sorted(chance.sample(range(1, 59), 3)):
            clock.set(now + timedelta(minutes=minute))
            if chance.random() < PEOPLE_A_DAY / 45:
                district.report()
        district.confirm_due()
    return public


def neighbours_keys(neighbour: Neighbour, chance: random.Random) -> list[DiagnosisKey]:
    """A crowd with every usual onset, in which our people would be hidden if it were not public."""
    return [
        DiagnosisKey(
            TemporaryExposureKey(secrets.token_bytes(16), neighbour.today - 144 * ago, 144),
            ReportType.CONFIRMED_TEST,
            onset - ago,
            2,
        )
        for onset in (chance.randint(1, 12) for _ in range(25))
        for ago in range(1, 14)
    ]


def without(file: AuditedFile, public: set[bytes]) -> AuditedFile:
    """The file as it is left when keys known from elsewhere are taken away."""

    def rest(teks: tuple[bytes, ...], table: np.ndarray) -> tuple[tuple[bytes, ...], np.ndarray]:
        rows = [row for row, tek in enumerate(teks) if tek not in public]
        return tuple(teks[row] for row in rows), table[rows]

    teks, table = rest(file.teks, file.table)
    revised_teks, revised_table = rest(file.revised_teks, file.revised_table)
    return replace(file, teks=teks, table=table, revised_teks=revised_teks, revised_table=revised_table)


@pytest.mark.parametrize(("period", "truncation", "passes_on"), [(8, 4, False), (4, 1, True)])
def test_a_small_districts_exports_tell_nothing(
    key_server: Path,
    authority_clock: SettableClock,
    foreign_authority: ForeignAuthority,
    period: int,
    truncation: int,
    passes_on: bool,
) -> None:
    services.configure_export(
        "VN", period=period * _HOUR, truncation=truncation * _HOUR, min_keys=1, padding_jitter=50
    )
    district = District(authority_clock, foreign_authority, random.Random(period))
    neighbour = None
    if passes_on:
        neighbour, by = Neighbour(authority_clock), Actor("test")
        services.add_source(
            "lao",
            INDEX,
            region="VN",
            public_keys_pem=neighbour.pem,
            reexport=True,
            by=by,
            now=authority_clock.now(),
        )
    public = weeks_of_reports(district, neighbour)
    folder = key_server / "exports"
    lines = (folder / "VN/index.txt").read_text().split()
    files = [without(read_file(folder / line, allow_unsigned=True), public) for line in lines]
    files = [file for file in files if file.teks or file.revised_teks]
    shown = {tek for file in files for tek in file.teks}
    truth = dict.fromkeys(shown) | {tek: user for tek, user in district.owner.items() if tek in shown}
    assert len(set(truth.values())) > DAYS * PEOPLE_A_DAY / 2
    assert sum(len(file.revised_teks) for file in files) > 20
    assert all(before.end <= after.start for before, after in pairwise(files) if before.end and after.start)
    assert PublishedKey.objects.filter(padding=True, imported_from__isnull=False).count() == 0
    document = audit_document(audit_files(files), truth)
    assert (document["users_separated"], document["padding_told"]) == (0, 0)
    for attack in document["attacks"]:
        assert (attack["users"], attack["beyond_chance"]) == (0, False), attack
    assert document["crowd"]["keys"]["1"] == document["crowd"]["keys"]["2-4"] == 0
    assert document["crowd"]["guessed_right"] <= 0.2
    signs = {one["sign"]: one for one in document["padding"]}
    assert signs["late keys without owner"]["truth"]["recall"] <= 0.002

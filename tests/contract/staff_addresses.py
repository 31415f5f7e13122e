"""Every address of staff as it is asked for in one ward, and what two wards have that it shows."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.emergency_services import begin_emergency, end_emergency
from bluezone.authority.access.models import EmergencyAccess
from bluezone.authority.access.roles import (
    ADOPTION_EDITORS,
    ADOPTION_READERS,
    AGENCY_RETURN_FILLERS,
    AUDIT_READERS,
    CODE_ISSUERS,
    CONTACT_READERS,
    EMERGENCY_REVIEWERS,
    INVITERS,
    LIMIT_SETTERS,
    ORGANISATION_EDITORS,
    ORGANISATION_READERS,
    SCHOOL_RETURN_FILLERS,
    STATISTICS_READERS,
    Role,
)
from bluezone.authority.access.rules import HeldRole
from bluezone.authority.access.scope import Scope
from bluezone.authority.access.services import grant_role
from bluezone.authority.accounts import services as accounts
from bluezone.authority.accounts.models import Invitation, User
from bluezone.authority.accounts.services.invitations import invite
from bluezone.authority.adoption.metrics import Metric
from bluezone.authority.adoption.models import Fact, Target
from bluezone.authority.adoption.services import import_city_sheet, record_facts, set_targets
from bluezone.authority.adoption.sheet import read_city_sheet
from bluezone.authority.areas.group_services import import_groups
from bluezone.authority.areas.group_sheet import read_group_sheet
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.names import AreasInScope
from bluezone.authority.areas.queries import area_on
from bluezone.authority.keys.models import VerificationCode
from bluezone.authority.keys.report_types import ReportTypeName
from bluezone.authority.keys.services import issue_code
from bluezone.authority.organisations.directory import Directory
from bluezone.authority.organisations.kinds import Kind
from bluezone.authority.organisations.models import Organisation, SchoolClass
from bluezone.authority.organisations.services import import_organisations
from bluezone.authority.organisations.sheet import read_organisation_sheet
from bluezone.authority.returns.models import ReturnSchedule
from bluezone.authority.returns.services import import_returns, record_return, set_schedule
from bluezone.authority.returns.sheet import read_returns_sheet
from bluezone.authority.returns.target_services import set_return_targets
from bluezone.authority.tabular.forms import packed
from bluezone.authority.tabular.models import ImportRun

CLI = Actor("cli")
ALL = Scope.everything()
PASSWORD = "rừng-tre-gió-thổi"
FIRST, SECOND = date(2021, 3, 1), date(2021, 3, 8)
INSIDE, OUTSIDE = "Phường Nhân Chính", "Phường Hạ Đình"
WARDS = {INSIDE: "01/009/00343", OUTSIDE: "01/009/00361"}
MARK = {INSIDE: "Alpha", OUTSIDE: "Zeta"}
"""In the names of all that a side has: what must never be read from outside."""

STAFF = {"staff": 12, "with_smartphone": 10, "installed": 6, "running": 5, "relatives_guided": 9}
CLASS = {"roll": 42, "own_phone": 20, "shared_phone": 15, "no_phone": 7}
CLASS |= {"installed": 30, "parents_installed": 60}

EVERYBODY = frozenset(Role)
RETURN_READERS = ADOPTION_READERS | AGENCY_RETURN_FILLERS | SCHOOL_RETURN_FILLERS
AREA_READERS = ADOPTION_READERS | ORGANISATION_READERS
TAKERS = frozenset(
    {Role.CITY_OFFICER, Role.DISTRICT_OFFICER, Role.WARD_OFFICER, Role.HEALTH_WORKER, Role.EPIDEMIOLOGIST}
)

PUBLIC = frozenset(
    {"front", "healthz", "readyz", "metrics", "login", "login-second-factor", "login-passkey", "logout"}
    | {"language", "accept-invitation", "open-code", "api-verify", "api-certificate", "api-user-report"}
    | {"api-issue", "api-batch-issue", "api-check-code-status", "api-expire-code", "api-link-case"}
    | {"api-unlink-case", "api-stats-codes", "api-stats-codes-csv", "api-stats-keys", "api-stats-keys-csv"}
    | {"jwks", "jwks-of-issuer", "publish", "export-index", "export-keys", "export-file"}
    | {"adoption-public", "adoption-public-json", "api-heartbeats", "heartbeat-about"}
)
"""Pages for everybody, and what programs ask for with keys of their own: each has its tests elsewhere."""

OWN = frozenset(
    {"search", "account", "change-password", "sign-out-everywhere", "second-factor", "second-factor-begin"}
    | {"second-factor-confirm", "second-factor-codes", "second-factor-remove", "passkeys", "passkey-begin"}
    | {"passkey-add", "passkey-rename", "passkey-remove", "emergency", "returns"}
)
"""Everybody's own pages; of these the matrix asks only that nothing of others is on them."""


@dataclass(frozen=True)
class Ask:
    """How an address is asked for, and who may."""

    roles: Collection[Role]
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    sent: Mapping[str, Any] | None = None
    """The form; ``None`` where there is none."""

    shows: bool = True
    """Whether it is also looked at."""

    @property
    def address(self) -> str:
        return reverse(self.name, kwargs=dict(self.arguments))


def area(side: str) -> Area:
    found = area_on(WARDS[side][-5:], FIRST, ALL)
    assert found is not None
    return found


def made(name: str, role: Role, path: str, now: datetime) -> User:
    user = accounts.create_user(name, PASSWORD, display_name=f"{name} Beta", by=CLI, now=now)
    grant_role(user, role, path, by=CLI, now=now)
    return user


def furnish(side: str, clock: Any) -> None:
    """An agency, a school, figures, targets, returns, imports, a code, invitations and an emergency."""
    now, mark, path, then = clock.now(), MARK[side], WARDS[side], clock.now() - timedelta(days=9)
    text = (
        "Mã đơn vị;Tên đơn vị;Loại;Địa bàn;Ngày số liệu;Số cán bộ;Số học sinh;Năm học;Lớp;Người liên hệ\n"
        f"A{mark};Công an {mark};Cơ quan;{side};01/3/2021;12;;;;Bà {mark}\n"
        f"S{mark};Trường {mark};Trường học;{side};01/3/2021;60;;;;\n"
        f"S{mark};Trường {mark};;;01/3/2021;;42;2020-2021;6{mark}\n"
    ).encode()
    rows = read_organisation_sheet(text, Directory(ALL), FIRST)
    assert rows.errors == ()
    import_organisations(rows.rows, file_name=f"o{mark}.csv", data=text, by=CLI, now=then)
    agency, school = one("A", side), one("S", side)
    set_schedule(area(side), Kind.AGENCY, FIRST, 7, time(16), scope=ALL, by=CLI, now=then)
    set_schedule(area(side), Kind.SCHOOL, FIRST, 7, time(16), scope=ALL, by=CLI, now=then)
    record_return(agency.key, FIRST, STAFF, scope=ALL, by=CLI, now=now)
    of_class = SchoolClass.objects.get(school=school)
    record_return(school.key, FIRST, CLASS, school_class=of_class.pk, scope=ALL, by=CLI, now=now)
    set_return_targets([agency], SECOND, Decimal(60), subject="x", scope=ALL, by=CLI, now=now)
    figures = {Metric.PHONE_LINKED: 1234, Metric.SMARTPHONES: 5678}
    record_facts(area(side), FIRST, figures, scope=ALL, by=CLI, now=now)
    set_targets([area(side)], date(2021, 3, 31), Decimal(60), scope=ALL, by=CLI, now=now)
    sheet = returns_sheet(side)
    returns = read_returns_sheet(sheet, Directory(ALL), now.date())
    import_returns(returns.rows, file_name=f"r{mark}.csv", data=sheet, by=CLI, now=now)
    sheet = city_sheet(side)
    city = read_city_sheet(sheet, AreasInScope(ALL), now.date())
    import_city_sheet(city.rows, file_name=f"c{mark}.csv", data=sheet, by=CLI, now=now)
    sheet = group_sheet(side, "1")
    groups = read_group_sheet(sheet, ALL, now.date())
    import_groups(groups.rows, file_name=f"g{mark}.csv", data=sheet, by=CLI, now=now)
    issue_code(
        report_type=ReportTypeName.CONFIRMED,
        test_date=SECOND,
        uuid=uuid.uuid4(),
        area_path=path,
        scope=ALL,
        by=CLI,
        now=now,
    )
    invite(HeldRole(Role.GUARD, path, None), for_whom=f"Ông {mark}", inviter=None, now=now)
    taker = made(f"x-{mark.lower()}", Role.WARD_OFFICER, "01/009/00373", now)
    reason = f"Ổ dịch mới, cán bộ phường {mark} đang cách ly"
    taken = begin_emergency(taker, Role.WARD_OFFICER, path, reason, timedelta(hours=1), now=now)
    end_emergency(taken.pk, by=taker, now=now)


def one(letter: str, side: str) -> Organisation:
    return Organisation.objects.get(
        name__startswith="Công" if letter == "A" else "Trường", name__endswith=MARK[side]
    )


def returns_sheet(side: str) -> bytes:
    return (
        "Tên đơn vị;Ngày;Số cán bộ;Có điện thoại thông minh;Đã cài Bluezone;Đang bật Bluezone;Người thân\n"
        f"Công an {MARK[side]};08/3/2021;12;11;9;8;15"
    ).encode()


def city_sheet(side: str) -> bytes:
    head = "Địa bàn;Ngày;Số cài đặt;Số điện thoại thông minh;Tỷ lệ\n"
    return f"{head}{side};08/3/2021;1.500;6.000;25%".encode()


def group_sheet(side: str, number: str) -> bytes:
    return f"Phường;Tổ dân phố\n{side};{number}".encode()


def run(kind: str, side: str) -> uuid.UUID:
    pk: uuid.UUID = ImportRun.objects.get(kind=kind, file_name__endswith=f"{MARK[side]}.csv").pk
    return pk


def confirm(data: bytes) -> dict[str, str]:
    return {"name": "a.csv", "sheet": "", "content": packed(data)}


def upload(data: bytes) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("a.csv", data, "text/csv")}


def asks(side: str) -> list[Ask]:
    """Every address of staff, asked for a side, by its name in the list of addresses."""
    path, agency, school = WARDS[side], one("A", side), one("S", side)
    of_class = SchoolClass.objects.get(school=school).pk
    here, version = {"key": agency.key}, {"version": agency.version}
    at_school = {"key": school.key, "day": FIRST}
    of, on = {"area": path}, {"area": path, "day": "2021-03-08"}
    code = VerificationCode.objects.get(area_path=path).pk
    organisations = (f"Tên đơn vị;Loại;Địa bàn\nTrạm y tế mới;Cơ quan;{side}").encode()
    again = returns_sheet(side).replace(b";15", b";16")
    city = city_sheet(side).replace(b"1.500", b"1.501")
    emergency = EmergencyAccess.objects.get(grant__area_path=path).pk
    invitation = Invitation.objects.get(area_path=path).pk
    new = {"name": "Công an mới", "kind": "agency", "area": path[-5:], "since": ""}
    schedule = ReturnSchedule.objects.get(area__path=path, kind="agency").pk
    fact = Fact.objects.filter(area__path=path, source="typed", ended_at=None).latest("pk").pk
    target = Target.objects.get(area__path=path, ended_at=None).pk
    return [
        Ask(EVERYBODY, "search", query={"q": "công an"}),
        Ask(INVITERS, "invitations", sent={"role": "guard", "area": path, "until": "", "for_whom": "Ông B"}),
        Ask(INVITERS, "withdraw-invitation", {"invitation_id": invitation}, sent={}, shows=False),
        Ask(AUDIT_READERS, "audit", query=of),
        Ask(AUDIT_READERS, "audit-export", query={**of, "format": "json"}),
        Ask(EMERGENCY_REVIEWERS, "emergency-review"),
        Ask((), "end-emergency", {"emergency_id": emergency}, sent={}, shows=False),  # it has ended
        Ask(
            EMERGENCY_REVIEWERS,
            "judge-emergency",
            {"emergency_id": emergency},
            sent={"justified": "yes"},
            shows=False,
        ),
        Ask(AREA_READERS, "areas", query=of),
        Ask(ORGANISATION_EDITORS, "areas-import", sent=upload(group_sheet(side, "2"))),
        Ask(ORGANISATION_EDITORS, "areas-import-confirm", sent=confirm(group_sheet(side, "2")), shows=False),
        Ask(
            ORGANISATION_EDITORS,
            "areas-import-undo",
            {"run_id": run("residential-groups", side)},
            sent={},
            shows=False,
        ),
        Ask(ORGANISATION_READERS, "organisations", query=of),
        Ask(ORGANISATION_READERS, "organisations-table", {"form": "csv"}, query=of),
        Ask(ORGANISATION_EDITORS, "organisations-import", sent=upload(organisations)),
        Ask(ORGANISATION_EDITORS, "organisations-import-confirm", sent=confirm(organisations), shows=False),
        Ask(
            ORGANISATION_EDITORS,
            "organisations-import-undo",
            {"run_id": run("organisations", side)},
            sent={},
            shows=False,
        ),
        Ask(ORGANISATION_EDITORS, "organisation-new", sent=new),
        Ask(ORGANISATION_READERS, "organisation", here),
        Ask(CONTACT_READERS, "organisation-contact", here, sent={}, shows=False),
        Ask(ORGANISATION_EDITORS, "organisation-contact-erase", here, sent={}, shows=False),
        Ask(
            ORGANISATION_EDITORS,
            "organisation-contact-new",
            here,
            sent={**version, "person": "Bà C", "phone": "0912345678"},
        ),
        Ask(ORGANISATION_EDITORS, "organisation-edit", here, sent={**new, **version}),
        Ask(
            ORGANISATION_EDITORS,
            "organisation-people",
            here,
            sent={**version, "as_of": "2021-03-08", "staff": "13"},
        ),
        Ask(
            ORGANISATION_EDITORS,
            "organisation-classes",
            {"key": school.key},
            sent={"version": school.version, "school_year": "2020-2021", "classes": "6B", "as_of": ""},
        ),
        Ask(ORGANISATION_EDITORS, "organisation-close", here, sent={**version, "day": "2021-03-10"}),
        Ask(ORGANISATION_EDITORS, "organisation-reopen", here, sent=version, shows=False),
        Ask(ADOPTION_READERS, "adoption", query=on),
        Ask(ADOPTION_READERS, "adoption-chart", query=on),
        Ask((), "adoption-map", query=on),  # no boundaries
        Ask(ADOPTION_READERS, "adoption-table", {"form": "json"}, query=on),
        Ask(ADOPTION_EDITORS, "adoption-enter", query=on, sent={"phone-linked": "1", "smartphones": "2"}),
        Ask(ADOPTION_READERS, "adoption-history", query=on),
        Ask(ADOPTION_EDITORS, "adoption-withdraw", sent={"fact": fact}, shows=False),
        Ask(ADOPTION_EDITORS, "adoption-targets", query=of, sent={"due": "2021-03-30", "percent": "50"}),
        Ask(ADOPTION_EDITORS, "adoption-target-withdraw", sent={"target": target}, shows=False),
        Ask(ADOPTION_EDITORS, "adoption-import", sent=upload(city)),
        Ask(ADOPTION_EDITORS, "adoption-import-confirm", sent=confirm(city), shows=False),
        Ask(
            ADOPTION_EDITORS, "adoption-import-undo", {"run_id": run("adoption", side)}, sent={}, shows=False
        ),
        Ask(ADOPTION_READERS, "heartbeat-counts", query=on),
        Ask(RETURN_READERS, "returns-own"),
        Ask(ADOPTION_READERS, "returns-rounds", query=on),
        Ask(ADOPTION_READERS, "returns-table", {"form": "csv"}, query=on),
        Ask(
            ADOPTION_EDITORS,
            "returns-schedules",
            query=of,
            sent={"kind": "enterprise", "first_day": "2021-03-15", "every_days": "7", "cutoff": "16:00"},
        ),
        Ask(ADOPTION_EDITORS, "returns-schedule-end", sent={"schedule": schedule}, shows=False),
        Ask(
            ADOPTION_READERS,
            "returns-targets",
            query={"organisation": agency.key},
            sent={"due": "2021-03-30", "percent": "50"},
        ),
        Ask(ADOPTION_EDITORS, "returns-import", sent=upload(again)),
        Ask(ADOPTION_EDITORS, "returns-import-confirm", sent=confirm(again), shows=False),
        Ask(ADOPTION_EDITORS, "returns-import-undo", {"run_id": run("returns", side)}, sent={}, shows=False),
        Ask(ADOPTION_READERS | {Role.AGENCY_CLERK}, "returns-organisation", here),
        Ask(
            ADOPTION_READERS | {Role.AGENCY_CLERK},
            "returns-day",
            {"key": agency.key, "day": FIRST},
            sent={**STAFF, "running": 4},
        ),
        Ask(
            ADOPTION_READERS | {Role.SCHOOL_CLERK},
            "returns-class",
            {**at_school, "class_id": of_class},
            sent={**CLASS, "installed": 29},
        ),
        Ask(CODE_ISSUERS, "issue-code", sent=code_form(path)),
        Ask(CODE_ISSUERS, "code", {"code_uuid": code}),
        Ask(CODE_ISSUERS, "revoke-code", {"code_uuid": code}, sent={}, shows=False),
        Ask(
            CODE_ISSUERS,
            "send-message",
            {"code_uuid": code},
            sent={"uuid": uuid.uuid4(), "phone": "0912345678"},
            shows=False,
        ),
        Ask((), "retry-message", {"code_uuid": code, "message_uuid": uuid.uuid4()}, sent={}, shows=False),
        Ask(CODE_ISSUERS, "bulk-codes", sent={**upload(b"a;b"), "uuid": uuid.uuid4(), "area": path}),
        Ask((), "bulk-issue", sent={"uuid": uuid.uuid4(), "area": path, "content": ""}, shows=False),
        Ask((), "bulk-download", sent={"uuid": uuid.uuid4(), "area": path, "content": ""}, shows=False),
        Ask((), "bulk-revoke", {"upload": uuid.uuid4()}, sent={}, shows=False),
        Ask(
            LIMIT_SETTERS,
            "issue-limits",
            sent={"area": path, "day": "2021-03-10", "codes": "9", "reason": "Ổ dịch mới ở phường này"},
        ),
        Ask(STATISTICS_READERS, "statistics"),
        Ask((), "statistics-chart", {"name": "issued"}),  # nothing to draw yet
    ]


def code_form(path: str) -> dict[str, Any]:
    form = {"uuid": uuid.uuid4(), "report_type": "confirmed", "test_date": "2021-03-09", "area": path}
    return {**form, "onset_date": "", "delivery": "read"}


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def query_of(ask: Ask) -> str:
    return f"?{urlencode(ask.query)}" if ask.query else ""


def send(client: Client, ask: Ask) -> Any:
    for given in (ask.sent or {}).values():
        if isinstance(given, SimpleUploadedFile):
            given.seek(0)
    return client.post(ask.address + query_of(ask), dict(ask.sent or {}))

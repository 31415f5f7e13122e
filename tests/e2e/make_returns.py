"""A program: fills the data folder given as argument with what ten days of returns need; prints keys."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from bluezone.authority import setup

ORGANISATIONS = """\
Mã đơn vị;Tên đơn vị;Loại;Mã địa bàn;Năm học;Lớp
A1;UBND phường Thanh Xuân;Cơ quan;00367;;
A2;Công an phường Khương Đình;Cơ quan;00364;;
S1;Trường THCS Nhân Chính;Trường học;00367;;
"""
PASSWORD = "song hong chay cham 1984"


def main(data: Path) -> None:
    setup.configure(data, database_url="", demo=True)
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.access.roles import Role
    from bluezone.authority.access.scope import Scope
    from bluezone.authority.access.services import grant_role
    from bluezone.authority.accounts.services import create_user
    from bluezone.authority.areas.queries import area_on
    from bluezone.authority.organisations.directory import Directory
    from bluezone.authority.organisations.kinds import Kind
    from bluezone.authority.organisations.models import Organisation
    from bluezone.authority.organisations.services import import_organisations
    from bluezone.authority.organisations.sheet import read_organisation_sheet
    from bluezone.authority.returns.services import set_schedule

    everything, cli, now = Scope.everything(), Actor("cli"), datetime.now(UTC)
    today = (now + timedelta(hours=7)).date()
    begin = now - timedelta(days=11)
    years = {day.year - (day.month < 8) for day in (today - timedelta(days=10), today)}
    classes = [
        f"S1;Trường THCS Nhân Chính;;;{year}-{year + 1};{name}" for year in years for name in ("6A1", "6A2")
    ]
    sheet = (ORGANISATIONS + "\n".join(classes)).encode()
    found = read_organisation_sheet(sheet, Directory(everything), today)
    import_organisations(found.rows, file_name="a", data=sheet, by=cli, now=begin)
    city = area_on("01", today, everything)
    assert city is not None
    for kind in (Kind.AGENCY, Kind.SCHOOL):
        first_day = today - timedelta(days=10)
        set_schedule(city, kind, first_day, 7, time(16), scope=everything, by=cli, now=begin)
    paths = {one.code: one.path for one in Organisation.objects.all()}
    for name, role, path in (
        ("cb.quyen", Role.CITY_OFFICER, "01"),
        ("cq.an", Role.AGENCY_CLERK, paths["A1"]),
        ("th.binh", Role.SCHOOL_CLERK, paths["S1"]),
    ):
        user = create_user(name, PASSWORD, display_name=name[3:].capitalize(), by=cli, now=now)
        grant_role(user, role, path, by=cli, now=now)
    print(json.dumps((today - timedelta(days=3)).isoformat()))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))

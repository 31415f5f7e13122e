"""Every page that shows the province, asked as a browser would: first cold, then again and again.

Times are those of the wall, and of our own processor (without PostgreSQL's) for warm ones: on a machine that
others use too, the second says what the page itself takes. Cold is a fresh process whose database files are
not in memory; each page has one of its own, forked from a server that has loaded its program but looked at
nothing yet.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

from bluezone.bench.province.made_up import CITY, LAST_DAY, Province
from bluezone.bench.province.sheets import city_sheet, organisation_sheet

__all__ = ["ask_pages", "client_of", "forget_files", "make_askers"]

_WARM = 7
_EACH_QUICK = 6


@dataclass(frozen=True, slots=True)
class _Page:
    """One request: who asks, for what; with a file it is a sheet that is to be previewed."""

    name: str
    asker: str
    address: str
    file: bytes | None = None


def make_askers() -> Mapping[str, str]:
    """Officers of the city and of a ward, and an auditor of everything, with the cookies that let them in."""
    from django.conf import settings
    from django.test import Client

    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.access.roles import Role
    from bluezone.authority.access.scope import EVERYWHERE
    from bluezone.authority.access.services import grant_role
    from bluezone.authority.accounts.models import User

    cookies = {"nobody": ""}
    for name, role, area in (
        ("city", Role.CITY_OFFICER, CITY),
        ("ward", Role.WARD_OFFICER, f"{CITY}/90001"),
        ("auditor", Role.AUDITOR, EVERYWHERE),
    ):
        user, is_new = User.objects.get_or_create(
            username=f"asks-{name}", defaults={"display_name": name, "created_at": runtime.now()}
        )
        if is_new:
            grant_role(user, role, area, by=Actor("cli"), now=runtime.now())
        client = Client()
        client.force_login(user)
        cookies[name] = client.cookies[settings.SESSION_COOKIE_NAME].value
    return cookies


def client_of(cookie: str) -> Any:
    """A browser with a cookie, or with none."""
    from django.conf import settings
    from django.test import Client

    client = Client(SERVER_NAME="localhost")
    if cookie:
        client.cookies[settings.SESSION_COOKIE_NAME] = cookie
    return client


def ask_pages(
    province: Province,
    cookies: Mapping[str, str],
    forget: Callable[[], None],
    told: Callable[[str], None],
    *,
    quick: bool = False,
) -> list[dict[str, Any]]:
    """What each page took, or some of them; the database is not open when this is called."""
    from django.urls import get_resolver

    _ = get_resolver().url_patterns  # a server has its program in memory before anybody asks
    found = []
    pages = _pages(province)
    for page in pages[::_EACH_QUICK] if quick else pages:
        told(page.name)
        forget()
        found.append(_in_a_fork(page, cookies[page.asker], 1 if quick else _WARM))
    return found


def forget_files(folder: Path) -> None:
    """Let the system drop what it remembers of the files in a folder."""
    for path in folder.rglob("*"):
        if path.is_file():
            try:
                file = os.open(path, os.O_RDONLY)
            except FileNotFoundError:
                continue  # a log that was just put away
            try:
                os.fsync(file)
                os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(file)


def _pages(province: Province) -> Sequence[_Page]:
    before = (province.reform - timedelta(1)).isoformat()
    district, ward = f"{CITY}/901", f"{CITY}/90001"
    of_district = f"area={district}&day={before}"
    figures, registry = city_sheet(province, LAST_DAY), organisation_sheet(province)
    return (
        _Page("front page", "city", "/"),
        _Page(f"overview: city, {province.wards} wards", "city", "/adoption/"),
        _Page("overview: city, districts", "city", f"/adoption/?area={CITY}&day={before}"),
        _Page("overview: district", "city", f"/adoption/?{of_district}"),
        _Page("overview: ward", "city", f"/adoption/?area={ward}"),
        _Page("overview: ward, its officer", "ward", "/adoption/"),
        _Page("overview: city, auditor of all", "auditor", f"/adoption/?area={CITY}"),
        _Page("overview: in areas of later", "city", f"/adoption/?{of_district}&areas_of={LAST_DAY}"),
        _Page("chart: city", "city", f"/adoption/chart.svg?area={CITY}"),
        _Page("chart: ward", "city", f"/adoption/chart.svg?area={ward}"),
        _Page(f"map: city, {province.wards} wards", "city", f"/adoption/map.svg?area={CITY}"),
        _Page("map: district", "city", f"/adoption/map.svg?{of_district}"),
        _Page("table: JSON", "city", f"/adoption/table.json?area={CITY}"),
        _Page("table: XLSX", "city", f"/adoption/table.xlsx?area={CITY}"),
        _Page("history of a figure", "city", f"/adoption/history/?area={ward}&day={LAST_DAY}"),
        _Page("typing figures in", "city", f"/adoption/enter/?area={ward}&day={LAST_DAY}"),
        _Page("targets", "city", f"/adoption/targets/?area={CITY}"),
        _Page("imports of figures", "city", "/adoption/import/"),
        _Page("imports of figures: ward's officer", "ward", "/adoption/import/"),
        _Page("import preview: figures of all wards", "city", "/adoption/import/", figures),
        _Page("for everybody: highest areas", "nobody", "/adoption/public/"),
        _Page("for everybody: city", "nobody", f"/adoption/public/?area={CITY}"),
        _Page("for everybody: ward", "nobody", f"/adoption/public/?area={ward}"),
        _Page("organisations: list", "city", "/organisations/"),
        _Page("organisations: last page", "city", f"/organisations/?area={CITY}&page=9999"),
        _Page("organisations: of a ward", "city", f"/organisations/?area={ward}"),
        _Page("organisations: ward's officer", "ward", "/organisations/"),
        _Page("organisations: search, many found", "city", "/organisations/?q=truong+mau"),
        _Page("organisations: search, few found", "city", "/organisations/?q=cong+ty+mau+99"),
        _Page("organisations: search, none found", "auditor", "/organisations/?q=khong+co"),
        _Page("organisations: one", "city", f"/organisations/{_an_organisation()}/"),
        _Page("site search: many found", "city", "/search/?q=truong+mau"),
        _Page("site search: last page", "city", "/search/?q=mau&in=organisations&page=9999"),
        _Page("site search: none found, auditor", "auditor", "/search/?q=khong+co"),
        _Page("site search: ward's officer", "ward", "/search/?q=phuong"),
        _Page("imports of organisations", "city", "/organisations/import/"),
        _Page("import preview: organisations", "city", "/organisations/import/", registry),
    )


def _an_organisation() -> str:
    from django.db import connection

    from bluezone.authority.organisations.models import Organisation

    key: str = Organisation.objects.values_list("key", flat=True).get(code="PGD-01")
    connection.close()
    return key


def _in_a_fork(page: _Page, cookie: str, times: int) -> dict[str, Any]:
    """A process that has opened no database and rendered no page yet."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        status = 1
        try:
            result = json.dumps(_ask(page, cookie, times)).encode()
            with os.fdopen(writing, "wb") as out:
                out.write(result)
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        written = answer.read()
    os.waitpid(child, 0)
    if not written:
        raise AssertionError(f"{page.name} ({page.address}) ended without an answer")
    found: dict[str, Any] = json.loads(written)
    return found


def _ask(page: _Page, cookie: str, times: int) -> dict[str, Any]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = client_of(cookie)

    def ask() -> Any:
        if page.file is None:
            return client.get(page.address)
        from django.core.files.uploadedfile import SimpleUploadedFile

        return client.post(
            page.address, {"file": SimpleUploadedFile("a.csv", page.file, "text/csv"), "sheet": ""}
        )

    begin = time.perf_counter()
    answer = ask()
    cold = time.perf_counter() - begin
    if answer.status_code != 200:
        said = " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())
        raise AssertionError(f"{page.name} ({page.address}): {answer.status_code} {said[:500]}")
    warm, busy = [], time.process_time()
    for _ in range(times):
        begin = time.perf_counter()
        ask()
        warm.append(time.perf_counter() - begin)
    busy = time.process_time() - busy
    with CaptureQueriesContext(connection) as queries:
        ask()
    return {
        "page": page.name,
        "address": page.address,
        "bytes": len(answer.content),
        "queries": len(queries),
        "cold_ms": round(1000 * cold, 1),
        "warm_ms": round(1000 * statistics.median(warm), 1),
        "fastest_ms": round(1000 * min(warm), 1),
        "processor_ms": round(1000 * busy / times, 1),
    }

"""Puts the made-up province into the authority's database, in bulk; only organisations come in as sheets."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any

from bluezone.authority.adoption.metrics import Source
from bluezone.bench.province.boundaries import Grid
from bluezone.bench.province.made_up import CITY, LAST_DAY, Province

__all__ = ["Told", "import_sheet", "look_after", "store_headcounts", "store_ledger"]

Told = Callable[[str, int, int], None]
"""What is being done, how much of it, of how much."""

_BATCH = 20_000
_OTHER_STAFF = 700
_QUARTERS = 11
"""Headcounts before those of the sheet, one each quarter."""


def store_ledger(province: Province, tell: Told = lambda _what, _done, _of: None) -> int:
    """Areas, where they lie, targets, staff and facts; how many facts."""
    from django.db import connection

    keys = _store_areas(province)
    _store_boundaries(province, keys)
    _store_targets(province, keys)
    _store_staff()
    runs = _store_runs(province)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=OFF")
            cursor.execute("PRAGMA cache_size=-600000")
    indexes = _take_indexes()
    count = 0
    days = [province.first_day + timedelta(at) for at in range(province.days)]
    for at, day in enumerate(days):
        count += _write_facts(_rows_of(province, day, keys, runs[day], count))
        tell("days of facts", at + 1, len(days))
    tell("indexes of facts", 0, len(indexes))
    with connection.cursor() as cursor:
        for statement in indexes:
            cursor.execute(statement)
    _after_facts()
    return count


def import_sheet(data: bytes, name: str, tell: Told) -> dict[str, float]:
    """Bring a sheet of organisations in as the command line does; the seconds that each part takes."""
    from time import perf_counter

    from bluezone.authority.access.audit import Actor
    from bluezone.authority.access.scope import Scope
    from bluezone.authority.organisations.directory import Directory
    from bluezone.authority.organisations.services import import_organisations
    from bluezone.authority.organisations.sheet import read_organisation_sheet

    begin = perf_counter()
    sheet = read_organisation_sheet(data, Directory(Scope.everything()), LAST_DAY, progress=tell)
    read = perf_counter()
    if sheet.errors:
        raise AssertionError(f"the made-up sheet is wrong: {sheet.errors[:3]}")
    import_organisations(
        sheet.rows, file_name=name, data=data, by=Actor("cli"), now=_noon(LAST_DAY), progress=tell
    )
    written = perf_counter()
    return {
        "rows": len(sheet.rows),
        "read_s": read - begin,
        "write_s": written - read,
        "all_s": written - begin,
    }


def store_headcounts() -> None:
    """What was counted in every organisation in the quarters before the sheet's day."""
    from bluezone.authority.organisations.models import Headcount, Organisation
    from bluezone.authority.tabular.models import ImportRun

    keys = list(Organisation.objects.order_by("pk").values_list("pk", flat=True))
    for quarter in range(_QUARTERS):
        day = LAST_DAY - timedelta(90 * (quarter + 2))
        run = _run("organisations", day, len(keys))
        ImportRun.objects.bulk_create([run])
        Headcount.objects.bulk_create(
            (
                Headcount(
                    organisation_id=key, people="staff", value=5 + (at + quarter) % 300, as_of=day,
                    entered_at=_noon(day), entered_by="cli", import_run=run,
                )
                for at, key in enumerate(keys)
            ),
            batch_size=_BATCH,
        )  # fmt: skip


def look_after() -> None:
    """What happens to tables over time by itself: PostgreSQL's autovacuum, SQLite's log put away."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM (ANALYZE)")
        else:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _store_areas(province: Province) -> list[int]:
    from bluezone.authority.areas.models import Area

    made: dict[tuple[str, date | None], Area] = {}
    for level in ("city", "district", "ward"):
        wanted = [one for one in province.areas if one.level == level]
        rows = Area.objects.bulk_create(
            Area(
                code=one.code, name=one.name, level=one.level, path=one.path, valid_from=one.valid_from,
                valid_until=one.valid_until,
                parent=made.get((one.above, province.reform)) or made.get((one.above, None)),
            )
            for one in wanted
        )  # fmt: skip
        made.update({(row.path, row.valid_until): row for row in rows})
    _store_successions(province, made)
    return [made[one.path, one.valid_until].pk for one in province.areas]


def _store_successions(province: Province, made: dict[tuple[str, date | None], Any]) -> None:
    from bluezone.authority.areas.models import Succession

    Succession.objects.bulk_create(
        Succession(
            predecessor=made[one.path, province.reform],
            successor=made[f"{CITY}/{one.code}", None],
            whole=True,
        )
        for one in province.areas
        if one.level == "ward" and one.valid_until is not None
    )


def _store_boundaries(province: Province, keys: Sequence[int]) -> None:
    from bluezone.authority.areas.models import Boundary
    from bluezone.authority.tabular.models import ImportRun

    run = _run("boundaries", province.first_day, province.wards)
    ImportRun.objects.bulk_create([run])
    grid = Grid(province.wards)
    Boundary.objects.bulk_create(
        (
            Boundary(area_id=keys[at], polygons=[grid.cell(one.number)], import_run=run)
            for at, one in enumerate(province.areas)
            if one.level == "ward"
        ),
        batch_size=500,
    )


def _store_targets(province: Province, keys: Sequence[int]) -> None:
    from bluezone.authority.adoption.models import Target

    Target.objects.bulk_create(
        Target(
            area_id=keys[at], due=LAST_DAY + timedelta(30), percent=60 + one.number % 30,
            set_at=_noon(province.first_day), set_by="cli",
        )
        for at, one in province.areas_on(LAST_DAY)
    )  # fmt: skip


def _store_staff() -> None:
    """Wards' officers beside those who ask: pages that name people look them up."""
    from bluezone.authority.access.models import Grant
    from bluezone.authority.access.roles import Role
    from bluezone.authority.accounts.models import User

    users = User.objects.bulk_create(
        User(username=f"officer-{at}", display_name=f"Cán bộ {at}", created_at=_noon(LAST_DAY))
        for at in range(_OTHER_STAFF)
    )
    Grant.objects.bulk_create(
        Grant(
            user=user, role=Role.WARD_OFFICER.value, area_path=f"{CITY}/9{at % 60:04}",
            valid_from=_noon(LAST_DAY) - timedelta(400),
        )
        for at, user in enumerate(users)
    )  # fmt: skip


def _store_runs(province: Province) -> dict[date, uuid.UUID]:
    """The city's sheet of each day."""
    from bluezone.authority.tabular.models import ImportRun

    days = [province.first_day + timedelta(at) for at in range(province.days)]
    runs = [_run("adoption", day, province.wards) for day in days]
    ImportRun.objects.bulk_create(runs, batch_size=500)
    return {day: run.id for day, run in zip(days, runs, strict=True)}


def _run(kind: str, day: date, rows: int) -> Any:
    import hashlib

    from bluezone.authority.tabular.models import ImportRun

    name = f"{kind}-{day:%Y-%m-%d}.csv"
    return ImportRun(
        id=uuid.uuid5(uuid.NAMESPACE_URL, name), kind=kind, file_name=name,
        digest=hashlib.sha256(name.encode()).digest(), rows=rows, imported_at=_noon(day), imported_by="cli",
    )  # fmt: skip


_FACT_COLUMNS = (
    "id", "area_id", "metric", "value", "definition", "source", "as_of", "entered_at", "entered_by",
    "import_run_id", "ended_at", "ended_by", "superseded_by_id",
)  # fmt: skip


def _rows_of(
    province: Province, day: date, keys: Sequence[int], run: uuid.UUID, before: int
) -> Iterator[tuple[Any, ...]]:
    """As :data:`_FACT_COLUMNS`; values are written as both databases read them."""
    noon, as_of = datetime.combine(day, time(12)), day.isoformat()  # in UTC, without saying so
    entered, ended = noon.isoformat(sep=" "), (noon + timedelta(hours=1)).isoformat(sep=" ")
    of_sheet = run.hex
    for at, fact in enumerate(province.facts_on(day), before + 1):
        yield (
            at,
            keys[fact.area],
            fact.metric.value,
            fact.value,
            fact.definition,
            fact.source.value,
            as_of,
            entered,
            "cli",
            of_sheet if fact.source is Source.CITY_SHEET else None,
            ended if fact.corrected else None,
            "",
            at - 1 if fact.corrected else None,
        )


def _write_facts(rows: Iterable[tuple[Any, ...]]) -> int:
    from django.db import connection, transaction

    from bluezone.authority.adoption.models import Fact

    table, columns = Fact._meta.db_table, ", ".join(_FACT_COLUMNS)
    rows, count = iter(rows), 0
    with transaction.atomic(), connection.cursor() as cursor:
        while batch := list(islice(rows, _BATCH)):
            count += len(batch)
            if connection.vendor == "postgresql":
                lines = ("\t".join([r"\N" if one is None else str(one) for one in row]) for row in batch)
                with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    copy.write("\n".join([*lines, ""]))
            else:
                places = ", ".join("?" * len(_FACT_COLUMNS))
                insert = f"INSERT INTO {table} ({columns}) VALUES ({places})"  # noqa: S608 - names of ours
                cursor.connection.cursor().executemany(insert, batch)
    return count


def _take_indexes() -> list[str]:
    """Drop those of the table of facts; what makes them again, all at once and in less time."""
    from django.db import connection

    from bluezone.authority.adoption.models import Fact

    where = "tablename = %s AND indexdef NOT LIKE 'CREATE UNIQUE INDEX%%_pkey %%'"
    asked = {
        "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = %s AND sql <> ''",
        "postgresql": f"SELECT indexname, indexdef FROM pg_indexes WHERE {where}",  # noqa: S608 - constants
    }
    with connection.cursor() as cursor:
        cursor.execute(asked[connection.vendor], [Fact._meta.db_table])
        found = list(cursor.fetchall())
        for name, _ in found:
            cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")
    return [statement for _, statement in found]


def _after_facts() -> None:
    """The next fact's number follows those that were given here."""
    from django.core.management.color import no_style
    from django.db import connection

    from bluezone.authority.adoption.models import Fact

    if connection.vendor == "sqlite":
        return  # AUTOINCREMENT looks at the table
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [Fact]):
            cursor.execute(statement)


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=UTC)

"""Benchmark of a province's main page: the newest rates of 600 wards, their ranks, targets and forecasts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from bluezone.bench.province.made_up import LAST_DAY, MadeFact, Province, province_of
from bluezone.bench.registry import Workload, benchmark
from bluezone.bench.scratch_authority import open_authority, plain_database

__all__: list[str] = []

_TABLE = "CREATE TABLE facts (area, metric, day, source, value, PRIMARY KEY (area, metric, day, source))"


@benchmark(
    "province",
    unit="pages/s",
    summary="the page of a city with 600 wards, by how many figures its ledger holds",
    sizes=(100_000, 200_000, 400_000),
    quick=(9_000, 18_000, 36_000),
    own_process=True,
)
def province_page(size: int, folder: Path) -> Workload:
    """Prepare a ledger, and by hand the same figures in one table."""
    from bluezone.bench.province.pages import client_of, make_askers
    from bluezone.bench.province.store import look_after, store_ledger

    province = province_of(size)
    open_authority(folder)
    count = store_ledger(province)
    look_after()
    client = client_of(make_askers()["city"])
    plain = _PlainLedger(folder / "plain.sqlite3", province)

    def ask() -> None:
        answer = client.get("/adoption/")
        if answer.status_code != 200:
            raise AssertionError(f"/adoption/: {answer.status_code}")

    return Workload(
        units=1,
        input=f"{province.wards} wards, {count:,} figures, SQLite",
        run=ask,
        baseline=plain.page,
        baseline_units=1,
        baseline_name="by hand: one table, two queries a ward, one string; no forecasts",
    )


class _PlainLedger:
    """The least that tells the same rates: one table by area, metric and day."""

    def __init__(self, file: Path, province: Province) -> None:
        self._wards = [at for at, one in province.areas_on(LAST_DAY) if one.level == "ward"]
        self._database = plain_database(
            file,
            (_TABLE,),
        )
        days = (province.first_day + timedelta(at) for at in range(province.days))
        self._database.execute("BEGIN")
        self._database.executemany(
            "INSERT INTO facts VALUES (?, ?, ?, ?, ?)",
            (_plain_row(fact) for day in days for fact in province.facts_on(day) if not fact.corrected),
        )
        self._database.execute("COMMIT")

    def page(self) -> str:
        """A line for each ward."""
        lines = []
        for ward in self._wards:
            installs = self._newest(ward, "phone-linked", LAST_DAY.isoformat())
            phones = None if installs is None else self._newest(ward, "smartphones", installs[0])
            if installs is None or phones is None:
                raise AssertionError(f"ward {ward} has reported nothing")
            lines.append(f"<tr><td>{ward}<td>{100 * installs[1] / phones[1]:.2f} %<td>{installs[0]}")
        return "\n".join(lines)

    def _newest(self, ward: int, metric: str, day: str) -> tuple[str, int] | None:
        found: tuple[str, int] | None = self._database.execute(
            "SELECT day, value FROM facts WHERE area = ? AND metric = ? AND day <= ? "
            "ORDER BY day DESC, source LIMIT 1",
            (ward, metric, day),
        ).fetchone()
        return found


def _plain_row(fact: MadeFact) -> tuple[int, str, str, str, int]:
    return fact.area, fact.metric.value, fact.as_of.isoformat(), fact.source.value, fact.value

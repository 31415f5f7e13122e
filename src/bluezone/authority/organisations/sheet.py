"""A sheet of organisations as clerks have it: each row one of them or a class, with all its faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from bluezone.authority.organisations.directory import Directory
from bluezone.authority.organisations.sheet_cells import COLUMNS, RowReader, not_a_row
from bluezone.authority.organisations.sheet_linking import Draft, Rows, draft_of
from bluezone.authority.organisations.sheet_rows import OrganisationRow
from bluezone.authority.tabular.columns import read_table
from bluezone.authority.tabular.faults import Fault, Said, Severity, SheetRefused
from bluezone.authority.tabular.sheets import read_sheet

__all__ = ["OrganisationSheet", "Progress", "read_organisation_sheet"]

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many of how many."""

_TOLD_EVERY = 500


@dataclass(frozen=True, slots=True)
class OrganisationSheet:
    """What a sheet holds: rows that can be imported, and what is to be said of these and the others."""

    rows: tuple[OrganisationRow, ...]
    faults: tuple[Fault, ...]

    @property
    def errors(self) -> tuple[Fault, ...]:
        """Those whose rows are left out."""
        return tuple(one for one in self.faults if one.severity is Severity.ERROR)


def read_organisation_sheet(
    data: bytes, directory: Directory, today: date, wanted_sheet: str = "", progress: Progress | None = None
) -> OrganisationSheet:
    """Read a sheet; nothing is imported yet.

    :param today: on which areas are looked up where a row has no day of its own; a later day is a mistake.
    :raises SheetRefused: no sheet at all, or without the columns that are needed.
    """
    table = read_table(read_sheet(data, wanted_sheet), COLUMNS)
    if not table.records:
        raise SheetRefused("Tệp chỉ có dòng tiêu đề.", "the file has a heading and no row below it")
    unknown = Said("không dùng cột này: không nhập", "this column is not known and not imported")
    faults = [Fault(table.heading_row, name, unknown, Severity.REMARK) for name in table.unknown]
    drafts: list[Draft] = []
    for record in table.records:
        if skipped := not_a_row(record):
            faults.append(Fault(record.row, "", skipped, Severity.REMARK))
        else:
            drafts.append(draft_of(RowReader(record, today)))
    rows = Rows(drafts, directory, today)
    for at, draft in enumerate(drafts):
        rows.add(draft)
        if progress and at % _TOLD_EVERY == 0:
            progress("reading", at, len(drafts))
    rows.drop_loops()
    rows.tell_changes()
    faults += [fault for draft in drafts for fault in draft.reader.faults]
    good = [row for row in rows.found if row.row in rows.good]
    return OrganisationSheet(tuple(good), tuple(sorted(faults, key=lambda one: one.row)))

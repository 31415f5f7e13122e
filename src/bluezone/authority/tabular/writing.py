"""Sheets that are handed out: CSV and XLSX without formulas, with zeros at the front kept."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date

import xlsxwriter

from bluezone.authority.tabular.sheets import Cell
from bluezone.authority.tabular.spelling import formula_safe

__all__ = ["formula_safe", "write_csv", "write_xlsx"]

_MAX_WIDTH = 60


def write_csv(heading: Sequence[str], rows: Iterable[Sequence[Cell]], delimiter: str = ";") -> bytes:
    """UTF-8 with a byte order mark, so that spreadsheets show Vietnamese; days as dd/mm/yyyy.

    :param delimiter: a semicolon is what spreadsheets set to Vietnamese expect, whose decimals have commas.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(heading)
    writer.writerows([_csv_cell(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def write_xlsx(title: str, heading: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A workbook of one sheet: text as text, numbers and days as such; the heading stays in view."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet(title[:31])
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        grouped = book.add_format({"num_format": "#,##0"})
        text = book.add_format({"num_format": "@"})
        widths = [len(name) for name in heading]
        for place, name in enumerate(heading):
            sheet.write_string(0, place, name, bold)
        for number, row in enumerate(rows, start=1):
            for place, cell in enumerate(row):
                match cell:
                    case None:
                        continue
                    case str():
                        sheet.write_string(number, place, cell, text)
                    case date():
                        sheet.write_datetime(number, place, cell, day)
                    case int():
                        sheet.write_number(number, place, cell, grouped)
                    case float():
                        sheet.write_number(number, place, cell)
                widths[place] = max(widths[place], len(str(cell)))
        for place, width in enumerate(widths):
            sheet.set_column(place, place, min(width + 2, _MAX_WIDTH))
        sheet.freeze_panes(1, 0)
    return out.getvalue()


def _csv_cell(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case str():
            return formula_safe(cell)
        case date():
            return f"{cell:%d/%m/%Y}"
        case float():
            return str(cell).replace(".", ",")
        case _:
            return str(cell)

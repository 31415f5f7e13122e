"""A file of tests for each of which a code is wanted: read from CSV, with every fault of every row.

Columns are told by their heading, in Vietnamese (with or without diacritics) or English. Headings that are
not known are refused, not passed over: a misspelt date would be missed in silence, and a column of names must
not come here at all.
"""

from __future__ import annotations

import csv
import io
import unicodedata
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils.translation import gettext, gettext_lazy

from bluezone.authority.keys.date_faults import date_fault_text
from bluezone.authority.keys.report_types import ReportTypeName
from bluezone.authority.keys.rules import check_test_dates
from bluezone.authority.keys.sms.phone_numbers import PhoneRefused, parse_phone
from bluezone.authority.tabular.spelling import plain
from bluezone.errors import Refused

__all__ = [
    "MAX_BYTES",
    "MAX_ROWS",
    "BulkFile",
    "BulkRefused",
    "BulkRow",
    "Fault",
    "read_bulk_file",
    "row_uuid",
]

MAX_ROWS = 1000
MAX_BYTES = 256_000
_MAX_SAMPLE = 60
_DELIMITERS = (",", ";", "\t")
_COLUMNS = {
    "sample": gettext_lazy("Mã mẫu"),
    "report_type": gettext_lazy("Kết quả"),
    "test_date": gettext_lazy("Ngày lấy mẫu"),
    "onset_date": gettext_lazy("Ngày khởi phát"),
    "phone": gettext_lazy("Số điện thoại"),
}
_HEADINGS = {
    "ma mau": "sample",
    "sample": "sample",
    "ket qua": "report_type",
    "report type": "report_type",
    "result": "report_type",
    "ngay lay mau": "test_date",
    "test date": "test_date",
    "ngay khoi phat": "onset_date",
    "onset date": "onset_date",
    "so dien thoai": "phone",
    "phone": "phone",
}
_REPORT_TYPES = {
    "duong tinh": ReportTypeName.CONFIRMED,
    "confirmed": ReportTypeName.CONFIRMED,
    "nghi duong tinh": ReportTypeName.LIKELY,
    "likely": ReportTypeName.LIKELY,
    "am tinh": ReportTypeName.NEGATIVE,
    "negative": ReportTypeName.NEGATIVE,
}


class BulkRefused(Refused):
    """The file as a whole cannot be used; in Vietnamese, naming the line where there is one."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field of a row; ``column`` as the file's users call it."""

    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class BulkRow:
    """One test. With faults, no code is issued for it.

    ``line`` is where it begins in the file, the first being 1; ``number`` counts the rows alone.
    ``sample`` is the laboratory's own mark: it comes back with the code and is stored nowhere.
    """

    number: int
    line: int
    sample: str
    report_type: ReportTypeName
    test_date: date | None
    onset_date: date | None
    phone: str = field(repr=False)
    """E.164, or empty."""

    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class BulkFile:
    """The rows of a file, good and bad, and what separates its fields: an answer uses the same."""

    delimiter: str
    rows: tuple[BulkRow, ...]

    @property
    def good(self) -> tuple[BulkRow, ...]:
        """Those without faults."""
        return tuple(row for row in self.rows if not row.faults)


def row_uuid(upload: uuid.UUID, number: int) -> uuid.UUID:
    """The UUID of a row's code: the same file sent again asks for the same codes."""
    return uuid.uuid5(upload, f"row {number}")


def read_bulk_file(data: bytes, today: date) -> BulkFile:
    """Read a file of at most 1000 rows.

    :param today: in Hà Nội; dates are judged by it.
    :raises BulkRefused: not a CSV file in UTF-8 (or UTF-16 with its mark), or not with our columns.
    """
    if len(data) > MAX_BYTES:
        raise BulkRefused(
            gettext("Tệp lớn hơn {kilobytes} kB. Hãy chia thành nhiều tệp.").format(
                kilobytes=MAX_BYTES // 1000
            )
        )
    text = _decoded(data)
    filled = [line for line in text.splitlines() if line.strip()]
    told = _told_delimiter(filled[0]) if filled else ""
    if not filled[bool(told) :]:
        raise BulkRefused(gettext("Tệp trống."))
    first_line = filled[bool(told)]
    delimiter = told or max(
        _DELIMITERS, key=lambda one: sum(plain(cell) in _HEADINGS for cell in _cells(first_line, one))
    )
    lines = _records(text, delimiter)
    if told:
        next(lines)
    line, heading = next(lines, (0, None))
    if heading is None:  # nothing but delimiters
        raise BulkRefused(gettext("Tệp trống."))
    columns = _columns(heading, line)
    rows: list[BulkRow] = []
    samples: dict[str, int] = {}
    for line, cells in lines:
        if len(rows) == MAX_ROWS:
            raise BulkRefused(
                gettext("Tệp có hơn {rows} dòng. Hãy chia thành nhiều tệp.").format(rows=MAX_ROWS)
            )
        rows.append(_row(len(rows) + 1, line, cells, columns, samples, today))
    if not rows:
        raise BulkRefused(gettext("Tệp chỉ có dòng tiêu đề, chưa có dòng nào để cấp mã."))
    return BulkFile(delimiter, tuple(rows))


def _told_delimiter(line: str) -> str:
    """What a first line ``sep=;`` names, which Excel reads and writes; else empty."""
    name, _, delimiter = line.strip('"\r\n ').partition("=")
    return delimiter if name.strip().lower() == "sep" and delimiter in _DELIMITERS else ""


def _decoded(data: bytes) -> str:
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BulkRefused(
            gettext(
                "Dòng {line} không phải văn bản UTF-8. Trong Excel, hãy lưu tệp dạng “CSV UTF-8”."
            ).format(line=line)
        ) from None
    if "\0" in text:
        raise BulkRefused(gettext("Đây không phải tệp CSV. Trong Excel, hãy lưu tệp dạng “CSV UTF-8”."))
    return unicodedata.normalize("NFC", text)


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Lines where records begin, and their cells without blanks around; empty records are left out."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise BulkRefused(
                gettext("Dòng {line} có dấu ngoặc kép không khép lại hoặc đặt sai chỗ.").format(line=line)
            ) from None
        cells = [cell.strip() for cell in cells]
        if any(cells):
            yield line, cells


def _columns(heading: Sequence[str], line: int) -> list[str]:
    """Which field each column holds; empty for a column without a heading."""
    names = list(heading)
    while names and not names[-1]:
        names.pop()
    columns: list[str] = []
    for name in names:
        column = _HEADINGS.get(plain(name))
        if column is None:
            allowed = ", ".join(map(str, _COLUMNS.values()))
            raise BulkRefused(
                gettext(
                    "Dòng {line}: không dùng cột “{name}”. Chỉ dùng các cột: {allowed}. "
                    "Không đưa họ tên hay giấy tờ của người được xét nghiệm vào tệp."
                ).format(line=line, name=name[:40], allowed=allowed)
            )
        if column in columns:
            raise BulkRefused(
                gettext("Dòng {line}: cột “{column}” có hai lần.").format(line=line, column=_COLUMNS[column])
            )
        columns.append(column)
    if "report_type" not in columns:
        raise BulkRefused(
            gettext("Dòng {line}: thiếu cột “{column}”.").format(line=line, column=_COLUMNS["report_type"])
        )
    if not {"test_date", "onset_date"} & set(columns):
        raise BulkRefused(
            gettext("Dòng {line}: cần cột “{test_date}” hoặc cột “{onset_date}”.").format(
                line=line, test_date=_COLUMNS["test_date"], onset_date=_COLUMNS["onset_date"]
            )
        )
    return columns


def _row(
    number: int, line: int, cells: list[str], columns: list[str], samples: dict[str, int], today: date
) -> BulkRow:
    """:param samples: marks met so far and their lines; this row's is added."""
    values = dict(zip(columns, cells, strict=False))
    faults: list[Fault] = []
    if any(cells[len(columns) :]):
        faults.append(
            Fault(
                gettext("Cả dòng"),
                gettext("có {cells} ô, nhiều hơn {columns} cột của tiêu đề").format(
                    cells=len(cells), columns=len(columns)
                ),
            )
        )

    sample = values.get("sample", "")
    if len(sample) > _MAX_SAMPLE or not sample.isprintable():
        faults.append(
            Fault(
                str(_COLUMNS["sample"]),
                gettext("dài quá {most} ký tự hoặc có ký tự lạ").format(most=_MAX_SAMPLE),
            )
        )
        sample = ""
    elif sample and sample in samples:
        faults.append(
            Fault(str(_COLUMNS["sample"]), gettext("trùng với dòng {line}").format(line=samples[sample]))
        )
    samples.setdefault(sample, line)

    written = values.get("report_type", "")
    report_type = _REPORT_TYPES.get(plain(written), ReportTypeName.UNKNOWN)
    if report_type is ReportTypeName.UNKNOWN:
        reason = gettext("phải là: dương tính, nghi dương tính hoặc âm tính")
        faults.append(
            Fault(
                str(_COLUMNS["report_type"]),
                reason if written else gettext("đang trống, {reason}").format(reason=reason),
            )
        )

    dates: dict[str, date | None] = {}
    for column in ("test_date", "onset_date"):
        try:
            dates[column] = _date(values.get(column, ""))
        except ValueError:
            dates[column] = None
            faults.append(
                Fault(str(_COLUMNS[column]), gettext("không phải ngày như 08/03/2021 hoặc 2021-03-08"))
            )
    if not faults:
        fault = check_test_dates(report_type, dates["test_date"], dates["onset_date"], today)
        if fault:
            faults.append(Fault(gettext("Ngày"), date_fault_text(fault)))

    phone = ""
    if values.get("phone"):
        try:
            phone = parse_phone(values["phone"])
        except PhoneRefused as refusal:
            faults.append(Fault(str(_COLUMNS["phone"]), str(refusal)))
    return BulkRow(
        number, line, sample, report_type, dates["test_date"], dates["onset_date"], phone, tuple(faults)
    )


def _date(text: str) -> date | None:
    if not text:
        return None
    if not text.isascii():
        raise ValueError(text)
    for form in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 # a day of the calendar has no zone
        except ValueError:
            continue
    raise ValueError(text)


def _cells(line: str, delimiter: str) -> list[str]:
    return [cell.strip().strip('"') for cell in line.split(delimiter)]

"""The columns of an organisations' sheet and what single cells of it hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import phonenumbers

from bluezone.authority.organisations.kinds import KIND_NAMES, KIND_WORDS, Kind, People
from bluezone.authority.organisations.rules import is_email, is_tax_code, school_year
from bluezone.authority.organisations.sealed_contact import ContactPerson
from bluezone.authority.tabular.cells import Reading, read_count, read_date, read_text
from bluezone.authority.tabular.columns import Column, Record
from bluezone.authority.tabular.faults import CellRefused, Fault, Said, Severity
from bluezone.authority.tabular.sheets import Cell
from bluezone.authority.tabular.spelling import plain

__all__ = ["COLUMNS", "RowReader", "not_a_row", "read_code_of", "read_kind", "read_phone"]

COLUMNS = (
    Column("key", "Mã trong danh bạ", ("Mã danh bạ", "Key")),
    Column("code", "Mã đơn vị", ("Mã", "Mã trường", "Mã số thuế", "MST", "Mã số doanh nghiệp", "Code")),
    Column(
        "name",
        "Tên đơn vị",
        ("Đơn vị", "Tên cơ quan", "Tên trường", "Trường", "Tên doanh nghiệp", "Tên tổ chức",
         "Tên cơ quan, đơn vị", "Cơ quan, đơn vị", "Name"),
        required=True,
    ),
    Column("kind", "Loại", ("Loại hình", "Loại đơn vị", "Loại hình đơn vị", "Kind")),
    Column(
        "manager",
        "Trực thuộc",
        ("Đơn vị trực thuộc", "Cơ quan chủ quản", "Đơn vị chủ quản", "Cơ quan quản lý", "Managed by"),
    ),
    Column(
        "manager_code",
        "Mã cơ quan chủ quản",
        ("Mã trực thuộc", "Mã đơn vị chủ quản", "Mã cơ quan quản lý", "Managed by code"),
    ),
    Column(
        "area",
        "Đóng trên địa bàn",
        ("Địa bàn", "Phường", "Phường/xã", "Phường, xã", "Quận/huyện", "Located in", "Area"),
    ),
    Column("area_code", "Mã địa bàn", ("Mã ĐVHC", "Mã phường", "Mã phường/xã", "Area code")),
    Column("address", "Địa chỉ", ("Trụ sở", "Địa chỉ trụ sở", "Address")),
    Column(
        "contact",
        "Người liên hệ",
        ("Họ tên người liên hệ", "Người liên hệ Họ tên", "Người liên hệ Họ và tên", "Đầu mối",
         "Cán bộ đầu mối", "Contact"),
    ),
    Column("position", "Chức vụ", ("Người liên hệ Chức vụ", "Position")),
    Column("phone", "Điện thoại", ("Số điện thoại", "SĐT", "ĐT", "Người liên hệ Điện thoại", "Phone")),
    Column("email", "Email", ("Thư điện tử", "Địa chỉ email", "E-mail")),
    Column("as_of", "Ngày số liệu", ("Ngày", "Đến ngày", "Tính đến ngày", "As of")),
    Column(
        "staff",
        "Số cán bộ",
        ("Số lao động", "Số nhân viên", "Số CBNV", "Số lượng Cán bộ", "Số lượng Lao động",
         "Số cán bộ, giáo viên, nhân viên", "Staff"),
    ),
    Column(
        "pupils", "Số học sinh", ("Số sinh viên", "Sĩ số", "Số HS", "Số lượng Học sinh", "Pupils")
    ),
    Column("members", "Số hội viên", ("Số thành viên", "Số lượng Hội viên", "Members")),
    Column("school_year", "Năm học", ("School year",)),
    Column("class", "Lớp", ("Tên lớp", "Class")),
    Column("number", "STT", ("TT", "Số TT", "No.")),
    Column("note", "Ghi chú", ("Note",)),
)  # fmt: skip

_PEOPLE = {"staff": People.STAFF, "pupils": People.PUPILS, "members": People.MEMBERS}
_KINDS = {
    plain(word): kind for kind, name in KIND_NAMES.items() for word in (name, kind.value, *KIND_WORDS[kind])
}
_TOTALS = frozenset(map(plain, ("Tổng", "Tổng cộng", "Tổng số", "Cộng", "Total")))
_CODE = re.compile(r"[0-9A-ZĐ](?:[0-9A-ZĐ./-]{0,18}[0-9A-ZĐ])?")
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+")
_TAX_DIGITS = 10
_MAX_NAME = 200
_MAX_PERSON = 120
_MAX_CLASS = 30
_ABOUT_IT = (
    "key", "code", "kind", "manager_code", "area", "area_code", "address", "contact", "phone", "email",
    "as_of", "staff", "pupils", "members", "school_year", "class",
)  # fmt: skip


def not_a_row(record: Record) -> Said | None:
    """Why a row is not one of an organisation: a total, a group's title, or a note below the table."""
    name = record.cells.get("name")
    if record.cells.get("key") is None and isinstance(name, str) and plain(name.rstrip(":")) in _TOTALS:
        return Said("dòng tổng: không nhập", "a row of totals is not imported")
    if all(record.cells.get(key) is None for key in _ABOUT_IT):
        return Said(
            "chỉ có chữ, không có loại hay địa bàn: coi là tiêu đề hoặc ghi chú, không nhập",
            "words alone, without kind or area, are taken for a title or a note and not imported",
        )
    return None


def read_kind(cell: Cell) -> Kind:
    """:raises CellRefused: empty, or none that is known."""
    if cell is None:
        raise CellRefused("đang trống", "is empty")
    kind = _KINDS.get(plain(str(cell)))
    if kind is None:
        names = ", ".join(KIND_NAMES.values())
        raise CellRefused(
            f"“{str(cell)[:40]}” không phải một loại đơn vị: {names}",
            f"“{str(cell)[:40]}” is no kind of organisation: {names}",
        )
    return kind


def read_code_of(cell: Cell, kind: Kind | None) -> Reading[str]:
    """An organisation's code; the tax code of an enterprise has its check digit.

    :raises CellRefused: other signs than letters, digits, dots, dashes and strokes, or a wrong tax code.
    """
    if cell is None:
        return Reading("")
    text = "" if isinstance(cell, (float, date)) else str(cell).removeprefix("'").upper()
    if not _CODE.fullmatch(text):
        raise CellRefused(
            f"“{str(cell)[:40]}” không phải mã đơn vị (chữ, số, dấu gạch; tối đa 20 ký tự)",
            f"“{str(cell)[:40]}” is no code (letters, digits, dashes; 20 at most)",
        )
    if kind is Kind.ENTERPRISE:
        full = text.zfill(_TAX_DIGITS) if text.isdigit() else text
        if not is_tax_code(full):
            raise CellRefused(
                f"“{text}” không phải mã số thuế: cần 10 chữ số, chữ số cuối là số kiểm tra",
                f"“{text}” is no tax code: it has 10 digits, the last of which checks the others",
            )
        if full != text:
            said = Said(
                f"mã {text} được bổ sung số 0 ở đầu thành {full}", f"the code {text} was read as {full}"
            )
            return Reading(full, said)
    elif isinstance(cell, int):
        return Reading(
            text,
            Said(
                f"mã {text} là số trong bảng tính: nếu mã bắt đầu bằng số 0 thì số 0 đã mất",
                f"the code {text} is a number of the spreadsheet: zeros at its front would be lost",
            ),
        )
    return Reading(text)


def read_phone(cell: Cell) -> Reading[str]:
    """A telephone number of Viet Nam, mobile or not, in E.164. What is told of it does not repeat it.

    :raises CellRefused: none, or in the form that spreadsheets give to long numbers.
    """
    if cell is None:
        return Reading("")
    written = str(cell).removeprefix("'")
    if isinstance(cell, float) or _SCIENTIFIC.fullmatch(written):
        raise CellRefused(
            "Excel đã đổi số điện thoại sang dạng 9,12E+08; hãy định dạng cột thành Văn bản",
            "the spreadsheet turned the number into the form 9.12E+08: make the column text",
        )
    number = None
    if re.fullmatch(r"\+?[0-9][0-9 ().\-]{6,24}", written):
        try:
            number = phonenumbers.parse(written, "VN")
        except phonenumbers.NumberParseException:
            number = None
    if number is None or number.country_code != 84 or not phonenumbers.is_valid_number(number):
        raise CellRefused(
            "không phải số điện thoại Việt Nam như 0912 345 678",
            "is not a telephone number of Viet Nam such as 0912 345 678",
        )
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if written.startswith(("0", "+84", "84")):
        return Reading(e164)
    return Reading(e164, Said("số được bổ sung số 0 ở đầu", "a zero was put at the number's front"))


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads the cells of one row and keeps what is to be said of them."""

    record: Record
    today: date
    faults: list[Fault] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """No error so far."""
        return all(one.severity is not Severity.ERROR for one in self.faults)

    def tell(self, key: str, said: Said, severity: Severity = Severity.ERROR) -> None:
        """Note a fault or remark on a column."""
        self.faults.append(self.record.fault(key, said, severity))

    def cell(self, key: str) -> Cell:
        """What is written there; ``None`` where the sheet lacks the column."""
        return self.record.cells.get(key)

    def text(self, key: str, longest: int = _MAX_NAME) -> str:
        """A text, empty where it is told why there is none."""
        try:
            return read_text(self.cell(key), longest)
        except CellRefused as refusal:
            self.tell(key, refusal.said)
            return ""

    def reading(self, key: str, reading: Reading[str]) -> str:
        """A value whose remark is told."""
        if reading.remark:
            self.tell(key, reading.remark, Severity.REMARK)
        return reading.value

    def kind(self) -> Kind | None:
        """The kind, or why not."""
        try:
            return read_kind(self.cell("kind"))
        except CellRefused as refusal:
            self.tell("kind", refusal.said)
            return None

    def code(self, key: str, kind: Kind | None) -> str:
        """A code, or why not."""
        try:
            return self.reading(key, read_code_of(self.cell(key), kind))
        except CellRefused as refusal:
            self.tell(key, refusal.said)
            return ""

    def day(self) -> date | None:
        """The day of the figures, or why not."""
        cell = self.cell("as_of")
        if cell is None:
            return None
        try:
            reading = read_date(cell)
        except CellRefused as refusal:
            self.tell("as_of", refusal.said)
            return None
        if reading.value > self.today:
            day = f"{reading.value:%d/%m/%Y}"
            self.tell("as_of", Said(f"ngày {day} chưa đến", f"the day {day} has not come yet"))
            return None
        if reading.remark:
            self.tell("as_of", reading.remark, Severity.REMARK)
        return reading.value

    def counts(self, kind: Kind | None) -> Mapping[People, int]:
        """Headcounts; they need a day, and only schools have pupils."""
        counts: dict[People, int] = {}
        for key, people in _PEOPLE.items():
            if self.cell(key) is None:
                continue
            try:
                counts[people] = read_count(self.cell(key))
            except CellRefused as refusal:
                self.tell(key, refusal.said)
                continue
            if people is People.PUPILS and kind not in (None, Kind.SCHOOL):
                self.tell(key, Said("chỉ trường học mới có học sinh", "only schools have pupils"))
        if counts and self.cell("as_of") is None:
            self.tell("as_of", Said("số người phải kèm ngày", "a headcount needs its day"))
        return counts

    def contact(self) -> ContactPerson | None:
        """The contact person, if the row tells of one."""
        phone = email = ""
        try:
            phone = self.reading("phone", read_phone(self.cell("phone")))
        except CellRefused as refusal:
            self.tell("phone", refusal.said)
        email = self.text("email", _MAX_PERSON)
        if email and not is_email(email):
            self.tell("email", Said("không phải địa chỉ email", "is not a mail address"))
        person = ContactPerson(
            self.text("contact", _MAX_PERSON), self.text("position", _MAX_PERSON), phone, email
        )
        return None if person == ContactPerson() else person

    def school_class(self) -> tuple[int, str] | None:
        """School year and name of the class that the row is of."""
        name, year = self.text("class", _MAX_CLASS), self.text("school_year")
        begins = school_year(year) if year else None
        if year and begins is None:
            shown = year[:40]
            self.tell(
                "school_year",
                Said(
                    f"“{shown}” không phải năm học như 2020-2021",
                    f"“{shown}” is no school year like 2020-2021",
                ),
            )
        elif name and begins is None:
            self.tell("school_year", Said("lớp phải kèm năm học", "a class needs its school year"))
        return (begins, name) if name and begins is not None else None

"""The sheets that the made-up province sends: its organisations, their headcounts, a day's figures."""

from __future__ import annotations

from datetime import date, timedelta

from bluezone.bench.province.made_up import LAST_DAY, Province

__all__ = ["city_sheet", "headcount_sheet", "organisation_sheet"]

_HEADING = (
    "Mã đơn vị;Tên đơn vị;Loại;Trực thuộc;Mã địa bàn;Địa chỉ;Người liên hệ;Chức vụ;Điện thoại;Email;"
    "Ngày số liệu;Số cán bộ;Số học sinh"
)
_OFFICES = 30
_TAX_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)


def organisation_sheet(province: Province) -> bytes:
    """Each organisation once, as a clerk has them; the offices that manage schools come first."""
    day = LAST_DAY - timedelta(1)
    rows = [_row(at, province, day, contact=True) for at in range(province.organisations)]
    return "\n".join([_HEADING, *rows]).encode()


def headcount_sheet(province: Province, day: date) -> bytes:
    """The same organisations, registered by now, with another day's headcounts."""
    rows = [_row(at, province, day, contact=False) for at in range(province.organisations)]
    return "\n".join([_HEADING, *rows]).encode()


def city_sheet(province: Province, day: date) -> bytes:
    """The figures of every ward on a day, with the percentages that clerks add."""
    lines = ["Mã;Địa bàn;Ngày;Số cài đặt;Số điện thoại thông minh;Tỷ lệ"]
    for at, area in province.areas_on(day):
        installs, phones = 1_000 + at, 4_000 + at
        percent = f"{100 * installs / phones:.2f}".replace(".", ",")
        lines.append(f"{area.code};{area.name};{day:%d/%m/%Y};{installs};{phones};{percent}%")
    return "\n".join(lines).encode()


def _row(at: int, province: Province, day: date, *, contact: bool) -> str:
    ward = f"9{at % province.wards:04}"
    kind, code, name, manager, pupils = _identity(at)
    person = f"Nguyễn Văn {at % 97};Văn thư;0912{at:06};don.vi.{at}@example.vn" if contact else ";;;"
    staff = 5 + at % 300
    return f"{code};{name};{kind};{manager};{ward};Số {at} đường Mẫu;{person};{day:%d/%m/%Y};{staff};{pupils}"


def _identity(at: int) -> tuple[str, str, str, str, str]:
    """Kind, code, name, who manages it, and its pupils."""
    if at < _OFFICES:
        return "Cơ quan", f"PGD-{at:02}", f"Phòng Giáo dục số {at}", "", ""
    if at % 20 < 3:
        name, manager = f"Trường THCS Mẫu {at}", f"Phòng Giáo dục số {at % _OFFICES}"
        return "Trường học", f"TH-{at}", name, manager, str(300 + at % 900)
    if at % 20 < 14:
        return "Doanh nghiệp", _tax_code(at), f"Công ty TNHH Mẫu {at}", "", ""
    if at % 20 < 16:
        return "Cơ quan", f"CQ-{at}", f"Trạm y tế Mẫu {at}", "Sở Y tế", ""
    if at % 20 < 18:
        return "Đoàn thể", f"DT-{at}", f"Hội Phụ nữ Mẫu {at}", "", ""
    return "Tổ chức khu dân cư", f"KDC-{at}", f"Ban quản trị chung cư Mẫu {at}", "", ""


def _tax_code(at: int) -> str:
    """Nine digits and the one that checks them; numbers that would need a tenth of 10 are passed over."""
    for number in range(100_000_000 + at * 11, 100_000_000 + at * 11 + 11):
        digits = f"{number:09}"
        check = 10 - sum(one * int(digit) for one, digit in zip(_TAX_WEIGHTS, digits, strict=True)) % 11
        if check < 10:
            return f"{digits}{check}"
    raise AssertionError("eleven numbers in a row have every check digit")

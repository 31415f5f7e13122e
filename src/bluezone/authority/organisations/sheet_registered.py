"""Rows of organisations that the registry has: a sheet changes none of them, and all that differs is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from bluezone.authority.organisations.directory import Directory, Registered
from bluezone.authority.organisations.headcounts import current_counts
from bluezone.authority.organisations.kinds import KIND_NAMES, Kind
from bluezone.authority.organisations.sheet_cells import RowReader
from bluezone.authority.organisations.sheet_rows import OrganisationRow
from bluezone.authority.tabular.faults import Said, Severity
from bluezone.authority.tabular.spelling import plain

__all__ = ["find_keyed", "find_registered", "tell_counts", "tell_manager"]

_OUTSIDE = Said("là của đơn vị ngoài phạm vi của bạn", "is that of an organisation outside your scope")
_KNOWN = Said(
    "đã có trong danh bạ: chỉ thêm số người, và người liên hệ nếu chưa có",
    "is registered: headcounts are added, and a contact where there is none",
)


def find_keyed(reader: RowReader, directory: Directory, day: date) -> Registered | None:
    """The organisation that a row names as the registry does; ``None`` where it names none of this one."""
    key = reader.text("key").upper()
    one = directory.by_key(key) if key else None
    if one is None:
        if key:
            said = Said("không có ở danh bạ này: coi như để trống", "is not of this registry: taken as empty")
            reader.tell("key", said, Severity.REMARK)
        return None
    if not directory.allows(one.area_path, one.path):
        reader.tell("key", _OUTSIDE)
        return one
    _check_open(reader, one, day)
    then = directory.then(one, day)
    for key, written, known in (
        ("code", reader.text("code"), one.code),
        ("name", reader.text("name"), one.name),
        ("area_code", reader.text("area_code"), one.area_path.rpartition("/")[2]),
        ("manager", reader.text("manager"), one.manager_name),
        ("manager_code", reader.text("manager_code"), one.manager_code),
        ("address", reader.text("address"), one.address),
    ):
        was = {"name": then.name, "area_code": then.area_path.rpartition("/")[2]}.get(key, known)
        if written and plain(written) not in (plain(known), plain(was)):
            _tell_kept(reader, key, known, written)
    kind = reader.kind() if reader.cell("kind") is not None else None
    if kind is not None and kind not in (one.kind, then.kind):
        _tell_kept(reader, "kind", KIND_NAMES[Kind(one.kind)], KIND_NAMES[kind])
    return one


def find_registered(
    reader: RowReader, code: str, name: str, kind: Kind | None, area: int, directory: Directory, day: date
) -> Registered | None:
    """The organisation that a row is of by its code, else by its name, kind and area of the row's day."""
    one = directory.by_code(code) if code else None
    if code:
        if one is None:
            return None
        if not directory.allows(one.area_path, one.path):
            reader.tell("code", Said(f"mã này {_OUTSIDE.vi}", f"this code {_OUTSIDE.en}"))
        elif plain(one.name) != plain(name) and not directory.was_named(one, name):
            reader.tell(
                "name",
                Said(
                    f"mã {one.code} trong danh bạ là của “{one.name}”",
                    f"the code {one.code} is registered as “{one.name}”",
                ),
            )
    else:
        named = directory.by_name_then(name, kind, area, day)
        if any(found.code for found in named):
            reader.tell(
                "code",
                Said(
                    "đơn vị này đã có mã trong danh bạ; hãy ghi mã",
                    "this organisation is registered with a code: give it",
                ),
            )
        one = named[0] if named else None
    if one is None or not reader.is_good:
        return one
    _check_open(reader, one, day)
    then = directory.then(one, day)
    if kind is not None and then.kind != kind:
        _refuse_change(reader, "kind", KIND_NAMES[Kind(then.kind)], KIND_NAMES[kind])
    if then.area != area:
        place = "area" if "area" in reader.record.cells else "area_code"
        _refuse_change(reader, place, then.area_name, reader.text(place))
    if reader.is_good:
        if plain(one.name) != plain(name):
            said = Said(f"nay là “{one.name}”", f"is “{one.name}” now")
            reader.tell("name", said, Severity.REMARK)
        if then.area != one.area:
            said = Said(f"nay ở {one.area_name}", f"is in {one.area_name} now")
            reader.tell("area", said, Severity.REMARK)
        address = reader.text("address")
        if address and plain(address) != plain(one.address):
            _tell_kept(reader, "address", one.address, address)
        reader.tell("", _KNOWN, Severity.REMARK)
    return one


def tell_manager(row: OrganisationRow, of_rows: Mapping[int, Registered | None], reader: RowReader) -> None:
    """That a sheet has another manager than the registry, which stays as it is."""
    one, manager = row.registered, row.manager
    if one is None or row.school_class is not None:
        return
    named = manager.registered if manager.row is None else of_rows.get(manager.row)
    if manager.row is None and manager.registered is None and not manager.name:
        return
    same = plain(manager.name) == plain(one.manager_name) if named is None else named.pk == one.manager
    if manager.row is not None and named is None:
        same = False
    if not same:
        written = reader.text("manager") or reader.text("manager_code")
        _tell_kept(reader, "manager" if reader.text("manager") else "manager_code", one.manager_name, written)


def tell_counts(
    rows: Sequence[OrganisationRow],
    of_rows: Mapping[int, Registered | None],
    readers: Mapping[int, RowReader],
) -> None:
    """Figures that take the place of others of the same day: the old and the new."""
    known: list[tuple[OrganisationRow, int, date]] = []
    for row in rows:
        one = row.registered if row.same_as is None else of_rows.get(row.same_as)
        if one is not None and row.as_of is not None and row.counts:
            known.append((row, one.pk, row.as_of))
    current = current_counts({pk for _, pk, _ in known}, {day for _, _, day in known})
    for row, pk, day in known:
        for people, value in row.counts.items():
            old = current.get((pk, row.school_class, people.value, day))
            if old is not None and old != value:
                readers[row.row].tell(
                    people.value,
                    Said(
                        f"ngày {day:%d/%m/%Y}: {old} → {value}; số cũ vẫn được giữ",
                        f"{day:%d/%m/%Y}: {old} → {value}; the old figure is kept",
                    ),
                    Severity.REMARK,
                )


def _check_open(reader: RowReader, one: Registered, day: date) -> None:
    if one.closed_on is not None and day >= one.closed_on:
        reader.tell(
            "name",
            Said(
                f"đã đóng từ ngày {one.closed_on:%d/%m/%Y}; hãy mở lại trên trang của đơn vị, "
                "hoặc bỏ dòng này",
                f"closed on {one.closed_on:%d/%m/%Y}: reopen it on its page, or leave this row out",
            ),
        )


def _refuse_change(reader: RowReader, key: str, known: str, written: str) -> None:
    reader.tell(
        key,
        Said(
            f"danh bạ ghi “{known}”, bảng ghi “{written}”; nhập bảng không sửa đơn vị đã có",
            f"is registered as “{known}”, here “{written}”; an import changes no organisation",
        ),
    )


def _tell_kept(reader: RowReader, key: str, known: str, written: str) -> None:
    reader.tell(
        key,
        Said(
            f"danh bạ ghi “{known or '–'}”, bảng ghi “{written}”: giữ như danh bạ",
            f"is registered as “{known or '–'}”, here “{written}”: kept as registered",
        ),
        Severity.REMARK,
    )

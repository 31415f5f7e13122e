"""Forms of organisations that are edited by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext, gettext_lazy

from bluezone.authority.organisations.edit_services import Details
from bluezone.authority.organisations.kinds import Kind, People, kind_name, people_name
from bluezone.authority.organisations.locking import EditedMeanwhile
from bluezone.authority.organisations.lookups import area_named, manager_named
from bluezone.authority.organisations.models import Organisation
from bluezone.authority.organisations.rules import (
    ClassLineWrong,
    ClassRoll,
    class_rolls,
    is_email,
    school_year,
)
from bluezone.authority.organisations.sealed_contact import ContactPerson
from bluezone.authority.organisations.sheet_cells import read_code_of, read_phone
from bluezone.authority.organisations.staff import Registrar
from bluezone.authority.tabular.cells import Reading, read_count, read_text
from bluezone.authority.tabular.faults import CellRefused
from bluezone.authority.tabular.reading import in_language
from bluezone.authority.tabular.sheets import Cell
from bluezone.authority.tabular.spelling import tidy

__all__ = ["ClassesForm", "CloseForm", "ContactForm", "EditForm", "OrganisationForm", "PeopleForm"]

_T = TypeVar("_T")
_REQUIRED = {"required": gettext_lazy("Hãy điền ô này.")}
_NOT_A_DAY = {**_REQUIRED, "invalid": gettext_lazy("Không phải một ngày.")}


def _day(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        error_messages=_NOT_A_DAY,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        **more,
    )


def _text(label: Any, longest: int, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=longest, error_messages=_REQUIRED, **more)


def _read(reader: Callable[[Cell], _T], text: str) -> _T:
    """What a cell of a sheet would hold, by the same rules."""
    try:
        return reader(tidy(text) or None)
    except CellRefused as refusal:
        raise forms.ValidationError(f"{in_language(refusal.said)}.") from None


class EditForm(forms.Form):
    """A form that knows which version of the organisation its reader has looked at."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)

    def look_again(self, version: int) -> None:
        """What was typed stays; sent once more, it is for the present version, which is shown beside it."""
        given = self.data.dict() if isinstance(self.data, QueryDict) else self.data
        self.data = {**given, "version": str(version)}
        self.add_error(None, f"{in_language(EditedMeanwhile().said)}.")


class OrganisationForm(EditForm):
    """What an organisation is, where it is, whom it answers to."""

    name = _text(gettext_lazy("Tên đơn vị"), 200)
    kind = forms.ChoiceField(label=gettext_lazy("Loại"), error_messages=_REQUIRED)
    code = _text(gettext_lazy("Mã đơn vị"), 20, required=False)
    area = _text(
        gettext_lazy("Đóng trên địa bàn"),
        120,
        help_text=gettext_lazy("Mã hoặc tên, như 00343 hay Phường Nhân Chính."),
    )
    manager = _text(
        gettext_lazy("Trực thuộc"),
        200,
        required=False,
        help_text=gettext_lazy("Mã hoặc tên của đơn vị chủ quản; nếu danh bạ chưa có thì chỉ ghi tên."),
    )
    address = _text(gettext_lazy("Địa chỉ"), 200, required=False)
    since = _day(
        gettext_lazy("Thay đổi từ ngày"),
        required=False,
        help_text=gettext_lazy("Để trống nếu chỉ sửa lỗi ghi: coi như vẫn luôn như vậy."),
    )
    field_order = ("name", "kind", "code", "area", "manager", "address", "since", "version")

    def __init__(self, *args: Any, registrar: Registrar, present: Organisation | None, **more: Any) -> None:
        super().__init__(*args, **more)
        self.initial = _said_of(present, registrar)
        self._registrar, self._present = registrar, present
        kinds = self.fields["kind"]
        if isinstance(kinds, forms.ChoiceField):
            kinds.choices = [(kind.value, kind_name(kind)) for kind in Kind]
        if present is None:
            del self.fields["since"], self.fields["version"]

    def clean_name(self) -> str:
        name = _read(lambda cell: read_text(cell, 200), self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError(_REQUIRED["required"])
        return name

    def clean_address(self) -> str:
        return _read(lambda cell: read_text(cell, 200), self.cleaned_data["address"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        kind = Kind(given["kind"]) if "kind" in given else None
        day = given.get("since") or self._registrar.today
        code: Reading[str] = self._try(
            "code", lambda: _read(lambda cell: read_code_of(cell, kind), given["code"])
        )
        present = self._present
        if present is not None and given.get("area") == self.initial["area"]:
            area = present.located_in_id  # also one that has ended since
        else:
            area = self._try("area", lambda: _named(area_named, given["area"], day, self._registrar))
        if present is not None and given.get("manager") == self.initial["manager"]:
            manager = (present.managed_by_id, present.managed_by_name)
        else:
            manager = self._try(
                "manager", lambda: _named(manager_named, given["manager"], day, self._registrar)
            )
        if not self.errors and kind is not None:
            given["details"] = Details(
                code.value, kind, given["name"], given["address"], area, manager[0], manager[1]
            )
        return given

    def _try(self, name: str, reader: Callable[[], Any]) -> Any:
        if name not in self.cleaned_data:
            return None
        try:
            return reader()
        except forms.ValidationError as error:
            self.add_error(name, error)
            return None


def _said_of(present: Organisation | None, registrar: Registrar) -> dict[str, Any]:
    if present is None:
        return {}
    manager = present.managed_by
    return {
        "name": present.name,
        "kind": present.kind,
        "code": present.code,
        "area": present.located_in.code,
        "manager": present.managed_by_name if manager is None else manager.code or manager.name,
        "address": present.address,
        "since": registrar.today,
        "version": present.version,
    }


def _named(lookup: Callable[[str, date, Registrar], _T], text: str, day: date, registrar: Registrar) -> _T:
    try:
        return lookup(tidy(text), day, registrar)
    except CellRefused as refusal:
        raise forms.ValidationError(f"{in_language(refusal.said)}.") from None


class PeopleForm(EditForm):
    """Headcounts of a day; what is left empty is not entered."""

    as_of = _day(gettext_lazy("Số liệu của ngày"))

    def __init__(self, *args: Any, kind: Kind, **more: Any) -> None:
        super().__init__(*args, **more)
        for people in People:
            if people is not People.PUPILS or kind is Kind.SCHOOL:
                self.fields[people.value] = forms.CharField(
                    label=people_name(people),
                    required=False,
                    max_length=20,
                    widget=forms.TextInput(attrs={"inputmode": "numeric"}),
                )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        counts: dict[People, int] = {}
        for people in People:
            text = given.get(people.value) or ""
            if not tidy(text):
                continue
            try:
                counts[people] = _read(read_count, text)
            except forms.ValidationError as error:
                self.add_error(people.value, error)
        if not counts and not self.errors:
            raise forms.ValidationError(gettext("Hãy ghi ít nhất một số."))
        given["counts"] = counts
        return given

    @property
    def counts(self) -> Mapping[People, int]:
        """What was typed in, once the form is valid."""
        counts: Mapping[People, int] = self.cleaned_data["counts"]
        return counts


class ContactForm(EditForm):
    """Whom to ask from now on."""

    person = _text(gettext_lazy("Họ tên"), 120, required=False)
    position = _text(gettext_lazy("Chức vụ"), 120, required=False)
    phone = _text(
        gettext_lazy("Điện thoại"), 30, required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    email = _text("Email", 120, required=False, widget=forms.TextInput(attrs={"type": "email"}))
    field_order = ("person", "position", "phone", "email", "version")

    def clean_phone(self) -> str:
        return _read(read_phone, self.cleaned_data["phone"]).value

    def clean_email(self) -> str:
        email = tidy(self.cleaned_data["email"])
        if email and not is_email(email):
            raise forms.ValidationError(gettext("Không phải địa chỉ email."))
        return email

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        person = ContactPerson(
            tidy(given.get("person") or ""),
            tidy(given.get("position") or ""),
            given.get("phone") or "",
            given.get("email") or "",
        )
        if person == ContactPerson() and not self.errors:
            raise forms.ValidationError(gettext("Hãy ghi ít nhất họ tên, điện thoại hoặc email."))
        given["contact"] = person
        return given


class ClassesForm(EditForm):
    """The classes of a school year, one a line."""

    school_year = _text(gettext_lazy("Năm học"), 20, help_text=gettext_lazy("Như 2020-2021."))
    classes = forms.CharField(
        label=gettext_lazy("Lớp và sĩ số"),
        max_length=20_000,
        error_messages=_REQUIRED,
        help_text=gettext_lazy("Mỗi lớp một dòng, như “6A1 42”; chỉ “6A1” nếu chưa có sĩ số."),
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    as_of = _day(
        gettext_lazy("Sĩ số của ngày"), required=False, help_text=gettext_lazy("Cần khi có ghi sĩ số.")
    )

    def clean_school_year(self) -> int:
        return _school_year(tidy(self.cleaned_data["school_year"]))

    def clean_classes(self) -> Sequence[ClassRoll]:
        try:
            return class_rolls(self.cleaned_data["classes"])
        except ClassLineWrong as wrong:
            told = gettext(
                "Dòng {line}, “{text}”: không phải lớp và sĩ số như “6A1 42”, hoặc lớp đã có ở dòng trên."
            )
            raise forms.ValidationError(told.format(line=wrong.line, text=wrong.text)) from None


def _school_year(text: str) -> int:
    begins = school_year(text)
    if begins is None:
        raise forms.ValidationError(gettext("Không phải năm học như 2020-2021."))
    return begins


class CloseForm(EditForm):
    """From when on there is no such organisation, and what it became."""

    day = _day(gettext_lazy("Ngày đầu tiên không còn hoạt động"))
    into = _text(
        gettext_lazy("Nhập vào đơn vị"),
        200,
        required=False,
        help_text=gettext_lazy("Mã hoặc tên; các đơn vị trực thuộc sẽ chuyển sang đơn vị này."),
    )
    school_year = _text(
        gettext_lazy("Năm học mà các lớp chuyển theo"),
        20,
        required=False,
        help_text=gettext_lazy("Chỉ khi nhập trường vào trường, như 2020-2021; sĩ số đã có vẫn ở trường cũ."),
    )
    field_order = ("day", "into", "school_year", "version")

    def clean_school_year(self) -> int | None:
        text = tidy(self.cleaned_data["school_year"])
        return _school_year(text) if text else None

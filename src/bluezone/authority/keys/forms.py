"""Forms of the staff pages: a test for which a code is wanted, a phone, a file of tests."""

from __future__ import annotations

import uuid as uuids
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext, gettext_lazy

from bluezone.authority.keys.bulk_codes import MAX_BYTES
from bluezone.authority.keys.date_faults import date_fault_text
from bluezone.authority.keys.report_types import ISSUABLE, ReportTypeName
from bluezone.authority.keys.rules import DateFault, check_test_dates
from bluezone.authority.keys.sms.phone_numbers import PhoneRefused, parse_phone

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

__all__ = [
    "REPORT_TYPE_LABELS",
    "BulkConfirmForm",
    "BulkForm",
    "FormFault",
    "IssueCodeForm",
    "LimitForm",
    "OnceForm",
    "PhoneForm",
    "StaffForm",
]

REPORT_TYPE_LABELS = {
    ReportTypeName.CONFIRMED: gettext_lazy("Dương tính, đã xét nghiệm khẳng định"),
    ReportTypeName.LIKELY: gettext_lazy("Nghi dương tính, chẩn đoán lâm sàng"),
    ReportTypeName.NEGATIVE: gettext_lazy("Âm tính (đính chính báo trước đó)"),
    ReportTypeName.USER_REPORT: gettext_lazy("Tự khai báo"),
    ReportTypeName.UNKNOWN: gettext_lazy("Không rõ"),
}
_DATE_FORMATS = ("%Y-%m-%d", "%d/%m/%Y")
_DELIVERIES = [
    ("read", gettext_lazy("Đọc cho người được xét nghiệm")),
    ("sms", gettext_lazy("Gửi SMS")),
    ("print", gettext_lazy("In phiếu")),
]


def _date_field(label: StrOrPromise, help_text: StrOrPromise, *, required: bool = False) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        input_formats=_DATE_FORMATS,
        error_messages={
            "required": gettext_lazy("Hãy nhập ngày."),
            "invalid": gettext_lazy("Hãy nhập ngày theo dạng ngày/tháng/năm, ví dụ 08/03/2021."),
        },
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )


class PhoneField(forms.CharField):
    """A mobile number of Việt Nam, cleaned to E.164."""

    def __init__(self, **kwargs: Any) -> None:
        attributes = {"type": "tel", "inputmode": "tel", "autocomplete": "off"}
        super().__init__(
            label=gettext_lazy("Số điện thoại di động"),
            help_text=gettext_lazy("Ví dụ: 0912 345 678. Số được mã hóa và xóa ngay khi gửi xong."),
            max_length=40,
            widget=forms.TextInput(attrs=attributes),
            error_messages={
                "required": gettext_lazy("Hãy nhập số điện thoại."),
                "max_length": gettext_lazy("Số điện thoại quá dài."),
            },
            **kwargs,
        )

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        try:
            return parse_phone(text)
        except PhoneRefused as refusal:
            raise forms.ValidationError(str(refusal)) from None


@dataclass(frozen=True, slots=True)
class FormFault:
    """What is wrong with a form, and the address of where it is mended, if there is one."""

    text: str
    href: str = ""


class StaffForm(forms.Form):
    """A form that tells all its faults in one place."""

    @property
    def faults(self) -> Sequence[FormFault]:
        """In the order of the fields; each leads to its field."""
        names = [NON_FIELD_ERRORS, *self.fields]
        return [
            FormFault(str(error), self._address_of(name))
            for name in names
            for error in self.errors.get(name, ())
        ]

    def _address_of(self, name: str) -> str:
        if name == NON_FIELD_ERRORS or self[name].is_hidden:
            return ""
        # radio buttons have no element of their own together; the first one stands for all
        return f"#{self[name].id_for_label or f'{self[name].auto_id}_0'}"


class OnceForm(StaffForm):
    """What it asks for is done once: the UUID is made with the form."""

    uuid = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages={
            "required": gettext_lazy("Biểu mẫu thiếu số nhận dạng. Hãy bấm lần nữa."),
            "invalid": gettext_lazy("Số nhận dạng của biểu mẫu không đúng. Hãy bấm lần nữa."),
        },
    )

    def renew(self) -> None:
        """With another UUID, what is sent next is something new: this one can never be used as it is."""
        data = cast("QueryDict", self.data).copy()
        data["uuid"] = str(uuids.uuid4())
        self.data = data

    def clean(self) -> dict[str, Any]:
        if "uuid" in self.errors:
            self.renew()
        return super().clean() or self.cleaned_data


class _AreaForm(OnceForm):
    """What is issued, is issued somewhere."""

    area = forms.ChoiceField(
        label=gettext_lazy("Nơi cấp"),
        error_messages={
            "required": gettext_lazy("Hãy chọn địa bàn."),
            "invalid_choice": gettext_lazy("Hãy chọn một địa bàn trong danh sách."),
        },
    )

    def __init__(self, *args: Any, areas: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["area"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - narrows the type only
        field.choices = list(areas.items())


class IssueCodeForm(_AreaForm):
    """Asks for no name or other identity: the code is tied to a test, not to a person."""

    field_order = ("uuid", "report_type", "test_date", "onset_date", "area", "delivery", "phone")
    report_type = forms.ChoiceField(
        label=gettext_lazy("Kết quả"),
        choices=[(one.value, REPORT_TYPE_LABELS[one]) for one in ISSUABLE],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Hãy chọn kết quả.")},
    )
    test_date = _date_field(
        gettext_lazy("Ngày lấy mẫu"), gettext_lazy("Trong 14 ngày gần đây. Cần ít nhất một trong hai ngày.")
    )
    onset_date = _date_field(
        gettext_lazy("Ngày khởi phát triệu chứng"), gettext_lazy("Để trống nếu không có triệu chứng.")
    )
    delivery = forms.ChoiceField(
        label=gettext_lazy("Trao mã bằng cách nào?"),
        choices=_DELIVERIES,
        initial="read",
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": gettext_lazy("Hãy chọn một cách trao mã trong danh sách.")},
    )
    phone = PhoneField(required=False)

    def __init__(self, *args: Any, areas: dict[str, str], sms: bool, today: date, **kwargs: Any) -> None:
        super().__init__(*args, areas=areas, **kwargs)
        self.today = today
        if not sms:
            field = self.fields["delivery"]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - narrows the type only
            field.choices = [one for one in _DELIVERIES if one[0] != "sms"]
            del self.fields["phone"]

    def clean_delivery(self) -> str:
        return self.cleaned_data["delivery"] or "read"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("delivery") != "sms":
            cleaned.pop("phone", None)  # a number that nobody will write to is not kept, right or wrong
            self.errors.pop("phone", None)
        elif not cleaned.get("phone") and "phone" not in self.errors:
            self.add_error("phone", gettext("Hãy nhập số điện thoại để gửi SMS."))
        self._check_dates()
        return cleaned

    def _check_dates(self) -> None:
        """So that a fault of a date is told with all the others, at its field."""
        if {"test_date", "onset_date"} & set(self.errors):
            return
        test, onset = self.cleaned_data["test_date"], self.cleaned_data["onset_date"]
        report_type = ReportTypeName(self.cleaned_data.get("report_type") or ReportTypeName.CONFIRMED)
        if test is None and onset is None:
            self.add_error("test_date", date_fault_text(DateFault.MISSING))
        for name, dates in {"test_date": (test, None), "onset_date": (None, onset)}.items():
            if any(dates) and (fault := check_test_dates(report_type, *dates, self.today)):
                self.add_error(name, date_fault_text(fault))


class PhoneForm(OnceForm):
    """Where a code is sent, again or for the first time."""

    phone = PhoneField()


class LimitForm(StaffForm):
    """How many codes may be issued on a day below an area, and why."""

    area = forms.ChoiceField(
        label=gettext_lazy("Địa bàn, gồm mọi cấp dưới"),
        error_messages={
            "required": gettext_lazy("Hãy chọn địa bàn."),
            "invalid_choice": gettext_lazy("Hãy chọn một địa bàn trong danh sách."),
        },
    )
    day = _date_field(
        gettext_lazy("Ngày"), gettext_lazy("Giới hạn chỉ có hiệu lực trong ngày này."), required=True
    )
    codes = forms.IntegerField(
        label=gettext_lazy("Số mã được cấp trong ngày"),
        help_text=gettext_lazy("0: không cấp mã nào nữa, ví dụ khi một tài khoản bị lộ."),
        min_value=0,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "required": gettext_lazy("Hãy nhập số mã."),
            "invalid": gettext_lazy("Số mã phải là số nguyên."),
            "min_value": gettext_lazy("Số mã không được âm."),
        },
    )
    reason = forms.CharField(
        label=gettext_lazy("Lý do"),
        help_text=gettext_lazy(
            "Được lưu lại cùng tên người đặt. Không ghi tên hay giấy tờ của người được xét nghiệm."
        ),
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": gettext_lazy("Hãy nhập lý do.")},
    )

    def __init__(self, *args: Any, areas: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["area"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - narrows the type only
        field.choices = list(areas.items())


class BulkForm(_AreaForm):
    """A file of tests of one place."""

    file = forms.FileField(
        label=gettext_lazy("Tệp CSV"),
        help_text=gettext_lazy("Tối đa 1.000 dòng. Trong Excel, hãy lưu tệp dạng “CSV UTF-8”."),
        error_messages={
            "required": gettext_lazy("Hãy chọn tệp."),
            "missing": gettext_lazy("Hãy chọn tệp."),
            "invalid": gettext_lazy("Hãy chọn tệp."),
            "empty": gettext_lazy("Tệp trống."),
        },
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,text/csv"}),
    )

    def clean_file(self) -> bytes:
        file: UploadedFile[Any] = self.cleaned_data["file"]
        return bytes(file.read(MAX_BYTES + 1))


class BulkConfirmForm(_AreaForm):
    """The same file, back from the page that showed what is in it."""

    content = forms.CharField(widget=forms.HiddenInput, max_length=MAX_BYTES * 4 // 3 + 4)

    def clean_content(self) -> bytes:
        try:
            return b64decode(self.cleaned_data["content"], validate=True)
        except ValueError:
            raise forms.ValidationError(gettext("Dữ liệu của tệp bị hỏng. Hãy tải tệp lên lại.")) from None

"""The form of a test for which a code is wanted."""

from __future__ import annotations

from typing import Any

from django import forms

from bluezone.authority.keys.report_types import ReportTypeName

__all__ = ["REPORT_TYPE_LABELS", "IssueCodeForm"]

REPORT_TYPE_LABELS = {
    ReportTypeName.CONFIRMED: "Dương tính, đã xét nghiệm khẳng định",
    ReportTypeName.LIKELY: "Nghi dương tính, chẩn đoán lâm sàng",
    ReportTypeName.NEGATIVE: "Âm tính (đính chính báo trước đó)",
    ReportTypeName.USER_REPORT: "Tự khai báo",
    ReportTypeName.UNKNOWN: "Không rõ",
}
_ISSUABLE = (ReportTypeName.CONFIRMED, ReportTypeName.LIKELY, ReportTypeName.NEGATIVE)
_DATE_FORMATS = ("%Y-%m-%d", "%d/%m/%Y")


def _date_field(label: str, help_text: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        help_text=help_text,
        input_formats=_DATE_FORMATS,
        error_messages={"invalid": "Hãy nhập ngày theo dạng ngày/tháng/năm, ví dụ 08/03/2021."},
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )


class IssueCodeForm(forms.Form):
    """Asks for no name, phone or other identity: the code is tied to a test, not to a person."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)
    report_type = forms.ChoiceField(
        label="Kết quả",
        choices=[(one.value, REPORT_TYPE_LABELS[one]) for one in _ISSUABLE],
        widget=forms.RadioSelect,
        error_messages={"required": "Hãy chọn kết quả."},
    )
    test_date = _date_field("Ngày lấy mẫu", "Trong 14 ngày gần đây. Cần ít nhất một trong hai ngày.")
    onset_date = _date_field("Ngày khởi phát triệu chứng", "Để trống nếu không có triệu chứng.")
    area = forms.ChoiceField(
        label="Nơi cấp",
        error_messages={
            "required": "Hãy chọn địa bàn.",
            "invalid_choice": "Hãy chọn một địa bàn trong danh sách.",
        },
    )

    def __init__(self, *args: Any, areas: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["area"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - narrows the type only
        field.choices = areas

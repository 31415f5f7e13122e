"""Forms of imports: a sheet, and the same sheet back from the page that showed what is in it."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

__all__ = ["ConfirmForm", "SheetForm"]

_MAX_BYTES = 700_000
"""Of a sheet that travels through a page, in base64 and below what the server takes in one request
(``DATA_UPLOAD_MAX_MEMORY_SIZE``); the command line takes larger ones."""


class SheetForm(forms.Form):
    """A sheet to be looked at."""

    file = forms.FileField(
        label=gettext_lazy("Tệp CSV hoặc Excel (.xlsx)"),
        error_messages={
            "required": gettext_lazy("Hãy chọn tệp."),
            "missing": gettext_lazy("Hãy chọn tệp."),
            "invalid": gettext_lazy("Hãy chọn tệp."),
            "empty": gettext_lazy("Tệp trống."),
        },
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.xlsx,text/csv"}),
    )
    sheet = forms.CharField(
        label=gettext_lazy("Trang tính"),
        required=False,
        max_length=31,
        help_text=gettext_lazy("Chỉ cần khi tệp Excel có nhiều trang."),
    )

    def __init__(self, *args: Any, columns: str | Promise, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = str(columns)

    def clean_file(self) -> bytes:
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > _MAX_BYTES:
            raise forms.ValidationError(
                gettext("Tệp lớn hơn 700 KB. Hãy chia thành nhiều tệp, hoặc nhập bằng dòng lệnh.")
            )
        self.cleaned_data["name"] = file.name or gettext("tệp")
        return bytes(file.read())


class ConfirmForm(forms.Form):
    """The same file, back from the page that showed what is in it."""

    name = forms.CharField(widget=forms.HiddenInput, max_length=255)
    sheet = forms.CharField(widget=forms.HiddenInput, required=False, max_length=31)
    content = forms.CharField(widget=forms.HiddenInput, max_length=_MAX_BYTES * 4 // 3 + 4)

    def clean_content(self) -> bytes:
        try:
            return b64decode(self.cleaned_data["content"], validate=True)
        except ValueError:
            raise forms.ValidationError(gettext("Dữ liệu của tệp bị hỏng. Hãy tải tệp lên lại.")) from None

"""Forms of imports: a sheet, and the same sheet back from the page that showed what is in it."""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

__all__ = ["ConfirmForm", "SheetForm", "packed"]

_MAX_BYTES = 4_000_000
"""Of a sheet that comes in by a page: 20,000 organisations have three. The command line takes more."""

_MAX_PACKED = 1_900_000
"""Of a sheet that travels through a page, compressed: in base64 it is below what the server takes of a form
(``DATA_UPLOAD_MAX_MEMORY_SIZE``)."""


_MAX_FIELD = _MAX_PACKED * 4 // 3 + 4


def packed(data: bytes) -> str:
    """A sheet as text that a page carries to and fro."""
    return b64encode(zlib.compress(data)).decode()


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
                gettext("Tệp lớn hơn 4 MB. Hãy chia thành nhiều tệp, hoặc nhập bằng dòng lệnh.")
            )
        data = bytes(file.read())
        if len(packed(data)) > _MAX_FIELD:
            raise forms.ValidationError(
                gettext("Tệp lớn hơn 1,9 MB khi nén. Hãy chia thành nhiều tệp, hoặc nhập bằng dòng lệnh.")
            )
        self.cleaned_data["name"] = file.name or gettext("tệp")
        return data


class ConfirmForm(forms.Form):
    """The same file, back from the page that showed what is in it."""

    name = forms.CharField(widget=forms.HiddenInput, max_length=255)
    sheet = forms.CharField(widget=forms.HiddenInput, required=False, max_length=31)
    content = forms.CharField(widget=forms.HiddenInput, max_length=_MAX_FIELD)

    def clean_content(self) -> bytes:
        unpacking = zlib.decompressobj()
        try:
            data = unpacking.decompress(
                b64decode(self.cleaned_data["content"], validate=True), _MAX_BYTES + 1
            )
            if len(data) > _MAX_BYTES or not unpacking.eof:
                raise ValueError("larger than any sheet that was shown, or cut off")
            return data
        except (ValueError, zlib.error):
            raise forms.ValidationError(gettext("Dữ liệu của tệp bị hỏng. Hãy tải tệp lên lại.")) from None

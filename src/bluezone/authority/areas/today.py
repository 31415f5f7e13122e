"""What the search and the first page know of the pages of areas."""

from __future__ import annotations

from django.utils.translation import gettext_lazy, pgettext_lazy

from bluezone.authority.access.roles import ADOPTION_READERS, ORGANISATION_EDITORS, ORGANISATION_READERS
from bluezone.authority.todays_work import Page

__all__ = ["PAGES"]

PAGES = (
    Page(
        "areas",
        pgettext_lazy("areas", "Địa bàn"),
        gettext_lazy("Phường, xã, tổ dân phố của một ngày; từ đâu mà có, đã thành gì"),
        ADOPTION_READERS | ORGANISATION_READERS,
        "danh muc hanh chinh phuong xa to dan pho areas wards registry",
        needs_area=True,
        in_navigation=pgettext_lazy("areas", "Địa bàn"),
    ),
    Page(
        "areas-import",
        gettext_lazy("Nhập tổ dân phố và ngõ từ bảng"),
        gettext_lazy("Bảng Excel hoặc CSV của một phường, xã; hoàn tác lần nhập"),
        ORGANISATION_EDITORS,
        "xlsx csv excel import residential groups alleys undo",
    ),
)

"""What the search and the first page know of the pages of organisations."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from bluezone.authority.access.roles import ORGANISATION_EDITORS, ORGANISATION_READERS
from bluezone.authority.todays_work import Page

__all__ = ["PAGES"]

PAGES = (
    Page(
        "organisations",
        gettext_lazy("Đơn vị"),
        gettext_lazy("Cơ quan, trường học, doanh nghiệp, đoàn thể trong địa bàn"),
        ORGANISATION_READERS,
        "danh ba co quan truong hoc doanh nghiep organisations directory",
        in_navigation=gettext_lazy("Đơn vị"),
    ),
    Page(
        "organisation-new",
        gettext_lazy("Thêm đơn vị"),
        gettext_lazy("Ghi một đơn vị mà danh bạ chưa có"),
        ORGANISATION_EDITORS,
        "moi new add organisation",
    ),
    Page(
        "organisations-import",
        gettext_lazy("Nhập danh bạ từ bảng"),
        gettext_lazy("Bảng Excel hoặc CSV của các đơn vị; hoàn tác lần nhập"),
        ORGANISATION_EDITORS,
        "don vi xlsx csv excel hoan tac import sheet undo",
    ),
)

"""What the first page and the search offer of heartbeats."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from bluezone.authority.access.roles import ADOPTION_READERS
from bluezone.authority.todays_work import Page

__all__ = ["PAGES"]

PAGES = (
    Page(
        "heartbeat-counts",
        gettext_lazy("Ứng dụng tự báo"),
        gettext_lazy("Từng phường có bao nhiêu ứng dụng tự báo đang chạy; không kiểm chứng"),
        ADOPTION_READERS,
        "nhip tim hoat dong heartbeat active tracing",
    ),
)

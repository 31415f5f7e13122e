"""What an auditor searches for."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext, gettext_lazy

from bluezone.authority.access.audit_queries import AuditSearch
from bluezone.authority.access.scope import Scope, check_area_path
from bluezone.authority.accounts.forms import FaultsForm
from bluezone.authority.accounts.models import User
from bluezone.authority.areas.queries import known_path, paths_of_code

__all__ = ["AuditForm"]

_HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
_REFERENCE = re.compile(r"[a-z-]+(?::[0-9a-zA-Z-]+)?")
_ACTION = re.compile(r"[a-z-]+(?:\.[a-z-]+)*\.?")


class AuditForm(FaultsForm):
    """Everything may be left empty but the first day, which keeps a page quick."""

    person = forms.CharField(
        label=gettext_lazy("Người"),
        required=False,
        max_length=80,
        help_text=gettext_lazy(
            "Tên đăng nhập, hoặc mã như user:…, cli, system: người làm hoặc người bị tác động."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    action = forms.CharField(
        label=gettext_lazy("Việc"),
        required=False,
        max_length=80,
        help_text=gettext_lazy("Ví dụ: access.emergency-used, hoặc chỉ phần đầu: keys"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    area = forms.CharField(
        label=gettext_lazy("Địa bàn"),
        required=False,
        max_length=120,
        help_text=gettext_lazy("Mã địa bàn như 00343, hoặc cả đường dẫn như 01/009; gồm cả các cấp dưới."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    since = forms.DateField(
        label=gettext_lazy("Từ ngày"),
        required=False,
        error_messages={"invalid": gettext_lazy("Từ ngày không phải một ngày.")},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label=gettext_lazy("Đến hết ngày"),
        required=False,
        error_messages={"invalid": gettext_lazy("Đến hết ngày không phải một ngày.")},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def clean_person(self) -> str:
        """The reference of whoever is meant."""
        typed = str(self.cleaned_data["person"]).strip()
        if not typed:
            return ""
        user = User.objects.filter(username=typed).first()
        if user is not None:
            return f"user:{user.pk}"
        if typed in ("cli", "system") or (":" in typed and _REFERENCE.fullmatch(typed)):
            return typed
        raise forms.ValidationError(gettext("Không có người dùng này."))

    def clean_action(self) -> str:
        """As it is recorded."""
        typed = str(self.cleaned_data["action"]).strip()
        if typed and not _ACTION.fullmatch(typed):
            raise forms.ValidationError(gettext("Việc chỉ gồm chữ thường, gạch ngang và dấu chấm."))
        return typed

    def clean_area(self) -> str:
        """A path; a code alone is the area that has it, or an auditor would take it for a clean log."""
        typed = str(self.cleaned_data["area"]).strip()
        try:
            path = check_area_path(typed) if typed else ""
        except ValueError:
            raise forms.ValidationError(gettext("Mã địa bàn không đúng dạng như 01/009.")) from None
        known = paths_of_code(path, Scope.everything())
        if not known or path in known:
            return path
        if len(known) > 1:
            told = gettext("Mã {code} có ở nhiều nơi: {paths}. Hãy ghi đầy đủ.")
            raise forms.ValidationError(told.format(code=path, paths=", ".join(known)))
        return known[0]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("since") and given.get("until") and given["until"] < given["since"]:
            self.add_error("until", gettext("Đến hết ngày phải sau từ ngày."))
        return given

    @property
    def unknown_area(self) -> str:
        """What was looked for if the registry has no such area; of a form that is valid."""
        path = str(self.cleaned_data["area"])
        return "" if known_path(path, Scope.everything()) else path

    @property
    def search(self) -> AuditSearch:
        """What is looked for; of a form that is valid."""
        given = self.cleaned_data
        since = given["since"] and datetime.combine(given["since"], time(), _HANOI)
        until = given["until"] and datetime.combine(given["until"] + timedelta(days=1), time(), _HANOI)
        return AuditSearch(
            action=given["action"], person=given["person"], area=given["area"], since=since, until=until
        )

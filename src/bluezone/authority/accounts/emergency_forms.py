"""The form by which somebody takes a role for some hours."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from bluezone.authority.access.emergency_rules import LONGEST_REASON, SHORTEST_REASON
from bluezone.authority.accounts.forms import FaultsForm, area_field, present_password_field, role_field

__all__ = ["EmergencyForm"]


class EmergencyForm(FaultsForm):
    """What, where, how long, and above all why; with the password, for it opens what others are kept from."""

    role = role_field()
    area = area_field()
    hours = forms.TypedChoiceField(
        label=gettext_lazy("Trong bao lâu"),
        coerce=int,
        choices=[
            (1, gettext_lazy("1 giờ")),
            (2, gettext_lazy("2 giờ")),
            (4, gettext_lazy("4 giờ")),
        ],
        error_messages={
            "required": gettext_lazy("Hãy chọn thời gian."),
            "invalid_choice": gettext_lazy("Nhiều nhất là 4 giờ."),
        },
    )
    reason = forms.CharField(
        label=gettext_lazy("Lý do"),
        min_length=SHORTEST_REASON,
        max_length=LONGEST_REASON,
        help_text=gettext_lazy(
            "Ít nhất 20 ký tự: việc gì, vì sao không chờ được. Không ghi họ tên, số điện thoại người dân. "
            "Người khác sẽ đọc và đánh giá."
        ),
        error_messages={
            "required": gettext_lazy("Hãy ghi lý do."),
            "min_length": gettext_lazy("Lý do cần ít nhất 20 ký tự."),
            "max_length": gettext_lazy("Lý do dài quá 500 ký tự."),
        },
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    password = present_password_field()

    def __init__(self, *args: Any, areas: dict[str, str], roles: dict[str, str], **more: Any) -> None:
        super().__init__(*args, **more)
        # No area is chosen beforehand: one press would open a ward that nobody meant.
        for name, choices in (("role", roles), ("area", {"": gettext_lazy("chọn địa bàn"), **areas})):
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = list(choices.items())

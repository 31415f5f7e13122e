"""Forms of returns and of their schedules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.functional import lazy
from django.utils.translation import gettext, gettext_lazy

from bluezone.authority.formats.numbers import grouped
from bluezone.authority.returns.metrics import COUNT_NAMES, COUNTS, SURVEYS, Form, Survey
from bluezone.authority.returns.rules import CADENCES, impossible
from bluezone.authority.returns.texts import RHYTHMS, SURVEY_NAMES
from bluezone.authority.tabular.cells import read_count
from bluezone.authority.tabular.faults import CellRefused
from bluezone.authority.tabular.reading import in_language
from bluezone.authority.tabular.spelling import tidy

__all__ = ["CountsForm", "ScheduleForm", "TargetDayForm"]

_told = lazy(in_language, str)


class _CountField(forms.CharField):
    """A whole number as people write it; nothing written is not 0."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})

    def clean(self, value: Any) -> int:
        text = tidy(super().clean(value))
        try:
            return read_count(text)
        except CellRefused as refusal:
            raise forms.ValidationError(f"{in_language(refusal.said)}.") from None


class CountsForm(forms.Form):
    """The counts of one return; what contradicts itself is told at its field."""

    def __init__(
        self,
        of: Form,
        *args: Any,
        before: tuple[date, Mapping[str, int]] | None = None,
        **kwargs: Any,
    ) -> None:
        """:param before: what the round before had, told beside each field and never filled in."""
        super().__init__(*args, **kwargs)
        self._of = of
        for name in COUNTS[of]:
            field = _CountField(
                label=in_language(COUNT_NAMES[name]),
                max_length=40,
                error_messages={"required": gettext("Đang trống; không có ai thì ghi 0.")},
            )
            if before is not None:
                day, counts = before
                field.help_text = gettext("Kỳ trước ({day}): {count}").format(
                    day=f"{day:%d/%m/%Y}", count=grouped(counts[name])
                )
            self.fields[name] = field

    def clean(self) -> dict[str, Any]:
        for one in impossible(self._of, self.cleaned_data):
            if one.count not in self.errors:
                self.add_error(one.count, f"{in_language(one.said)}.")
        return self.cleaned_data

    @property
    def counts(self) -> Mapping[str, int]:
        """What was typed in, once the form is valid."""
        return {name: self.cleaned_data[name] for name in COUNTS[self._of]}


class ScheduleForm(forms.Form):
    """Who is asked, from when on, how often, and until which hour."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Loại đơn vị"),
        choices=[(survey.code, _told(name)) for survey, name in SURVEY_NAMES.items()],
    )
    first_day = forms.DateField(
        label=gettext_lazy("Kỳ đầu tiên"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Báo cáo hằng tuần thì mọi kỳ sau vào cùng thứ với ngày này."),
        error_messages={
            "required": gettext_lazy("Hãy ghi ngày."),
            "invalid": gettext_lazy("Ngày không đúng."),
        },
    )
    every_days = forms.TypedChoiceField(
        label=gettext_lazy("Lặp lại"),
        coerce=int,
        initial=7,
        choices=[(days, _told(RHYTHMS[days])) for days in CADENCES],
    )
    cutoff = forms.TimeField(
        label=gettext_lazy("Hạn trong ngày"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        initial="16:00",
        help_text=gettext_lazy("Giờ Hà Nội. Báo cáo sau giờ này được ghi là muộn."),
        error_messages={"required": gettext_lazy("Hãy ghi giờ."), "invalid": gettext_lazy("Giờ không đúng.")},
    )

    def clean_kind(self) -> Survey:
        return SURVEYS[self.cleaned_data["kind"]]


class TargetDayForm(forms.Form):
    """The day whose targets are taken back."""

    due = forms.DateField(
        label=gettext_lazy("Chỉ tiêu đến ngày"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": gettext_lazy("Hãy ghi ngày."),
            "invalid": gettext_lazy("Ngày không đúng."),
        },
    )

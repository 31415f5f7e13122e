"""Forms of figures that are typed in, and of targets."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from bluezone.authority.adoption.metrics import METRIC_NAMES, Metric
from bluezone.authority.adoption.target_text import read_target
from bluezone.authority.tabular.cells import read_count
from bluezone.authority.tabular.faults import CellRefused
from bluezone.authority.tabular.reading import in_language
from bluezone.authority.tabular.spelling import tidy

__all__ = ["FiguresForm", "TargetForm"]

_MAX_LENGTH = 40


class _CountField(forms.CharField):
    """A whole number as people write it, ``157.542``; empty is no figure."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})

    def clean(self, value: Any) -> int | None:
        text = tidy(super().clean(value))
        if not text:
            return None
        try:
            return read_count(text)
        except CellRefused as refusal:
            raise forms.ValidationError(f"{in_language(refusal.said)}.") from None


class FiguresForm(forms.Form):
    """One figure for each metric, by the metric's value; those left empty are not entered."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for metric, name in METRIC_NAMES.items():
            self.fields[metric.value] = _CountField(label=name, required=False, max_length=_MAX_LENGTH)

    def clean(self) -> dict[str, Any]:
        if not self.errors and not self.counts:
            raise forms.ValidationError(gettext("Hãy ghi ít nhất một số."))
        return self.cleaned_data

    @property
    def counts(self) -> Mapping[Metric, int]:
        """What was typed in, once the form is valid."""
        found = {metric: self.cleaned_data.get(metric.value) for metric in METRIC_NAMES}
        return {metric: count for metric, count in found.items() if count is not None}


class TargetForm(forms.Form):
    """A share of smartphones, and the day by which it is to be reached."""

    due = forms.DateField(
        label=gettext_lazy("Đến ngày"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": gettext_lazy("Hãy ghi ngày."),
            "invalid": gettext_lazy("Ngày không đúng."),
        },
    )
    percent = forms.CharField(
        label=gettext_lazy("Tỷ lệ cài đặt (%)"),
        max_length=20,
        help_text=gettext_lazy("Như 60 hoặc 62,5."),
        error_messages={"required": gettext_lazy("Hãy ghi tỷ lệ.")},
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    parts = forms.BooleanField(label=gettext_lazy("Đặt cả cho từng địa bàn trực thuộc"), required=False)

    def clean_percent(self) -> Decimal:
        try:
            return read_target(self.cleaned_data["percent"])
        except CellRefused as refusal:
            raise forms.ValidationError(f"{in_language(refusal.said)}.") from None

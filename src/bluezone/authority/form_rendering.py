"""How every form is drawn: the first field with a fault has the focus when a form comes back refused."""

from __future__ import annotations

from typing import Any

from django.forms import BoundField
from django.forms.renderers import DjangoTemplates

__all__ = ["FaultFirst"]


class _Field(BoundField):
    """A field that asks for the focus if it is the first one to be mended; needs no script."""

    def build_widget_attrs(self, attrs: dict[str, Any], widget: Any = None) -> dict[str, Any]:
        built = super().build_widget_attrs(attrs, widget)
        if self.form.is_bound and self.form.errors and self.name == self._first_to_mend():
            built["autofocus"] = True
        return built

    def _first_to_mend(self) -> str:
        """The first one with a fault; if the fault is of all of them together, the first."""
        shown = [name for name, field in self.form.fields.items() if not field.widget.is_hidden]
        return next((name for name in shown if name in self.form.errors), next(iter(shown), ""))


class FaultFirst(DjangoTemplates):
    """Django's own drawing of forms, with that."""

    bound_field_class = _Field

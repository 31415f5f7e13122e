"""Addresses of returns."""

from __future__ import annotations

from datetime import date

from django.urls import path, register_converter

from bluezone.authority.returns import clerk_views, import_views, schedule_views, target_views, views
from bluezone.authority.returns.metrics import Form

__all__ = ["urlpatterns"]


class _Day:
    """A day as ``2021-03-08``."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: date) -> str:
        return value.isoformat()


class _Form:
    """``staff`` or ``pupils``."""

    regex = "|".join(Form)

    def to_python(self, value: str) -> Form:
        return Form(value)

    def to_url(self, value: Form) -> str:
        return value.value


register_converter(_Day, "returns_day")
register_converter(_Form, "returns_form")

_ONE = "organisations/<slug:key>/"
_DAY = f"{_ONE}<returns_day:day>/"

urlpatterns = [
    path("", views.returns, name="returns"),
    path("own/", clerk_views.own_returns, name="returns-own"),
    path("rounds/", views.rounds, name="returns-rounds"),
    path("rounds/table.<str:form>", views.table, name="returns-table"),
    path("schedules/", schedule_views.return_schedules, name="returns-schedules"),
    path("targets/", target_views.return_targets, name="returns-targets"),
    path("schedules/end", schedule_views.end_schedule, name="returns-schedule-end"),
    *import_views.PAGES.urls,
    path(_ONE, clerk_views.organisation_returns, name="returns-organisation"),
    path(_DAY, clerk_views.organisation_day, name="returns-day"),
    path(f"{_DAY}<returns_form:form>/", clerk_views.organisation_day, name="returns-day"),
    path(f"{_DAY}classes/<int:class_id>/", clerk_views.class_return, name="returns-class"),
]

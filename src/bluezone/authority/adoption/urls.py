"""Addresses of the adoption ledger."""

from django.urls import path

from bluezone.authority.adoption import import_views, views

__all__ = ["urlpatterns"]

urlpatterns = [
    path("", views.adoption, name="adoption"),
    path("chart.svg", views.chart, name="adoption-chart"),
    path("table.<str:form>", views.table, name="adoption-table"),
    *import_views.PAGES.urls,
]

"""Addresses of the adoption ledger."""

from django.urls import path

from bluezone.authority.adoption import import_views, views

__all__ = ["urlpatterns"]

urlpatterns = [
    path("", views.adoption, name="adoption"),
    path("chart.svg", views.chart, name="adoption-chart"),
    path("table.<str:form>", views.table, name="adoption-table"),
    path("import/", import_views.import_sheet, name="adoption-import"),
    path("import/confirm", import_views.confirm_import, name="adoption-import-confirm"),
    path("imports/<uuid:run_id>/undo", import_views.undo_import, name="adoption-import-undo"),
]

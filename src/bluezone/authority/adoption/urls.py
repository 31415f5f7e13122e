"""Addresses of the adoption ledger."""

from django.urls import path

from bluezone.authority.adoption import entry_views, import_views, public_views, target_views, views

__all__ = ["urlpatterns"]

urlpatterns = [
    path("", views.adoption, name="adoption"),
    path("chart.svg", views.chart, name="adoption-chart"),
    path("map.svg", views.area_map, name="adoption-map"),
    path("table.<str:form>", views.table, name="adoption-table"),
    path("enter/", entry_views.enter_figures, name="adoption-enter"),
    path("history/", entry_views.figure_history, name="adoption-history"),
    path("withdraw", entry_views.withdraw_figure, name="adoption-withdraw"),
    path("targets/", target_views.targets, name="adoption-targets"),
    path("targets/withdraw", target_views.withdraw, name="adoption-target-withdraw"),
    path("public/", public_views.public_page, name="adoption-public"),
    path("public.json", public_views.public_json, name="adoption-public-json"),
    *import_views.PAGES.urls,
]

"""Addresses of the registry of areas."""

from django.urls import path

from bluezone.authority.areas import group_views, views

__all__ = ["urlpatterns"]

urlpatterns = [path("", views.areas, name="areas"), *group_views.PAGES.urls]

"""Addresses of the first page and of the search."""

from django.urls import path

from bluezone.authority.home import search_views, views

__all__ = ["urlpatterns"]

urlpatterns = [
    path("", views.front, name="front"),
    path("search/", search_views.search, name="search"),
]

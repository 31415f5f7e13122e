"""Addresses of the registry of organisations."""

from django.urls import path

from bluezone.authority.organisations import import_views, views

__all__ = ["urlpatterns"]

urlpatterns = [
    path("", views.organisations, name="organisations"),
    *import_views.PAGES.urls,
    path("<slug:key>/", views.organisation, name="organisation"),
    path("<slug:key>/contact", views.contact, name="organisation-contact"),
    path("<slug:key>/contact/erase", views.erase_contact, name="organisation-contact-erase"),
]

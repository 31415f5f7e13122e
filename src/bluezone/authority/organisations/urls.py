"""Addresses of the registry of organisations."""

from django.urls import path

from bluezone.authority.organisations import edit_views, import_views, views

__all__ = ["urlpatterns"]

urlpatterns = [
    path("", views.organisations, name="organisations"),
    *import_views.PAGES.urls,
    path("table.<str:form>", views.table, name="organisations-table"),
    path("new/", edit_views.new_organisation, name="organisation-new"),
    path("<slug:key>/", views.organisation, name="organisation"),
    path("<slug:key>/contact", views.contact, name="organisation-contact"),
    path("<slug:key>/contact/erase", views.erase_contact, name="organisation-contact-erase"),
    path("<slug:key>/contact/new/", edit_views.new_contact, name="organisation-contact-new"),
    path("<slug:key>/edit/", edit_views.edit, name="organisation-edit"),
    path("<slug:key>/people/", edit_views.people, name="organisation-people"),
    path("<slug:key>/classes/", edit_views.classes, name="organisation-classes"),
    path("<slug:key>/close/", edit_views.close, name="organisation-close"),
    path("<slug:key>/reopen", edit_views.reopen, name="organisation-reopen"),
]

"""Addresses of the login pages."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from bluezone.authority.accounts import views

__all__ = ["urlpatterns"]

urlpatterns = [
    path("login/", views.Login.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]

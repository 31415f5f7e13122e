"""Addresses of the pages of login and accounts."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from bluezone.authority.accounts import (
    account_views,
    audit_views,
    emergency_views,
    invitation_views,
    language_views,
    passkey_views,
    second_factor_views,
    views,
)

__all__ = ["urlpatterns"]

urlpatterns = [
    path("login/", views.Login.as_view(), name="login"),
    path("login/second-factor/", second_factor_views.login_second_step, name="login-second-factor"),
    path("login/passkey/", passkey_views.login_alone, name="login-passkey"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("language", language_views.switch_language, name="language"),
    path("account/", account_views.account, name="account"),
    path("account/password", account_views.change_password, name="change-password"),
    path("account/sign-out-everywhere", account_views.sign_out_everywhere, name="sign-out-everywhere"),
    path("account/second-factor/", second_factor_views.second_factor, name="second-factor"),
    path("account/second-factor/begin", second_factor_views.begin, name="second-factor-begin"),
    path("account/second-factor/confirm", second_factor_views.confirm, name="second-factor-confirm"),
    path("account/second-factor/codes", second_factor_views.recovery_codes, name="second-factor-codes"),
    path("account/second-factor/remove", second_factor_views.remove, name="second-factor-remove"),
    path("account/passkeys/", passkey_views.passkeys, name="passkeys"),
    path("account/passkeys/begin", passkey_views.begin, name="passkey-begin"),
    path("account/passkeys/add", passkey_views.add, name="passkey-add"),
    path("account/passkeys/<int:passkey_id>/rename", passkey_views.rename, name="passkey-rename"),
    path("account/passkeys/<int:passkey_id>/remove", passkey_views.remove, name="passkey-remove"),
    path("emergency/", emergency_views.emergency, name="emergency"),
    path("emergency/review/", emergency_views.review, name="emergency-review"),
    path("emergency/<uuid:emergency_id>/end", emergency_views.end, name="end-emergency"),
    path("emergency/<uuid:emergency_id>/review", emergency_views.judge, name="judge-emergency"),
    path("audit/", audit_views.audit, name="audit"),
    path("audit/export", audit_views.export, name="audit-export"),
    path("invitations/", invitation_views.invitations, name="invitations"),
    path("invitations/<uuid:invitation_id>/withdraw", invitation_views.withdraw, name="withdraw-invitation"),
    path("invitation/<str:secret>/", invitation_views.accept, name="accept-invitation"),
]

"""Forms of login and accounts, in Vietnamese."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm

__all__ = ["LoginForm", "PasswordForm"]

_MAX = 200
"""Of a password: hashing a longer one would only cost time."""


class LoginForm(AuthenticationForm):
    """Asks for a name and a password and does not say which one was wrong."""

    username = forms.CharField(
        label="Tên đăng nhập",
        max_length=60,
        error_messages={"required": "Hãy nhập tên đăng nhập."},
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}
        ),
    )
    password = forms.CharField(
        label="Mật khẩu",
        strip=False,
        max_length=200,
        error_messages={"required": "Hãy nhập mật khẩu."},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def get_invalid_login_error(self) -> forms.ValidationError:
        return forms.ValidationError("Tên đăng nhập hoặc mật khẩu không đúng.", code="invalid_login")


def new_password_field(label: str, **more: Any) -> forms.CharField:
    """A field for a password that is being chosen."""
    return forms.CharField(
        label=label,
        strip=False,
        max_length=_MAX,
        error_messages={"required": "Hãy nhập mật khẩu mới, hai lần."},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        **more,
    )


class TwicePasswordForm(forms.Form):
    """A new password, typed twice because nobody sees it."""

    new = new_password_field("Mật khẩu mới", help_text="Ít nhất 12 ký tự; một câu ngắn dễ nhớ là tốt nhất.")
    again = new_password_field("Nhập lại mật khẩu mới")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("new") and given.get("again") and given["new"] != given["again"]:
            self.add_error("again", "Hai lần nhập mật khẩu mới không giống nhau.")
        return given

    @property
    def first_fault(self) -> str:
        """What to say on top."""
        return next((str(error) for errors in self.errors.values() for error in errors), "")


class PasswordForm(TwicePasswordForm):
    """The present password and its successor."""

    old = forms.CharField(
        label="Mật khẩu hiện tại",
        strip=False,
        max_length=_MAX,
        error_messages={"required": "Hãy nhập mật khẩu hiện tại."},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ("old", "new", "again")

"""Forms of login and accounts, in Vietnamese."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy

from bluezone.authority.accounts.models import User
from bluezone.authority.accounts.services.account_rows import (
    BadUsername,
    WeakPassword,
    check_password,
    check_username,
)
from bluezone.authority.accounts.texts import why_weak

__all__ = [
    "AcceptForm",
    "BeginForm",
    "CodeForm",
    "FaultsForm",
    "FirstCodeForm",
    "InvitationForm",
    "LoginForm",
    "NameForm",
    "PasswordForm",
    "RemoveForm",
    "RemovePasskeyForm",
    "area_field",
    "role_field",
]

_MAX = 200
"""Of a password: hashing a longer one would only cost time."""


class LoginForm(AuthenticationForm):
    """Asks for a name and a password and does not say which one was wrong."""

    username = forms.CharField(
        label=gettext_lazy("Tên đăng nhập"),
        max_length=60,
        error_messages={"required": gettext_lazy("Hãy nhập tên đăng nhập.")},
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}
        ),
    )
    password = forms.CharField(
        label=gettext_lazy("Mật khẩu"),
        strip=False,
        max_length=200,
        error_messages={"required": gettext_lazy("Hãy nhập mật khẩu.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def get_invalid_login_error(self) -> forms.ValidationError:
        return forms.ValidationError(
            gettext_lazy("Tên đăng nhập hoặc mật khẩu không đúng."), code="invalid_login"
        )


def new_password_field(label: Any, **more: Any) -> forms.CharField:
    """A field for a password that is being chosen."""
    return forms.CharField(
        label=label,
        strip=False,
        max_length=_MAX,
        error_messages={"required": gettext_lazy("Hãy nhập mật khẩu mới, hai lần.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        **more,
    )


def role_field() -> forms.ChoiceField:
    """One of the roles that the form offers."""
    return forms.ChoiceField(
        label=gettext_lazy("Vai trò"),
        error_messages={
            "required": gettext_lazy("Hãy chọn vai trò."),
            "invalid_choice": gettext_lazy("Hãy chọn một vai trò trong danh sách."),
        },
    )


def area_field() -> forms.ChoiceField:
    """One of the areas that the form offers."""
    return forms.ChoiceField(
        label=gettext_lazy("Địa bàn"),
        error_messages={
            "required": gettext_lazy("Hãy chọn địa bàn."),
            "invalid_choice": gettext_lazy("Hãy chọn một địa bàn trong danh sách."),
        },
    )


def present_password_field() -> forms.CharField:
    """A field for the password that one has."""
    return forms.CharField(
        label=gettext_lazy("Mật khẩu hiện tại"),
        strip=False,
        max_length=_MAX,
        error_messages={"required": gettext_lazy("Hãy nhập mật khẩu hiện tại.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class FaultsForm(forms.Form):
    """A form that says on top what is wrong."""

    @property
    def first_fault(self) -> str:
        """What to say on top."""
        return next((str(error) for errors in self.errors.values() for error in errors), "")


class TwicePasswordForm(FaultsForm):
    """A new password, typed twice because nobody sees it."""

    new = new_password_field(
        gettext_lazy("Mật khẩu mới"),
        help_text=gettext_lazy("Ít nhất 12 ký tự; một câu ngắn dễ nhớ là tốt nhất."),
    )
    again = new_password_field(gettext_lazy("Nhập lại mật khẩu mới"))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("new") and given.get("again") and given["new"] != given["again"]:
            self.add_error("again", gettext_lazy("Hai lần nhập mật khẩu mới không giống nhau."))
        return given


class PasswordForm(TwicePasswordForm):
    """The present password and its successor."""

    old = present_password_field()
    field_order = ("old", "new", "again")


class InvitationForm(FaultsForm):
    """Who may do what, where and until when; only what the inviter may grant is offered."""

    for_whom = forms.CharField(
        label=gettext_lazy("Họ tên người được mời"),
        required=False,
        max_length=120,
        help_text=gettext_lazy("Để anh/chị nhận ra lời mời; người được mời có thể sửa."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    role = role_field()
    area = area_field()
    until = forms.DateField(
        label=gettext_lazy("Ngày cuối"),
        required=False,
        help_text=gettext_lazy("Để trống nếu không có thời hạn."),
        error_messages={"invalid": gettext_lazy("Ngày cuối không phải một ngày.")},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, areas: dict[str, str], roles: dict[str, str], **more: Any) -> None:
        super().__init__(*args, **more)
        self._offer("role", roles)
        self._offer("area", areas)

    def _offer(self, name: str, choices: dict[str, str]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = list(choices.items())


class AcceptForm(TwicePasswordForm):
    """What the invited person chooses."""

    display_name = forms.CharField(
        label=gettext_lazy("Họ tên"),
        max_length=120,
        help_text=gettext_lazy("Đồng nghiệp sẽ thấy tên này."),
        error_messages={"required": gettext_lazy("Hãy nhập họ tên.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    username = forms.CharField(
        label=gettext_lazy("Tên đăng nhập"),
        max_length=60,
        help_text=gettext_lazy("Chữ thường không dấu, chữ số, dấu chấm; ví dụ: nguyen.an"),
        error_messages={"required": gettext_lazy("Hãy nhập tên đăng nhập.")},
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    field_order = ("display_name", "username", "new", "again")

    def clean(self) -> dict[str, Any]:
        """All that is wrong at once; whether somebody has the name is seen when it is taken."""
        given = super().clean()
        name, password = given.get("username", ""), given.get("new", "")
        try:
            if name:
                check_username(name)
        except BadUsername:
            self.add_error(
                "username",
                gettext_lazy("Chỉ dùng chữ thường không dấu, chữ số, dấu chấm, gạch ngang, gạch dưới."),
            )
        try:
            if password:
                check_password(User(username=name), password)
        except WeakPassword as refusal:
            self.add_error("new", why_weak(refusal.codes))
        return given


class CodeForm(FaultsForm):
    """A code of the app, or one of those on paper."""

    code = forms.CharField(
        label=gettext_lazy("Mã xác thực"),
        max_length=40,
        help_text=gettext_lazy("6 chữ số trong ứng dụng xác thực, hoặc một mã dự phòng."),
        error_messages={"required": gettext_lazy("Hãy nhập mã xác thực.")},
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autocapitalize": "none"}),
    )


class BeginForm(FaultsForm):
    """The password once more, before the account gets another lock."""

    password = present_password_field()


class FirstCodeForm(CodeForm):
    """The first code of an app that is being set up: nothing is on paper yet."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["code"].help_text = gettext_lazy("6 chữ số trong ứng dụng xác thực.")


class RemoveForm(CodeForm):
    """Everything that opens the account, before it gets easier to open."""

    password = present_password_field()
    field_order = ("password", "code")


class NameForm(FaultsForm):
    """What somebody calls a passkey, to know it from the others."""

    name = forms.CharField(
        label=gettext_lazy("Tên passkey"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("Ví dụ: điện thoại của tôi, khóa USB màu xanh."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class RemovePasskeyForm(FaultsForm):
    """The password; and a code where without this passkey the password alone would be left."""

    password = present_password_field()
    code = forms.CharField(
        label=gettext_lazy("Một mã dự phòng"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("Cần một mã dự phòng, vì đây là lớp thứ hai cuối cùng của tài khoản."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )

    def __init__(self, *args: Any, needs_code: bool, **more: Any) -> None:
        super().__init__(*args, **more)
        if not needs_code:
            del self.fields["code"]

"""Staff pages on which an organisation is registered, edited, moved, counted, closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from bluezone.authority.organisations import edit_services, people_services, queries
from bluezone.authority.organisations.forms import (
    ClassesForm,
    CloseForm,
    ContactForm,
    EditForm,
    OrganisationForm,
    PeopleForm,
)
from bluezone.authority.organisations.kinds import Kind, kind_name
from bluezone.authority.organisations.locking import EditedMeanwhile, EditRefused
from bluezone.authority.organisations.lookups import organisation_named
from bluezone.authority.organisations.models import Organisation
from bluezone.authority.organisations.rules import school_year_of, school_year_text
from bluezone.authority.organisations.staff import Registrar, editor_of
from bluezone.authority.tabular.faults import CellRefused
from bluezone.authority.tabular.reading import in_language
from bluezone.authority.tabular.spelling import tidy

__all__ = ["classes", "close", "edit", "new_contact", "new_organisation", "people", "reopen"]

_METHODS = ["GET", "HEAD", "POST"]
_FormT = TypeVar("_FormT", bound=EditForm)


@login_required
@never_cache
@require_http_methods(_METHODS)
def new_organisation(request: HttpRequest) -> HttpResponse:
    """``/organisations/new/``: one that the registry does not have."""
    registrar = editor_of(request)
    form = OrganisationForm(request.POST or None, registrar=registrar, present=None)
    if request.method == "POST" and form.is_valid():
        try:
            one = edit_services.register_organisation(
                form.cleaned_data["details"], scope=registrar.edits, by=registrar.actor, now=registrar.now
            )
        except EditRefused as refusal:
            form.add_error(None, f"{in_language(refusal.said)}.")
        else:
            messages.success(request, gettext("Đã thêm {name}.").format(name=one.name))
            return redirect("organisation", key=one.key)
    title = gettext("Thêm đơn vị")
    return _page(request, registrar, None, form, title, gettext("Thêm"))


@login_required
@never_cache
@require_http_methods(_METHODS)
def edit(request: HttpRequest, key: str) -> HttpResponse:
    """``/organisations/KEY/edit/``: what it is, where it is, whom it answers to; from a day on."""
    registrar = editor_of(request)
    one = _found(key, registrar)

    def save(form: OrganisationForm) -> str:
        given = form.cleaned_data
        changed = edit_services.change_organisation(
            key, given["details"], version=given["version"], since=given["since"], **_who(registrar)
        )
        return gettext("Đã ghi {name}.").format(name=changed.name)

    title = gettext("Sửa hoặc chuyển: {name}").format(name=one.name)
    form = OrganisationForm(request.POST or None, registrar=registrar, present=one)
    return _edited(request, registrar, one, form, save, title, gettext("Ghi"))


@login_required
@never_cache
@require_http_methods(_METHODS)
def people(request: HttpRequest, key: str) -> HttpResponse:
    """``/organisations/KEY/people/``: headcounts of a day."""
    registrar = editor_of(request)
    one = _found(key, registrar)

    def save(form: PeopleForm) -> str:
        given = form.cleaned_data
        added = people_services.record_headcounts(
            key, given["as_of"], form.counts, version=given["version"], **_who(registrar)
        )
        return gettext("Đã ghi {count} số liệu mới.").format(count=added)

    title = gettext("Số người: {name}").format(name=one.name)
    initial = {"version": one.version, "as_of": registrar.today}
    form = PeopleForm(request.POST or None, kind=Kind(one.kind), initial=initial)
    return _edited(request, registrar, one, form, save, title, gettext("Ghi"))


@login_required
@never_cache
@require_http_methods(_METHODS)
def new_contact(request: HttpRequest, key: str) -> HttpResponse:
    """``/organisations/KEY/contact/new/``: whom to ask from now on."""
    registrar = editor_of(request)
    one = _found(key, registrar)

    def save(form: ContactForm) -> str:
        given = form.cleaned_data
        people_services.set_contact(key, given["contact"], version=given["version"], **_who(registrar))
        return gettext("Đã ghi người liên hệ.")

    title = gettext("Người liên hệ: {name}").format(name=one.name)
    form = ContactForm(request.POST or None, initial={"version": one.version})
    note = gettext("Thông tin về người liên hệ trước đó, nếu có, bị xóa hẳn.")
    return _edited(request, registrar, one, form, save, title, gettext("Ghi"), note)


@login_required
@never_cache
@require_http_methods(_METHODS)
def classes(request: HttpRequest, key: str) -> HttpResponse:
    """``/organisations/KEY/classes/``: the classes of a school year."""
    registrar = editor_of(request)
    one = _found(key, registrar)
    if one.kind != Kind.SCHOOL:
        raise Http404

    def save(form: ClassesForm) -> str:
        given = form.cleaned_data
        added, counted = people_services.add_classes(
            key,
            given["school_year"],
            given["classes"],
            given["as_of"],
            version=given["version"],
            **_who(registrar),
        )
        told = gettext("Đã thêm {classes} lớp mới và {figures} sĩ số mới.")
        return told.format(classes=added, figures=counted)

    title = gettext("Lớp của một năm học: {name}").format(name=one.name)
    year = school_year_text(school_year_of(registrar.today))
    filled = {"version": one.version, "school_year": year, "as_of": registrar.today}
    form = ClassesForm(request.POST or None, initial=filled)
    return _edited(request, registrar, one, form, save, title, gettext("Thêm lớp"))


@login_required
@never_cache
@require_http_methods(_METHODS)
def close(request: HttpRequest, key: str) -> HttpResponse:
    """``/organisations/KEY/close/``: it ends, or becomes part of another."""
    registrar = editor_of(request)
    one = _found(key, registrar)

    def save(form: CloseForm) -> str:
        given = form.cleaned_data
        heir = _heir(given["into"], registrar)
        closed = edit_services.close_organisation(
            key,
            version=given["version"],
            day=given["day"],
            into=heir,
            school_year=given["school_year"],
            **_who(registrar),
        )
        return gettext("Đã đóng {name}.").format(name=closed.name)

    title = gettext("Đóng hoặc sáp nhập: {name}").format(name=one.name)
    form = CloseForm(request.POST or None, initial={"version": one.version, "day": registrar.today})
    note = gettext("Mọi số liệu đã có được giữ nguyên, và có thể mở lại đơn vị.")
    return _edited(request, registrar, one, form, save, title, gettext("Đóng đơn vị"), note)


@login_required
@never_cache
@require_POST
def reopen(request: HttpRequest, key: str) -> HttpResponse:
    """``/organisations/KEY/reopen``: it had not ended after all."""
    registrar = editor_of(request)
    _found(key, registrar)
    version = request.POST.get("version", "")
    try:
        edit_services.reopen_organisation(
            key, version=int(version) if version.isdecimal() and len(version) < 10 else -1, **_who(registrar)
        )
    except EditRefused as refusal:
        messages.error(request, f"{in_language(refusal.said)}.")
    else:
        messages.success(request, gettext("Đã mở lại đơn vị."))
    return redirect("organisation", key=key)


def _edited(
    request: HttpRequest,
    registrar: Registrar,
    one: Organisation,
    form: _FormT,
    save: Callable[[_FormT], str],
    title: str,
    button: str,
    note: str = "",
) -> HttpResponse:
    """Save what is sent and go back to the organisation, or show the form with what is wrong."""
    if request.method == "POST" and form.is_valid():
        try:
            told = save(form)
        except EditedMeanwhile:
            one = _found(one.key, registrar)
            form.look_again(one.version)
        except EditRefused as refusal:
            form.add_error(None, f"{in_language(refusal.said)}.")
        else:
            messages.success(request, told)
            return redirect("organisation", key=one.key)
    return _page(request, registrar, one, form, title, button, note)


def _page(
    request: HttpRequest,
    registrar: Registrar,
    one: Organisation | None,
    form: Any,
    title: str,
    button: str,
    note: str = "",
) -> HttpResponse:
    context = {
        "registrar": registrar,
        "one": one,
        "kind": "" if one is None else kind_name(Kind(one.kind)),
        "form": form,
        "title": title,
        "button": button,
        "note": note,
    }
    return render(request, "organisations/edit.html", context, status=422 if form.errors else 200)


def _who(registrar: Registrar) -> dict[str, Any]:
    return {"scope": registrar.edits, "by": registrar.actor, "now": registrar.now}


def _found(key: str, registrar: Registrar) -> Organisation:
    one = queries.organisation_of(key, registrar.edits)
    if one is None:
        raise Http404
    return one


def _heir(text: str, registrar: Registrar) -> str:
    """The key of what an organisation is merged into."""
    if not tidy(text):
        return ""
    try:
        found = organisation_named(tidy(text), registrar.edits)
    except CellRefused as refusal:
        raise EditRefused(*refusal.said) from None
    if found is None:
        raise EditRefused(
            f"không có đơn vị “{text}” trong danh bạ", f"there is no organisation “{text}” in the registry"
        )
    return found.key

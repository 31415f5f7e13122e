"""The switch between Vietnamese and English in the header of every page."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from bluezone.authority import runtime
from bluezone.authority.accounts.language import COOKIE, offered_languages
from bluezone.authority.accounts.services.own_account import choose_language

__all__ = ["switch_language"]


@csrf_exempt
@require_POST
def switch_language(request: HttpRequest) -> HttpResponse:
    """``/language``: this browser from now on, and the account that is logged in; back to the same page.

    Pages that caches keep for everybody have the switch too, so it carries no token of a reader. A foreign
    page could change the language of its visitor, not of an account: its request brings no session.
    """
    language = request.POST.get("language", "")
    if language not in offered_languages():
        return HttpResponseBadRequest("no such language\n", content_type="text/plain; charset=utf-8")
    if request.session.session_key and request.user.is_authenticated:
        choose_language(request.user.pk, language, now=runtime.now())
    back = request.POST.get("next", "")
    is_ours = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    response = HttpResponseRedirect(back if is_ours else reverse("front"))
    response.set_cookie(
        COOKIE,
        language,
        max_age=timedelta(days=365),
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response

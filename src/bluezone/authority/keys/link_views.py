"""The public page behind the link of a message: it hands the code on to the app."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from bluezone.authority.keys import code_texts
from bluezone.authority.keys.code_links import in_fours
from bluezone.authority.read_only import read_only

__all__ = ["open_code"]

_CODE = re.compile(r"[0-9a-z]{6,20}")


@never_cache
@read_only
def open_code(request: HttpRequest) -> HttpResponse:
    """``/v?c=CODE``: a button that opens the app with the code.

    Nothing is looked up, so nobody learns here whether a code is good.
    """
    code = code_texts.typed_code(request.GET.get("c", "")[:40])
    known = bool(_CODE.fullmatch(code))
    context = {"code": in_fours(code), "link": code_texts.code_link(code)} if known else {}
    response = render(request, "keys/open_code.html", context, status=200 if known else 404)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response

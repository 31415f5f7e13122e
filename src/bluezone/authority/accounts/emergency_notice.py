"""While somebody's emergency access lasts: every page they ask for is recorded, and says so on top."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import ResolverMatch

from bluezone.authority import runtime
from bluezone.authority.access.emergency_queries import running_emergency
from bluezone.authority.access.emergency_services import note_use
from bluezone.authority.access.models import AREA_PATH_LENGTH, EmergencyAccess
from bluezone.authority.access.scope import check_area_path

__all__ = ["EmergencyNotice", "emergency_of"]

_NO_USE = frozenset({"language", "logout", "emergency", "end-emergency"})
"""Names of pages that show nothing which it opens."""

_OBJECTS = frozenset(
    {"key", "day", "class_id", "code_uuid", "message_uuid", "upload"}
    | {"run_id", "invitation_id", "emergency_id"}
)
"""What addresses name objects by: references of ours, never a secret."""

_FOUND = "bluezone_emergency"


class EmergencyNotice:
    """Nothing for devices and whoever is not in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> None:
        """Before a page, so that none is seen without a record."""
        match = request.resolver_match
        emergency = emergency_of(request)
        if emergency is None or match is None or match.url_name in _NO_USE:
            return
        note_use(emergency, match.route, request.method or "", _asked(request, match), now=runtime.now())


def _asked(request: HttpRequest, match: ResolverMatch) -> dict[str, str]:
    """Which object the address names, and which area or organisation of the registry."""
    named = "/".join(str(value) for name, value in match.kwargs.items() if name in _OBJECTS)
    asked = {"object": named} if named else {}
    for name in ("area", "organisation"):
        text = request.GET.get(name, "")
        if len(text) <= AREA_PATH_LENGTH and _is_path(text):
            asked[f"asked_{name}"] = text
    return asked


def _is_path(text: str) -> bool:
    try:
        return bool(check_area_path(text))
    except ValueError:
        return False


def emergency_of(request: HttpRequest) -> EmergencyAccess | None:
    """What whoever asks has taken and held when the request came; looked up once."""
    if not hasattr(request, _FOUND):
        user, running = request.user, None
        if request.session.session_key and user.is_authenticated:
            running = running_emergency(user.pk, runtime.now())
        setattr(request, _FOUND, running)
    found: EmergencyAccess | None = getattr(request, _FOUND)
    return found

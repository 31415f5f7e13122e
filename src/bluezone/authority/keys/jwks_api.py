"""``/.well-known/jwks.json``: public keys of this server's certificates, for key servers that fetch them."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from joserfc.jwk import ECKey

from bluezone.authority import runtime
from bluezone.authority.keys import queries
from bluezone.authority.keys.models import HealthAuthorityKey
from bluezone.authority.read_only import read_only

__all__ = ["jwks"]

_SHORTLY = "public, max-age=300"


@read_only
def jwks(request: HttpRequest, issuer: str | None = None) -> HttpResponse:
    """Every key whose certificates may be valid now or soon; ``/jwks/<issuer>`` is the same for the own."""
    authority = queries.own_authority()
    if authority is None or (issuer is not None and issuer not in (authority.issuer, authority.identifier)):
        raise Http404("no such issuer")
    keys = [_as_jwk(one) for one in queries.certificate_keys(authority, runtime.now())]
    response = JsonResponse({"keys": keys})
    response["Cache-Control"] = _SHORTLY
    return response


def _as_jwk(key: HealthAuthorityKey) -> dict[str, Any]:
    public = ECKey.import_key(key.public_key_pem).as_dict(private=False)
    return {**public, "kid": key.kid, "alg": "ES256", "use": "sig"}

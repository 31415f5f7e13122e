"""An authority in a few lines for tests: codes, certificates, publishing, signed exports, as HTTP bytes.

It checks what the real one checks of a client's bytes (MAC, field names), by a second implementation.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bluezone.protocols.export_file import write_export
from bluezone.protocols.export_signature import private_key_signer
from bluezone.protocols.gaen import DiagnosisKey, ReportType, TemporaryExposureKey

BASE = "https://authority.example"
PUBLISH_FIELDS = {
    "temporaryExposureKeys",
    "healthAuthorityID",
    "verificationPayload",
    "hmacKey",
    "symptomOnsetInterval",
    "traveler",
    "revisionToken",
    "padding",
}


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class MiniAuthority:
    """``answers``: responses (or errors to raise) to give instead, by path, used up in order."""

    codes: dict[str, str] = field(default_factory=lambda: {"12345678": "2026-11-24"})
    private_key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    published: list[DiagnosisKey] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    answers: dict[str, list[httpx.Response | Exception]] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    macs: dict[str, str] = field(default_factory=dict)
    publishes: list[dict[str, object]] = field(default_factory=list)
    remembered: dict[tuple[str, str], dict[str, object]] = field(default_factory=dict)
    range_requests: bool = True

    def client(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self.handle))

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self.private_key.public_key()

    @property
    def public_pem(self) -> str:
        pem = self.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return pem.decode()

    def add_export(
        self,
        keys: list[DiagnosisKey],
        *,
        name: str | None = None,
        revised: list[DiagnosisKey] | None = None,
        signer: ec.EllipticCurvePrivateKey | None = None,
        unsigned: bool = False,
    ) -> str:
        name = name or f"VN/{1_795_000_000 + len(self.files)}-1795009999-00001.zip"
        signers = [] if unsigned else [private_key_signer(signer or self.private_key, "452", "v1")]
        self.files[name] = write_export(
            keys,
            region="VN",
            start=1_795_000_000,
            end=1_795_009_999,
            signers=signers,
            revised_keys=revised or [],
        )
        return name

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        path = request.url.path
        if self.answers.get(path):
            answer = self.answers[path].pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        if path == "/exports/VN/index.txt":
            return self._with_etag(request, "\n".join(self.files).encode())
        if path.startswith("/exports/"):
            name = path.removeprefix("/exports/")
            return self._with_etag(request, self.files[name]) if name in self.files else httpx.Response(404)
        body = json.loads(request.content)
        if path == "/v1/heartbeats":
            return httpx.Response(200, json={"day": body["day"]})
        assert len(body["padding"]) >= 1024
        if path == "/api/verify":
            return self._verify(body)
        if path == "/api/certificate":
            self.macs[certificate := f"jwt.{body['token']}"] = body["ekeyhmac"]
            return httpx.Response(200, json={"certificate": certificate})
        assert path == "/v1/publish"
        return self._publish(body)

    def _with_etag(self, request: httpx.Request, content: bytes) -> httpx.Response:
        etag = f'"{hashlib.sha256(content).hexdigest()[:8]}"'
        if request.headers.get("If-None-Match") == etag:
            return httpx.Response(304)
        wanted = request.headers.get("Range")
        if wanted and self.range_requests and request.headers.get("If-Range") == etag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(content):
                return httpx.Response(416)
            span = f"bytes {start}-{len(content) - 1}/{len(content)}"
            headers = {"ETag": etag, "Content-Range": span}
            return httpx.Response(206, content=content[start:], headers=headers)
        return httpx.Response(200, content=content, headers={"ETag": etag})

    def _verify(self, body: dict[str, object]) -> httpx.Response:
        assert body["accept"] == ["confirmed", "likely", "user-report"]
        symptoms = self.codes.pop(str(body["code"]), None)
        if symptoms is None:
            return httpx.Response(400, json={"error": "code unknown", "errorCode": "code_invalid"})
        return httpx.Response(
            200, json={"testtype": "confirmed", "symptomDate": symptoms, "token": f"t{body['code']}"}
        )

    def _publish(self, body: dict[str, object]) -> httpx.Response:
        assert set(body) <= PUBLISH_FIELDS
        sent = body["temporaryExposureKeys"]
        assert isinstance(sent, list)
        order = ("key", "rollingStartNumber", "rollingPeriod", "transmissionRisk")
        text = ",".join(sorted(".".join(str(key[name]) for name in order) for key in sent))
        mac = hmac.new(base64.b64decode(str(body["hmacKey"])), text.encode(), hashlib.sha256).digest()
        if base64.b64encode(mac).decode() != self.macs.get(str(body["verificationPayload"])):
            code = "health_authority_verification_certificate_invalid"
            return httpx.Response(401, json={"error": "bad certificate", "code": code})
        self.publishes.append(body)
        request = (str(body["verificationPayload"]), text)
        if request in self.remembered:
            return httpx.Response(200, json=self.remembered[request])
        onset = int(str(body["symptomOnsetInterval"])) // 144
        fresh = [
            DiagnosisKey(
                TemporaryExposureKey(base64.b64decode(k["key"]), k["rollingStartNumber"], k["rollingPeriod"]),
                ReportType.CONFIRMED_TEST,
                k["rollingStartNumber"] // 144 - onset,
            )
            for k in sent
        ]
        known = {key.tek.data for key in self.published}
        new = [key for key in fresh if key.tek.data not in known]
        if len(new) < len(fresh) and "revisionToken" not in body:
            return httpx.Response(400, json={"error": "no revision token", "code": "missing_revision_token"})
        self.published += new
        self.remembered[request] = {
            "revisionToken": f"rev{len(self.remembered) + 1}",
            "insertedExposures": len(new),
            "padding": "x",
            "warnings": None,
        }
        return httpx.Response(200, json=self.remembered[request])

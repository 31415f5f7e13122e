"""Export files made by hand, so that they can be wrong in any way."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from bluezone.protocols import export_pb2 as pb

ECDSA_SHA256 = "1.2.840.10045.4.3.2"


@pytest.fixture(scope="session")
def zip_of() -> Callable[..., bytes]:
    """``zip_of((name, content), ..., compression=...)``: an archive of these members in this order."""

    def make(*members: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", compression) as archive:
            for name, content in members:
                archive.writestr(zipfile.ZipInfo(name), content, compression)
        return out.getvalue()

    return make


@pytest.fixture(scope="session")
def export_of(zip_of: Callable[..., bytes]) -> Callable[..., bytes]:
    """``export_of(message)``: an unsigned archive of one message (or bytes) behind the right header."""

    def make(message: pb.KeyExport | bytes, signature_file: bytes = b"") -> bytes:
        content = message if isinstance(message, bytes) else message.SerializeToString()
        return zip_of(("export.bin", b"EK Export v1    " + content), ("export.sig", signature_file))

    return make


@pytest.fixture(scope="session")
def private_key() -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(20_210_325, ec.SECP256R1())


@pytest.fixture(scope="session")
def other_key() -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(471, ec.SECP256R1())


@pytest.fixture(scope="session")
def signed_by() -> Callable[..., pb.Signature]:
    """``signed_by(key, export, key_id, version)``: one entry of an export.sig, by ``cryptography`` alone."""

    def make(
        key: ec.EllipticCurvePrivateKey,
        export: bytes,
        key_id: str = "vn",
        version: str = "1",
        algorithm: str = ECDSA_SHA256,
    ) -> pb.Signature:
        info = pb.SignatureInfo(key_id=key_id, key_version=version, signature_algorithm=algorithm)
        return pb.Signature(
            signature_info=info, batch_num=1, batch_size=1, signature=key.sign(export, ec.ECDSA(SHA256()))
        )

    return make

"""Who is believed to have signed an export: every combination of signatures and given keys."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from bluezone.protocols import export_pb2 as pb
from bluezone.protocols.export_errors import (
    BadSignature,
    ExportError,
    MissingSignature,
    UndecodableSignature,
    UnknownSignatureAlgorithm,
    UnknownSigner,
    UnusablePublicKey,
)
from bluezone.protocols.export_signature import (
    PublicKeys,
    SignatureInfo,
    build_signature_file,
    check_signatures,
    load_public_key,
    load_public_keys,
    private_key_signer,
)

EXPORT = b"EK Export v1    " + b"\x1a\x02VN"
DIGEST = sha256(EXPORT).digest()
SHA512_ECDSA = "1.2.840.10045.4.3.4"

PrivateKey = ec.EllipticCurvePrivateKey
SignedBy = Callable[..., pb.Signature]


def file_of(*signatures: pb.Signature) -> bytes:
    return pb.SignatureList(signatures=signatures).SerializeToString()


def status(file: bytes, keys: PublicKeys, *, allow_unsigned: bool = False) -> str:
    return check_signatures(DIGEST, file, keys, allow_unsigned=allow_unsigned)[0]


def refused(file: bytes, keys: PublicKeys, error: type[ExportError], text: str, *, always: bool) -> None:
    """Refused without the option, and with it too if ``always``."""
    with pytest.raises(error, match=text):
        status(file, keys)
    if always:
        with pytest.raises(error, match=text):
            status(file, keys, allow_unsigned=True)


def test_our_signature_is_read(private_key: PrivateKey) -> None:
    signer = private_key_signer(private_key, "vn", "1")
    file = build_signature_file(DIGEST, [signer], batch_num=1, batch_size=1)
    assert check_signatures(DIGEST, file, [private_key.public_key()], allow_unsigned=False) == (
        "verified",
        (SignatureInfo("vn", "1"),),
    )
    assert file == build_signature_file(DIGEST, [signer], batch_num=1, batch_size=1)


@pytest.mark.parametrize("keys", [None, [], {}])
def test_a_missing_or_empty_file(keys: PublicKeys, private_key: PrivateKey) -> None:
    for given in (keys, [private_key.public_key()]):
        refused(b"", given, MissingSignature, "missing or empty", always=False)
        assert status(b"", given, allow_unsigned=True) == "missing"


@pytest.mark.parametrize("keys", [None, [], {}])
def test_signed_but_no_key_given(keys: PublicKeys, private_key: PrivateKey, signed_by: SignedBy) -> None:
    file = file_of(signed_by(private_key, EXPORT))
    refused(file, keys, UnknownSigner, "'vn' version '1'", always=False)
    assert status(file, keys, allow_unsigned=True) == "unverified"


def test_keys_by_name(private_key: PrivateKey, other_key: PrivateKey, signed_by: SignedBy) -> None:
    file = file_of(signed_by(private_key, EXPORT))
    assert status(file, {("vn", "1"): private_key.public_key()}) == "verified"
    refused(
        file, {("vn", "1"): other_key.public_key()}, BadSignature, "'vn' version '1' is false", always=True
    )
    for name in (("vn", "2"), ("310", "1")):
        refused(file, {name: private_key.public_key()}, UnknownSigner, "'vn'", always=False)
        assert status(file, {name: private_key.public_key()}, allow_unsigned=True) == "unverified"


def test_keys_tried_in_turn(private_key: PrivateKey, other_key: PrivateKey, signed_by: SignedBy) -> None:
    file = file_of(signed_by(private_key, EXPORT))
    assert status(file, [other_key.public_key(), private_key.public_key()]) == "verified"
    refused(file, [other_key.public_key()], BadSignature, "no signature", always=True)


def test_of_several_signatures_one_known_signer_is_enough(
    private_key: PrivateKey, other_key: PrivateKey, signed_by: SignedBy
) -> None:
    file = file_of(signed_by(other_key, EXPORT, "310"), signed_by(private_key, EXPORT))
    assert status(file, [private_key.public_key()]) == "verified"
    assert status(file, {("vn", "1"): private_key.public_key()}) == "verified"


def test_a_false_signature_under_a_known_name_spoils_a_true_one(
    private_key: PrivateKey, other_key: PrivateKey, signed_by: SignedBy
) -> None:
    file = file_of(signed_by(private_key, EXPORT), signed_by(other_key, b"another file", "310"))
    keys = {("vn", "1"): private_key.public_key(), ("310", "1"): other_key.public_key()}
    refused(file, keys, BadSignature, "'310' version '1' is false", always=True)


def test_a_signature_of_another_file(private_key: PrivateKey, signed_by: SignedBy) -> None:
    file = file_of(signed_by(private_key, EXPORT[16:]))  # without the header, for instance
    refused(file, [private_key.public_key()], BadSignature, "no signature", always=True)
    refused(file, {("vn", "1"): private_key.public_key()}, BadSignature, "is false", always=True)


@pytest.mark.parametrize("der", [b"", b"\x30", b"\x30\x06\x02\x01\x00\x02\x01\x00", bytes(64)])
def test_a_signature_that_is_no_signature(private_key: PrivateKey, der: bytes) -> None:
    info = pb.SignatureInfo(key_id="vn", key_version="1", signature_algorithm="1.2.840.10045.4.3.2")
    file = file_of(pb.Signature(signature_info=info, signature=der))
    refused(file, [private_key.public_key()], BadSignature, "no signature", always=True)


@pytest.mark.parametrize("algorithm", [SHA512_ECDSA, "", "ECDSA"])
def test_an_unknown_algorithm(private_key: PrivateKey, signed_by: SignedBy, algorithm: str) -> None:
    file = file_of(signed_by(private_key, EXPORT, algorithm=algorithm))
    for keys in (None, [private_key.public_key()], {("vn", "1"): private_key.public_key()}):
        refused(file, keys, UnknownSignatureAlgorithm, f"algorithm '{algorithm}'", always=True)


def test_an_unknown_algorithm_beside_a_known_one(private_key: PrivateKey, signed_by: SignedBy) -> None:
    file = file_of(
        signed_by(private_key, EXPORT, algorithm=SHA512_ECDSA), signed_by(private_key, EXPORT, "vn", "2")
    )
    assert status(file, [private_key.public_key()]) == "verified"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (b"\x0a", "not a readable"),
        (b"\xff" * 20, "not a readable"),
        (b"\x10\x01", "lists 0 signatures"),
        (b"\x0a\x00" * 11, "lists 11 signatures"),
        (b"\x0a\x06\x0a\x04\x22\x02\xff\xfe", "other than UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read(file: bytes, text: str, private_key: PrivateKey) -> None:
    for keys in (None, [private_key.public_key()]):
        refused(file, keys, UndecodableSignature, text, always=True)


def test_public_keys_are_pem_on_the_right_curve(private_key: PrivateKey) -> None:
    spki = PublicFormat.SubjectPublicKeyInfo
    good = private_key.public_key()
    assert load_public_key(good.public_bytes(Encoding.PEM, spki)) == good
    for unreadable in (b"", b"hello", good.public_bytes(Encoding.DER, spki)):
        with pytest.raises(UnusablePublicKey, match="not a PEM block"):
            load_public_key(unreadable)
    wrong_curve = ec.derive_private_key(1, ec.SECP384R1()).public_key()
    other_kind = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    for key in (wrong_curve, other_kind):
        with pytest.raises(UnusablePublicKey, match="P-256"):
            load_public_key(key.public_bytes(Encoding.PEM, spki))


def test_a_given_key_on_another_curve_is_said_to_be_so(private_key: PrivateKey, signed_by: SignedBy) -> None:
    wrong = ec.derive_private_key(1, ec.SECP384R1()).public_key()
    with pytest.raises(UnusablePublicKey, match="secp384r1"):
        status(file_of(signed_by(private_key, EXPORT)), [wrong])


def test_keys_one_after_the_other(private_key: PrivateKey, other_key: PrivateKey) -> None:
    pems = [
        one.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        for one in (private_key, other_key)
    ]
    wanted = [one.public_key().public_numbers() for one in (private_key, other_key)]
    for text in (b"".join(pems), b"first\n" + pems[0] + b"\nsecond\n" + pems[1] + b"\n"):
        assert [key.public_numbers() for key in load_public_keys(text)] == wanted
    for bad in (b"", b"text", pems[0] + pems[1].replace(b"MFk", b"AAA")):
        with pytest.raises(UnusablePublicKey, match="PUBLIC KEY"):
            load_public_keys(bad)


def test_a_private_key_is_called_that(private_key: PrivateKey) -> None:
    private = private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for load, pem in (
        (load_public_key, private),
        (load_public_keys, private),
        (load_public_keys, public + private),
    ):
        with pytest.raises(UnusablePublicKey, match="private key"):
            load(pem)

"""The key store: it signs digests as anybody can check, keeps its keys, and refuses what it must."""

from __future__ import annotations

import copy
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from bluezone.authority import secret_files
from bluezone.authority.key_store import FileKeyStore, KeyExists, StoredKey, public_pem
from bluezone.errors import Refused


@pytest.fixture
def store(tmp_path: Path) -> FileKeyStore:
    return FileKeyStore(tmp_path)


def test_it_signs_what_its_public_key_verifies(store: FileKeyStore) -> None:
    public = store.create("export-signing-VN-v2")
    signature = store.sign("export-signing-VN-v2", sha256(b"message").digest())
    public.verify(signature, b"message", ec.ECDSA(SHA256()))
    with pytest.raises(InvalidSignature):
        public.verify(signature, b"another", ec.ECDSA(SHA256()))
    assert signature == store.sign("export-signing-VN-v2", sha256(b"message").digest())
    assert store.names() == ["export-signing-VN-v2"]
    assert "BEGIN PUBLIC KEY" in public_pem(public)


def test_the_file_is_for_its_owner_only(store: FileKeyStore) -> None:
    store.create("one")
    (path,) = store.folder.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_key_is_made_once(store: FileKeyStore) -> None:
    before = public_pem(store.create("one"))
    with pytest.raises(KeyExists):
        store.create("one")
    assert public_pem(store.public_key("one")) == before


@pytest.mark.parametrize("name", ["", "../one", "a/b", "a.pem", "-a", "é", "a" * 101])
def test_names_that_are_no_names(store: FileKeyStore, name: str) -> None:
    for call in (store.create, store.public_key, lambda one: store.sign(one, bytes(32))):
        with pytest.raises(Refused):
            call(name)
    assert list(store.folder.iterdir()) == []


def test_a_missing_key_is_named(store: FileKeyStore) -> None:
    with pytest.raises(secret_files.MissingSecret, match=r"two\.pem is missing"):
        store.sign("two", bytes(32))


@pytest.mark.parametrize("size", [0, 20, 31, 33, 64])
def test_only_sha256_digests_are_signed(store: FileKeyStore, size: int) -> None:
    store.create("one")
    with pytest.raises(ValueError):
        store.sign("one", bytes(size))


def test_a_stored_key_signs_and_gives_nothing_away(store: FileKeyStore) -> None:
    public = store.create("one")
    key = StoredKey(store, "one")
    public.verify(key.sign(b"message", ec.ECDSA(SHA256())), b"message", ec.ECDSA(SHA256()))
    assert public_pem(key.public_key()) == public_pem(public)
    assert (key.curve.name, key.key_size) == ("secp256r1", 256)
    assert copy.deepcopy(key) is copy.copy(key) is key
    with pytest.raises(ValueError):
        key.sign(b"message", ec.ECDSA(SHA384()))
    with pytest.raises(TypeError):
        key.private_numbers()
    with pytest.raises(TypeError):
        key.exchange(ec.ECDH(), public)
    with pytest.raises(TypeError):
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def test_a_first_key_that_was_removed_after_a_rotation_is_not_made_again(authority: Path) -> None:
    store = FileKeyStore(secret_files.secrets_folder())
    for first in (secret_files.EXPORT_SIGNING_KEY, secret_files.CERTIFICATE_SIGNING_KEY):
        store.create(f"{Path(first).stem}-VN-v2")
        (secret_files.secrets_folder() / first).unlink()
    secret_files.create_missing_secrets()
    assert store.names() == ["certificate-signing-VN-v2", "export-signing-VN-v2"]

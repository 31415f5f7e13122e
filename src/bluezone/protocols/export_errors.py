"""Every reason for which an export file is refused, each with a name of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bluezone.errors import Refused

__all__ = [
    "AbsurdStart",
    "BadHeader",
    "BadKeyLength",
    "BadRollingPeriod",
    "BadSignature",
    "CorruptMember",
    "DuplicateMember",
    "EncryptedMember",
    "ExportError",
    "MissingExportBin",
    "MissingSignature",
    "NotAnArchive",
    "OversizeMember",
    "ShortHeader",
    "TruncatedExport",
    "UndecodableExport",
    "UndecodableSignature",
    "UnknownSignatureAlgorithm",
    "UnknownSigner",
    "UnusablePublicKey",
    "naming_file",
]


class ExportError(Refused):
    """An export file that is not used; the kind of fault is the class."""


class NotAnArchive(ExportError):
    """Not a zip archive, or one whose directory is damaged or far too large for an export."""


class DuplicateMember(ExportError):
    """Two members of one name: readers would disagree on which of them counts."""


class EncryptedMember(ExportError):
    """A member that needs a password."""


class CorruptMember(ExportError):
    """A member that cannot be decompressed, or whose checksum is wrong."""


class OversizeMember(ExportError):
    """A member larger than the limit, by its declaration or in truth."""


class MissingExportBin(ExportError):
    """An archive without ``export.bin``."""


class ShortHeader(ExportError):
    """``export.bin`` ends within its header, or is empty."""


class BadHeader(ExportError):
    """``export.bin`` begins with something other than ``EK Export v1``."""


class UndecodableExport(ExportError):
    """What follows the header is not a readable protobuf message."""


class TruncatedExport(UndecodableExport):
    """The message ends in the middle of a field."""


class BadKeyLength(ExportError):
    """A temporary exposure key that is not 16 bytes."""


class BadRollingPeriod(ExportError):
    """A rolling period outside 1-144."""


class AbsurdStart(ExportError):
    """A key's rolling start, or the time the export covers, is missing where needed or in no sane year."""


class MissingSignature(ExportError):
    """Nobody signed the file, and the caller did not allow that."""


class UndecodableSignature(ExportError):
    """``export.sig`` is there but cannot be read, lists no signature, or more than ten."""


class UnknownSigner(ExportError):
    """Signed, but by nobody whose key was given, and the caller did not allow that."""


class UnknownSignatureAlgorithm(ExportError):
    """Signed only by algorithms other than ECDSA with SHA-256."""


class BadSignature(ExportError):
    """A signature was checked with a given key and is false: the file was changed or the key is another's."""


class UnusablePublicKey(ExportError):
    """A public key given for verification is not a PEM key on the curve P-256."""


@contextmanager
def naming_file(path: Path) -> Iterator[None]:
    """Begin the message of every refusal of an export with the file it is about."""
    try:
        yield
    except ExportError as error:
        raise type(error)(f"{path}: {error}") from None

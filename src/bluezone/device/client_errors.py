"""Why the authority's server could not be used, each reason with a name and with what to do about it."""

from __future__ import annotations

from bluezone.errors import Refused

__all__ = [
    "BadAnswer",
    "CertificateRefused",
    "CodeRefused",
    "DownloadInterrupted",
    "ExportGone",
    "HeartbeatRefused",
    "HostileIndex",
    "PublishRefused",
    "ServerRefused",
    "ServerUnreachable",
    "TooLarge",
]


class ServerUnreachable(Refused):
    """No answer: no network, wrong address, or the server is down."""


class ServerRefused(Refused):
    """The server answered with an error that is not one of the others."""


class BadAnswer(Refused):
    """The answer is not what was agreed on."""


class TooLarge(Refused):
    """An index or export file above the limit."""


class HostileIndex(Refused):
    """The index names a file that no honest server would name."""


class ExportGone(Refused):
    """The file was listed, but is not there any more."""


class DownloadInterrupted(Refused):
    """The connection broke; what has arrived is kept, and the next check goes on from there."""


class HeartbeatRefused(Refused):
    """The server will not take this heartbeat, however often it is sent."""


class CodeRefused(Refused):
    """The one-time code is wrong, used or expired."""


class CertificateRefused(Refused):
    """The token from the code can no longer be exchanged for a certificate."""


class PublishRefused(Refused):
    """The key server did not take the keys; ``code`` is its error code."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code

"""The only writers of the key server: one verb each, one transaction each (mixing: one a table)."""

from bluezone.authority.keys.services.authorities import add_own_authority
from bluezone.authority.keys.services.codes import (
    CertificateRefused,
    CodeRefused,
    IssuedCode,
    issue_certificate,
    issue_code,
    verify_code,
)
from bluezone.authority.keys.services.exports import ExportReport, build_exports, configure_export
from bluezone.authority.keys.services.mixing import mix_rows
from bluezone.authority.keys.services.publishing import PublishOutcome, publish
from bluezone.authority.keys.services.retention import delete_expired

__all__ = [
    "CertificateRefused",
    "CodeRefused",
    "ExportReport",
    "IssuedCode",
    "PublishOutcome",
    "add_own_authority",
    "build_exports",
    "configure_export",
    "delete_expired",
    "issue_certificate",
    "issue_code",
    "mix_rows",
    "publish",
    "verify_code",
]

"""The only writers of the key server: one verb each, one transaction each (mixing: one a table)."""

from bluezone.authority.keys.issue_rules import CodeRefused
from bluezone.authority.keys.services.authorities import add_own_authority
from bluezone.authority.keys.services.bulk import (
    BulkOutcome,
    RowOutcome,
    issue_bulk,
    mark_bulk_downloaded,
)
from bluezone.authority.keys.services.certifying import CertificateRefused, issue_certificate, verify_code
from bluezone.authority.keys.services.codes import (
    IssuedCode,
    issue_code,
    issued_code_of,
    revoke_code,
)
from bluezone.authority.keys.services.exports import ExportReport, build_exports, configure_export
from bluezone.authority.keys.services.messages import (
    SendReport,
    queue_message,
    retry_message,
    send_due_messages,
)
from bluezone.authority.keys.services.mixing import mix_rows
from bluezone.authority.keys.services.publishing import PublishOutcome, publish
from bluezone.authority.keys.services.retention import delete_expired

__all__ = [
    "BulkOutcome",
    "CertificateRefused",
    "CodeRefused",
    "ExportReport",
    "IssuedCode",
    "PublishOutcome",
    "RowOutcome",
    "SendReport",
    "add_own_authority",
    "build_exports",
    "configure_export",
    "delete_expired",
    "issue_bulk",
    "issue_certificate",
    "issue_code",
    "issued_code_of",
    "mark_bulk_downloaded",
    "mix_rows",
    "publish",
    "queue_message",
    "retry_message",
    "revoke_code",
    "send_due_messages",
    "verify_code",
]

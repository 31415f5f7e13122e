"""The only writers of the key server: one verb each, one transaction each (mixing: one a table)."""

from bluezone.authority.keys.issue_rules import CodeRefused
from bluezone.authority.keys.services.api_keys import (
    ApiCaller,
    ApiKeyRefused,
    NewApiKey,
    api_caller,
    create_api_key,
    revoke_api_key,
)
from bluezone.authority.keys.services.authorities import add_own_authority
from bluezone.authority.keys.services.bulk import (
    BulkOutcome,
    RowOutcome,
    issue_bulk,
    mark_bulk_downloaded,
    revoke_bulk,
)
from bluezone.authority.keys.services.case_links import (
    GivenLink,
    LinkedKey,
    link_case,
    read_case_link,
    withdraw_case_link,
)
from bluezone.authority.keys.services.certificate_signers import rotate_certificate_key
from bluezone.authority.keys.services.certifying import (
    CertificateRefused,
    VerifiedCode,
    issue_certificate,
    verify_code,
)
from bluezone.authority.keys.services.code_statistics import count_codes
from bluezone.authority.keys.services.codes import (
    LONG_CODE_LIFETIME,
    IssuedCode,
    issue_code,
    issued_code_of,
    revoke_code,
)
from bluezone.authority.keys.services.export_config import ExportRefused, configure_export
from bluezone.authority.keys.services.export_signers import (
    RotationRefused,
    add_first_signers,
    rotate_export_key,
)
from bluezone.authority.keys.services.exports import ExportReport, build_exports
from bluezone.authority.keys.services.imports import (
    ImportRefused,
    ImportReport,
    add_source,
    run_imports,
    run_imports_if_idle,
    stop_source,
)
from bluezone.authority.keys.services.issue_limits import (
    DayLimit,
    day_limit,
    limits_held,
    set_issue_limit,
)
from bluezone.authority.keys.services.issuing import issue_for_caller
from bluezone.authority.keys.services.messages import (
    SendReport,
    queue_message,
    retry_message,
    send_due_messages,
)
from bluezone.authority.keys.services.mixing import mix_rows
from bluezone.authority.keys.services.other_authorities import (
    AuthorityRefused,
    NewAuthority,
    add_authority,
    refresh_authority_keys,
    remove_authority,
)
from bluezone.authority.keys.services.publishing import PublishOutcome, publish, publish_chaff
from bluezone.authority.keys.services.retention import delete_expired
from bluezone.authority.keys.services.statistics import StatisticsFlusher, flush_statistics
from bluezone.authority.keys.services.user_reports import report_by_user
from bluezone.authority.keys.services.verification_chaff import certificate_chaff, verify_chaff

__all__ = [
    "LONG_CODE_LIFETIME",
    "ApiCaller",
    "ApiKeyRefused",
    "AuthorityRefused",
    "BulkOutcome",
    "CertificateRefused",
    "CodeRefused",
    "DayLimit",
    "ExportRefused",
    "ExportReport",
    "GivenLink",
    "ImportRefused",
    "ImportReport",
    "IssuedCode",
    "LinkedKey",
    "NewApiKey",
    "NewAuthority",
    "PublishOutcome",
    "RotationRefused",
    "RowOutcome",
    "SendReport",
    "StatisticsFlusher",
    "VerifiedCode",
    "add_authority",
    "add_first_signers",
    "add_own_authority",
    "add_source",
    "api_caller",
    "build_exports",
    "certificate_chaff",
    "configure_export",
    "count_codes",
    "create_api_key",
    "day_limit",
    "delete_expired",
    "flush_statistics",
    "issue_bulk",
    "issue_certificate",
    "issue_code",
    "issue_for_caller",
    "issued_code_of",
    "limits_held",
    "link_case",
    "mark_bulk_downloaded",
    "mix_rows",
    "publish",
    "publish_chaff",
    "queue_message",
    "read_case_link",
    "refresh_authority_keys",
    "remove_authority",
    "report_by_user",
    "retry_message",
    "revoke_api_key",
    "revoke_bulk",
    "revoke_code",
    "rotate_certificate_key",
    "rotate_export_key",
    "run_imports",
    "run_imports_if_idle",
    "send_due_messages",
    "set_issue_limit",
    "stop_source",
    "verify_chaff",
    "verify_code",
    "withdraw_case_link",
]

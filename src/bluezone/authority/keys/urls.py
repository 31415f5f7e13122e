"""Addresses of the key server."""

from django.urls import path

from bluezone.authority.keys import (
    bulk_views,
    case_api,
    code_views,
    downloads,
    issue_api,
    jwks_api,
    limit_views,
    link_views,
    publish_api,
    statistics_api,
    statistics_views,
    verify_api,
)

__all__ = ["urlpatterns"]

urlpatterns = [
    path("codes/", code_views.issue_code, name="issue-code"),
    path("codes/bulk/", bulk_views.bulk_upload, name="bulk-codes"),
    path("codes/bulk/issue", bulk_views.bulk_issue, name="bulk-issue"),
    path("codes/bulk/download", bulk_views.bulk_download, name="bulk-download"),
    path("codes/bulk/<uuid:upload>/revoke", bulk_views.bulk_revoke, name="bulk-revoke"),
    path("codes/limits/", limit_views.issue_limits, name="issue-limits"),
    path("codes/<uuid:code_uuid>/", code_views.code_page, name="code"),
    path("codes/<uuid:code_uuid>/revoke", code_views.revoke_code, name="revoke-code"),
    path("codes/<uuid:code_uuid>/messages", code_views.send_message, name="send-message"),
    path(
        "codes/<uuid:code_uuid>/messages/<uuid:message_uuid>/retry",
        code_views.retry_message,
        name="retry-message",
    ),
    path("v", link_views.open_code, name="open-code"),
    path("api/verify", verify_api.verify, name="api-verify"),
    path("api/certificate", verify_api.certificate, name="api-certificate"),
    path("api/user-report", verify_api.user_report, name="api-user-report"),
    path("api/issue", issue_api.issue, name="api-issue"),
    path("api/batch-issue", issue_api.batch_issue, name="api-batch-issue"),
    path("api/checkcodestatus", issue_api.check_code_status, name="api-check-code-status"),
    path("api/expirecode", issue_api.expire_code, name="api-expire-code"),
    path("api/link-case", case_api.link_case, name="api-link-case"),
    path("api/unlink-case", case_api.unlink_case, name="api-unlink-case"),
    path("api/stats/realm.json", statistics_api.codes_json, name="api-stats-codes"),
    path("api/stats/realm.csv", statistics_api.codes_csv, name="api-stats-codes-csv"),
    path("api/stats/keyserver.json", statistics_api.keys_json, name="api-stats-keys"),
    path("api/stats/keyserver.csv", statistics_api.keys_csv, name="api-stats-keys-csv"),
    path("statistics/", statistics_views.statistics, name="statistics"),
    path("statistics/<slug:name>.svg", statistics_views.statistics_chart, name="statistics-chart"),
    path(".well-known/jwks.json", jwks_api.jwks, name="jwks"),
    path("jwks/<str:issuer>", jwks_api.jwks, name="jwks-of-issuer"),
    path("v1/publish", publish_api.publish, name="publish"),
    path("exports/<str:region>/index.txt", downloads.index, name="export-index"),
    path("exports/<str:region>/keys.json", downloads.signing_keys, name="export-keys"),
    path("exports/<str:region>/<str:name>", downloads.export_file, name="export-file"),
]

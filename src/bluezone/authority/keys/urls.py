"""Addresses of the key server."""

from django.urls import path

from bluezone.authority.keys import downloads, publish_api, verification_api, views

__all__ = ["urlpatterns"]

urlpatterns = [
    path("codes/", views.issue_code, name="issue-code"),
    path("api/verify", verification_api.verify, name="api-verify"),
    path("api/certificate", verification_api.certificate, name="api-certificate"),
    path("v1/publish", publish_api.publish, name="publish"),
    path("exports/<str:region>/index.txt", downloads.index, name="export-index"),
    path("exports/<str:region>/keys.json", downloads.signing_keys, name="export-keys"),
    path("exports/<str:region>/<str:name>", downloads.export_file, name="export-file"),
]

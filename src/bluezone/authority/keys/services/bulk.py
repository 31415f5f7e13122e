"""Codes for a whole file of tests; each row's outcome is told, and sending the file again gives the same."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext, gettext_lazy

from bluezone.authority.access.audit import Actor, record
from bluezone.authority.access.scope import Scope, check_area_path
from bluezone.authority.keys.bulk_codes import BulkRow, row_uuid
from bluezone.authority.keys.issue_rules import CodeRefused, CodeState
from bluezone.authority.keys.models import BulkIssue
from bluezone.authority.keys.rules import HANOI
from bluezone.authority.keys.services.codes import IssuedCode, issue_code, revoke_code
from bluezone.authority.keys.services.messages import queue_message
from bluezone.authority.keys.sms.phone_numbers import PhoneRefused

__all__ = [
    "DOWNLOAD_AGAIN",
    "BulkOutcome",
    "RowOutcome",
    "issue_bulk",
    "mark_bulk_downloaded",
    "revoke_bulk",
]

DOWNLOAD_AGAIN = timedelta(minutes=10)
"""So long the same person may fetch a list again: the connection may have broken before it arrived."""

_ROWS_A_TRANSACTION = 20
"""Few, for SQLite lets nobody else write meanwhile: a phone that publishes keys waits a fifth of a second."""

_USED_ROW = gettext_lazy("dòng này của tệp đã được cấp mã với nội dung khác; hãy tải tệp lên lại từ đầu")


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What became of one row: a code, or why there is none; and of its message, if it had a number."""

    row: BulkRow
    issued: IssuedCode | None = None
    refusal: str = ""
    message_queued: bool = False
    message_refusal: str = ""


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """Outcomes in the order of the rows; once the list was downloaded, codes are not shown any more."""

    rows: tuple[RowOutcome, ...]
    downloaded_at: datetime | None

    @property
    def download_until(self) -> datetime | None:
        """When the list leaves the server no more; ``None`` before the first time."""
        return self.downloaded_at + DOWNLOAD_AGAIN if self.downloaded_at else None


def issue_bulk(
    upload: uuid.UUID, rows: Sequence[BulkRow], *, area_path: str, scope: Scope, by: Actor, now: datetime
) -> BulkOutcome:
    """Issue a code for each row without faults, short and long, and queue its message.

    Not one transaction but one for every twenty rows. When one fails by a fault of ours, those before it
    stand: sending the same file again goes on, for each row has a UUID of its own.

    :param upload: made with the form; the same one again is the same file.
    :raises CodeRefused: an area outside the scope, or an upload of somebody else or for another area.
    """
    bulk = _bulk_issue(upload, len(rows), area_path, scope, by, now)
    outcomes: list[RowOutcome] = []
    for start in range(0, len(rows), _ROWS_A_TRANSACTION):
        with transaction.atomic():
            for row in rows[start : start + _ROWS_A_TRANSACTION]:
                outcomes.append(_issue_row(upload, row, area_path, scope, by, now))
    return BulkOutcome(tuple(outcomes), bulk.downloaded_at)


@transaction.atomic
def mark_bulk_downloaded(upload: uuid.UUID, *, by: Actor, now: datetime) -> None:
    """Let the list of codes out: once, and again for a short time in case it did not arrive.

    :raises CodeRefused: nothing was issued under this UUID by this person, or the list is out already.
    """
    mine = BulkIssue.objects.filter(pk=upload, issued_by_id=by.user_id)
    first = bool(mine.filter(downloaded_at=None).update(downloaded_at=now))
    found = mine.first()
    if found is None or found.downloaded_at is None:
        raise CodeRefused(gettext("Không tìm thấy lần cấp hàng loạt này."), "bulk_not_found", 404)
    if now >= found.downloaded_at + DOWNLOAD_AGAIN:
        raise CodeRefused(
            gettext(
                "Danh sách mã này đã được tải về lúc {moment}, và "
                "chỉ tải lại được trong {minutes} phút. Nếu không có tệp, hãy thu hồi cả tệp rồi cấp lại."
            ).format(
                moment=f"{found.downloaded_at.astimezone(HANOI):%H:%M %d/%m/%Y}",
                minutes=DOWNLOAD_AGAIN // timedelta(minutes=1),
            ),
            "bulk_downloaded",
            410,
        )
    record(by, "keys.bulk-downloaded", f"bulk:{upload}", {"again": int(not first)}, now=now)


def revoke_bulk(upload: uuid.UUID, *, scope: Scope, by: Actor, now: datetime) -> Mapping[CodeState, int]:
    """Take back every code of a file that was not used; one transaction for every twenty, as for issuing.

    :returns: how many of its codes are in which state now.
    :raises CodeRefused: no file inside the scope has this UUID.
    """
    found = scope.filter(BulkIssue.objects.filter(pk=upload), "area_path").first()
    if found is None:
        raise CodeRefused(gettext("Không tìm thấy lần cấp hàng loạt này."), "bulk_not_found", 404)
    states: Counter[CodeState] = Counter()
    for start in range(1, found.rows + 1, _ROWS_A_TRANSACTION):
        with transaction.atomic():
            for number in range(start, min(start + _ROWS_A_TRANSACTION, found.rows + 1)):
                state = _revoke_row(row_uuid(upload, number), scope, by, now)
                states.update([state] if state else [])
    return states


@transaction.atomic
def _bulk_issue(
    upload: uuid.UUID, rows: int, area_path: str, scope: Scope, by: Actor, now: datetime
) -> BulkIssue:
    check_area_path(area_path)
    if not scope.allows(area_path):
        raise CodeRefused(gettext("Địa bàn này nằm ngoài phạm vi được giao."))
    known = BulkIssue.objects.filter(pk=upload).first()
    if known is None:
        known = BulkIssue(id=upload, issued_by_id=by.user_id, area_path=area_path, rows=rows, issued_at=now)
        try:
            with transaction.atomic():
                known.save(force_insert=True)
        except IntegrityError:
            known = BulkIssue.objects.get(pk=upload)
        else:
            record(by, "keys.bulk-issued", f"bulk:{upload}", {"area": area_path, "rows": rows}, now=now)
    if (known.issued_by_id, known.area_path, known.rows) != (by.user_id, area_path, rows):
        raise CodeRefused(
            gettext("Biểu mẫu này đã được dùng cho một tệp khác. Hãy tải tệp lên lại."),
            "uuid_already_exists",
            409,
        )
    return known


def _issue_row(
    upload: uuid.UUID, row: BulkRow, area_path: str, scope: Scope, by: Actor, now: datetime
) -> RowOutcome:
    if row.faults:
        return RowOutcome(row, refusal="; ".join(f"{one.column}: {one.reason}" for one in row.faults))
    try:
        issued = issue_code(
            report_type=row.report_type,
            test_date=row.test_date,
            onset_date=row.onset_date,
            uuid=row_uuid(upload, row.number),
            area_path=area_path,
            scope=scope,
            by=by,
            now=now,
            with_long_code=True,
        )
    except CodeRefused as refusal:
        if refusal.code == "uuid_already_exists":
            return RowOutcome(row, refusal=str(_USED_ROW))
        return RowOutcome(row, refusal=str(refusal))
    if not row.phone:
        return RowOutcome(row, issued)
    try:
        queue_message(issued.uuid, row.phone, now, scope=scope, by=by)
    except (CodeRefused, PhoneRefused) as refusal:
        return RowOutcome(row, issued, message_refusal=str(refusal))
    return RowOutcome(row, issued, message_queued=True)


def _revoke_row(code: uuid.UUID, scope: Scope, by: Actor, now: datetime) -> CodeState | None:
    """The state of a row's code now; ``None`` for a row that got none."""
    try:
        return revoke_code(code, scope=scope, by=by, now=now)
    except CodeRefused as refusal:
        return CodeState.CLAIMED if refusal.code == "code_already_claimed" else None

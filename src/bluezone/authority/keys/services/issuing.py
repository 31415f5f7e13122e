"""Issuing for another system: the code and its message together, or neither."""

from __future__ import annotations

import uuid as uuids
from datetime import date, datetime

from django.db import transaction

from bluezone.authority.keys.issue_rules import CodeRefused
from bluezone.authority.keys.report_types import ReportTypeName
from bluezone.authority.keys.services.api_keys import ApiCaller
from bluezone.authority.keys.services.codes import IssuedCode, issue_code
from bluezone.authority.keys.services.messages import queue_message

__all__ = ["issue_for_caller"]


@transaction.atomic
def issue_for_caller(
    caller: ApiCaller,
    *,
    report_type: ReportTypeName,
    test_date: date | None,
    onset_date: date | None,
    uuid: uuids.UUID | None,
    phone: str | None,
    now: datetime,
) -> IssuedCode:
    """A code in the caller's area; with a phone also a long one, on its way there by message.

    :param uuid: the caller's, so that asking again issues nothing: as with the reference it is then refused.
    :raises CodeRefused: as :func:`issue_code`, or a UUID that was used before.
    :raises PhoneRefused: not a number that a message can be sent to.
    """
    issued = issue_code(
        report_type=report_type,
        test_date=test_date,
        onset_date=onset_date,
        uuid=uuid or uuids.uuid4(),
        area_path=caller.area_path,
        scope=caller.scope,
        by=caller.actor,
        now=now,
        with_long_code=phone is not None,
        api_key=caller.id,
    )
    if issued.repeated:
        raise CodeRefused(f"UUID {uuid} has been used for a code", "uuid_already_exists", 409)
    if phone is not None:
        queue_message(issued.uuid, phone, now)
    return issued

"""For how long a phone number that has had the code of a self report gets no other."""

from __future__ import annotations

from datetime import datetime, timedelta

from bluezone.authority.keys.issue_rules import CodeState
from bluezone.authority.keys.models import SmsMessage, UserReport
from bluezone.authority.keys.queries import state_of

__all__ = ["REPORT_AGAIN_AFTER", "let_number_report_again"]

REPORT_AGAIN_AFTER = timedelta(days=90)
_AGAIN_WHEN_UNCLEAR = timedelta(days=1)


def let_number_report_again(message: SmsMessage, now: datetime) -> None:
    """After a message that was given up: whoever got no code of a self report may ask for another.

    One that may have got there can still be used, and its number waits a day: it may have been paid for.
    """
    if state_of(message.code, now) in (CodeState.CLAIMED, CodeState.REVOKED):
        return
    report = UserReport.objects.filter(code_id=message.code_id)
    if message.unclear_tries:
        report.update(reported_at=now + _AGAIN_WHEN_UNCLEAR - REPORT_AGAIN_AFTER)
    else:
        report.delete()

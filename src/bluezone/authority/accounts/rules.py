"""Pure decisions about accounts: browsers, invitations, the end of a last day."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

__all__ = ["INVITATION_LIFE", "OTHER_BROWSER", "browser_family", "end_of_day", "is_open_invitation"]

INVITATION_LIFE = timedelta(hours=72)
"""How long a link can be used."""

_HANOI = ZoneInfo("Asia/Ho_Chi_Minh")

OTHER_BROWSER = "khác"

_BROWSERS = (
    ("coc_coc_browser", "Cốc Cốc"),
    ("edg", "Edge"),
    ("opr/", "Opera"),
    ("samsungbrowser", "Samsung Internet"),
    ("ucbrowser", "UC Browser"),
    ("firefox", "Firefox"),
    ("fxios", "Firefox"),
    ("crios", "Chrome"),
    ("chrome", "Chrome"),
    ("safari", "Safari"),
)
"""The first word that is in what a browser says of itself: most also claim to be Chrome and Safari."""


def browser_family(user_agent: str) -> str:
    """The family alone: whoever looks at the own sessions needs to know them apart, not to be known."""
    text = user_agent.lower()
    return next((name for word, name in _BROWSERS if word in text), OTHER_BROWSER)


def end_of_day(day: date) -> datetime:
    """When a last day is over, in Hà Nội."""
    return datetime.combine(day + timedelta(days=1), time(), _HANOI)


def is_open_invitation(
    expires_at: datetime,
    role_until: datetime | None,
    accepted_at: datetime | None,
    withdrawn_at: datetime | None,
    now: datetime,
) -> bool:
    """Whether a link can still be used, and would give something."""
    is_used = accepted_at is not None or withdrawn_at is not None
    return not is_used and now < expires_at and (role_until is None or now < role_until)

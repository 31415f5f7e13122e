"""Pure decisions about accounts: browsers, invitations, the end of a last day, passkeys and their site."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

__all__ = [
    "CHALLENGE_LIFE",
    "INVITATION_LIFE",
    "MOST_PASSKEYS",
    "OTHER_BROWSER",
    "PasskeySite",
    "browser_family",
    "counter_may_be_its_own",
    "end_of_day",
    "is_open_invitation",
    "last_day",
    "passkey_site",
]

INVITATION_LIFE = timedelta(hours=72)
"""How long a link can be used."""

CHALLENGE_LIFE = timedelta(minutes=5)
"""How long a browser has to sign with a passkey."""

MOST_PASSKEYS = 20
"""Of one account."""

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


def last_day(end: datetime) -> date:
    """In Hà Nội, of what ends then: the day before where it ends at midnight."""
    return (end - timedelta(microseconds=1)).astimezone(_HANOI).date()


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


@dataclass(frozen=True, slots=True)
class PasskeySite:
    """What passkeys are bound to: the name of this server, and its address as browsers write it."""

    rp_id: str
    origin: str


def passkey_site(base_url: str) -> PasskeySite | None:
    """The site of an address; ``None`` where browsers have no passkeys: without TLS, or without a name."""
    parts = urlsplit(base_url)
    try:
        host = (parts.hostname or "").encode("idna").decode().rstrip(".")
    except UnicodeError:
        return None
    if not host or _is_address(host) or (parts.scheme != "https" and host != "localhost"):
        return None
    usual = {"https": 443, "http": 80}[parts.scheme]
    port = "" if parts.port in (None, usual) else f":{parts.port}"
    return PasskeySite(host, f"{parts.scheme}://{host}{port}")


def counter_may_be_its_own(stored: int, seen: int) -> bool:
    """Whether a key's counter went on; one that stays or goes back is in two places, unless it has none."""
    return seen > stored or seen == stored == 0


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True

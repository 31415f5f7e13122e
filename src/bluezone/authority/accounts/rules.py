"""Pure decisions about accounts: which browser somebody has."""

from __future__ import annotations

__all__ = ["OTHER_BROWSER", "browser_family"]

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

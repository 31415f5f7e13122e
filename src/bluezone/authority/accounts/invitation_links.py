"""The address that an invited person is sent."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

__all__ = ["invitation_link"]


def invitation_link(secret: str) -> str:
    """Whole, to be copied into a message."""
    return f"{settings.BLUEZONE_BASE_URL}{reverse('accept-invitation', args=[secret])}"

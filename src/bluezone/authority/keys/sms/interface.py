"""What every way of sending a text message does.

What is **not** checked by any of them, and cannot be from here:

* that the number is the tested person's: the health worker asks for it;
* that the message arrived. "Sent" means that the gateway or mail server took it, no delivery report is read;
* what the gateway keeps. It sees number and text, and so do the networks behind it. What limits the harm is
  that a code is good once, and for a day at most;
* that a gateway which answered nothing has sent nothing. The message is tried again then and may come three
  times, with the same code; ``reference`` stays the same, so a gateway that looks at it can tell.
"""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from bluezone.errors import Refused

__all__ = ["SmsRefused", "SmsSender", "SmsSettingRefused", "SmsUnavailable", "SmsUnclear"]


class SmsUnavailable(Exception):
    """Not sent now; worth another try. The text is shown to staff: Vietnamese, without number or message."""


class SmsUnclear(SmsUnavailable):
    """Perhaps sent: it was handed over, and no answer tells. Each further try may be another paid message."""


class SmsRefused(Exception):
    """Not sent, and never will be: the gateway refuses this number or message. The text is as above."""


class SmsSettingRefused(Refused):
    """A setting of sending messages cannot be used; the text names the environment variable."""


class SmsSender(Protocol):
    """One way of sending."""

    def send(self, phone: str, text: str, *, reference: UUID) -> None:
        """Hand over one message; returning means that it was taken.

        :param phone: E.164, such as ``+84912345678``.
        :param reference: the same for every try of one message.
        :raises SmsUnavailable: for the time being.
        :raises SmsUnclear: it may have been taken.
        :raises SmsRefused: for good.
        """

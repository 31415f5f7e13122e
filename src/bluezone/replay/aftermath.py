"""What follows when the days are lived: somebody is confirmed and publishes, hours pass, exports go out.

The same for a scripted day and for a whole record: real requests to a real authority, on the replay's clock.
"""

from __future__ import annotations

from datetime import timedelta

import httpx

from bluezone.clock import SettableClock
from bluezone.device.client import AuthorityClient
from bluezone.device.enrolment import enrolment_of, save_enrolment
from bluezone.device.report import Reported, report_positive
from bluezone.device.store import DeviceStore
from bluezone.replay.demo_authority import DemoAuthority

__all__ = ["enrol", "let_exports_out", "publish_with_code"]

_LONGEST_WAIT = timedelta(hours=30)
"""Today's key lasts to its day's end at most, is held for two hours more, and waits for the next export."""


def enrol(store: DeviceStore, authority: DemoAuthority, preset: str) -> None:
    """Tell a device its authority, and by which preset to score."""
    save_enrolment(
        store,
        server=authority.url,
        region=authority.region,
        health_authority=authority.health_authority,
        public_keys=authority.export_keys,
        preset=preset,
    )


def publish_with_code(store: DeviceStore, code: str, http: httpx.Client, clock: SettableClock) -> Reported:
    """Publish a confirmed person's keys, as their device does once they consent.

    :raises Refused: see :func:`~bluezone.device.report.report_positive`.
    """
    enrolment = enrolment_of(store)
    client = AuthorityClient(enrolment.require_server(), enrolment.region, http)
    return report_positive(store, client, code, clock=clock, health_authority=enrolment.health_authority)


def let_exports_out(authority: DemoAuthority, clock: SettableClock, published: int) -> int:
    """Let the hours pass that keys are held for, building exports every hour as the schedule would.

    Returns how many keys are out: all that were published.
    """
    deadline, exported = clock.now() + _LONGEST_WAIT, 0
    while exported < published:
        clock.advance(timedelta(hours=1))
        if clock.now() > deadline:
            raise RuntimeError(f"only {exported} of {published} keys were exported in {_LONGEST_WAIT}")
        exported += authority.build_exports()
    return exported

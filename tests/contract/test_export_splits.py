"""A batch over the limit is split: no file has more keys than it says, and no key is lost or told twice."""

from __future__ import annotations

from base64 import b64decode
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from tests.contract.conftest import Phone

from bluezone.authority.keys import services
from bluezone.clock import SettableClock
from bluezone.protocols.export_file import read_export

pytestmark = pytest.mark.django_db

FOUR_HOURS = timedelta(hours=4)


@pytest.mark.parametrize(
    ("new", "revised", "sizes"),
    [
        (12, 12, [(10, 0), (2, 8), (0, 4)]),
        (10, 3, [(10, 0), (0, 3)]),
        (3, 7, [(3, 7)]),
        (0, 11, [(0, 10), (0, 1)]),
    ],
)
def test_new_and_revised_keys_share_the_limit_of_a_file(
    phone: Phone,
    other_phone: Phone,
    authority_clock: SettableClock,
    key_server: Path,
    new: int,
    revised: int,
    sizes: list[tuple[int, int]],
) -> None:
    services.configure_export("VN", max_keys_per_file=10)
    likely = phone.keys(revised)
    token = phone.publish(likely, "likely")[1]["revisionToken"]
    before = services.build_exports(authority_clock.now() + FOUR_HOURS).built
    authority_clock.advance(FOUR_HOURS)
    assert phone.publish(likely, "confirmed", revisionToken=token)[0] == 200
    fresh = other_phone.keys(new)
    if fresh:
        other_phone.publish(fresh)
    report = services.build_exports(authority_clock.now() + FOUR_HOURS)
    folder = key_server / "exports"
    files = [read_export((folder / line).read_bytes(), allow_unsigned=True) for line in report.built]
    assert before
    assert [(len(file.keys), len(file.revised_keys)) for file in files] == sizes
    assert report.keys == new + revised
    for section, sent in (("keys", fresh), ("revised_keys", likely)):
        shown = Counter(key.tek.data for file in files for key in getattr(file, section))
        assert shown == Counter(b64decode(key["key"]) for key in sent)

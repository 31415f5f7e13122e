"""Mirrors: another authority's files under our address, byte for byte, and only those that we checked."""

from __future__ import annotations

import pytest
from django.test import Client
from tests.contract.test_imports import Follow, Neighbour, follow, neighbour, run

from bluezone.authority.keys import services
from bluezone.errors import Refused

__all__ = ["follow", "neighbour"]

pytestmark = pytest.mark.django_db

FIRST, SECOND, THIRD = (f"16153{at}3200-16153{at + 1}3200-00001.zip" for at in (5, 6, 7))


def shown() -> list[str]:
    return get("index.txt").decode().split()


def get(name: str, status: int = 200) -> bytes:
    response = Client().get(f"/exports/LA/{name}")
    assert response.status_code == status
    return response.getvalue()


def test_files_are_shown_as_they_are(neighbour: Neighbour, follow: Follow) -> None:
    follow(mirror=True, region="LA")
    neighbour.publish(FIRST, [neighbour.tek()])
    run(neighbour)
    neighbour.publish(SECOND, [neighbour.tek()])
    run(neighbour)
    assert shown() == [f"LA/{FIRST}", f"LA/{SECOND}"]
    for name in (FIRST, SECOND):
        assert get(name) == neighbour.pages[f"/exports/LA/{name}"]
    neighbour.asked.clear()
    run(neighbour)
    assert neighbour.asked == ["/exports/LA/index.txt"]


def test_what_the_source_takes_away_goes(neighbour: Neighbour, follow: Follow) -> None:
    follow(mirror=True, region="LA")
    for name in (FIRST, SECOND):
        neighbour.publish(name, [neighbour.tek()])
    run(neighbour)
    del neighbour.pages[f"/exports/LA/{FIRST}"]
    neighbour.publish(THIRD, [neighbour.tek()])
    run(neighbour)
    assert shown() == [f"LA/{SECOND}", f"LA/{THIRD}"]
    get(FIRST, 404)


def test_a_file_that_fails_is_not_shown(neighbour: Neighbour, follow: Follow) -> None:
    follow(mirror=True, region="LA")
    neighbour.publish(FIRST, [neighbour.tek()])
    neighbour.publish(SECOND, [neighbour.tek()])
    neighbour.publish("latest.zip", [neighbour.tek()])
    neighbour.pages[f"/exports/LA/{FIRST}"] = b"no zip"
    report = run(neighbour)
    assert [one.split(":")[0] for one in report.failed] == [f"LA/{FIRST}", "LA/latest.zip"]
    assert "cannot be mirrored" in report.failed[1]
    assert shown() == [f"LA/{SECOND}"]


def test_a_mirror_asked_for_later_has_the_older_files(neighbour: Neighbour, follow: Follow) -> None:
    follow(region="LA")
    neighbour.publish(FIRST, [neighbour.tek()])
    assert run(neighbour).keys == 1
    get("index.txt", 404)
    follow(mirror=True, region="LA")
    report = run(neighbour)
    assert (report.files, report.keys, report.failed) == ((), 0, ())  # taken in before
    assert shown() == [f"LA/{FIRST}"]


def test_a_file_that_changed_meanwhile_is_told(neighbour: Neighbour, follow: Follow) -> None:
    follow(region="LA")
    neighbour.publish(FIRST, [neighbour.tek()])
    run(neighbour)
    neighbour.publish(FIRST, [neighbour.tek()])  # other keys under the same name
    follow(mirror=True, region="LA")
    report = run(neighbour)
    assert "not the file that was taken in" in report.failed[0]
    assert shown() == []


def test_our_own_region_is_no_mirror(neighbour: Neighbour, follow: Follow) -> None:
    with pytest.raises(Refused, match="exports of our own"):
        follow(mirror=True, region="VN")
    assert services.run_imports(neighbour.clock.now(), neighbour.open) == []

"""Mirrors: another authority's files under our address, byte for byte, and only those that we checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.contract.test_imports import Follow, Neighbour, follow, neighbour, run

from bluezone.authority.access.audit import Actor
from bluezone.authority.keys import services
from bluezone.authority.keys.export_storage import StorageUnavailable, export_storage
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


def stop(neighbour: Neighbour) -> None:
    services.stop_source("Lào", by=Actor("test"), now=neighbour.clock.now())
    services.run_imports(neighbour.clock.now(), neighbour.open)


def test_a_stopped_mirror_goes(neighbour: Neighbour, follow: Follow, key_server: Path) -> None:
    """Devices would go on reading it, and learn of nobody any more."""
    follow(mirror=True, region="LA")
    neighbour.publish(FIRST, [neighbour.tek()])
    run(neighbour)
    stop(neighbour)
    assert shown() == []
    get(FIRST, 404)
    assert [path.name for path in (key_server / "exports/LA").iterdir()] == ["index.txt"]
    follow(mirror=True, region="LA")  # again
    run(neighbour)
    assert shown() == [f"LA/{FIRST}"]


@pytest.mark.parametrize("otherwise", [{"mirror": False, "region": "VN"}, {"mirror": True, "region": "TH"}])
def test_a_source_mirrored_otherwise_is_shown_at_the_former_place_no_longer(
    neighbour: Neighbour, follow: Follow, key_server: Path, otherwise: dict[str, Any]
) -> None:
    follow(mirror=True, region="LA")
    neighbour.publish(FIRST, [neighbour.tek()])
    run(neighbour)
    follow(**otherwise)
    run(neighbour)
    assert shown() == []
    get(FIRST, 404)
    assert (key_server / "exports/TH" / FIRST).exists() == otherwise["mirror"]


def test_a_region_that_is_mirrored_gets_no_exports_of_our_own(neighbour: Neighbour, follow: Follow) -> None:
    """Either would take away what the other has put there."""
    follow(mirror=True, region="LA")
    with pytest.raises(Refused, match="region LA shows files of Lào"):
        services.configure_export("LA")
    neighbour.publish(FIRST, [neighbour.tek()])
    run(neighbour)
    services.stop_source("Lào", by=Actor("test"), now=neighbour.clock.now())
    with pytest.raises(Refused, match="region LA shows files of Lào"):
        services.configure_export("LA")  # they are still there
    services.run_imports(neighbour.clock.now(), neighbour.open)
    services.configure_export("LA")


def test_keys_come_in_while_there_is_no_place_for_copies(
    neighbour: Neighbour, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(*_: object) -> None:
        raise StorageUnavailable("cannot reach it")

    follow(mirror=True, region="LA")
    neighbour.publish(FIRST, [neighbour.tek()])
    for broken in ("index", "put", "put_index"):
        with monkeypatch.context() as patch:
            patch.setattr(type(export_storage()), broken, unavailable)
            report = run(neighbour)
        assert report.keys == (1 if broken == "index" else 0)
        assert all("not mirrored: cannot reach it" in one for one in report.failed)
        assert report.failed
    assert run(neighbour).failed == ()
    assert shown() == [f"LA/{FIRST}"]


def test_a_mirror_that_cannot_be_taken_down_is_tried_again(
    neighbour: Neighbour, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(*_: object) -> None:
        raise StorageUnavailable("cannot reach it")

    follow(mirror=True, region="LA")
    neighbour.publish(FIRST, [neighbour.tek()])
    run(neighbour)
    with monkeypatch.context() as patch:
        patch.setattr(type(export_storage()), "delete", unavailable)
        stop(neighbour)
    assert shown() == []
    get(FIRST)
    services.run_imports(neighbour.clock.now(), neighbour.open)
    get(FIRST, 404)

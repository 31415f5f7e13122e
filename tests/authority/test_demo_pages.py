"""The demo's pages and reports as the server sends them; what they draw is tested in a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.http import Http404
from django.test import RequestFactory

from bluezone.authority.demo import views


@pytest.fixture
def data(tmp_path: Path, settings) -> Path:  # type: ignore[no-untyped-def]
    settings.BLUEZONE_DATA = tmp_path
    (tmp_path / "demo").mkdir()
    return tmp_path


PAIRS = [(views.report, views.report_path), (views.replay_report, views.replay_path)]


def test_each_report_has_its_own_file(data: Path) -> None:
    assert views.report_path() == data / "demo" / "report.json"
    assert views.replay_path() == data / "demo" / "replay.json"


@pytest.mark.parametrize(("view", "path"), PAIRS, ids=["day", "replay"])
def test_a_report_is_sent_as_written_and_not_twice(data: Path, view, path) -> None:  # type: ignore[no-untyped-def]
    get = RequestFactory().get
    path().write_bytes(b'{"people": 469}')
    first = view(get("/"))
    assert first.content == b'{"people": 469}'
    assert first["Content-Type"] == "application/json; charset=utf-8"
    assert first["Cache-Control"] == "no-cache"
    assert view(get("/", HTTP_IF_NONE_MATCH=first["ETag"])).status_code == 304
    path().write_bytes(b'{"people": 470}')
    changed = view(get("/", HTTP_IF_NONE_MATCH=first["ETag"]))
    assert (changed.status_code, changed.content) == (200, b'{"people": 470}')
    assert changed["ETag"] != first["ETag"]


@pytest.mark.parametrize(("view", "path"), PAIRS, ids=["day", "replay"])
def test_reports_are_only_read(data: Path, view, path) -> None:  # type: ignore[no-untyped-def]
    path().write_bytes(b"{}")
    assert view(RequestFactory().post("/")).status_code == 405
    assert view(RequestFactory().head("/")).status_code == 200
    assert path().read_bytes() == b"{}"


@pytest.mark.parametrize(("view", "path"), PAIRS, ids=["day", "replay"])
def test_no_report_is_not_found(data: Path, view, path) -> None:  # type: ignore[no-untyped-def]
    assert not path().exists()
    with pytest.raises(Http404, match="has been made yet"):
        view(RequestFactory().get("/"))

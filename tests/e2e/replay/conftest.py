"""The replay's page with any report, and how its parts are read; the sample says which values to expect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ..conftest import OpenTab, Tab, serving
from ..sample_replay_report import write_replay


@pytest.fixture(scope="package")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("replay")


@pytest.fixture(scope="package")
def server(data: Path) -> Iterator[str]:
    with serving(data) as url:
        yield url


Show = Callable[..., Tab]


@pytest.fixture
def show(open_tab: OpenTab, server: str, data: Path) -> Show:
    """Puts a report in place and opens its page, drawn."""

    def show_one(report: dict[str, Any], query: str = "", **options: Any) -> Tab:
        write_replay(data, report)
        tab = open_tab(f"{server}/demo/replay/{query}", **options)
        tab.page.wait_for_selector("#method")
        return tab

    return show_one


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def readout(tab: Tab, section: str = "#adoption") -> dict[str, list[str]]:
    """The small table of the chosen level: preset, then its cells."""
    rows = tab.page.locator(f"{section} .readout-table tbody tr")
    return {
        row.get_attribute("data-preset") or "": [
            plain(text).replace("\n", " ") for text in row.locator("td").all_inner_texts()
        ]
        for row in rows.all()
    }

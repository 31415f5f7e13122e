"""A real Chromium, watched: no test may pass while a page complains, breaks its policy or asks a stranger."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
SCREENSHOTS = ROOT / "test-results"

WATCH_POLICY = """
window.policyViolations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.policyViolations.push(`${event.violatedDirective}: ${event.blockedURI} at ${event.sourceFile}`));
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here is e2e and runs on one worker: two cores cannot carry two browsers well."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.xdist_group("e2e"))


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The Chromium on PATH; Debian's, or what the machine calls it."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    pytest.fail("no Chromium on PATH; run: make setup test, or install the package chromium")


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    """One browser a module: a longer life would leave its event loop to tests that use the database."""
    with sync_playwright() as playwright:
        # Without a sandbox, since tests may run as root, where Chromium refuses to make one.
        launched = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        yield launched
        launched.close()


class Tab:
    """A page and what it did wrong so far."""

    def __init__(self, page: Page, forgive: str) -> None:
        self.page = page
        self.forgive = forgive
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self._console(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        page.on("request", lambda request: self.requests.append(request.url))

    def _console(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not (self.forgive and self.forgive in text):
            self.complaints.append(f"console {kind}: {text}")

    def faults(self) -> list[str]:
        origin = self.page.evaluate("location.origin")
        strangers = [f"asked {url}" for url in self.requests if not url.startswith((origin + "/", "data:"))]
        return [*self.complaints, *self.page.evaluate("window.policyViolations ?? []"), *strangers]

    def axe(self) -> list[str]:
        """What axe-core finds on the page as it is: rule and element."""
        results: dict[str, Any] = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{violation['id']}: {node['target']} {node['failureSummary']}"
            for violation in results["violations"]
            for node in violation["nodes"]
        ]

    def too_wide(self) -> list[str]:
        """Elements that make the page scroll sideways; none when it does not."""
        return self.page.evaluate(
            """() => document.documentElement.scrollWidth <= innerWidth ? [] :
                 [...document.querySelectorAll('body *')]
                   .filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5)
                   .map((element) => `${element.tagName}.${element.className}`)"""
        )

    def picture(self, name: str) -> None:
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


OpenTab = Callable[..., Tab]


@pytest.fixture
def open_tab(browser: Browser) -> Iterator[OpenTab]:
    """Opens watched tabs: ``open_tab(url, width=1280, dark=False)``; a fault on any fails the test."""
    if not AXE.is_file():
        pytest.fail(f"{AXE} is not there; run: make setup")
    tabs: list[Tab] = []
    with ExitStack() as contexts:

        def open_one(
            url: str, *, width: int = 1280, height: int = 900, dark: bool = False, forgive: str = ""
        ) -> Tab:
            """``forgive``: what the console may say, for example the browser's own word on a 404."""
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if dark else "light",
                locale="vi-VN",
                timezone_id="America/New_York",  # not Hanoi: the pages must not lean on the reader's clock
            )
            contexts.callback(context.close)
            context.set_default_timeout(15_000)
            context.add_init_script(WATCH_POLICY)
            context.add_init_script(path=AXE)
            tab = Tab(context.new_page(), forgive)
            tabs.append(tab)
            tab.page.goto(url)
            return tab

        yield open_one
        faults = [fault for tab in tabs for fault in tab.faults()]
        assert faults == []


@contextmanager
def serving(data: Path, port: int = 0) -> Iterator[str]:
    """The authority with the demo page over the folder ``data``, as its own process; gives its address.

    :param port: 0 takes a free one.
    """
    log = (data / "server.log").open("wb")
    with log:
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("serve.py")), str(data), str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip().rstrip("/")
            if not url:
                pytest.fail(f"the server did not start:\n{(data / 'server.log').read_text()[-3000:]}")
            yield url
        finally:
            process.communicate(timeout=20)

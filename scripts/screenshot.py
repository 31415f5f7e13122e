"""Takes the README's picture of the demo page: at the address given, or of a demo that it runs itself."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "images" / "demo.png"
DEMO_PAGE = re.compile(r"https?://\S+/demo/")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", nargs="?", help="address of a demo page; without it a demo is run")
    parser.add_argument("--out", type=Path, default=PICTURE, help="where the picture goes")
    parser.add_argument("--language", choices=("vi", "en"), default="vi")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=1120)
    wanted = parser.parse_args()
    if wanted.url:
        take(wanted.url, wanted)
    else:
        with running_demo() as url:
            take(url, wanted)
    print(f"took {wanted.out}", file=sys.stderr)  # noqa: T201 - a script speaks to whoever runs it


def take(url: str, wanted: argparse.Namespace) -> None:
    """Save what a visitor with the wanted window sees of the page at ``url``, once it is drawn."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        raise SystemExit("no Chromium on PATH; install the package chromium")
    wanted.out.parent.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(
            viewport={"width": wanted.width, "height": wanted.height}, color_scheme="light"
        )
        page.goto(f"{url}?lang={wanted.language}")
        page.wait_for_selector(".row-button[aria-pressed=true]")
        page.screenshot(path=wanted.out)
        browser.close()


@contextmanager
def running_demo() -> Iterator[str]:
    """Run the scripted demo until its page can be looked at; gives the page's address."""
    command = [str(Path(sys.executable).with_name("bluezone")), "demo"]
    process = subprocess.Popen(  # noqa: S603 - our own command
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout is not None  # noqa: S101 - narrows the type only
        for line in process.stdout:
            sys.stderr.write(line)
            found = DEMO_PAGE.search(line)
            if found:
                yield found.group()
                return
        raise SystemExit(f"bluezone demo ended with status {process.wait()} before it named its page")
    finally:
        process.terminate()
        process.wait(timeout=30)


if __name__ == "__main__":
    main()

"""Members of staff in a browser: made on the server's command line, logged in as they would be."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.authority.command_line import BLUEZONE, clean_environment

from .conftest import Tab

PASSWORD = "song hong chay cham 1984"


def command(data: Path, *arguments: str, stdin: str = "") -> str:
    """What the program says, with the data in a folder."""
    done = subprocess.run(
        [*BLUEZONE, *arguments],
        input=stdin,
        env=clean_environment(data),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def make_user(data: Path, name: str, role: str, area: str, display_name: str) -> None:
    """An account with the tests' password."""
    options = ["--role", role, "--area", area, "--display-name", display_name, "--password-stdin"]
    command(data, "user", "create", name, *options, stdin=f"{PASSWORD}\n")


def log_in(tab: Tab, name: str, password: str = PASSWORD) -> None:
    """Fill in the login page that is open."""
    tab.page.get_by_label("Tên đăng nhập").fill(name)
    tab.page.get_by_label("Mật khẩu").fill(password)
    tab.page.get_by_role("main").get_by_role("button", name="Đăng nhập").click()


def assert_sound(tab: Tab, name: str) -> None:
    """The page fits, its picture is kept, and it is accessible."""
    # What the mouse came to rest on may be between two colours.
    tab.page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished))")
    assert tab.too_wide() == []
    tab.picture(name)
    assert tab.axe() == []

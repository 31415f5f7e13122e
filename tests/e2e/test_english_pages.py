"""An officer who reads English: the switch, then pages of every kind, which have to fit and be accessible."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .conftest import serving
from .staff import assert_sound, command, log_in, make_user

NAME = "cb.anh"
FIGURES = """Area;Date;Installs;Smartphones
Quận Thanh Xuân;08/3/2021;157.542;402.706
Phường Nhân Chính;08/3/2021;20.000;40.000
"""
ORGANISATIONS = """Name;Kind;Area;As of;Staff
UBND quận Thanh Xuân;Agency;Quận Thanh Xuân;08/3/2021;1.120
"""
PAGES = {
    "home": "/",
    "adoption": "/adoption/",
    "targets": "/adoption/targets/?day=2021-03-08",
    "figures": "/adoption/enter/?day=2021-03-08",
    "organisations": "/organisations/?day=2021-03-08",
    "import": "/organisations/import/",
    "areas": "/areas/?day=2021-03-08",
    "returns": "/returns/",
    "codes": "/codes/",
    "many-codes": "/codes/bulk/",
    "account": "/account/",
    "invitations": "/invitations/",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("english")
    sheet = data / "sheet.csv"
    with serving(data) as url:
        make_user(data, NAME, "district-officer", "01/009", "Anh")
        command(data, "user", "grant", NAME, "--role", "health-worker", "--area", "01/009")
        for domain, content in {"adoption": FIGURES, "organisation": ORGANISATIONS}.items():
            sheet.write_text(content, encoding="utf-8")
            command(data, domain, "import", str(sheet))
        yield url


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_the_pages_of_an_officer_who_reads_english(open_tab, server, width, dark):
    tab = open_tab(f"{server}/login/", width=width, dark=dark)
    page = tab.page
    assert page.locator("html").get_attribute("lang") == "vi"
    log_in(tab, NAME)
    page.locator(".site-nav form button", has_text="(Anh)").wait_for()
    switch = page.get_by_role("button", name="English")
    if switch.count():  # else the account has chosen already, in the other browser
        switch.focus()
        page.keyboard.press("Enter")
    page.get_by_role("button", name="Log out (Anh)").wait_for()
    for name, address in PAGES.items():
        assert page.goto(f"{server}{address}").ok, address
        page.wait_for_function("[...document.images].every((image) => image.complete)")
        assert page.locator("html").get_attribute("lang") == "en"
        assert page.locator("h1").count() == 1, address
        assert_sound(tab, f"english-{name}-{width}")
    page.goto(f"{server}/adoption/")
    assert page.locator(".headline").inner_text() == "157,542/402,706 (39.12%)"

"""Two languages: every text has its English, no template says anything else, and the switch."""

from __future__ import annotations

import re
import runpy
import unicodedata
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.forms import DateField
from django.template.base import Lexer, TokenType
from django.test import Client
from django.utils import formats, translation

from bluezone.authority.access.models import AuditEntry
from bluezone.authority.access.roles import Role
from bluezone.authority.accounts import language
from bluezone.authority.accounts.models import User
from bluezone.authority.formats import numbers
from bluezone.authority.tabular.faults import Said
from bluezone.authority.tabular.reading import in_language

from .staff_pages import form, logged_in

ROOT = Path(__file__).resolve().parents[2]
messages = SimpleNamespace(**runpy.run_path(str(ROOT / "scripts" / "messages.py")))
# The demo's pages hold both languages side by side.
UNMARKED = {"demo"}
TEMPLATES = sorted(
    one for one in messages.AUTHORITY.rglob("templates/**/*.html") if not UNMARKED & set(one.parts)
)
VIETNAMESE = re.compile(
    "[ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ]", re.IGNORECASE
)
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w*\}")
MARKUP = re.compile(r"</?\w[^>]*>")


@pytest.mark.parametrize("folder", messages.folders(), ids=lambda one: one.name)
def test_each_text_has_its_english_and_no_english_is_left_over(folder: Path) -> None:
    said = {(one.context, one.id) for one in messages.said_in(folder) if one.id}
    known = {(one.context, one.id): one for one in messages.messages_of(folder)}
    hint = f"run: .venv/bin/python scripts/messages.py update {folder.name}"
    assert said - set(known) == set(), hint
    assert set(known) - said == set(), hint
    assert [one.id for one in known.values() if not messages.has_english(one)] == []


@pytest.mark.parametrize("folder", messages.folders(), ids=lambda one: one.name)
def test_what_is_put_into_a_text_is_the_same_in_english(folder: Path) -> None:
    for one in messages.messages_of(folder):
        vi = one.id if isinstance(one.id, str) else one.id[-1]
        en = one.string if isinstance(one.string, str) else one.string[-1]
        assert set(PLACEHOLDER.findall(en)) == set(PLACEHOLDER.findall(vi)), vi
        assert sorted(MARKUP.findall(en)) == sorted(MARKUP.findall(vi)), vi
        assert unicodedata.is_normalized("NFC", vi), vi
        assert vi[:1].isspace() == en[:1].isspace(), vi


def test_the_same_vietnamese_has_the_same_english_in_every_app() -> None:
    found: dict[Any, dict[Any, str]] = {}
    for folder in messages.folders():
        for one in messages.messages_of(folder):
            found.setdefault((one.context, one.id), {}).setdefault(one.string, folder.name)
    assert {key: english for key, english in found.items() if len(english) > 1} == {}


@pytest.mark.parametrize(
    "template", TEMPLATES, ids=lambda one: one.relative_to(messages.AUTHORITY).as_posix()
)
def test_a_template_says_nothing_in_vietnamese_outside_a_mark(template: Path) -> None:
    assert list(unmarked(template.read_text(encoding="utf-8"))) == []


def test_the_scanner_sees_what_is_not_marked() -> None:
    assert list(unmarked('<p title="Đơn vị">x</p>{% if a %}{% translate "Mã" %}{% endif %}')) == [
        "Đ",
        "ơ",
        "ị",
    ]
    assert list(unmarked('{{ x|default:"Chưa có" }}')) == ["ư", "ó"]
    marked = '{% blocktranslate %}Mã{% endblocktranslate %}{{ x|default:_("Chưa") }}{# Đơn vị #}'
    assert list(unmarked(marked + "{% comment %}Mã{% endcomment %}")) == []


def unmarked(source: str) -> Iterator[str]:
    """Vietnamese letters of a template that nothing translates."""
    inside = ""
    for token in Lexer(source).tokenize():
        words = token.contents.split()
        if token.token_type is TokenType.BLOCK and words[0] in ("blocktranslate", "blocktrans", "comment"):
            inside = words[0]
        elif token.token_type is TokenType.BLOCK and words[0] == f"end{inside}":
            inside = ""
        elif not inside and token.token_type is not TokenType.COMMENT:
            if token.token_type is TokenType.BLOCK and words[0] in ("translate", "trans"):
                continue
            yield from VIETNAMESE.findall(re.sub(r'_\("[^"]*"\)', "", token.contents))


def test_numbers_and_days_are_written_as_the_reader_does() -> None:
    said = Said("một", "one")
    with translation.override("vi"):
        assert (numbers.grouped(157542), numbers.percent(39.12)) == ("157.542", "39,12%")
        assert (formats.date_format(date(2021, 3, 8)), in_language(said)) == ("08/03/2021", "một")
    with translation.override("en"):
        assert (numbers.grouped(157542), numbers.percent(39.12)) == ("157,542", "39.12%")
        assert (formats.date_format(date(2021, 3, 8)), in_language(said)) == ("08/03/2021", "one")
        # the eighth of March, which Django's own English would take for a day of August
        assert DateField().clean("08/03/2021") == date(2021, 3, 8)
    assert in_language(said) == "một"


@pytest.mark.django_db
def test_pages_are_vietnamese_whatever_a_browser_is_set_to(authority: Path) -> None:
    page = Client(headers={"accept-language": "en-GB,en;q=0.9"}).get("/")
    assert page["Content-Language"] == "vi"
    assert '<html lang="vi">' in page.content.decode()
    assert "Bạn cần làm gì?" in page.content.decode()


@pytest.mark.django_db
def test_the_switch_leads_back_to_the_page_in_the_other_language(authority: Path) -> None:
    client = Client(enforce_csrf_checks=True)
    page = client.get("/?a=1").content.decode()
    assert '<input type="hidden" name="next" value="/?a=1">' in page
    assert '<span lang="vi" aria-current="true">Tiếng Việt</span>' in page
    answer = client.post("/language", {"language": "en", "next": "/?a=1"})
    assert (answer.status_code, answer["Location"]) == (302, "/?a=1")
    page = client.get("/?a=1")
    assert '<html lang="en">' in page.content.decode()
    assert (page["Content-Language"], "Cookie" in page["Vary"]) == ("en", True)
    assert '<button type="submit" name="language" value="vi" lang="vi">Tiếng Việt</button>' in (
        page.content.decode()
    )
    client.post("/language", {"language": "vi", "next": "/"})
    assert client.get("/")["Content-Language"] == "vi"


@pytest.mark.django_db
@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_the_switch_leads_to_no_other_site(authority: Path, back: str) -> None:
    assert Client().post("/language", {"language": "en", "next": back})["Location"] == "/"


@pytest.mark.django_db
@pytest.mark.parametrize("asked", ["fr", "", "EN", "en ", "../en"])
def test_a_language_that_is_not_offered_changes_nothing(authority: Path, asked: str) -> None:
    client = Client()
    assert client.post("/language", {"language": asked}).status_code == 400
    client.cookies[language.COOKIE] = f"{asked}x"
    assert client.get("/")["Content-Language"] == "vi"
    assert client.get("/language").status_code == 405


@pytest.mark.django_db
def test_the_choice_stays_with_the_account(authority: Path, authority_clock: Any) -> None:
    first = logged_in(authority_clock, "lan", "01/009", Role.DISTRICT_OFFICER)
    first.post("/language", {"language": "en"})
    first.post("/language", {"language": "en"})
    lan = User.objects.get(username="lan")
    assert lan.language == "en"
    [noted] = AuditEntry.objects.filter(action="accounts.language-chosen")
    assert noted.subject == f"user:{lan.pk}"
    second = Client()
    second.force_login(lan)
    assert second.get("/account/")["Content-Language"] == "en"
    # another person at the same browser has their own
    mai = logged_in(authority_clock, "mai", "01/009", Role.DISTRICT_OFFICER)
    mai.post("/language", {"language": "vi"})
    mai.cookies[language.COOKIE] = "en"
    assert mai.get("/account/")["Content-Language"] == "vi"


@pytest.mark.django_db
def test_the_page_of_a_form_that_was_sent_has_no_switch(worker: Client) -> None:
    """Going back to its address would lose a code that is shown once."""
    issued = worker.post("/codes/", form(delivery="read")).content.decode()
    assert "Mã ngắn để đọc" in issued
    assert 'action="/language"' not in issued


@pytest.mark.django_db
def test_without_compiled_texts_only_vietnamese_is_offered(
    authority: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    po = tmp_path / "app" / messages.PO
    po.parent.mkdir(parents=True)
    po.write_bytes(messages.HEADER + 'msgid "Mã"\nmsgstr "Code"\n'.encode())
    monkeypatch.setattr(language, "_AUTHORITY", tmp_path)
    language.offered_languages.cache_clear()
    try:
        client = Client()
        client.cookies[language.COOKIE] = "en"
        page = client.get("/")
        assert (page["Content-Language"], "English" in page.content.decode()) == ("vi", False)
        messages.compile_all(tmp_path)
        language.offered_languages.cache_clear()
        assert client.get("/")["Content-Language"] == "en"
    finally:
        language.offered_languages.cache_clear()


def test_what_is_older_than_its_english_is_compiled_again(tmp_path: Path) -> None:
    po = tmp_path / messages.PO
    po.parent.mkdir(parents=True)
    po.write_bytes(messages.HEADER + 'msgid "Mã"\nmsgstr "Code"\n'.encode())
    messages.compile_all(tmp_path, only_stale=True)
    mo = po.with_suffix(".mo")
    first = mo.read_bytes()
    mo.write_bytes(b"newer")
    messages.compile_all(tmp_path, only_stale=True)
    assert mo.read_bytes() == b"newer"
    messages.compile_all(tmp_path)
    assert mo.read_bytes() == first
    assert [one.name for one in po.parent.iterdir() if one not in (po, mo)] == []
    po.write_bytes(messages.HEADER + b'msgid "broken\n')
    with pytest.raises(Exception, match="msgstr"):
        messages.compile_all(tmp_path)
    assert mo.read_bytes() == first

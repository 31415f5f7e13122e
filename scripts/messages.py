"""English texts of the staff pages: ``compile`` what servers read, ``update`` what translators write.

    .venv/bin/python scripts/messages.py compile
    .venv/bin/python scripts/messages.py update [APP…]

``update`` brings the ``.po`` of each app in step with what its templates and modules say: new texts come in
without English, those that nothing says any more go. The msgids are the Vietnamese texts.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

AUTHORITY = Path(__file__).resolve().parents[1] / "src" / "bluezone" / "authority"
PO = Path("locale", "en", "LC_MESSAGES", "django.po")
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
HEADER = b"""\
# English of the staff pages: the msgids are the Vietnamese texts.
msgid ""
msgstr ""
"Language: en\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
"""Without dates, so that only texts make differences."""


def compile_all(authority: Path = AUTHORITY, *, only_stale: bool = False) -> None:
    """Write the ``.mo`` beside each ``.po``, whole or not at all; if asked, those alone that are older."""
    for po in sorted(authority.rglob(str(PO))):
        mo = po.with_suffix(".mo")
        if only_stale and mo.exists() and mo.stat().st_mtime_ns >= po.stat().st_mtime_ns:
            continue
        catalog = read_catalog(po)
        with tempfile.NamedTemporaryFile(dir=mo.parent, suffix=".part", delete=False) as out:
            write_mo(out, catalog)
        os.chmod(out.name, 0o644)
        os.replace(out.name, mo)


def read_catalog(po: Path) -> Catalog:
    """The catalog of one app."""
    with po.open("rb") as source:
        return read_po(source, locale="en", domain="django", abort_invalid=True)


def folders(authority: Path = AUTHORITY) -> list[Path]:
    """Each folder that has its own catalog: the apps, then the project with what is in no app."""
    return [*sorted(one.parent for one in authority.glob("*/apps.py")), authority]


def said_in(folder: Path, authority: Path = AUTHORITY) -> Catalog:
    """What the templates and modules of a folder say, with where; the English is empty."""
    catalog = new_catalog()
    others = [one for one in folders(authority) if one != folder and folder in one.parents]
    for path in sorted(path for kind in ("*.py", "*.html") for path in folder.rglob(kind)):
        if any(other in path.parents for other in others):
            continue
        for context, message in texts_of(path):
            catalog.add(message, locations=[(path.relative_to(folder).as_posix(), 0)], context=context)
    return catalog


def texts_of(path: Path) -> Iterator[tuple[str | None, str | tuple[str, str]]]:
    """Context and text (or singular and plural) of each mark in a module or template."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        from django.utils.translation.template import templatize

        source = f"(\n{templatize(source)}\n)"  # in brackets the indentation is none of Python's business
    for _line, message, _comments, context in extract(
        "python", io.BytesIO(source.encode()), keywords=KEYWORDS
    ):
        if isinstance(message, tuple):
            yield context, (message[0], message[1])
        else:
            yield context, message


def update(folder: Path) -> None:
    """Bring a folder's ``.po`` in step with what is said there; English that is there stays."""
    wanted = said_in(folder)
    po = folder / PO
    known = read_catalog(po) if po.exists() else new_catalog()
    if not len(wanted) and not po.exists():
        return
    for message in wanted:
        if message.id and (old := known.get(message.id, message.context)) is not None and old.string:
            message.string = old.string
    po.parent.mkdir(parents=True, exist_ok=True)
    with po.open("wb") as out:
        out.write(HEADER)
        write_po(out, wanted, width=110, sort_by_file=True, include_lineno=False, omit_header=True)


def new_catalog() -> Catalog:
    """An empty catalog of English."""
    return Catalog(locale="en", domain="django")


def main(arguments: list[str]) -> int:
    match arguments:
        case ["compile"]:
            compile_all()
        case ["update", *apps]:
            chosen = [one for one in folders() if not apps or one.name in apps]
            for folder in chosen:
                update(folder)
                missing = [one for one in messages_of(folder) if not has_english(one)]
                if missing:
                    print(f"{folder.name}: {len(missing)} without English")  # noqa: T201
        case _:
            print(__doc__, file=sys.stderr)  # noqa: T201
            return 2
    return 0


def messages_of(folder: Path) -> list[Message]:
    """The texts of a folder's ``.po``, if it has one."""
    po = folder / PO
    return [one for one in read_catalog(po) if one.id] if po.exists() else []


def has_english(message: Message) -> bool:
    """Whether each form of a text has its English."""
    return all(message.string) if isinstance(message.string, (tuple, list)) else bool(message.string)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

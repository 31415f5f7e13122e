"""How far a workbook's cells reach, looked up before it is opened.

The reader makes room for every cell between the first and the last: a value that somebody left in the last
cell of a sheet would be 17 billion of them, and the process would not outlive it.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator

from bluezone.authority.tabular.faults import SheetRefused

__all__ = ["check_workbook"]

_MAX_UNPACKED = 200_000_000
_MAX_CELLS = 5_000_000
_CHUNK = 1_000_000
_LONGEST_TAG = 5_000
_OTHER_FORMATS = frozenset({"content.xml", "xl/workbook.bin"})
"""Of which the reader understands files too, though they can reach further in fewer bytes."""

_ATTRIBUTES = rb"""[^<>"']{0,500}(?:"[^"<]{0,300}"[^<>"']{0,500}|'[^'<]{0,300}'[^<>"']{0,500}){0,40}"""
_TAG = re.compile(rb"<(?:[^\s<>/:\"'=]{1,100}:)?(row|c)(?=[\s/>])(?:(" + _ATTRIBUTES + rb")>)?")
_PLACE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]*)([0-9]+)["']""")


def check_workbook(data: bytes) -> None:
    """Let a workbook pass that can be opened.

    :raises SheetRefused: damaged, of another format, or one that unpacks to too much or reaches too far.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if not _OTHER_FORMATS.isdisjoint(one.filename.lower() for one in members):
                raise SheetRefused(
                    "Đây không phải tệp .xlsx. Hãy lưu lại dạng .xlsx.",
                    "this is no .xlsx file: save it as .xlsx",
                )
            if sum(one.file_size for one in members) > _MAX_UNPACKED:
                raise SheetRefused("Tệp Excel giải nén ra quá lớn.", "the Excel file unpacks to too much")
            for one in members:
                # What is said of its size is held to: the archive gives no more, and then its sum is wrong.
                with archive.open(one) as member:
                    _Reach(strict=one.filename.lower().endswith(".xml")).look_at(
                        iter(lambda: member.read(_CHUNK), b"")
                    )
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, NotImplementedError, RuntimeError):
        raise _damaged() from None


class _Reach:
    """The cells with something in them, as the tags of a sheet tell them one after the other."""

    def __init__(self, *, strict: bool) -> None:
        self._strict = strict
        self._row = self._column = self._cells = self._last_row = self._last_column = 0

    def look_at(self, chunks: Iterator[bytes]) -> None:
        """All tags of a member of the archive, though they may lie across its chunks."""
        kept = b""
        for chunk in chunks:
            text = kept + chunk
            kept = text[self._tags(text, len(text) - _LONGEST_TAG) :]
        self._tags(kept, len(kept))

    def _tags(self, text: bytes, until: int) -> int:
        """Those that begin before a place; where to go on."""
        done = max(0, until)
        for tag in _TAG.finditer(text):
            if tag.start() >= until:
                break
            done = max(done, tag.end())
            if tag[2] is not None:
                self._take(tag[1] == b"row", tag[2])
            elif self._strict:
                raise _damaged()
        return done

    def _take(self, is_row: bool, attributes: bytes) -> None:
        places = _PLACE.findall(attributes)
        if is_row:
            self._row = max([self._row + 1, *(int(digits) for _, digits in places)])
            self._column = 0
            return
        self._column += 1
        for letters, digits in places:
            self._row = max(self._row, int(digits))
            self._column = max(self._column, _number(letters))
        if attributes.endswith(b"/"):
            return  # a cell that has nothing but a border
        self._cells += 1
        self._last_row = max(self._last_row, self._row)
        self._last_column = max(self._last_column, self._column)
        if max(self._cells, self._last_row * self._last_column) > _MAX_CELLS:
            millions, name = _MAX_CELLS // 1_000_000, f"{_letters(self._column)}{self._row}"
            raise SheetRefused(
                f"Bảng kéo dài đến ô {name}, quá {millions} triệu ô. Hãy xóa các ô ở xa, "
                "hoặc chép bảng sang tệp mới.",
                f"the table reaches as far as cell {name}, over {millions} million cells: "
                "clear those far out, or copy the table into a new file",
            )


def _damaged() -> SheetRefused:
    return SheetRefused("Tệp Excel bị hỏng hoặc chưa tải xong.", "the Excel file is damaged or cut off")


def _number(letters: bytes) -> int:
    """``A`` → 1, ``XFD`` → 16384."""
    number = 0
    for one in letters.upper():
        number = number * 26 + one - 64
    return number


def _letters(number: int) -> str:
    letters = ""
    while number:
        number, place = divmod(number - 1, 26)
        letters = chr(65 + place) + letters
    return letters

"""Tables of whole numbers read in columns: a clean block of lines at once, an unclean one line by line.

A contact list has up to millions of rows, so no object is made per row. The line-by-line reader alone knows
what is wrong with a line: a block that is not perfectly plain is read again by it.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from bluezone.errors import Refused

__all__ = [
    "MAX_BYTES",
    "MAX_LINE",
    "MAX_LINES",
    "Block",
    "ContactListError",
    "Field",
    "Layout",
    "Table",
    "open_table",
]

MAX_LINE = 200
"""Longest line in bytes; a longer one is no row of any list we know."""
MAX_LINES, MAX_BYTES = 20_000_000, 2_000_000_000
"""Longest list, as it is or unzipped: a small gzip file can hold one without end. The longest we know,
Copenhagen's, has 5.5 million lines; twenty million take some 3 GB of memory."""

_BLOCK = 1 << 20
_MOST_DIGITS = 12
_WHOLE_NUMBER = re.compile(r"-?[0-9]+")
_NEWLINE, _MINUS, _ZERO = b"\n-0"
_GZIP_MAGIC = b"\x1f\x8b"


class ContactListError(Refused):
    """The file is not a contact list we know, or a row of it is wrong; says which line and why."""


@dataclass(frozen=True, slots=True)
class Field:
    """A whole number (of ``unit``) from ``least`` to ``most``, in multiples of ``step``."""

    name: str
    least: int
    most: int
    step: int = 1
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a list: whole numbers first, then ``texts`` of text.

    ``separators``: one or more bytes, any of which parts two columns. Columns 1 and 2 are the two people;
    of the text columns the first says something of the first person, the second of the second.
    """

    fields: tuple[Field, ...]
    separators: bytes
    texts: int = 0

    @property
    def columns(self) -> int:
        return len(self.fields) + self.texts


class Block(NamedTuple):
    """``numbers`` int64 (rows, fields), and what the text columns say of the people in them."""

    numbers: NDArray[np.int64]
    texts: dict[int, str]


@dataclass(slots=True)
class Table:
    """An open list: its first line (stripped), and the rest in blocks."""

    path: Path
    first: str
    stream: BinaryIO
    bytes_done: Callable[[], int]
    progress: Callable[[int], None] | None
    _first_raw: bytes = field(repr=False)

    def blocks(self, layout: Layout, *, header: bool) -> Iterator[Block]:
        """The rows; ``header``: the first line is none of them.

        :raises ContactListError: at the first wrong line, naming it, its field and the reason.
        """
        line = 2 if header else 1
        rest = b"" if header else self._first_raw
        size = len(self._first_raw)
        while True:
            with _reading(self.path):
                read = self.stream.read(_BLOCK)
            rest += read
            size += len(read)
            begun = line - 1 + rest.count(b"\n") + (rest[-1:] not in (b"", b"\n"))
            if begun > MAX_LINES:
                raise ContactListError(
                    f"{self.path}: has more than {MAX_LINES:,} lines; longer lists are not read"
                )
            if size > MAX_BYTES:
                raise ContactListError(
                    f"{self.path}: has more than {MAX_BYTES:,} bytes, unzipped; larger lists are not read"
                )
            whole = rest.rfind(b"\n") + 1 if read else len(rest)
            if whole:
                # As in every text mode, \r\n ends a line like \n does.
                lines = rest[:whole].replace(b"\r\n", b"\n")
                block = _plain_block(lines, layout)
                yield _line_by_line(self.path, line, lines, layout) if block is None else block
                line += lines.count(b"\n")
                rest = rest[whole:]
            if len(rest) > MAX_LINE:
                raise _too_long(self.path, line)
            if self.progress is not None:
                self.progress(self.bytes_done())
            if not read:
                return


class _Watched(io.RawIOBase):
    """A file of which each byte that is read is shown to somebody."""

    def __init__(self, file: io.FileIO, seen: Callable[[memoryview], object] | None) -> None:
        self._file = file
        self._seen = seen
        self.bytes_done = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        read = self._file.readinto(buffer) or 0
        self.bytes_done += read
        if self._seen is not None:
            self._seen(memoryview(buffer)[:read])
        return read


@contextmanager
def open_table(
    path: Path,
    progress: Callable[[int], None] | None = None,
    *,
    seen: Callable[[memoryview], object] | None = None,
) -> Iterator[Table]:
    """A list, plain or gzipped; ``progress`` is told how many bytes of the file are done, and ``seen`` is
    given them all, in order, by the time that the last block has been read.

    :raises ContactListError: if the file cannot be opened, unzipped or read as text.
    """
    with ExitStack() as opened:
        with _reading(path):
            file = opened.enter_context(path.open("rb", buffering=0))
            watched = _Watched(file, seen)
            raw = io.BufferedReader(watched)
            zipped = raw.peek(2)[:2] == _GZIP_MAGIC
            stream = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if zipped else raw
            first = stream.readline(MAX_LINE + 1)
        if not first:
            raise ContactListError(f"{path}: is empty")
        if len(first) > MAX_LINE and not first.endswith(b"\n"):
            raise _too_long(path, 1)
        first = first.removeprefix(b"\xef\xbb\xbf")
        text = _text(f"{path}, line 1", first).strip()
        # A pipe has no length to compare with.
        done = (lambda: watched.bytes_done) if file.seekable() else (lambda: 0)
        yield Table(path, text, stream, done, progress, first)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except IsADirectoryError:
        raise ContactListError(f"{path}: is a folder, not a contact list") from None
    except EOFError:
        raise ContactListError(f"{path}: cannot be read: the gzip file is cut short") from None
    except (OSError, zlib.error) as error:
        raise ContactListError(f"{path}: cannot be read ({error})") from error


def _plain_block(lines: bytes, layout: Layout) -> Block | None:
    """The rows of ``lines`` if every line is exactly as the layout says and every value is allowed."""
    data = np.frombuffer(lines if lines.endswith(b"\n") else lines + b"\n", dtype=np.uint8)
    is_end = data == _NEWLINE
    is_parting = is_end.copy()
    for separator in layout.separators:
        is_parting |= data == separator
    partings = np.flatnonzero(is_parting)
    if len(partings) % layout.columns or not lines.isascii():
        return None
    ends = partings.reshape(-1, layout.columns)
    if not is_end[ends[:, -1]].all() or np.count_nonzero(is_end) != len(ends):
        return None
    starts = np.concatenate(([0], partings[:-1] + 1)).reshape(ends.shape)
    if (ends[:, -1] - starts[:, 0] > MAX_LINE).any():
        return None
    numbers = np.empty((len(ends), len(layout.fields)), dtype=np.int64)
    for column, wanted in enumerate(layout.fields):
        values = _whole_numbers(data, starts[:, column], ends[:, column])
        if values is None or values.min() < wanted.least or values.max() > wanted.most:
            return None
        if wanted.step > 1 and (values % wanted.step).any():
            return None
        numbers[:, column] = values
    if (numbers[:, 1] == numbers[:, 2]).any():
        return None
    texts: dict[int, str] = {}
    if layout.texts:
        if (data[~is_parting] <= ord(" ")).any() or (data == 0x7F).any():
            return None
        for column in range(len(layout.fields), layout.columns):
            if (starts[:, column] == ends[:, column]).any():
                return None
            people, rows = np.unique(numbers[:, 1 + column - len(layout.fields)], return_index=True)
            for person, row in zip(people.tolist(), rows.tolist(), strict=True):
                said = lines[starts[row, column] : ends[row, column]].decode("ascii")
                texts.setdefault(person, said)
    return Block(numbers, texts)


def _whole_numbers(
    data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.int64] | None:
    """The numbers between ``starts`` and ``ends``, digit by digit from the right; ``None`` if one is none."""
    negative = data[starts] == _MINUS
    digits = ends - starts - negative
    if digits.min() < 1 or digits.max() > _MOST_DIGITS:
        return None
    values = np.zeros(len(starts), dtype=np.int64)
    for place in range(int(digits.max())):
        present = digits > place
        digit = data[np.where(present, ends - 1 - place, 0)] - np.uint8(_ZERO)
        if (digit[present] > 9).any():
            return None
        values += np.where(present, digit, 0) * np.int64(10**place)
    return np.where(negative, -values, values)


def _line_by_line(path: Path, first: int, lines: bytes, layout: Layout) -> Block:
    """The same rows one at a time: forgives blank lines and spaces, and names the first wrong line."""
    parted_by = "," if layout.separators == b"," else None
    numbers: list[list[int]] = []
    texts: dict[int, str] = {}
    for number, raw in enumerate(lines.removesuffix(b"\n").split(b"\n"), start=first):
        where = f"{path}, line {number}"
        if len(raw) > MAX_LINE:
            raise _too_long(path, number)
        line = _text(where, raw)
        if not line.strip():
            continue
        cells = [cell.strip() for cell in line.split(parted_by)]
        if len(cells) != layout.columns:
            raise ContactListError(f"{where}: has {len(cells)} fields, needs {layout.columns}")
        row = [_whole_number(where, wanted, cell) for wanted, cell in zip(layout.fields, cells, strict=False)]
        if row[1] == row[2]:
            raise ContactListError(f"{where}: person {row[1]} in contact with themselves")
        for person, said in zip(row[1:3], cells[len(layout.fields) :], strict=False):
            if not said.isprintable():
                raise ContactListError(f"{where}: {said!r} is not printable text")
            texts.setdefault(person, said)
        numbers.append(row)
    return Block(np.array(numbers, dtype=np.int64).reshape(-1, len(layout.fields)), texts)


def _whole_number(where: str, wanted: Field, cell: str) -> int:
    if not _WHOLE_NUMBER.fullmatch(cell):
        of = f" of {wanted.unit}" if wanted.unit else ""
        raise ContactListError(f"{where}: {wanted.name} {cell!r} is not a whole number{of}")
    value = int(cell)
    if not wanted.least <= value <= wanted.most:
        raise ContactListError(f"{where}: {wanted.name} {value} is outside {wanted.least} to {wanted.most}")
    if value % wanted.step:
        raise ContactListError(f"{where}: {wanted.name} {value} is not a multiple of {wanted.step}")
    return value


def _text(where: str, raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise ContactListError(f"{where}: is not text in UTF-8") from None


def _too_long(path: Path, line: int) -> ContactListError:
    return ContactListError(f"{path}, line {line}: is longer than {MAX_LINE} characters, so no row of a list")

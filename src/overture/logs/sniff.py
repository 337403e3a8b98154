"""What a file is, by its first bytes and records and never by its name.

In comes a path; out comes a Layout: how its records lie (lines, an array, rows …) and which format the first good one
has. Easy to get wrong: the first line may be the torn one. A file is known by its first record that is recognised,
not by its first record; and every piece of it must come to the same answer, so nothing here depends on the piece.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from ..errors import BadRecord
from . import archives, tables, trials
from .elements import elements
from .formats import RECORD_FORMATS
from .inspect import FORMAT as INSPECT
from .kinds import Format
from .openai import is_message_list
from .records import format_of, parsed, recognised
from .streams import BOM, GZIP, ZSTD, lines, opened
from .transcript import FORMAT as TRANSCRIPT

TRIED = 200
"""So many records are looked at before a file is called unknown."""
HEAD = 1024 * 1024

_KNOWN_BINARY = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"%PDF": "a PDF",
    b"ARROW1": "an Arrow file; parquet is read",
    b"\x7fELF": "a program",
    b"BZh": "bzip2 data; gzip and zstd are read",
    b"\xfd7zXZ": "xz data; gzip and zstd are read",
    b"\xff\xfe": "UTF-16 text; convert it to UTF-8",
    b"\xfe\xff": "UTF-16 text; convert it to UTF-8",
}


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is to be read."""

    container: str
    """`lines`, `array`, `within` (an array in an object), `values`, `text`, `table`, `archive`, `store`, `unknown`."""
    form: Format | None = None
    compressed: bool = False
    seen: str = ""
    """For an unknown file: what it looks like."""


def sniff(path: str) -> Layout:
    """The layout of a file. Files that cannot be opened or known are `unknown`, and `seen` says why."""
    try:
        status = Path(path).stat()
        return _sniff(path, status.st_size, status.st_mtime_ns)
    except OSError as error:
        return Layout("unknown", seen=f"a file that cannot be opened: {error.strerror or type(error).__name__}")


@lru_cache(maxsize=256)
def _sniff(path: str, size: int, modified: int) -> Layout:
    try:
        with opened(path) as log:
            head = log.file.read(HEAD)
            compressed, fault = log.compressed, log.fault
        if compressed and head.startswith((tables.MAGIC, archives.MAGIC, GZIP, ZSTD)):
            raise BadRecord("a compressed file within a compressed file; unpack it once")
        if head.startswith(tables.MAGIC):
            return _of_table(path)
        if head.startswith(archives.MAGIC):
            if not archives.is_inspect(path):
                raise BadRecord("a zip file that is not an Inspect log; unpack it")
            return Layout("archive", INSPECT)
        if head.startswith(trials.MAGIC):
            if compressed:
                raise BadRecord("a compressed database; unpack it")
            if not trials.is_store(path):
                raise BadRecord("an SQLite database, but no trials")
            return Layout("store", trials.FORMAT)
        if not head:
            raise BadRecord(f"a file in which {fault}" if fault else "an empty file")
        found = _of_text(path, head.removeprefix(BOM).lstrip())
    except BadRecord as error:
        return Layout("unknown", seen=error.reason)
    return Layout(found.container, found.form, compressed, found.seen)


def _of_table(path: str) -> Layout:
    record = dict.fromkeys(tables.columns_of(path))
    return Layout("table", format_of(record))


def _of_text(path: str, head: bytes) -> Layout:
    first = head[:1]
    if first == b"[":
        for record in _elements(path, array=True):
            if (form := recognised(record)) is not None:
                return Layout("array", form)
            if isinstance(record, dict) and "role" in record:  # a bare list of messages
                return Layout("values" if _first_line(path) is None else "lines", recognised([record]))
    elif first == b"{":
        line = _first_line(path)
        for form in RECORD_FORMATS:
            if form.within and _may_hold(form, line, head):
                for record in _elements(path, within=form.within):
                    if recognised(record) is form:
                        return Layout("within", form)
        if line is None:
            for record in islice(_elements(path), 1):
                if (form := recognised(record)) is not None:
                    return Layout("values", form)
    for record in _line_records(path):
        if (form := recognised(record)) is not None:
            return Layout("lines", form)
    if _speaks(head):
        return Layout("text", TRANSCRIPT)
    first_records = _elements(path, array=True) if first == b"[" else _line_records(path)
    raise BadRecord(_seen(head, next(first_records, None)))


def _first_line(path: str) -> Any:
    """The JSON value of the first line with anything on it, or None where that is not one."""
    with opened(path) as log:
        for _, line in lines(log.file):
            raw = b"?" if isinstance(line, int) else line.removeprefix(BOM).strip()
            if raw:
                try:
                    return parsed(raw)
                except BadRecord:
                    return None
    return None


def _may_hold(form: Format, line: Any, head: bytes) -> bool:
    """Whether the file may be an object with this format's array; `beside` comes first, and the array may be far on."""
    if isinstance(line, dict):
        return form.within in line
    return line is None and any(f'"{key}"'.encode() in head for key in (form.within, *form.beside))


def _elements(path: str, array: bool = False, within: str = "") -> Iterator[Any]:
    """The first records of a document that can be parsed."""
    with opened(path) as log:
        for element in islice(elements(log.file, array, within), TRIED):
            try:
                yield parsed(element.raw)
            except BadRecord:
                continue


def _line_records(path: str) -> Iterator[Any]:
    """The first lines of a file that are JSON objects or lists."""
    with opened(path) as log:
        for _, line in islice(lines(log.file), TRIED):
            raw = b"" if isinstance(line, int) else line.removeprefix(BOM).strip()
            if raw[:1] in (b"{", b"["):
                try:
                    record = parsed(raw)
                except BadRecord:
                    continue
                if isinstance(record, dict) or is_message_list(record):
                    yield record


def _speaks(head: bytes) -> bool:
    """Whether the text begins with a speaker, or somewhere has lines of both speakers."""
    text = "\n" + head[: 64 * 1024].replace(b"\r", b"").decode("utf-8", "replace")
    person, assistant = ("\nHuman:", "\nUser:"), ("\nAssistant:", "\nAI:")
    starts = TRANSCRIPT.recognise(text)
    return starts or (any(name in text for name in person) and any(name in text for name in assistant))


def _seen(head: bytes, record: Any) -> str:
    if record is not None:
        try:
            format_of(record)
        except BadRecord as error:
            return f"JSON, but {error.reason}"
    for magic, name in _KNOWN_BINARY.items():
        if head.startswith(magic):
            return name
    if b"\0" in head[:4096]:
        return f"binary data beginning {head[:4].hex(' ')}"
    if not head:
        return "nothing but blanks"
    if not _utf8(head):
        return "text that is not UTF-8; convert it to UTF-8"
    if head[:1] in (b"{", b"["):
        return f"text like JSON of which no record could be read{_why(head)}"
    if _CELLS.match(head):
        return "a table of text (CSV); docs/logs.md says how its rows become conversations"
    return "neither JSON nor lines that begin with a speaker such as Human:"


_CELLS = re.compile(rb"""("?)[\w.-]{1,40}\1(?:([,;\t])("?)[\w.-]{1,40}\3)(?:\2("?)[\w.-]{1,40}\4)*\r?\n[^\n]*\2""")
"""A line of nothing but names between commas, semicolons or tabs, and a line with such a mark."""


def _utf8(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # a sign that the end of the head cuts in two is none
    except UnicodeDecodeError:
        return False
    return True


def _why(head: bytes) -> str:
    """What is wrong with the first of it, where the head holds that whole."""
    try:
        if len(head) < HEAD:
            parsed(head)
    except BadRecord as error:
        return f": {error.reason}"
    return ""

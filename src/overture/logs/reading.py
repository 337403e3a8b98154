"""The logs themselves: from paths to pieces of work, and from a piece to its conversations.

In come files or pieces of them; out come conversations and rejects, one at a time. Easy to get wrong: nothing may
vanish. Every record ends as conversations or as a Reject, a file that is no log is itself a Reject, and the pieces of
a file give together exactly what one piece would.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from ..conversation import Conversation
from ..errors import BadRecord, NothingReadable, UsageError
from . import archives, tables, trials
from .elements import CUT_SHORT, NOT_CLOSED, elements
from .kinds import Format, Piece, Reject
from .paths import expand, place_of
from .records import parsed, read_record, read_value
from .sniff import Layout, sniff
from .streams import BOM, LIMIT, Opened, lines, opened
from .transcript import read_text, sections

PIECE = 8 * 1024 * 1024
"""Bytes of a piece, unless told otherwise."""

Item = Conversation | Reject


def detect(file: str) -> str:
    """The name of the file's format, by its content. Raises NothingReadable, saying what was seen, if it has none."""
    layout = sniff(place_of(file))
    if layout.form is None:
        raise NothingReadable(f"{file} is {layout.seen}; see the log formats that are read: overture audit --help")
    return layout.form.name


def pieces(file: str, size: int = PIECE) -> list[Piece]:
    """The file as rows of work of about `size` bytes. Whatever cannot be divided is one piece. Raises UsageError."""
    if size < 1:
        raise UsageError(f"a piece of {size} bytes: give at least 1")
    place = place_of(file)
    at = "" if place == file else place
    layout = sniff(place)
    if layout.form is None:
        return [Piece(file, "unknown", 0, 0, at)]
    name = layout.form.name
    if layout.container == "table":
        return [Piece(file, name, start, end, at) for start, end in tables.runs(place, size)]
    total = Path(place).stat().st_size
    if layout.container != "lines" or layout.compressed:
        return [Piece(file, name, 0, total, at)]
    return [Piece(file, name, start, min(start + size, total), at) for start in range(0, total, size)]


def read_piece(piece: Piece) -> Iterator[Item]:
    """Every conversation and every reject of a piece, in the order of the file. One record is in memory at a time."""
    place = piece.at or piece.file
    layout = sniff(place)
    if layout.form is None or piece.format == "unknown":
        seen = layout.seen or f"a log in the format {layout.form.name if layout.form else ''}, but was not one before"
        yield Reject(piece.file, 0, f"not a log: {seen}")
    elif layout.container in ("table", "store"):
        table = layout.container == "table"
        for number, row in tables.rows(place, piece.start, piece.end) if table else trials.rows(place):
            found = [row] if isinstance(row, BadRecord) else read_value(row, layout.form, piece.file)
            yield from _items(found, piece.file, number)
    elif layout.container == "archive":
        yield from _samples(place, piece.file, layout.form)
    else:
        with opened(place) as log:
            if layout.container == "lines":
                yield from _lines(log, piece, layout.form)
            elif layout.container == "text":
                yield from _sections(log, piece.file)
            else:
                yield from _document(log, piece.file, layout, layout.form)


def read(
    paths: str | os.PathLike[str] | Iterable[str], on_reject: Callable[[Reject], None] | None = None
) -> Iterator[Conversation]:
    """Every conversation of the logs, for people: `for conversation in read("logs/*.jsonl")`.

    Records that are not conversations are left out; `on_reject=rejects.append` collects them. Raises NothingReadable
    where a path means nothing, and at the end if not one conversation was found.
    """
    given = [os.fspath(paths)] if isinstance(paths, str | os.PathLike) else list(paths)
    good, bad, last = 0, 0, ""
    for file in expand(given):
        for piece in pieces(file):
            for item in read_piece(piece):
                if isinstance(item, Conversation):
                    good += 1
                    yield item
                else:
                    bad, last = bad + 1, f"{item.file} at byte {item.offset}: {item.reason}"
                    if on_reject is not None:
                        on_reject(item)
    if not good:
        raise NothingReadable(f"no conversation in the input; rejected records: {bad}, the last {last or 'none'}")


def _items(found: Iterable[Conversation | BadRecord], file: str, offset: int) -> Iterator[Item]:
    for item in found:
        yield Reject(file, offset, item.reason) if isinstance(item, BadRecord) else item


def _too_large(file: str, offset: int, size: int) -> Reject:
    return Reject(file, offset, f"the record has {size} bytes, more than {LIMIT}")


def _lines(log: Opened, piece: Piece, form: Format) -> Iterator[Item]:
    offset, file = piece.start, piece.file
    for offset, line in lines(log.file, piece.start, None if log.compressed else piece.end):
        if isinstance(line, int):
            yield _too_large(file, offset, line)
            continue
        raw = line.removeprefix(BOM) if offset == 0 else line
        if not raw or raw.isspace():
            continue
        found = list(read_record(raw, form, file))
        if log.fault and not line.endswith(b"\n") and any(isinstance(item, BadRecord) for item in found):
            break  # the torn last line and the cut-off stream are one and the same reject
        yield from _items(found, file, offset)
        offset += len(line)
    if log.fault:
        yield Reject(file, offset, log.fault)


def _document(log: Opened, file: str, layout: Layout, form: Format) -> Iterator[Item]:
    beside: dict[str, object] = {}
    within, array = form.within if layout.container == "within" else "", layout.container == "array"
    at = 0
    for element in elements(log.file, array, within, form.beside if within else frozenset()):
        at = element.offset
        if element.fault:
            if not (log.fault and element.fault in (CUT_SHORT, NOT_CLOSED)):
                yield Reject(file, at, element.fault)
        elif element.key:
            try:
                beside[element.key] = parsed(element.raw)
            except BadRecord as error:
                yield Reject(file, at, f"{element.key}: {error.reason}")
        elif not element.raw:
            yield _too_large(file, at, element.size)
        else:
            context = form.context(beside) if form.context and beside else {}
            yield from _items(_with(context, read_record(element.raw, form, file)), file, at)
    if log.fault:
        yield Reject(file, at, log.fault)


def _samples(place: str, file: str, form: Format) -> Iterator[Item]:
    context: dict[str, object] = {}
    try:
        context = form.context(archives.header(place)) if form.context else {}
    except BadRecord as error:
        yield Reject(file, 0, error.reason)
    for offset, content in archives.members(place):
        found = [content] if isinstance(content, BadRecord) else read_record(content, form, file)
        yield from _items(_with(context, found), file, offset)


def _with(context: dict[str, object], found: Iterable[Conversation | BadRecord]) -> Iterator[Conversation | BadRecord]:
    for item in found:
        if context and isinstance(item, Conversation):
            item = replace(item, metadata={**context, **item.metadata})
        yield item


def _sections(log: Opened, file: str) -> Iterator[Item]:
    at = 0
    for at, section in sections(log.file):
        if isinstance(section, int):
            yield _too_large(file, at, section)
        else:
            yield from _items(read_text(section, file), file, at)
    if log.fault:
        yield Reject(file, at, log.fault)

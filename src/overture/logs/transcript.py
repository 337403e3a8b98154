"""Plain text in which each turn begins with its speaker: `Human: …`, `Assistant: …`.

In comes text; out come messages. `User:`, `AI:` and `System:` are speakers too. In a file, conversations are parted by
a line of at least three `-` or `=`, or by a form feed, and only where the next line with words begins with `Human:`,
`User:` or `System:`. Easy to get wrong: `---` is also a rule in somebody's answer, and "Human:" in the middle of a
line is something somebody said. Speakers stand at the start of a line, and nothing else divides.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from ..conversation import Conversation, Message
from ..errors import BadRecord
from .kinds import Format, built
from .streams import BOM, LIMIT, lines

_ROLES = {"human": "user", "user": "user", "assistant": "assistant", "ai": "assistant", "system": "system"}
_SPEAKER = re.compile(r"^(Human|User|Assistant|AI|System):[ \t]*", re.MULTILINE)
_OTHER = re.compile(r"^([A-Z]\w+):", re.MULTILINE)
_OPENER = re.compile(rb"(?:Human|User|System):")
_PART = re.compile(rb"\s*(?:-{3,}|={3,}|\x0c)\s*\Z")


def is_transcript(text: str) -> bool:
    """Whether the first words of the text name a speaker."""
    return _SPEAKER.match(text.lstrip()) is not None


def recognise(record: Any) -> bool:
    return isinstance(record, str) and is_transcript(record)


def turns(text: str) -> list[Message]:
    """The messages of one conversation. Raises BadRecord where something stands before the first speaker."""
    found = list(_SPEAKER.finditer(text))
    if not found or text[: found[0].start()].strip():
        raise BadRecord("the text does not begin with a speaker such as Human: or Assistant:")
    ends = [match.start() for match in found[1:]] + [len(text)]
    return [
        Message(_ROLES[match.group(1).lower()], text[match.end() : end].strip())
        for match, end in zip(found, ends, strict=True)
    ]


def _named(messages: list[Message]) -> None:
    """Raises BadRecord where a speaker of another name answers every turn of the user but the last."""
    asked = [set(_OTHER.findall(message.text)) for message in messages if message.role == "user"]
    others = set[str].intersection(*asked[:-1]) if len(asked) > 1 else set[str]()
    if others:
        raise BadRecord(f"no assistant speaks, but every turn has a line of {min(others)[:40]!r}: call it Assistant")


def conversations(record: Any, source: str) -> Iterator[Conversation | BadRecord]:
    if not isinstance(record, str):
        raise BadRecord("not text")
    messages = turns(record.replace("\r\n", "\n"))
    if not any(message.role == "assistant" for message in messages):
        _named(messages)
    yield built(messages, None, source)


def read_text(raw: bytes, source: str) -> Iterator[Conversation | BadRecord]:
    """The conversation of one section of a file."""
    try:
        if b"\0" in raw:
            raise BadRecord("binary data in a transcript")
        yield from conversations(raw.decode("utf-8"), source)
    except UnicodeDecodeError as error:
        yield BadRecord(f"not UTF-8 text: byte {error.start} of the section")
    except BadRecord as error:
        yield error


def sections(file: io.BufferedReader) -> Iterator[tuple[int, bytes | int]]:
    """(offset, bytes) of each conversation of a file; for one over LIMIT its size, not its bytes."""
    begin, size, held = 0, 0, bytearray()
    parted: list[bytes] = []  # a separator and what follows it, until a line with words tells what it was
    for offset, line in lines(file):
        huge = isinstance(line, int)
        raw = b"" if isinstance(line, int) else line
        if offset == 0:
            raw = raw.removeprefix(BOM)
        if raw.startswith(b"\f") and raw.strip():
            parted.append(b"\f")
            raw = raw[1:]
        rule = _PART.match(raw) is not None
        blank = not huge and not raw.strip()
        if rule or (parted and blank):
            parted += [raw] if len(parted) < 1000 else []  # past that they are only blank lines and rules
            continue
        if parted and (huge or _OPENER.match(raw)):
            if size > LIMIT or held.strip():
                yield begin, bytes(held) if size <= LIMIT else size
            size, held = 0, bytearray()
        elif parted:
            held += b"".join(parted)
            size += sum(map(len, parted))
        parted = []
        if not size and blank:
            continue
        begin = begin if size else offset
        size += line if isinstance(line, int) else len(line)
        held += raw
        if size > LIMIT:
            held = bytearray()
    if size > LIMIT or held.strip():
        yield begin, bytes(held) if size <= LIMIT else size


FORMAT = Format("transcript", "text with Human: and Assistant: at the start of lines", recognise, conversations)

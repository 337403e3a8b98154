"""Cut a message into the stretches that each do one thing: sentences, list items, blocks of code, tool calls.

In comes a Message; out come (start, end) offsets into its text, and for tool calls a line of words. The lens reads
segments rather than messages because a message makes several moves, and the page marks the moves where they stand.
Easy to get wrong: a message of a thousand lines must not cost a thousand look-ups, so past MOST the middle is joined.
"""

from __future__ import annotations

import re

from ..conversation import Message, ToolCall

MOST = 16
"""With more segments in one message, the first and last EDGE keep their own and the middle shares the rest."""
EDGE = 6
"""How many segments at either end always stand alone."""
LONGEST = 1200
"""Characters of a segment that are read; the rest of a longer one is marked but not looked at."""

_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
# Each alternative begins with the sign itself and not with a look behind it: the search can then skip to the next sign.
_BREAK = re.compile(
    r"[\n.!?…。！？](?:"
    r"(?<=\n)\n*"  # a new line
    r"|(?<=[^\s.][.!?…])[\"'”’)\]*]*\s+(?=\S)"  # the end of a sentence
    r"|(?<=[。！？])"
    r")"
)
_NOT_AN_END = re.compile(
    r"(?:^|[\s(\"'])(?:[a-z]|e\.g|i\.e|etc|vs|mr|mrs|ms|dr|prof|st|no|approx|fig|al|p|pp|\d{1,3})\.$", re.IGNORECASE
)

_MARK = re.compile(r"\W*\d{1,3}\.")
"""The mark of a list, which stands at the beginning."""


def spans(text: str) -> list[tuple[int, int]]:
    """(start, end) of each segment in order; white space around them is left out. At most MOST."""
    found = sentences(text, figures=False)
    return found if len(found) <= MOST else _joined(found)


def sentences(text: str, figures: bool = True) -> list[tuple[int, int]]:
    """The same, however many there are. `figures`: a sentence may end on one ("It is 42."), which a segment may not."""
    found: list[tuple[int, int]] = []
    position = 0
    if "```" in text:
        for fence in _FENCE.finditer(text):
            _sentences(text, position, fence.start(), found, figures)
            found.append(fence.span())
            position = fence.end()
    _sentences(text, position, len(text), found, figures)
    return found


def _sentences(text: str, start: int, end: int, found: list[tuple[int, int]], figures: bool) -> None:
    begin = start
    for match in _BREAK.finditer(text, start, end):
        cut, sign = match.start(), match.group()
        if sign[0] != "\n":
            cut += 1
            if sign[0] == "." and "\n" not in sign and _NOT_AN_END.search(text[max(begin, cut - 8) : cut]):
                on_figure = figures and text[cut - 2].isdigit()
                if not on_figure or _MARK.fullmatch(text, begin, cut):
                    continue
        _add(text, begin, cut, found)
        begin = match.end()
    _add(text, begin, end, found)


def _add(text: str, begin: int, end: int, found: list[tuple[int, int]]) -> None:
    piece = text[begin:end]
    kept = piece.strip()
    if kept:
        begin += len(piece) - len(piece.lstrip())
        found.append((begin, begin + len(kept)))


def _joined(found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    head, middle, tail = found[:EDGE], found[EDGE:-EDGE], found[-EDGE:]
    room = MOST - 2 * EDGE
    size = -(-len(middle) // room)
    joined = [(middle[i][0], middle[min(i + size, len(middle)) - 1][1]) for i in range(0, len(middle), size)]
    return [*head, *joined, *tail]


def name_words(name: str) -> str:
    """A name as words: `get user details` of `get_user_details` and of `getUserDetails`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\-.]+", " ", name[:120]).lower()


def call_words(call: ToolCall) -> str:
    """A tool call as words that a text model can read: `[call] get user details (user id)`."""
    keys = re.findall(r'"([A-Za-z_][\w\- ]{0,40})"\s*:', call.arguments[:600])[:8]
    return f"[call] {name_words(call.name)} ({', '.join(key.replace('_', ' ') for key in keys)})"


def segments(message: Message) -> list[tuple[int, int, str]]:
    """(start, end, text) of each segment; a tool call has start = end = -1 and its words as text."""
    text = message.content or ""
    found = [(start, end, text[start : min(end, start + LONGEST)]) for start, end in spans(text)]
    found.extend((-1, -1, call_words(call)) for call in message.tool_calls)
    return found

"""What to call an argument, and what to call a tool's work, when a person is asked about them.

In come a Leaf or a tool's name; out come words that can stand in a question: `duration_minutes` is the duration in
minutes, `remind_at` the time to remind, `end.dateTime` the end time. Easy to get wrong: names are written for programs,
so the last word is often no noun ("until", "at", "effective"), and a description may begin with anything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..effects import CHANGES, words_of
from . import dates, times
from .leaf import Leaf

_ACRONYMS = {
    word: word.upper()
    for word in words_of("id url uri sku ttl dns iban bic ip vat api cidr pin sms pdf pr ssl cpu gpu vm ssn vpn csv")
} | {
    "ids": "IDs",
    "urls": "URLs",
    "skus": "SKUs",
    "prs": "PRs",
    "kg": "kg",
    "kb": "KB",
    "mb": "MB",
    "gb": "GB",
    "tb": "TB",
}
_LONG = {
    "dt": "", "ts": "", "qty": "quantity", "num": "number of", "dob": "date of birth", "addr": "address",
    "desc": "description", "tel": "telephone", "msg": "message", "amt": "amount",
}  # fmt: skip
"""What short words stand for; empty for those that only say of which kind a value is."""
_WORDS = 5
"""Words of a description that can be a name."""
_LITTLE = frozenset(words_of("to from of in on at off out up down for with by as into over and or"))
"""What can follow the verb of a tool's name and takes no article before it."""
_CENTS = frozenset(words_of("cents cent pence minor"))
_UNITS = frozenset(
    words_of("ms s sec secs seconds min mins minutes hours hrs h days weeks months years mm cm m km mg g")
)
_UNITS_TOO = _UNITS | frozenset(words_of("kg lb lbs oz ml l kb mb gb tb pct percent meters metres miles c f"))
_DEGREES = {"c": "°C", "f": "°F", "pct": "percent", "min": "minutes", "mins": "minutes", "sec": "seconds", "h": "hours"}
_MEASURED = frozenset(
    words_of("duration length width height depth weight size distance temperature timeout delay ttl retention interval")
    + words_of("window period age dose amount volume speed disk memory brightness")
)
_MOMENTS = frozenset(
    words_of("date dates day days time times hour hours deadline birthday dob month year when slot slots weekday")
)
"""Words of a name that say that it is a day or a time."""
_BARE = frozenset(words_of("date time datetime timestamp day at value"))
"""Names that say nothing without what they stand in."""
_ENDS = {
    "to": ("recipient", "destination"), "from": ("sender", "place to start from"), "notify": ("recipient", "recipient"),
    "cc": ("recipient of a copy", "recipient of a copy"), "assign": ("assignee", "assignee"),
    "invite": ("guest", "guest"),
}  # fmt: skip


_CODES = frozenset(
    words_of("tax vat national passport tracking external client api correlation apple login government")
)
"""Words of the names of identifiers that are a code and point to nothing."""


def doing(tool: str) -> str:
    """A tool's name as what the assistant is about to do: `book_table` → "book the table"."""
    words = words_of(tool)
    if not words or words[0] not in CHANGES:
        return "go on"
    verb, *rest = words
    if len(rest) > 1 and rest[0] in _LITTLE and rest[1] not in _LITTLE:
        verb = f"{verb} {rest.pop(0)}"
    return f"{verb} the {_shown(rest)}" if rest else "do that"


def label(leaf: Leaf, kind: str = "") -> str:
    """What to call an argument: its description where that is a few words, else its name. `kind` is that of what is
    asked for, where only part of the value is."""
    shown = _described(leaf) or _called(leaf) or _named(leaf, kind or kind_of(leaf)) or "value"
    place = re.search(r"(\w+)\[(\d+)\]", leaf.path)
    return f"{shown} of {_one(place[1])} {int(place[2]) + 1}" if place and place[1] != leaf.name else shown


def thing(leaf: Leaf) -> str:
    """What an identifier is of, `message_id` a message; empty for other arguments, and for codes a person has."""
    words = words_of(leaf.name)
    if len(words) < 2 or words[-1] != "id" or {*words} & _CODES or _described(leaf):
        return ""
    return _shown(words[:-1])


def kind_of(leaf: Leaf) -> str:
    """`day`, `time`, `number` or `other`, by the schema, the name and the value."""
    last = set(words_of(leaf.name))
    text = str(leaf.value or "")
    if leaf.schema.get("format") in ("date", "date-time") or dates.read_days(text) or last & {"date", "day"}:
        return "day"
    if leaf.schema.get("format") == "time" or times.read_time(text) is not None or last & {"time", "hour"}:
        return "time"
    if leaf.schema.get("type") in ("integer", "number") or isinstance(leaf.value, int | float):
        return "number"
    return "other"


def is_plural(words: str) -> bool:
    """Whether what an argument is called is several: its first noun, "hours of work"."""
    last = words.split(" of ")[0].split(" in ")[0].rpartition(" ")[2]
    many = len(last) > 2 and last.endswith("s") and not last.endswith(("ss", "us", "is"))
    return many or last in ("people", "children")


def _described(leaf: Leaf) -> str:
    described = re.split(r"[.,;:(\n]", str(leaf.schema.get("description") or ""))[0].strip()
    described = re.sub(r"^(?:the|a|an) ", "", described, flags=re.IGNORECASE)
    words = described.split()
    if not (1 <= len(words) <= _WORDS and described[0].isalpha() and all(re.fullmatch(r"[\w'’-]+", w) for w in words)):
        return ""
    return f"{described[0].lower()}{described[1:]}" if not described[:2].isupper() else described


def _called(leaf: Leaf) -> str:
    """A name for an argument whose own is no noun: `to`, `from`; empty for others, and for days and times."""
    ends = _ENDS.get(leaf.name.lower())
    text = str(leaf.value or "")
    if not ends or kind_of(leaf) in ("day", "time"):
        return ""
    return f"{ends[0]}'s address" if "@" in text else ends[0] if re.search(r"\d{5}", text) else ends[1]


def _named(leaf: Leaf, kind: str) -> str:
    words = [long for word in words_of(leaf.name) for long in _LONG.get(word, word).split()]
    above = re.search(r"([A-Za-z_]+)\.\w+$", leaf.path)
    if above and words and {*words} <= _BARE:
        words = words_of(above[1])
    if kind in ("day", "time") and isinstance(leaf.value, str | None):
        return _moment(words, "time" if kind == "time" else _noun(leaf))
    if words and len(words) > 1 and words[-1] in _CENTS:
        words = words[:-1]
    if len(words) > 1 and words[-1] in _UNITS_TOO and words[-2] in _MEASURED:
        return f"{_shown(words[:-1])} in {_DEGREES.get(words[-1]) or _shown(words[-1:])}"
    return _shown(words)


def _noun(leaf: Leaf) -> str:
    both = leaf.schema.get("format") == "date-time" or re.match(r"\d{4}-\d\d-\d\d[T ]\d", str(leaf.value or ""))
    return "date and time" if both else "date"


def _moment(words: Sequence[str], noun: str) -> str:
    """What to call a day or a time by the words of its name."""
    *rest, last = words or [""]
    shown = _shown(rest)
    if last in ("at", "on", "by") and rest:
        if rest[-1].endswith("ed"):
            return f"{noun} it is {shown}"
        return f"{noun} it {shown}" if rest[-1].endswith("s") else f"{noun} to {shown}"
    if last in ("until", "till", "to", "from", "since"):
        ends = last in ("from", "since")
        return (
            f"{noun} {'from' if ends else 'until'} which it is {shown}"
            if rest
            else f"{'start' if ends else 'end'} {noun}"
        )
    return _shown(words) if {*words} & _MOMENTS else f"{_shown(words)} {noun}".strip()


def _shown(words: Sequence[str]) -> str:
    return " ".join(_ACRONYMS.get(word, word) for word in words)


def _one(name: str) -> str:
    word = " ".join(words_of(name))
    return word.removesuffix("s") if not word.endswith("ss") else word

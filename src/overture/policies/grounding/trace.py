"""Can this argument be traced, and how?

In come a Leaf and what was Heard; out comes a word that says where its value comes from, or None: nothing said or
looked up could mean it. The kind of a value decides what counts: dates, times and numbers in any wording (`moments`,
`amounts`), choices by what they mean (`choices`), names by their words (`names`), identifiers and addresses letter by
letter, a text that the assistant composes by the figures, dates and addresses in it. Easy to get wrong: the kinds
overlap, so the order in which they are tried decides; a value that is a date and cannot be meant is no name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..effects import words_of
from . import dates, numbers, times
from .amounts import amount
from .choices import NEUTRAL, choice, flag
from .corrections import taken_back
from .heard import Heard, plain
from .identifiers import dials
from .leaf import Leaf
from .moments import NO, day, moment, time_said, weekday
from .names import CODE, code, is_word, name

PLACEHOLDER = re.compile(
    r"\s*(?:[<\[{(].{0,60}[>\]})]|\W*|(?:tbd|tba|todo|n/?a|unknown|unspecified|not (?:specified|provided|given|sure)|"
    r"placeholder|example|string|null|none|undefined|missing|your[_ -]?\w+|x{2,}|\?+|yyyy-mm-dd|dd/mm/yyyy|"
    r"(?:john|jane)[ ._]doe|[\w.]+@example\.(?:com|org|net)|0{6,}|1?23456789?0?|555-?\d{4}))\s*",
    re.IGNORECASE,
)
"""A stand-in that no user meant. One that was said all the same is traced first."""
COMPOSED = frozenset(
    words_of("text body message content subject title summary description note notes comment comments reason thought")
    + words_of("query question prompt caption headline details instructions remark remarks memo label topic agenda")
)
"""Last words of the names of arguments that the assistant writes itself."""
_PLACES = frozenset(words_of("address street location place destination venue recipient name to from"))
"""Last words of names whose values are never composed, however long."""
_FACT = re.compile(
    r"https?://[^\s/?#\"'<>)]+|\+?\d[\d ()-]{6,}\d|(?<!\w)(?=(?:\w*[A-Za-z]){2})(?=(?:\w*\d){4})\w{8,40}(?!\w)"
)
"""Addresses of pages, telephone numbers and identifiers in a text."""
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")  # bounded: a model may repeat a letter for ever
_PHONE = re.compile(r"(?:\+|00)\d[\d ()/-]{6,18}\d")
_ZONE = re.compile(r"(?:Africa|America|Asia|Atlantic|Australia|Europe|Pacific)/(?:\w+/)?(\w+)")
"""A time zone, which is known by its city."""
_NUMERIC = re.compile(r"[-+]?[$€£]?\d+(?:[.,]\d+)*%?")
_SNAKE = re.compile(r"[a-z]+(?:_[a-z]+)+")


def trace(leaf: Leaf, heard: Heard, beside: Sequence[Leaf] = ()) -> str | None:
    """Where a leaf's value comes from: `said`, `looked_up`, `computed`, `counted`, `implied`, `composed`, `derived`,
    `default`, `neutral`; None where nothing could mean it. `beside` are the call's leaves, this one among them."""
    try:
        how = _traced(leaf, heard, beside)
        return None if how in ("said", "implied", "counted", "computed") and taken_back(leaf, heard, beside) else how
    except OverflowError:  # a day at the end of all days, a number beyond all numbers: neither was said
        return None


def _traced(leaf: Leaf, heard: Heard, beside: Sequence[Leaf]) -> str | None:
    value = leaf.value
    if leaf.lacking or value is None:
        return None
    if "const" in leaf.schema or leaf.schema.get("default", ...) == value or leaf.schema.get("enum") == [value]:
        return "default"
    if isinstance(value, bool):
        return flag(value, leaf, heard)
    if isinstance(value, int | float):
        return amount(float(value), leaf, heard, beside)
    text = str(value).strip()
    if leaf.schema.get("enum") or _SNAKE.fullmatch(text) or text.lower() in NEUTRAL or text.lower() in ("yes", "no"):
        return choice(text, leaf, heard) or weekday(text, heard)
    if PLACEHOLDER.fullmatch(text):
        return "said" if text and plain(text).strip() and heard.where(text) == "said" else None
    if leaf.head in COMPOSED:
        return _composed(text, leaf, heard, beside)
    return _text(text, leaf, heard, beside)


def _text(text: str, leaf: Leaf, heard: Heard, beside: Sequence[Leaf]) -> str | None:
    if _NUMERIC.fullmatch(text) and len(text) < 7:
        values = numbers.readings(text.strip("+-$€£%"))
        how = next((how for each in values if (how := amount(each, leaf, heard, beside))), None)
        return how or (heard.where(text) if len(re.findall(r"\d[.,]", text)) > 1 else None)
    if how := moment(text, heard):
        return how if how != NO else None
    if CODE.fullmatch(text) and is_word(text, heard):
        return code(text, leaf, heard, beside)
    if how := heard.where(text):
        return how
    if _EMAIL.fullmatch(text):
        return "said" if heard.spelled(_spoken(text)) else None
    if _PHONE.fullmatch(text) and (how := _dialled(text, heard)):
        return how
    if zone := _ZONE.fullmatch(text):
        return name(zone[1].replace("_", " "), heard)
    if "/" in text and " " not in text:
        return "derived" if all(_piece(each, heard) for each in text.split("/")) else None
    if re.search(r"\d", text) and text.count(" ") < 4:
        if heard.spelled(text):
            return "said"
        if " " not in text:
            return None
    if (len(text.split()) > 6 or len(text) > 80) and leaf.head not in _PLACES:
        return _composed(text, leaf, heard, beside)
    if CODE.fullmatch(text):
        return code(text, leaf, heard, beside)
    return name(text, heard)


def _dialled(text: str, heard: Heard) -> str | None:
    """An international number of which the national one was said: what is before it is its country's."""
    if heard.where(text) or heard.spelled(text):
        return "said"
    digits = re.sub(r"\D", "", text)
    return next(
        (how for how, known in (("said", heard.user), ("looked_up", heard.tools)) if dials(digits, known)), None
    )


def _piece(text: str, heard: Heard) -> bool:
    """Whether a piece of a path stands somewhere, or its name and its ending do, each by itself."""
    return not text.strip(".~") or all(heard.where(part) for part in text.rsplit(".", 1))


def _spoken(email: str) -> str:
    return email.lower().replace("@", " at ").replace(".", " dot ")


def _composed(text: str, leaf: Leaf, heard: Heard, beside: Sequence[Leaf]) -> str | None:
    """A text that the assistant writes: the addresses, days, times and amounts in it have to be traced, its words
    not."""
    if any(not heard.where(email) and not heard.spelled(_spoken(email)) for email in _EMAIL.findall(text)):
        return None
    if any(not heard.where(fact) and not heard.spelled(fact) for fact in _FACT.findall(dates.without_days(text))):
        return None
    if not all(_day_heard(*named, heard) for named in dates.named(text)):
        return None
    if any(not time_said(each, heard) and each not in heard.times_elsewhere for each in times.clock(text.lower())):
        return None
    for number in numbers.said(dates.without_days(text)):
        if number.value >= 10 and number.value == int(number.value) and not amount(number.value, leaf, heard, beside):
            return None
    return "composed"


def _day_heard(number: int, month: int, year: int | None, heard: Heard) -> bool:
    """Whether a day that a text names can be meant; without its year, in this or the next."""
    years = [year] if year else [heard.today.year, heard.today.year + 1] if heard.today else []
    if not years:
        return heard.days.names(number, month)
    return any(day(made, heard) for each in years if (made := dates.day_of(each, month, number)))

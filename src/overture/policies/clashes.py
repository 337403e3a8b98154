"""What cannot be true in what a user says, found by rule: days that do not exist, more taken than there was, two values
for one thing, an end before its beginning.

In come a user's messages, the last of them the one to be answered; out come Clashes, each with the words it stands on
and what is wrong with them. No knowledge of the world is used, so "the capital of Australia is Sydney" needs a model.
Easy to get wrong: a correction is no contradiction, a story or a pasted text may hold what it likes, and somebody may
be asking about the very thing ("is there a 30 February?").
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from ..tasks.terms import stems
from ..tasks.wording import apart, blanked
from .effects import words_of
from .grounding import dates, numbers
from .material import handed

VERSION = "3"
"""Changes whenever some message would be judged otherwise."""


@dataclass(frozen=True, slots=True)
class Clash:
    """One thing that cannot be."""

    kind: str
    """`no_such_day`, `weekday`, `more_than_there_is`, `more_than_there_was`, `two_values`, `backwards` or `past`."""
    words: str
    """The user's words that it stands on."""
    problem: str
    """What is wrong with them, a sentence."""


_LONGEST = 2000
"""Characters of a message that is read; longer ones hold pasted matter, and patterns must end in time."""
_ASKS_ABOUT = re.compile(
    r"\b(?:valid|invalid|exists?|existed|possible|impossible|joke|riddle|fiction|fictional|novel|fantasy|trick|"
    r"paradox|nonsense|wrong with|mistake|error|correct\?|true\?|typo)\b|\b(?:is|was|are|does|can) there (?:a|an|"
    r"ever)\b|\b(?:write|tell|make up|invent|continue)\b[^.?!]{0,40}\b(?:story|poem|tale|song|scene|dialogue|script)\b",
    re.IGNORECASE,
)
_CORRECTS = re.compile(
    r"\b(?:actually|sorry|i meant?|instead|correction|rather|scratch|no,|not \d|now|changed?|updated?|moved|new|"
    r"used to|previous\w*|before|first|second|other|another|each|if|or|then|later|after|raised?|increas\w*|decreas\w*|"
    r"grew|grows?|old|former\w*|every|per)\b",
    re.IGNORECASE,
)
_NAMED_DAY = re.compile(
    rf"\b(?:(?P<weekday>{'|'.join(dates.DAYS)}),?\s+(?:the\s+)?)?(?:(?P<day>\d{{1,2}})(?:st|nd|rd|"
    rf"th)?\s+(?:of\s+)?(?P<month>{dates.MONTH})\b|"
    rf"(?P<month2>{dates.MONTH})\s+(?:the\s+)?(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\s*(?:-|–|to|"
    rf"/)?\s*\d?\d?:))(?:,?\s+(?P<year>(?:19|20)\d\d))?",
    re.IGNORECASE,
)
_N = r"(\d{1,4}|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty)"
_OF = re.compile(
    rf"\b(?:all\s+)?{_N}\s+(?:out\s+of|of)\s+(?:the|my|our|his|her|their|its|those|these|"
    rf"all)?\s*{_N}\b(?!\s*%)(?:\s+([a-z]+))?",
    re.IGNORECASE,
)
_HAD = re.compile(
    rf"\b(?:had|has|have|there\s+(?:are|were|is)|with|own(?:s|ed)?|start(?:s|ed)?\s+with)\s+(?:only\s+|exactly\s+|"
    rf"just\s+)?{_N}\s+([a-z]+)",
    re.IGNORECASE,
)
_GAVE = re.compile(
    rf"\b(?:gave|gives?|sold|sells?|ate|eats?|lost|loses?|spent|spends?|used|uses?|took|takes?|removed?|threw|broke|"
    rf"donated?)\s+"
    rf"(?:away\s+|out\s+)?{_N}\s+(?:of\s+(?:them|those|these)\b|(?:of\s+(?:the|his|her|my|our|your|their)\s+)?([a-z]+))",
    re.IGNORECASE,
)
_GAINED = re.compile(
    r"\b(?:b(?:ought|uys?)|g(?:ot|ets?|rew|rows?|ather\w*)|finds?|found|receiv\w+|add\w*|more|another|won|wins?|"
    r"earn\w*|ma(?:de|kes?)|bak\w+|"
    r"borrow\w*|plus|collect\w*|pick\w*|each|every|per|times|twice|double|half|rest|remaining|boxes|bags|packs?|"
    r"dozen|week|days?|if|other|total)\b",
    re.IGNORECASE,
)
_IS = re.compile(
    r"\b(?P<of>the|my|our)\s+(?P<thing>(?:[a-z]+\s+){0,2}?[a-z]+)\s+(?P<verb>is|are|costs?|weighs?|measures?|lasts?|"
    r"starts?\s+at|begins?\s+at|"
    r"leaves?\s+at|ends?\s+at|seats?)\s+(?:exactly\s+|only\s+)?(?P<value>[$€£]?\d[\d.,]*\d|"
    r"[$€£]?\d)(?P<half>\s?[ap]\.?m\b)?(?!:)\s*(?P<unit>%|[a-z]+)?(?:\s+(?P<adjective>wide|long|high|tall|deep|old|"
    r"thick|away))?",
    re.IGNORECASE,
)
_FROM_TO = re.compile(
    rf"\bfrom\s+(?:the\s+)?(\d{{1,2}})(?:st|nd|rd|th)?(?:\s+(?:of\s+)?({dates.MONTH}))?\s+(?:to|until|till|"
    rf"through)\s+(?:the\s+)?(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?({dates.MONTH})\b",
    re.IGNORECASE,
)
_BOOKS = re.compile(r"\b(?:book|reserve|schedule|arrange|order|rent|set up|plan)\b", re.IGNORECASE)


_SMALL = frozenset(
    words_of("in are were is was at on who that which and have has had will can to for or but by from with as so")
)
"""Words that may follow a number of things that was named before, or go without saying."""
_PEOPLE = frozenset(words_of("people men women children mice feet teeth"))
_SHARED_OUT = re.compile(
    r"\s*(?:\w+\s+){0,2}(?:different|kinds?|sorts?|types?|colou?rs?|sizes?|designs?|flavou?rs?|styles?|each)\b", re.I
)
_STARS = frozenset([5.0, 10.0, 100.0])
"""What marks are given out of."""
_IN_A_MONTH = re.compile(r"\b(?:in|during|last|this|next)\s+$", re.IGNORECASE)
_OF_THEN = re.compile(
    r"\b(?:born|birth|dob|since|dated|bought|ordered|purchased|issued|placed|made|sent|was|were|did|had|died|married|"
    r"founded|invoice|letter|receipt|e?-?mail|message|contract|report|minutes|photos?)\b",
    re.IGNORECASE,
)
"""The day is one gone by, and known to be."""
_WHERE = (
    r"for|on|in|at|with|from|to|of|during|when|while|if|as|until|till|by|per|under|over|online|each|every|this|next|last|"
    r"today|tomorrow|yesterday|now|including|excluding|plus"
)
_ONLY = re.compile(rf"\s*,?\s*\(?(?:{_WHERE})\b", re.IGNORECASE)
"""Goes on after a value with what it holds for: for members, on Sundays."""
_ONLY_THEN = re.compile(r"\W*(?:on|in|at|for|from|with|during|if|when)\b", re.IGNORECASE)
_NEXT_ONE = re.compile(
    r"\W*(?:\(?(?:\d{1,2}|[a-h])[.)]|(?:q|question|problem|exercise|case|part|option|variant|example)\s*[\da-h]\b)",
    re.I,
)
"""Begins another problem or case."""


def clashes(messages: Sequence[str], today: date | None = None) -> list[Clash]:
    """What cannot be in a user's messages, as far as the last of them has a part in it. `today`: for days gone by."""
    messages = [each for each in messages[:-1] if len(each) <= _LONGEST] + list(messages[-1:])
    if not messages or len(messages[-1]) > _LONGEST:
        return []
    messages = [each[: handed(each)] for each in messages]
    last = _own(messages[-1])
    if not last.strip() or _ASKS_ABOUT.search(last):
        return []
    found = [*_days(last, today), *_more_of(last), *_more_taken(last), *_backwards(last)]
    return [*found, *_two_values([_own(each) for each in messages])]


def _own(text: str) -> str:
    plain = text.replace("’", "'")
    return blanked(plain, apart(plain))


def _days(text: str, today: date | None) -> Iterator[Clash]:
    for match in _NAMED_DAY.finditer(text):
        day = int(match["day"] or match["day2"])
        name = (match["month"] or match["month2"]).lower()
        month = next(at for at, full in enumerate(dates.MONTHS, 1) if full.startswith(name[:3]))
        if name == "may" and match["month2"] and not match["month2"][0].isupper():
            continue  # "may 3 people come"
        year = int(match["year"]) if match["year"] else None
        if day > 31 or day == 0:
            continue  # a year, or a number of something
        most = calendar.monthrange(year or 2024, month)[1]
        written = match[0].strip()
        if day > most and match["day2"] and match[0][-1].isdigit() and _counts(text, match):
            continue
        if day > most:
            length = f"{dates.MONTHS[month - 1].capitalize()}{f' {year}' if year else ''} has {most} days"
            yield Clash("no_such_day", written, f"{length}, so there is no such day.")
            continue
        if not match["weekday"]:
            books = list(_BOOKS.finditer(text, 0, match.start()))
            gone = bool(year and today and date(year, month, day) < today)
            if gone and books and not _OF_THEN.search(text, books[-1].end(), match.start()):
                yield Clash("past", written, "That day has gone by.")
            continue
        if not year and _OF_THEN.search(re.split(r"[.!?\n]", text[: match.start()])[-1]):
            continue
        years = [year] if year else [today.year, today.year + 1, today.year - 1] if today else []
        real = [date(each, month, day) for each in years if day <= calendar.monthrange(each, month)[1]]
        if real and all(dates.DAYS[each.weekday()] != match["weekday"].lower() for each in real):
            yield Clash(
                "weekday",
                written,
                f"{day} {dates.MONTHS[month - 1].capitalize()} {real[0].year} is a "
                f"{dates.DAYS[real[0].weekday()].capitalize()}.",
            )


def _counts(text: str, match: re.Match[str]) -> bool:
    """Whether the number behind a month counts something: "in February 30 people came"."""
    return bool(_IN_A_MONTH.search(text[: match.start()])) and bool(re.match(r"\s+[a-z]", text[match.end() :]))


def _of_size(text: str, match: re.Match[str], whole: float) -> bool:
    """Whether "20 of the 12" names a size ("inch pizzas"), shares out among kinds ("20 of 3 colours"), or is a mark."""
    noun = (match[3] or "").lower()
    many = noun in _SMALL | _PEOPLE or (noun.endswith("s") and not noun.endswith("ss"))
    if (noun and not many) or text[match.end(2) :].startswith("-"):
        return True
    of_them = re.search(r"\b(?:the|my|our|his|her|their|its|those|these|all)\b", match[0], re.IGNORECASE)
    if of_them:
        return False
    if re.search(r"\bout\b", match[0], re.IGNORECASE):
        return whole in _STARS and (not noun or noun in _SMALL | {"stars", "points"})
    return bool(_SHARED_OUT.match(text[match.end(2) :]))


def _more_of(text: str) -> Iterator[Clash]:
    for match in _OF.finditer(text):
        part, whole = _value(match[1]), _value(match[2])
        if _of_size(text, match, whole):
            continue
        if whole and part > whole and not re.match(r"\s*(?:percent|%|/)", text[match.end(2) :]):
            yield Clash(
                "more_than_there_is",
                match[0].strip(),
                f"There are only {match[2]}, so it cannot be {match[1]} of them.",
            )


def _more_taken(text: str) -> Iterator[Clash]:
    for had in islice(_HAD.finditer(text), 20):
        thing = stems(had[2])
        gave = _GAVE.search(text, had.end())
        if not gave or _GAINED.search(text[had.start() : gave.end()]) or text.count(".", had.end(), gave.start()) > 1:
            continue
        noun = "" if (gave[2] or "").lower() in _SMALL else gave[2]
        if (noun and stems(noun) != thing) or _value(gave[1]) <= _value(had[1]):
            continue
        if not noun and re.search(rf"\b{_N}\s+[a-z]", text[had.end() : gave.start()], re.IGNORECASE):
            continue  # of which things, is not said
        yield Clash(
            "more_than_there_was",
            f"{had[0].strip()} … {gave[0].strip()}",
            f"There were only {had[1]}, so {gave[1]} cannot go.",
        )


def _two_values(messages: Sequence[str]) -> Iterator[Clash]:
    known: dict[tuple[str, ...], tuple[str, str]] = {}
    for at, text in enumerate(messages):
        if at < len(messages) - 1 and "?" in text and "?" in messages[-1]:
            continue  # that was another question
        for sentence in re.split(r"(?<=[.!?])\s+|\n+", text):
            if _NEXT_ONE.match(sentence):
                known.clear()
            for match in _IS.finditer(sentence):
                value = match["value"].strip("$€£").rstrip(".,") + (match["half"] or "").strip().lower().replace(
                    ".", ""
                )
                key = (
                    " ".join(stems(match["thing"])),
                    match["verb"].lower(),
                    *stems(match["unit"] or ""),
                    match["adjective"] or "",
                )
                within = _ONLY.match(sentence, match.end("unit") if match["unit"] else match.end())
                if within or (match["unit"] and _ONLY.match(match["unit"])) or _ONLY_THEN.match(sentence):
                    continue
                before = known.get(key)
                fresh = not _CORRECTS.search(sentence)
                if before and before[0] != value and fresh and at == len(messages) - 1:
                    yield Clash("two_values", f"{before[1]} … {match[0].strip()}", "Both cannot hold.")
                if fresh or before:
                    known[key] = (value, match[0].strip())


def _backwards(text: str) -> Iterator[Clash]:
    for match in _FROM_TO.finditer(text):
        first, last = (match[2] or "").lower()[:3], match[4].lower()[:3]
        if re.match(
            r",?\s+(?:(?:of\s+)?(?:the\s+)?(?:next|following)\s+year|(?:19|20)\d\d)\b", text[match.end() :], re.I
        ):
            continue
        if first == last and int(match[1]) > int(match[3]) and int(match[1]) <= 31:
            yield Clash("backwards", match[0].strip(), "It ends before it begins.")


def _value(word: str) -> float:
    found = numbers.said(word)
    return found[0].value if found else 0.0

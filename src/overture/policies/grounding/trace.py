"""Can this argument be traced, and how?

In come the arguments of a call with the tool's schema, and what was Heard; out comes, for every required leaf, a word
that says where it comes from, or None: nothing said or looked up could mean it. The kind of a value decides what counts
(dates, times and numbers in any wording; names by their words; identifiers and addresses letter by letter; a text that
the assistant composes by the figures, dates and addresses in it). Easy to get wrong: a code such as CDG is derived
from "Paris" by knowledge, not by letters; it is let through if the user named something that no other argument used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from ...tasks.terms import stem, stems
from ..effects import words_of
from . import dates, numbers, times
from .heard import Heard, plain

PLACEHOLDER = re.compile(
    r"\s*(?:[<\[{(].{0,60}[>\]})]|\W*|(?:tbd|tba|todo|n/?a|unknown|unspecified|not (?:specified|provided|given|sure)|"
    r"placeholder|example|string|null|none|undefined|missing|your[_ -]?\w+|x{2,}|\?+|yyyy-mm-dd|dd/mm/yyyy|"
    r"(?:john|jane)[ ._]doe|[\w.]+@example\.(?:com|org|net)|0{6,}|1?23456789?0?|555-?\d{4}))\s*",
    re.IGNORECASE,
)
"""A stand-in that no user meant. One that was said all the same is traced first."""
NEUTRAL = frozenset(
    [
        "none",
        "no",
        "default",
        "normal",
        "standard",
        "regular",
        "other",
        "any",
        "all",
        "auto",
        "automatic",
        "false",
        "off",
        "n/a",
    ]
)
"""Values of a choice that ask for nothing."""
COMPOSED = frozenset(
    [
        "text",
        "body",
        "message",
        "content",
        "subject",
        "title",
        "summary",
        "description",
        "note",
        "notes",
        "comment",
        "comments",
        "reason",
        "thought",
        "query",
        "question",
        "prompt",
        "caption",
        "headline",
        "details",
        "instructions",
        "remark",
        "remarks",
        "memo",
        "label",
        "topic",
        "agenda",
    ]
)
"""Last words of the names of arguments that the assistant writes itself."""
_MEANS: Mapping[str, str] = {
    "on": "enable enabled activate start turn switch", "off": "disable disabled deactivate stop mute turn switch",
    "urgent": "asap immediately emergency", "high": "urgent important asap critical", "low": "minor whenever",
    "usd": "dollar dollars $ bucks", "eur": "euro euros €", "gbp": "pound pounds £ sterling quid", "jpy": "yen ¥",
    "chf": "franc francs", "en": "english", "de": "german", "fr": "french", "es": "spanish", "it": "italian",
    "kg": "kilo kilos kilogram kilograms", "km": "kilometers kilometres kilometer", "lb": "pounds", "mi": "miles",
    "celsius": "c centigrade", "fahrenheit": "f", "one_way": "single", "round_trip": "return", "monthly": "month "
    "months",
    "weekly": "week weeks", "daily": "day days everyday", "yearly": "year annual annually", "annual": "year yearly",
    "male": "man he him mr", "female": "woman she her mrs ms", "m": "medium", "l": "large", "s": "small",
    "am": "morning", "pm": "afternoon evening night", "delivery": "deliver delivered", "pickup": "collect pick",
    "credit_card": "card visa mastercard", "vegetarian": "veggie", "yes": "yeah sure please ok", "true": "yes",
}  # fmt: skip
"""Other words for common values of choices."""
_SMALL = frozenset(
    ["a", "an", "the", "of", "to", "in", "on", "at", "for", "from", "by", "with", "and", "or", "my", "our", "your"]
)
_GENERIC = frozenset(
    [
        "city",
        "town",
        "airport",
        "station",
        "hotel",
        "restaurant",
        "street",
        "inc",
        "ltd",
        "gmbh",
        "company",
        "mr",
        "mrs",
        "ms",
        "dr",
    ]
)
"""Words of a name that add nothing to it."""
_COMPANY = re.compile(
    r"\b(?:my|our|me|us|i|myself)\b(?: \w+){0,2}(?:(?:\s*,\s*(?:and )?|\s*(?:&|\+)\s*|\s+(?:and|with|n)\s+)(?:my |"
    r"our |his |her )?(?:(?:two|three|four) )?\w+)+"
)
"""People that the user lists, themselves among them."""
_COUNT = 10
"""Whole numbers below this are counts: found by chance in any answer, so they have to stand under a key of their "
"own."""
_FLAGS = frozenset(stems("is has with include add use should want enable allow"))
_NEGATED = re.compile(r"\b(?:no|not|without|none|don't|doesn't|never|decline|skip)\b")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NUMERIC = re.compile(r"[-+]?[$€£]?\d+(?:[.,]\d+)*%?")
_CAPITALS = re.compile(r"(?<![.!?\n] )(?<!^)(?<![\w])[A-ZÀ-Þ][\w'’-]+(?: [A-ZÀ-Þ][\w'’-]+)*", re.MULTILINE)
_PLACE = re.compile(
    r"\b(?:from|to|in|at|into|via|near|between|and|visit(?:ing)?|of) (?:the )?([^\W\d_]{3,}(?: [^\W\d_]{3,})?)"
)
_NO_NAMES = frozenset(
    [
        "me",
        "you",
        "it",
        "them",
        "us",
        "him",
        "her",
        "this",
        "that",
        "these",
        "those",
        "a",
        "an",
        "the",
        "my",
        "our",
        "your",
        "his",
        "their",
        "any",
        "some",
        "all",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "today",
        "tomorrow",
        "tonight",
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "morning",
        "afternoon",
        "evening",
        "night",
        "noon",
        "weekend",
        "next",
        "week",
        "month",
        "year",
        "have",
        "make",
        "get",
        "book",
        "see",
        "go",
        "buy",
        "find",
        "fly",
        "travel",
        "do",
        "be",
        "pay",
        "use",
        "add",
        "change",
        "cancel",
        "know",
        "check",
        "send",
        "least",
        "most",
        "people",
        "person",
        "persons",
        "adults",
        "hours",
        "hour",
        "minutes",
        "days",
        "day",
        "am",
        "pm",
        "business",
        "economy",
        "first",
        "class",
    ]
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One plain value of a call's arguments."""

    path: str
    """`date`, `flights[0].date`."""
    name: str
    """The nearest key."""
    value: Any
    schema: Mapping[str, Any] = field(default_factory=dict[str, Any])
    lacking: bool = False
    """Required, and not there at all."""


def leaves(arguments: Mapping[str, Any], schema: Mapping[str, Any] | None) -> Iterator[Leaf]:
    """The required leaves. With no schema every argument is required; what a schema does not require is left out."""
    schema = schema or {}
    known = schema.get("properties")
    wanted = _names(schema.get("required")) if isinstance(known, Mapping) else list(arguments)
    properties: Mapping[str, Any] = known if isinstance(known, Mapping) else {}
    for name in wanted:
        inner = properties.get(name)
        inner = inner if isinstance(inner, Mapping) else {}
        if name not in arguments or arguments[name] is None:
            yield Leaf(name, name, None, inner, lacking=True)
        else:
            yield from _inside(name, name, arguments[name], inner)


def _names(given: Any) -> list[str]:
    return [name for name in given if isinstance(name, str)] if isinstance(given, list) else []


def _inside(path: str, name: str, value: Any, schema: Mapping[str, Any]) -> Iterator[Leaf]:
    if isinstance(value, list):
        items = schema.get("items")
        for at, each in enumerate(value[:50]):
            yield from _inside(f"{path}[{at}]", name, each, items if isinstance(items, Mapping) else {})
    elif isinstance(value, dict):
        for leaf in leaves(value, schema if schema.get("properties") else None):
            yield Leaf(f"{path}.{leaf.path}", leaf.name, leaf.value, leaf.schema, leaf.lacking)
    else:
        yield Leaf(path, name, value, schema)


def trace(leaf: Leaf, heard: Heard, beside: Sequence[Leaf] = ()) -> str | None:
    """Where a leaf's value comes from: `said`, `looked_up`, `computed`, `counted`, `implied`, `composed`, `derived`,
    `default`, `neutral`; None where nothing could mean it. `beside` are the call's leaves, this one among them."""
    value = leaf.value
    if leaf.lacking or value is None:
        return None
    if "const" in leaf.schema or leaf.schema.get("default", ...) == value or leaf.schema.get("enum") == [value]:
        return "default"
    if isinstance(value, bool):
        return _flag(value, leaf, heard)
    if isinstance(value, int | float):
        return _number(float(value), leaf, heard, beside)
    text = str(value).strip()
    choices = leaf.schema.get("enum")
    if choices or re.fullmatch(r"[a-z]+(?:_[a-z]+)+", text) or text.lower() in NEUTRAL or text.lower() in ("yes", "no"):
        return _choice(text, leaf, heard)
    if PLACEHOLDER.fullmatch(text):
        return "said" if text and plain(text).strip() and heard.where(text) == "said" else None
    if words_of(leaf.name)[-1:] and words_of(leaf.name)[-1] in COMPOSED:
        return _composed(text, leaf, heard, beside)
    return _text(text, leaf, heard, beside)


def _text(text: str, leaf: Leaf, heard: Heard, beside: Sequence[Leaf]) -> str | None:
    if _NUMERIC.fullmatch(text) and len(text) < 7:
        values = numbers.readings(text.strip("+-$€£%")) | {0.0} - {0.0}
        return next((how for each in values if (how := _number(each, leaf, heard, beside))), None)
    if how := _moment(text, heard):
        return how if how != "no" else None
    if how := heard.where(text):
        return how
    if _EMAIL.fullmatch(text):
        return "said" if _spoken(text) in heard.lower else None
    if re.search(r"\d", text) and text.count(" ") < 4:
        squeezed = re.sub(r"[\W_]+", "", text.casefold())
        if len(squeezed) > 3 and squeezed in heard.squeezed:
            return "said"
        if " " not in text:
            return None
    if len(text.split()) > 6 or len(text) > 80:
        return _composed(text, leaf, heard, beside)
    if re.fullmatch(r"[A-Z]{2,4}", text):
        return _code(text, leaf, heard, beside)
    return _by_words(text, heard)


def _spoken(email: str) -> str:
    return email.lower().replace("@", " at ").replace(".", " dot ")


def _moment(text: str, heard: Heard) -> str | None:
    """How a date, a time or both is traced; `no` where it is one and cannot be; None where it is neither."""
    match = re.fullmatch(r"(\d{4}-\d{2}-\d{2})[T ](\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(?:Z|[+-]\d{2}:?\d{2})?", text)
    if match:
        parts = [_moment(match[1], heard), _moment(re.sub(r"\.\d+$", "", match[2]), heard)]
        return "no" if "no" in parts else "looked_up" if "looked_up" in parts else "said"
    minutes = times.read_time(text)
    if minutes is not None:
        if _time(minutes, heard):
            return "said"
        if any((minutes + sign * span) % 1440 in heard.times_elsewhere for span in heard.spans for sign in (1, -1)):
            return "computed"
        return "looked_up" if minutes in heard.times_elsewhere else "no"
    days = dates.read_days(text)
    if days and len(text) < 30:
        return next((how for day in days if (how := _day(day, heard))), "no")
    return None


def _time(minutes: int, heard: Heard) -> bool:
    return minutes in heard.times or any(
        (minutes + sign * span) % 1440 in heard.times for span in heard.spans for sign in (-1, 1)
    )


def _day(day: date, heard: Heard) -> str | None:
    written_out = heard.where(day.isoformat())
    if written_out == "said":
        return "said"
    if heard.days.mean(day, heard.today):
        return "said"
    if (day.day, day.month, day.year) in heard.days_looked_up:
        return "looked_up"
    for step in heard.days.steps:
        for off in (day - timedelta(days=step), day + timedelta(days=step)):
            if (off.day, off.month, off.year) in heard.days_looked_up:
                return "computed"
    return "looked_up" if written_out and day != heard.today else None


def _number(value: float, leaf: Leaf, heard: Heard, beside: Sequence[Leaf]) -> str | None:
    size = abs(value)
    if size == 0:
        return "neutral"
    own = heard.numbers
    if any(_same(size, n.value) for n in own):
        return "said"
    if size < _COUNT and size == int(size):  # so many of anything stand in any table
        if heard.under(str(int(size)), leaf.name):
            return "looked_up"
    elif any(_same(size, n) for n in heard.numbers_elsewhere):
        return "looked_up"
    if size >= _COUNT and any(_same(size, n) for n in heard.numbers_of_operator):
        return "looked_up"
    if size >= 100 and size == int(size) and re.search(rf"(?<![\w]){int(size)}(?![\w])", heard.user):
        return "said"
    if _clock_number(size, leaf, heard):
        return "said"
    if _counted(size, leaf, heard, beside):
        return "counted"
    return "computed" if _computed(size, heard) else None


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-6 * max(1.0, abs(one))


def _clock_number(size: float, leaf: Leaf, heard: Heard) -> bool:
    """An hour, or a day, month or year given as a number of its own."""
    last = (words_of(leaf.name) or [""])[-1]
    if last in ("hour", "time", "start", "end") and size < 24 and size == int(size):
        return _time(int(size) * 60, heard)
    if last == "month" and size in range(1, 13):
        return bool(re.search(rf"\b{dates.MONTHS[int(size) - 1][:3]}", heard.lower))
    if last == "day" and size in range(1, 32):
        return bool(re.search(rf"\b(?:{int(size)}(?:st|nd|rd|th)|{numbers.in_words(int(size))[1]})\b", heard.lower))
    return last == "year" and heard.today is not None and size in (heard.today.year, heard.today.year + 1)


def _counted(size: float, leaf: Leaf, heard: Heard, beside: Sequence[Leaf]) -> bool:
    """As many as there are in a list beside it, as people the user lists, or the one that "a table" means."""
    if size != int(size) or size > 20:
        return False
    groups: dict[str, set[str]] = {}
    for other in beside:
        if match := re.match(r"(.*?)\[(\d+)\]", other.path):
            groups.setdefault(match[1], set()).add(match[2])
    if any(len(group) == size for group in groups.values()):
        return True
    if size == 1:
        about = {stem(word) for word in words_of(leaf.name)} | {stem("item"), stem("quantity")}
        named = {stem(found) for found in re.findall(r"\b(?:an?|my|the|this|that) (?:\w+ )?(\w+)", heard.lower)}
        alone = re.search(r"\b(?:just|only|for) (?:me|myself)\b|\bby myself\b|\bon my own\b", heard.lower)
        return (
            bool(alone)
            or bool(about & named)
            or bool(about & {stem("quantity"), stem("count"), stem("amount")} and named)
        )
    return any(size == _party(match[0]) for match in _COMPANY.finditer(heard.lower))


def _party(words: str) -> int:
    """How many people a list of them is: "my parents, my sister and me" is four."""
    closed = re.match(r".+\b(?:me|i|myself)\b", words)  # what comes after "and me" is something else
    people = [
        each
        for each in re.split(r",|\band\b|\bwith\b|\bn\b|[&+]", closed[0] if closed else words)
        if re.search(r"\w", each)
    ]
    counts = (max((n.value for n in numbers.said(each) if 1 < n.value < 20), default=1) for each in people)
    pairs = (2 if re.search(r"\b(?:parents|grandparents|twins|both)\b", each) else 1 for each in people)
    return sum(max(int(count), pair) for count, pair in zip(counts, pairs, strict=True))


def _computed(size: float, heard: Heard) -> bool:
    """From one said number by its unit, or from two by adding, subtracting, multiplying or dividing."""
    if any(_same(size, other) for n in heard.numbers for other in numbers.converted(n)):
        return True
    own = list(dict.fromkeys(n.value for n in heard.numbers))[-16:]
    if size < _COUNT and size == int(size):
        return any(_pairs(size, list(group), products=False) for group in heard.numbers_by_message)
    if _pairs(size, own):
        return True
    percents = [n.value / 100 for n in heard.numbers if n.unit in ("percent", "%")]
    if any(_same(size, n * (1 + sign * part)) for n in own for part in percents for sign in (1, -1)):
        return True
    figures = [n for n in heard.numbers_elsewhere if n >= _COUNT][-400:]
    known = set(map(_key, figures))
    if any(_key(size - n) in known or _key(size + n) in known for n in figures):
        return True
    changed = (abs(n + sign * said) for n in figures[-60:] for said in own if said > 1 for sign in (1, -1))
    if any(_same(size, each) for each in changed):
        return True
    times = {2.0, 3.0, 4.0, 5.0} | {n for n in own if 0 < n < 1 or (n == int(n) and 1 < n <= 12)}
    each = (*figures, *(n for n in heard.numbers_of_operator if n >= _COUNT))
    return any(_same(size, n * many) for n in each for many in times)


def _key(value: float) -> float:
    return round(value, 4)


def _pairs(size: float, some: Sequence[float], products: bool = True) -> bool:
    for at, one in enumerate(some):
        for other in some[:at]:
            made = [one + other, abs(one - other)]
            if products:
                made += [one * other, one / other if other else 0, other / one if one else 0]
            if any(_same(size, each) for each in made):
                return True
    return _same(size, sum(some)) and len(some) > 1


def _flag(value: bool, leaf: Leaf, heard: Heard) -> str | None:
    if not value:
        return "neutral"
    about = {stem(word) for word in words_of(leaf.name)} - _FLAGS
    said = [each for each in re.split(r"[.!?\n]+", heard.lower) if about & set(stems(each))]
    return "implied" if said and not _NEGATED.search(said[-1]) else None


def _choice(text: str, leaf: Leaf, heard: Heard) -> str | None:
    """A value of a closed list: said, looked up, meant by another word, or one that asks for nothing."""
    low = text.lower()
    if low in ("true", "yes"):
        return _flag(True, leaf, heard)
    if plain(text) in heard.plain_user:
        return "said"
    if low in NEUTRAL:
        return "neutral"
    if heard.under(text, leaf.name):
        return "looked_up"
    meant = set(_MEANS.get(low, "").split()) & heard.words
    signs = [sign for sign in _MEANS.get(low, "").split() if not sign.isalnum() and sign in heard.user]
    if meant or signs:
        return "implied"
    parts = [stem(word) for word in words_of(text) or plain(text).split() if word not in _SMALL]
    if parts and all(any(_alike(part, said) for said in heard.stems) for part in parts):
        return "implied"
    if low == "round_trip" and re.search(r"\b(?:back|return)\b", heard.lower):
        return "implied"
    return None


def _alike(one: str, other: str) -> bool:
    return one == other or (len(one) >= 4 and len(other) >= 4 and (one.startswith(other) or other.startswith(one)))


def _by_words(text: str, heard: Heard) -> str | None:
    """A name or a short phrase: every word of it heard, as it is, by its stem, as initials or with one letter wrong."""
    words = [word for word in plain(text).split() if word not in _SMALL]
    words = [word for word in words if word not in _GENERIC] or words
    if not words:
        return None
    if set(_MEANS.get(text.lower(), "").split()) & heard.words:
        return "implied"
    missing = [word for word in words if not _word(word, heard)]
    if not missing or (len(words) >= 4 and len(missing) * 4 <= len(words)):
        return "said"
    initials = "".join(word[0] for word in plain(text).split() if word not in _SMALL)
    if len(initials) > 1 and initials in heard.words:
        return "said"
    return None


def _word(word: str, heard: Heard) -> bool:
    if word in heard.words or f" {word} " in heard.plain_tools or f" {word} " in heard.plain_operator:
        return True
    if any(sign.isdigit() for sign in word):
        return False
    if stem(word) in heard.stems:
        return True
    return len(word) >= 5 and any(
        abs(len(word) - len(said)) <= 1 and len(said) >= 4 and _one_off(word, said) for said in heard.words
    )


def _one_off(one: str, other: str) -> bool:
    """Whether one letter too many, too few, changed, or two exchanged, makes one word the other; the first stays."""
    if one[0] != other[0]:
        return False
    at = next((k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    a, b = one[at:], other[at:]
    return a[1:] == b or b[1:] == a or (a[1:] == b[1:]) or (a[:2] == b[1::-1] and a[2:] == b[2:])


def _code(text: str, leaf: Leaf, heard: Heard, beside: Sequence[Leaf]) -> str | None:
    """A code of a few capitals: by another word for it, or derived from a name that the user gave and nothing else
    used. As many codes can be derived as there are such names."""
    if set(_MEANS.get(text.lower(), "").split()) & heard.words:
        return "implied"
    if heard.coded & {stem(word) for word in words_of(leaf.name)}:
        return None  # tools speak of such codes, so this one would have been looked up
    used = [plain(str(other.value)) for other in beside if other is not leaf and isinstance(other.value, str)]
    names = {plain(found) for found in _CAPITALS.findall(heard.user)}
    names |= {plain(found) for found in _PLACE.findall(heard.lower)}
    free = {
        name
        for name in names
        if not set(name.split()) <= _NO_NAMES | _SMALL and not any(name in each or each in name for each in used)
    }
    free = {name for name in free if not any(name != other and name.strip() in other for other in free)}
    codes = [each.value for each in beside if isinstance(each.value, str) and re.fullmatch(r"[A-Z]{2,4}", each.value)]
    left = list(dict.fromkeys(code for code in codes if not heard.where(code)))
    for alike in (_abbreviates, lambda code, name: True):  # CPH is Copenhagen's before it is Hamburg's
        for code in list(left):
            name = next((each for each in sorted(free) if alike(code, each)), None)
            if name is not None:
                left.remove(code)
                free.discard(name)
    return None if text in left else "derived"


def _abbreviates(code: str, name: str) -> bool:
    """Whether a code's letters stand in a name in their order, the first at the beginning of a word."""
    letters = iter(name[name.find(f" {code[0].lower()}") + 1 :]) if f" {code[0].lower()}" in name else iter("")
    return all(any(sign == letter for letter in letters) for sign in code.lower())


def _composed(text: str, leaf: Leaf, heard: Heard, beside: Sequence[Leaf]) -> str | None:
    """A text that the assistant writes: the amounts, days, times and addresses in it have to be traced, its words "
    "not."""
    for email in _EMAIL.findall(text):
        if not heard.where(email) and _spoken(email) not in heard.lower:
            return None
    for day, month, year in dates.named(text):
        years = [year] if year else [heard.today.year, heard.today.year + 1] if heard.today else []
        whole = [made for each in years if (made := dates.day_of(each, month, day))]
        if not (any(_day(each, heard) for each in whole) if years else heard.days.names(day, month)):
            return None
    if any(not _time(each, heard) and each not in heard.times_elsewhere for each in times.clock(text.lower())):
        return None
    for number in numbers.said(dates.without_days(text)):
        if number.value >= 10 and number.value == int(number.value) and not _number(number.value, leaf, heard, beside):
            return None
    return "composed"

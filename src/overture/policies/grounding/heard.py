"""What can ground a value: what the user said or agreed to, what the operator said, what tools answered.

In comes a conversation; out comes Heard, each kind of text once, laid out for searching when it is first needed. Easy
to get wrong: what the assistant said is not evidence, or an invention would prove itself when it is said twice; only
what the user then agreed to is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import accumulate
from typing import Any

import orjson

from ...conversation import Message, ToolCall
from ...tasks.terms import stem, stems
from ..effects import words_of
from ..replies import accepts
from . import dates, identifiers, numbers, times
from .echoes import without_echo
from .languages import in_english, language_of, without_accents
from .numbers import Said
from .phrases import last_correction, picked, singles

_GAPS = re.compile(r"[\W_]+")
_GAPS_ASCII = re.compile(r"[^a-z0-9]+")


_CODED = re.compile(r'"(\w+)":\s*"[A-Z]{2,4}"')
_FEW = 3
"""Letters and digits that are too few to be looked for in pieces."""
_NTH = frozenset(["st", "nd", "rd", "th"])
_DEEPEST = 12
"""Levels of a tool's answer that are read."""


def plain(text: str) -> str:
    """Lower case, without accents; everything but letters and digits is one space. It begins and ends with a space."""
    if not text.isascii():
        text = without_accents(text)
    gaps = _GAPS_ASCII if text.isascii() else _GAPS
    return f" {gaps.sub(' ', text.casefold()).strip()} "


@dataclass(frozen=True)
class Heard:
    """The texts of a conversation by who can vouch for them."""

    user: str
    """What the user said, and what the assistant said that they then agreed to."""
    operator: str
    """System and developer messages."""
    answers: tuple[str, ...]
    """What tools answered."""
    last: str = ""
    """The user's last message."""
    stated: date | None = field(default=None)
    """Today where something beside the conversation says so."""

    @classmethod
    def of(cls, messages: Sequence[Message], today: date | None = None) -> Heard:
        """Sort the messages; a draft under review is not among them."""
        user: list[str] = []
        operator: list[str] = []
        tools: list[str] = []
        before: Message | None = None
        last = ""
        asked: dict[str, ToolCall] = {}
        spoken = language_of("\n".join(message.text for message in messages if message.role == "user"))
        for message in messages:
            if message.role == "user":
                last = message.text
                if before is not None and before.text:
                    user += [before.text] if accepts(last) else picked(before.text, last)
                user += [each for each in (last, in_english(last, spoken)) if each]
                before = None
            elif message.role == "assistant":
                before = message if message.text else before
                asked |= {call.id: call for call in message.tool_calls if call.id}
            elif message.role in ("system", "developer"):
                operator.append(message.text)
            else:
                tools.append(without_echo(message.text, asked.get(message.tool_call_id or "")))
        return cls("\n".join(user), "\n".join(operator), tuple(tools), last, today)

    @cached_property
    def tools(self) -> str:
        return "\n".join(self.answers)

    @cached_property
    def fields(self) -> Mapping[str, frozenset[str]]:
        """Plain value → stems of the keys that it has in tools' answers; under the key "" what stood outside JSON."""
        found: dict[str, set[str]] = {}
        for answer in self.answers:
            try:
                content = orjson.loads(answer)
            except orjson.JSONDecodeError:
                content = None
            if isinstance(content, dict | list):
                _collect(content, frozenset(), found)
            else:
                for word in plain(answer).split():
                    found.setdefault(word, set()).add("")
        return {value: frozenset(keys) for value, keys in found.items()}

    def under(self, value: str, name: str, prose: bool = True) -> bool:
        """Whether a tool answered with this value under a key that shares a word with `name`, or in plain prose."""
        keys = self.fields.get(plain(value).strip(), frozenset())
        return (prose and "" in keys) or bool(keys & {stem(word) for word in words_of(name)})

    @cached_property
    def prose(self) -> tuple[Said, ...]:
        """The numbers of tools' answers that are no JSON."""
        answers = (answer for answer in self.answers if answer.lstrip()[:1] not in ("{", "["))
        return tuple(dict.fromkeys(each for answer in answers for each in numbers.said(answer)))

    @cached_property
    def coded(self) -> frozenset[str]:
        """Stems of the keys under which tools answered with codes of a few letters."""
        return frozenset(
            key for answer in self.answers for match in _CODED.finditer(answer) for key in map(stem, words_of(match[1]))
        )

    @cached_property
    def today(self) -> date | None:
        return self.stated or dates.today_in((self.operator, self.user))

    @cached_property
    def lower(self) -> str:
        return self.user.lower().replace("’", "'")

    @cached_property
    def elsewhere(self) -> str:
        return f"{self.operator}\n{self.tools}".lower()

    @cached_property
    def days(self) -> dates.Days:
        """What the user said of days."""
        return dates.Days.of(self.lower, self.numbers)

    @cached_property
    def days_looked_up(self) -> frozenset[dates.Named]:
        return frozenset(dates.named(self.tools.lower()))

    @cached_property
    def days_of_operator(self) -> frozenset[dates.Named]:
        return frozenset(dates.named(self.operator.lower()))

    @cached_property
    def times(self) -> frozenset[int]:
        """Minutes after midnight that the user's words can mean."""
        return times.times(self.lower)

    @cached_property
    def spans(self) -> frozenset[int]:
        return times.spans(self.lower, self.numbers)

    @cached_property
    def times_elsewhere(self) -> frozenset[int]:
        return times.times(self.elsewhere)

    @cached_property
    def plain_user(self) -> str:
        return plain(self.user)

    @cached_property
    def plain_operator(self) -> str:
        return plain(self.operator)

    @cached_property
    def plain_tools(self) -> str:
        return plain(self.tools)

    def spelled(self, text: str) -> bool:
        """Whether a text's letters and digits stand somewhere in this order, whole words with any gaps between them."""
        signs = plain(text).replace(" ", "")
        return len(signs) > _FEW and any(_within(signs, *each) for each in self._squeezed)

    @cached_property
    def _squeezed(self) -> tuple[tuple[str, frozenset[int]], ...]:
        """Each kind of text without its gaps, and where its words begin and end."""
        out: list[tuple[str, frozenset[int]]] = []
        for text in (self.plain_user, self.plain_tools, self.plain_operator):
            words = text.split()
            out.append(("".join(words), frozenset(accumulate(map(len, words), initial=0))))
        return tuple(out)

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(self.plain_user.split())

    @cached_property
    def stems(self) -> frozenset[str]:
        return frozenset(stems(self.plain_user))

    @cached_property
    def numbered(self) -> frozenset[str]:
        """Stems of what the user named by a number or a code: "order no. A-77" gives order."""
        return identifiers.numbered(self.lower)

    @cached_property
    def codes(self) -> frozenset[str]:
        """How the codes that the user said are made."""
        return identifiers.codes(self.user)

    @cached_property
    def numbers(self) -> tuple[Said, ...]:
        """The numbers of the user's messages."""
        return tuple(dict.fromkeys(numbers.said(self.user)))

    @cached_property
    def numbers_by_message(self) -> tuple[tuple[Said, ...], ...]:
        return tuple(tuple(dict.fromkeys(numbers.said(text))) for text in self.user.split("\n"))

    @cached_property
    def quantities_by_message(self) -> tuple[tuple[Said, ...], ...]:
        """The same without those of dates and times of day."""
        texts = (times.without_times(dates.without_days(text)) for text in self.lower.split("\n"))
        said = (dict.fromkeys(numbers.said(text)) for text in texts)
        return tuple(tuple(each for each in message if each.unit not in _NTH) for message in said)

    @cached_property
    def quantities(self) -> tuple[Said, ...]:
        """The numbers of the user's messages that belong to no date and no time of day."""
        return tuple(dict.fromkeys(each for message in self.quantities_by_message for each in message))

    @cached_property
    def corrected(self) -> tuple[Heard, Heard] | None:
        """What the user said in their last correction, and from it on; None where they corrected nothing."""
        parts = last_correction(self.user, self.lower)
        return parts and (self._only(parts[0]), self._only(parts[1]))

    def _only(self, user: str) -> Heard:
        return Heard(user, "", (), user, self.today)

    @cached_property
    def singles(self) -> frozenset[tuple[str, ...]]:
        """What the user spoke of one of, a few words each: "a quiet table" gives ("quiet", "table")."""
        return frozenset(singles(self.lower))

    @cached_property
    def single_measures(self) -> tuple[Said, ...]:
        """ "An hour", "a week": one of a unit of measure."""
        units = (words[0].removesuffix("'s") for words in self.singles)
        return tuple(Said(1.0, unit) for unit in units if numbers.dimension(unit) is not None)

    @cached_property
    def numbers_elsewhere(self) -> frozenset[float]:
        return frozenset(each.value for each in numbers.said(self.tools, letters=False))

    @cached_property
    def numbers_of_operator(self) -> frozenset[float]:
        return frozenset(each.value for each in numbers.said(self.operator))

    def where(self, phrase: str) -> str | None:
        """`said` or `looked_up` where the phrase stands as whole words, in any case and punctuation; else None."""
        words = plain(phrase)
        if not words.strip():
            return None
        if words in self.plain_user:
            return "said"
        if words in self.plain_tools or words in self.plain_operator:
            return "looked_up"
        if not words.isascii() and words.strip() in self.plain_user:  # scripts that write no spaces
            return "said"
        return None


def _within(signs: str, text: str, edges: frozenset[int]) -> bool:
    at = text.find(signs)
    while at >= 0 and not (at in edges and at + len(signs) in edges):
        at = text.find(signs, at + 1)
    return at >= 0


def _collect(content: Any, keys: frozenset[str], found: dict[str, set[str]], depth: int = 0) -> None:
    if depth > _DEEPEST:
        return
    if isinstance(content, dict):
        for key, value in content.items():
            _collect(value, frozenset(map(stem, words_of(str(key)))), found, depth + 1)
    elif isinstance(content, list):
        for value in content:
            _collect(value, keys, found, depth + 1)
    else:
        found.setdefault(plain(str(content)).strip(), set()).update(keys)

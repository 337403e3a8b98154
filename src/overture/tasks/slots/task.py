"""The task `slots` in words: an assistant settles a booking with a user who has a wish for every slot.

In come a domain, how many items and a seed; out comes a Task with two tools, `find` (read-only) and `book` (ends it).
The user is `agenda`, who hears questions, offers and "there is no …" by the rules below. Easy to get wrong: some wishes
cannot be met together, so a booking is measured against the best row there is, and not against the wish.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from ...conversation import Conversation, Message, ToolCall
from ...errors import UsageError
from ..first_turn import BOOKED, class_of, first_booked
from ..first_turn import VERSION as TURN
from ..listed import VERSION as LISTS
from ..listed import as_questions
from ..task import Act, Item, Part, Script, Setting, Speech, Task, Verdict
from ..terms import names
from ..tools import called, left_by, schema
from ..wording import OFFERS, REQUESTS, TRAILS
from ..wording import VERSION as WORDING
from ..yardsticks import SPEECHES
from .dialogue import goal
from .ontology import Ontology, Slot, ontology

VERSION = f"2, wording {WORDING}, lists {LISTS}, first turn {TURN}"
SOLVED = (
    "Solved: wishes that the booked row meets, of the most that any row meets, by what the user wants in the end; 0 "
    "without a booking."
)
DOMAINS = ("simple", "medium", "complex")
UNMET = 0.5
"""Chance by slot that a wish is anything at all, instead of what one existing row has."""
_NOT = re.compile(r"\b(?:no|not|isn't|aren't|none|never|unfortunately|unavailable|can't|cannot|sorry)\b", re.IGNORECASE)
_NO_DENIAL = re.compile(
    r"\byes\W+(?:or\W+)?no\b|\bor (?:not|no)\b|\bif not\b|\bno (?:problem|worries|matter|rush|doubt|preferences?)\b"
    r"|\bnot (?:a problem|sure|certain|only|yet|mind)\b|\bsorry (?:to|for|about)\b",
    re.IGNORECASE,
)
"""Says no to nothing."""
_DENIES = re.compile(
    r"\bthere(?:'s| is| are)(?: \w+)? (?:no|none|not)\b|\b(?:don't|do not|doesn't|does not) (?:have|offer)\b"
    r"|\b(?:isn't|aren't|not|no longer)(?: \w+)? (?:available|possible|on offer)\b|\bunavailable\b|\bunfortunately\b",
    re.IGNORECASE,
)
"""Says that there is none, in a sentence that asks as well."""
_CLAUSES = re.compile(
    r";\s*|,?\s+but\s+|,\s+(?=(?:so )?(?:would|which|what|how|where|shall|should|do|does|can|could|is|are|we)\b)",
    re.IGNORECASE,
)
_COUNTED = "one two three four five six seven eight nine"
_DIGITS = {word: str(digit) for digit, word in enumerate(_COUNTED.split(), 1)}


def task(count: int | None = None, seed: int = 0, domains: Sequence[str] = DOMAINS) -> Task:
    """`count` items (30 by default) in turn from the domains. Raises UsageError on a count below 1."""
    count = 30 if count is None else count
    if count < 1:
        raise UsageError(f"{count} bookings were asked for; ask for 1 or more")
    items = tuple(_item(domains[at % len(domains)], at, seed) for at in range(count))
    return Task(
        "slots", items, check, VERSION, user="agenda", hear=hear, tools=Desk, over=over, yardsticks=YARDSTICKS,
        turns=40, solved_means=SOLVED,
    )  # fmt: skip


def _item(domain: str, number: int, seed: int) -> Item:
    made = ontology(domain, seed)
    wanted = goal(made, UNMET, random.Random(f"slots/{domain}/{seed}/{number}"))
    parts = tuple(
        Part(
            slot.name,
            slot.wishes[order[0]],
            (slot.name, *slot.terms),
            f"{slot.name.capitalize()}: {slot.wishes[order[0]]}.",
        )
        for slot, order in zip(made.slots, wanted.order, strict=True)
    )
    data = {"domain": domain, "seed": seed}
    wishes = {part.name: part.value for part in parts}
    request = f"I'd like to book a {made.thing}."
    lines = "; ".join(f"{slot.name} ({', '.join(slot.values)})" for slot in made.slots)
    system = (
        f"You help people book a {made.thing}. What there is to settle: {lines}. `find` looks up what exists; `book` "
        "books one row by its number and ends the conversation."
    )
    best = _best(made, wishes)
    script = Script(
        f"Which {made.slots[0].name} would you like?",
        f"I have booked number {best} for you.",
        "I have booked number 0 for you.",
        f"I take it that any {made.slots[0].name} will do, and have booked number 0 for you.",
        "Look through the listings, note what matters to you, and call the one you like best.",
    )
    told = " ".join((request, *(part.words for part in parts)))
    return Item(
        f"{domain}-{number:04d}", domain, "do", request, told, parts, frozenset(wishes), f"{domain}-{number:04d}",
        script, data, system,
    )  # fmt: skip


class Desk:
    """The tools of one trial: rows can be looked up, and one booked."""

    def __init__(self, item: Item) -> None:
        self.ontology = _domain(item)
        self.booked: int | None = None
        slots: dict[str, Any] = {slot.name: "string" for slot in self.ontology.slots}
        self.schemas = (
            schema("find", "How many rows fit, what values are left for every slot, and the first rows.", **slots),
            schema("book", "Book a row by its number.", ("number",), number="integer"),
        )

    def changes(self, name: str) -> bool:
        return name == "book"

    async def call(self, name: str, arguments: str) -> str:
        given = called(self.schemas, name, arguments)
        if isinstance(given, str):
            return given
        return self._book(given["number"]) if name == "book" else self._find(given)

    def _book(self, number: int) -> str:
        if not 0 <= number < len(self.ontology.rows):
            return f"error: there is no row {number}; there are 0 to {len(self.ontology.rows) - 1}"
        if self.booked is not None:
            return f"error: row {self.booked} is booked already"
        self.booked = number
        return f"{BOOKED}{number}"

    def _find(self, settled: dict[str, str]) -> str:
        for slot in self.ontology.slots:
            if slot.name in settled and self.ontology.index(slot.name, settled[slot.name]) is None:
                return f"error: no {slot.name} is {settled[slot.name][:40]}; there are {', '.join(slot.values)}"
        rows = self.ontology.matching(settled)
        numbers = [at for at in range(len(self.ontology.rows)) if rows >> at & 1]
        left = {
            slot.name: [slot.values[value] for value in self.ontology.available(at, rows)]
            for at, slot in enumerate(self.ontology.slots)
        }
        shown = [{"number": at, **_row(self.ontology, at)} for at in numbers[:5]]
        return orjson.dumps({"count": len(numbers), "left": left, "rows": shown}).decode()


def hear(item: Item, conversation: Conversation) -> Act:
    """Questions by the slot they name; a value put forward is an offer; a value or slot denied is one that cannot be.

    Of several values offered for one slot, the user's own counts if it is there, else the first; a slot may be denied
    and offered at once, as in "no Sunday, but Friday". Whoever asks "parking, yes or no?" denies nothing.
    """
    made = _domain(item)
    text = next((m.text for m in reversed(conversation.messages) if m.role == "assistant"), "").replace("’", "'")
    asks: dict[str, None] = {}
    offers: dict[str, str] = {}
    cannot: dict[str, None] = {}
    asked = False
    stray = 0
    for sentence in re.findall(r"[^.?!\n]+[.?!\n]?", as_questions(text)):
        trails = bool(TRAILS.search(sentence))
        question = trails or "?" in sentence or bool(REQUESTS.search(sentence))
        asked = asked or (question and not trails)
        heard = (
            trails
            or not question
            or bool(OFFERS.search(sentence))
            or not re.search(r"\w", _NO_DENIAL.sub("", sentence))
        )
        for clause in _CLAUSES.split(sentence):
            words = _NO_DENIAL.sub(" ", clause)
            denied = bool(_DENIES.search(words)) or (not question and bool(_NOT.search(words)))
            for slot, part in zip(made.slots, item.parts, strict=True):
                plain = slot.values[:1] == ("yes",)
                named = names(clause, part.terms)
                values = [] if plain else [wish for wish in slot.wishes if _says(clause, slot, wish, named)]
                heard = heard or bool(values) or named
                if denied:
                    if part.value in values or (plain and named and part.value == "yes"):
                        cannot[slot.name] = None
                elif values:
                    offers.setdefault(slot.name, part.value if part.value in values else values[0])
                elif question and named:
                    asks[slot.name] = None
        stray += not heard
    elsewhere = asked and not asks and not offers and not cannot
    return Act(tuple(asks), elsewhere, offers, tuple(cannot), False, stray=stray)


def _says(clause: str, slot: Slot, wish: str, named: bool) -> bool:
    """Whether a clause has a value, as a whole word: by its stem, "parking" would be a view of the park.

    "one", "two" and the like are values too, so they count where the slot is named; as figures, with their unit.
    """
    digit = _DIGITS.get(wish)
    if digit and slot.unit and re.search(rf"(?<![\w.,]){digit}{slot.unit}", clause, re.IGNORECASE):
        return True
    return (named or not digit) and bool(re.search(rf"\b{wish}\b", clause, re.IGNORECASE))


async def check(item: Item, conversation: Conversation, setting: Setting) -> Verdict:
    """Solved: wishes that the booked row has ÷ the most that any row has, by what the user ended with. Not booked: 0.
    Some wish can always be met: every domain has a slot of which nobody wants what is not there.

    Own figures: `booked`; `wishes_met`, of the wishes the user came with. Raises TypeError where the trial had other
    tools.
    """
    desk = left_by(setting, Desk, "slots")
    first = {part.name: part.value for part in item.parts}
    wishes = {**first, **setting.settled}
    best = _met(desk.ontology, _best(desk.ontology, wishes), wishes)
    met = _met(desk.ontology, desk.booked, wishes) if desk.booked is not None else 0
    kept = _met(desk.ontology, desk.booked, first) if desk.booked is not None else 0
    replies = [message for message in conversation.messages if message.role == "assistant"]
    return Verdict(
        met / best,
        first=class_of(item, conversation, hear, lambda call: call.name == "book") if replies else None,
        delivered=first_booked(conversation),
        figures={"booked": (desk.booked is not None, 1), "wishes_met": (kept, len(first))},
        details={"booked": desk.booked, "best": best},
    )


async def over(item: Item, conversation: Conversation, setting: Setting) -> bool:
    """Whether a row is booked."""
    return left_by(setting, Desk, "slots").booked is not None


def _domain(item: Item) -> Ontology:
    return ontology(item.data["domain"], item.data["seed"])


def _row(made: Ontology, row: int) -> dict[str, str]:
    return {slot.name: slot.values[value] for slot, value in zip(made.slots, made.rows[row], strict=True)}


def _met(made: Ontology, row: int, wishes: Mapping[str, str]) -> int:
    return sum(wishes[name] == value for name, value in _row(made, row).items())


def _best(made: Ontology, wishes: Mapping[str, str]) -> int:
    """The first of the rows that meet the most wishes."""
    return max(range(len(made.rows)), key=lambda row: (_met(made, row, wishes), -row))


def _booked(item: Item, talk: Conversation, best: bool) -> str | Message:
    if talk.messages[-1].role == "tool":
        return "It is booked."
    row = _best(_domain(item), {part.name: part.value for part in item.parts}) if best else 0
    return Message("assistant", "Booking it now.", tool_calls=(ToolCall("book", f'{{"number": {row}}}', "1"),))


def _asker(item: Item, talk: Conversation) -> str | Message:
    asked = sum(message.role == "assistant" for message in talk.messages)
    if asked < len(item.parts):
        return f"Which {item.parts[asked].name} would you like?"
    return _booked(item, talk, best=True)


YARDSTICKS: Mapping[str, Speech] = {
    "asker": _asker,
    "guesser": lambda item, talk: _booked(item, talk, best=False),
    "pesterer": lambda item, talk: f"Which {item.parts[0].name} would you like?",
    "coach": SPEECHES["coach"],
}
"""Assistants of known behaviour; they know the item. The proactive systems of the paper are in `dialogue`."""

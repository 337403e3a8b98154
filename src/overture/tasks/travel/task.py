"""The task `travel`: plan a trip for somebody who lets on what they prefer only when asked well. After UserBench.

In come how many trips and a seed; out comes a Task with the tools `search` (read-only) and `answer` (final, one for
each aspect); asking is done in words. Easy to get wrong: a preference that the traveller came out with unasked is not
the assistant's merit, so active and passive elicitation are counted apart, and neither is counted as a right choice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import orjson

from ...conversation import Conversation, Message, ToolCall
from ...errors import UsageError
from ..first_turn import BOOKED, books, class_of, first_booked
from ..first_turn import VERSION as TURN
from ..listed import VERSION as LISTS
from ..listed import as_questions
from ..task import Act, Item, Part, Script, Setting, Speech, Task, Verdict
from ..terms import names
from ..tools import called, left_by, schema
from ..wording import OFFERS, REQUESTS, TRAILS
from ..wording import VERSION as WORDING
from ..yardsticks import SPEECHES
from .catalogue import ASPECTS
from .trips import Option, Trip, trip

VERSION = f"2, wording {WORDING}, lists {LISTS}, first turn {TURN}"
SOLVED = (
    "Solved: 1 for the best option of an aspect, 0.8 for another that meets every wish, 0 for none of these; the mean "
    "over aspects."
)
CORRECT_IS_WORTH = 0.8
"""What a correct option that is not the best one scores; the best scores 1."""


def task(count: int | None = None, seed: int = 0) -> Task:
    """`count` trips, 60 by default: of one, two and three aspects in turn. Raises UsageError on a count below 1."""
    count = 60 if count is None else count
    if count < 1:
        raise UsageError(f"{count} trips were asked for; ask for 1 or more")
    items = tuple(_item(number, seed) for number in range(count))
    return Task(
        "travel", items, check, VERSION, user="preferences", hear=hear, tools=Agency, over=over, yardsticks=YARDSTICKS,
        turns=30, solved_means=SOLVED,
    )  # fmt: skip


def _item(number: int, seed: int) -> Item:
    planned = trip(number, seed)
    parts: list[Part] = []
    questions: list[str] = []
    for aspect, wanted in planned.preferences.items():
        for name, value in wanted.items():
            choice = next(each for each in ASPECTS[aspect] if each.name == name)
            parts.append(Part(f"{aspect}.{name}", value, choice.terms, choice.wants[value]))
            questions.append(choice.question)
    aspects = list(planned.preferences)
    listed = aspects[0] if len(aspects) == 1 else f"{', '.join(aspects[:-1])} and {aspects[-1]}"
    request = f"I'm going to {planned.place} in {planned.month}. Can you find me a good {listed}?"
    system = (
        "You plan trips. `search` lists the options of an aspect with their prices; `answer` books one option of an "
        f"aspect and is final. Aspects to settle: {', '.join(aspects)}. Of the options that are all the traveller "
        "wants, the cheapest is best."
    )
    cheap = ", ".join(_cheapest(planned, aspect).id for aspect in aspects)
    script = Script(
        questions[0],
        f"I have booked {', '.join(planned.correct(aspect)[0].id for aspect in aspects)}.",
        f"I have booked {cheap}, the cheapest.",
        f"Assuming that price is all that counts, I have booked {cheap}.",
        "Compare a few offers, note what matters to you, and book early.",
    )
    id = f"travel-{number:04d}"
    told = " ".join((request, *(part.text for part in parts)))
    group = f"{len(aspects)} aspect{'s' * (len(aspects) > 1)}"
    data = {"number": number, "seed": seed, "questions": questions}
    left_open = frozenset(part.name for part in parts)
    return Item(id, group, "do", request, told, tuple(parts), left_open, id, script, data, system)


class Agency:
    """The tools of one trial: options can be searched, and one booked for each aspect."""

    def __init__(self, item: Item) -> None:
        self.trip = _trip(item)
        self.answered: dict[str, str] = {}
        self.searched: set[str] = set()
        aspects = tuple(self.trip.options)
        self.schemas = (
            schema("search", "List the options of an aspect.", ("aspect",), aspect=aspects),
            schema(
                "answer", "Book an option of an aspect. Final.", ("aspect", "option"), aspect=aspects, option="string"
            ),
        )

    def changes(self, name: str) -> bool:
        return name == "answer"

    async def call(self, name: str, arguments: str) -> str:
        given = called(self.schemas, name, arguments)
        if isinstance(given, str):
            return given
        options = self.trip.options[given["aspect"]]
        if name == "search":
            self.searched.add(given["aspect"])
            return orjson.dumps([{"id": each.id, "price": each.price, **each.values} for each in options]).decode()
        if given["aspect"] in self.answered:
            return f"error: {self.answered[given['aspect']]} is booked already"
        if given["option"] not in {each.id for each in options}:
            return f"error: there is no option {given['option'][:40]}; search lists them"
        self.answered[given["aspect"]] = given["option"]
        return BOOKED + given["option"]

    @property
    def finished(self) -> bool:
        """Whether every aspect has its answer."""
        return self.answered.keys() == self.trip.options.keys()


def hear(item: Item, conversation: Conversation) -> Act:
    """The preferences that the last reply's questions name, by their terms; it delivers once all aspects are answered.

    A question that names none ("what do you prefer?") is heard as one about something else: asking anything must not
    pay. A term that two aspects share counts for the one that is named, or else for the first that is still unsaid.
    """
    text = next((m.text for m in reversed(conversation.messages) if m.role == "assistant"), "").replace("’", "'")
    said = {m.text for m in conversation.messages if m.role == "user"}
    asks: list[str] = []
    asked = False
    stray = 0
    for sentence in re.findall(r"[^.?!\n]+[.?!\n]?", as_questions(text)):
        trails = bool(TRAILS.search(sentence))
        if not (trails or "?" in sentence or REQUESTS.search(sentence)) or OFFERS.search(sentence):
            continue
        about = [aspect for aspect in _trip(item).options if names(sentence, (aspect,))]
        hit = [
            part
            for part in item.parts
            if names(sentence, part.terms) and (not about or part.name.partition(".")[0] in about)
        ]
        if trails and not hit:
            continue  # "let me know if you prefer an aisle seat" asks, "if you need anything else" does not
        asked = True
        stray += not hit
        asks += [part.name for part in sorted(hit, key=lambda part: part.words in said) if part.name not in asks]
    booked = {m.text.removeprefix(BOOKED).rpartition("-")[0] for m in conversation.messages if books(m)}
    return Act(tuple(asks), asked and not asks, delivers=booked >= _trip(item).options.keys(), stray=stray)


def _aspect(call: ToolCall) -> str:
    try:
        given = orjson.loads(call.arguments)
    except orjson.JSONDecodeError:
        return ""
    return str(given.get("aspect", "")) if isinstance(given, dict) else ""


def elicited(item: Item, conversation: Conversation, setting: Setting) -> tuple[set[str], set[str]]:
    """(preferences brought out by a question that named them, those that came of themselves)."""
    active: set[str] = set()
    passive: set[str] = set()
    heard = 0
    for at, message in enumerate(conversation.messages):
        if message.role != "user":
            continue
        revealed = set(setting.revealed[heard]) if heard < len(setting.revealed) else set[str]()
        heard += 1
        before = Conversation(conversation.messages[:at])
        asked = hear(item, before).asks if any(m.role == "assistant" for m in before.messages) else ()
        active |= revealed & set(asked)
        passive |= revealed - set(asked)
    return active, passive


async def check(item: Item, conversation: Conversation, setting: Setting) -> Verdict:
    """Solved: 1 for the best option of an aspect, CORRECT_IS_WORTH for another correct one, 0 otherwise; the mean.

    Own figures: `best`, `correct` and `answered` (÷ aspects), `elicited_actively` and `elicited_passively`
    (÷ preferences). Raises TypeError where the trial had other tools.
    """
    agency = left_by(setting, Agency, "travel")
    planned = agency.trip
    best = correct = 0
    for aspect, chosen in agency.answered.items():
        fits = [option.id for option in planned.correct(aspect)]
        best += chosen == fits[0]
        correct += chosen in fits
    active, passive = elicited(item, conversation, setting)
    count = len(planned.options)
    replies = [message for message in conversation.messages if message.role == "assistant"]
    return Verdict(
        (best + CORRECT_IS_WORTH * (correct - best)) / count,
        first=class_of(item, conversation, hear, lambda call: call.name == "answer") if replies else None,
        delivered=first_booked(conversation),
        figures={
            "best": (best, count),
            "correct": (correct, count),
            "answered": (len(agency.answered), count),
            "elicited_actively": (len(active), len(item.parts)),
            "elicited_passively": (len(passive), len(item.parts)),
        },
        details={"answered": dict(agency.answered), "searched": sorted(agency.searched)},
    )


async def over(item: Item, conversation: Conversation, setting: Setting) -> bool:
    """Whether every aspect has its answer."""
    return left_by(setting, Agency, "travel").finished


def _trip(item: Item) -> Trip:
    return trip(item.data["number"], item.data["seed"])


def _cheapest(planned: Trip, aspect: str) -> Option:
    return min(planned.options[aspect], key=lambda option: option.price)


def _booking(item: Item, talk: Conversation, pick: Callable[[Trip, str], Option]) -> str | Message:
    """One aspect after the other, looked up and then booked; at the end a word that it is done."""
    planned = _trip(item)
    calls = [call for message in talk.messages for call in message.tool_calls]
    made = {_aspect(call) for call in calls if call.name == "answer"}
    left = next((aspect for aspect in planned.options if aspect not in made), None)
    if left is None:
        return "Everything is booked."
    if left not in {_aspect(call) for call in calls if call.name == "search"}:
        look = orjson.dumps({"aspect": left}).decode()
        return Message("assistant", "", tool_calls=(ToolCall("search", look, f"search-{left}"),))
    given = orjson.dumps({"aspect": left, "option": pick(planned, left).id}).decode()
    return Message("assistant", "", tool_calls=(ToolCall("answer", given, f"call-{left}"),))


def _best(planned: Trip, aspect: str) -> Option:
    return planned.correct(aspect)[0]


def _asker(item: Item, talk: Conversation) -> str | Message:
    asked = sum(message.role == "assistant" and not message.tool_calls for message in talk.messages)
    questions: list[str] = item.data["questions"]
    return questions[asked] if asked < len(questions) else _booking(item, talk, _best)


def _waiter(item: Item, talk: Conversation) -> str | Message:
    said = {message.text for message in talk.messages if message.role == "user"}
    if all(part.words in said for part in item.parts):
        return _booking(item, talk, _best)
    return "I am still looking around."


YARDSTICKS: Mapping[str, Speech] = {
    "asker": _asker,
    "guesser": lambda item, talk: _booking(item, talk, _cheapest),
    "pesterer": lambda item, talk: item.data["questions"][0],
    "coach": SPEECHES["coach"],
    "waiter": _waiter,
}
"""`waiter` asks nothing, waits until everything came of itself, and then chooses well: the passive end."""

"""Jobs for the desk: what the user asks for, the desk before, and the operations that do it.

In come a number and a seed; out comes a Job of one to three operations with the words in which it is asked for. Every
job can be done both ways and has one right result, found by doing it. Easy to get wrong: the request must hold every
argument word for word, or the measure is of guessing and not of which way was taken.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...conversation import ToolCall
from .operations import DAYS, ON, OPERATIONS, SWITCHES, THEMES

_TITLES = ("Budget review", "Dentist", "Team lunch", "Choir", "Site visit", "Parents' evening", "Yoga", "Interview")
_SUBJECTS = ("Invoice 118", "Lunch offer", "Newsletter", "Lost umbrella", "Server report", "Holiday photos")
_NAMES = ("Plan", "Minutes", "Shopping list", "Draft", "Contract", "Recipe", "Packing list", "Notes")
_PEOPLE = ("ravi@example.org", "lena@example.org", "omar@example.org", "ines@example.org")
_TEXTS = (
    "I will be ten minutes late.", "Please send me the figures.", "The room is booked.", "Thank you for your help.",
    "Milk, bread and apples.", "We meet at the station.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done."""

    request: str
    calls: tuple[tuple[str, Mapping[str, Any]], ...]
    """The operations that do it, in order."""
    before: Mapping[str, Any]
    """The desk, as `screen.state_of` reads it."""


def job(number: int, seed: int = 0) -> Job:
    """The job of this number. The first operation goes round all there are; the others are drawn."""
    rng = random.Random(f"desk/{seed}/{number}")
    before: dict[str, Any] = {
        "events": {title: [rng.choice(DAYS[:5]), rng.randint(8, 18)] for title in rng.sample(_TITLES, 3)},
        "sent": [],
        "inbox": sorted(rng.sample(_SUBJECTS, 4)),
        "documents": {name: rng.choice(_TEXTS) for name in rng.sample(_NAMES, 3)},
        "settings": {**dict.fromkeys(SWITCHES, "off"), "theme": "light"},
    }
    names = list(OPERATIONS)
    chosen = [names[number % len(names)]]
    # operations of other apps cannot touch what the first one needs
    others = [name for name in names if OPERATIONS[name].app != OPERATIONS[chosen[0]].app]
    rng.shuffle(others)
    for name in others:
        if len(chosen) <= number % 3 and OPERATIONS[name].app not in {OPERATIONS[done].app for done in chosen}:
            chosen.append(name)
    asked = [_asked(name, before, rng) for name in chosen]
    request = "; then ".join(words for words, _ in asked)
    calls = tuple((name, given) for name, (_, given) in zip(chosen, asked, strict=True))
    return Job(f"Please {request}.", calls, before)


def by_calls(done: Job) -> list[ToolCall]:
    """The job by one call an operation: the shortest way."""
    return [_call(name, given, at) for at, (name, given) in enumerate(done.calls)]


def by_screen(done: Job) -> list[ToolCall]:
    """The job by the screen, step by step."""
    steps: list[tuple[str, Mapping[str, Any]]] = []
    for name, given in done.calls:
        operation = OPERATIONS[name]
        steps += [("open_app", {"app": operation.app}), ("click", {"button": operation.button})]
        steps += [("type_text", {"field": field, "text": str(value)}) for field, value in given.items()]
        steps.append(("click", {"button": operation.confirm}))
    return [_call(name, given, at) for at, (name, given) in enumerate(steps)]


def _call(name: str, given: Mapping[str, Any], at: int) -> ToolCall:
    import orjson

    return ToolCall(name, orjson.dumps(dict(given)).decode(), f"call-{at}")


def _asked(name: str, before: Mapping[str, Any], rng: random.Random) -> tuple[str, dict[str, Any]]:
    """(the words, the arguments) of one operation on this desk."""
    day, hour = rng.choice(DAYS), rng.randint(7, 20)
    new_title = rng.choice([title for title in _TITLES if title not in before["events"]])
    new_name = rng.choice([each for each in _NAMES if each not in before["documents"]])
    title, document = rng.choice(sorted(before["events"])), rng.choice(sorted(before["documents"]))
    subject, text, to = rng.choice(before["inbox"]), rng.choice(_TEXTS), rng.choice(_PEOPLE)
    topic, switch, state = rng.choice(_NAMES), rng.choice(SWITCHES), ON[0]
    theme = rng.choice(THEMES[1:])
    if before["events"][title] == [day, hour]:  # moved to where it stands it would be done before anybody did it
        hour = hour - 1
    asked: dict[str, tuple[str, dict[str, Any]]] = {
        "create_event": (
            f'put an event "{new_title}" into my calendar on {day} at {hour}:00',
            {"title": new_title, "day": day, "hour": hour},
        ),
        "move_event": (f'move the event "{title}" to {day} at {hour}:00', {"title": title, "day": day, "hour": hour}),
        "cancel_event": (f'cancel the event "{title}"', {"title": title}),
        "send_mail": (
            f'send a mail to {to} with the subject "{topic}" and the text "{text}"',
            {"to": to, "subject": topic, "text": text},
        ),
        "delete_mail": (f'delete the mail "{subject}" from my inbox', {"subject": subject}),
        "create_document": (
            f'make a document "{new_name}" with the text "{text}"', {"name": new_name, "text": text},
        ),
        "rename_document": (
            f'rename the document "{document}" to "{new_name}"', {"name": document, "new_name": new_name},
        ),
        "set_switch": (f"turn {switch} {state}", {"switch": switch, "state": state}),
        "set_theme": (f"change the theme to {theme}", {"theme": theme}),
    }  # fmt: skip
    return asked[name]

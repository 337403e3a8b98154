"""What can be done on the simulated desk, and what it does to it: documents, calendar, mail and settings.

In come a State, an operation's name and its arguments; out comes the new State, or one line that says why it cannot be.
The screen and the calls both end here, so that the two ways to do a job can only differ in how, never in what. Easy to
get wrong: an operation that half succeeds leaves a state nobody asked for, so each is checked whole before it acts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
THEMES = ("light", "dark", "contrast")
SWITCHES = ("wifi", "notifications", "location", "autosave")
ON = ("on", "off")


@dataclass(frozen=True)
class State:
    """Everything on the desk. Two desks are the same iff their States are equal; order never counts."""

    events: Mapping[str, tuple[str, int]]
    """Title → day and hour."""
    sent: tuple[tuple[str, str, str], ...]
    """To, subject and text of the mails sent, sorted. Sent twice is not sent once."""
    inbox: frozenset[str]
    """Subjects."""
    documents: Mapping[str, str]
    """Name → text."""
    settings: Mapping[str, str]

    @property
    def facts(self) -> Counter[tuple[str, ...]]:
        """All that can be said of it, and how often it is so."""
        return Counter(
            [
                *(("event", title, day, str(hour)) for title, (day, hour) in self.events.items()),
                *(("sent", *mail) for mail in self.sent),
                *(("inbox", subject) for subject in self.inbox),
                *(("document", name, text) for name, text in self.documents.items()),
                *(("setting", name, value) for name, value in self.settings.items()),
            ]
        )

    def apart(self, other: State) -> int:
        """How many facts hold of one of the two and not of the other; 0 iff they are the same."""
        ours, theirs = self.facts, other.facts
        return (ours - theirs).total() + (theirs - ours).total()


Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be done, by a form on the screen or by a call."""

    name: str
    app: str
    button: str
    """Opens its form."""
    confirm: str
    """Closes its form and does it."""
    does: str
    fields: Mapping[str, str | tuple[str, ...]]
    """Name → `string`, `integer`, or the values there are."""
    act: Callable[[State, Arguments], State | str]


def _create_event(state: State, given: Arguments) -> State | str:
    if given["title"] in state.events:
        return f"there is an event {given['title']} already"
    return _put_event(state, given)


def _move_event(state: State, given: Arguments) -> State | str:
    return _put_event(state, given) if given["title"] in state.events else _none("event", given["title"])


def _put_event(state: State, given: Arguments) -> State | str:
    if not 0 <= given["hour"] <= 23:
        return "the hour must be 0 to 23"
    return replace(state, events={**state.events, given["title"]: (given["day"], given["hour"])})


def _cancel_event(state: State, given: Arguments) -> State | str:
    if given["title"] not in state.events:
        return _none("event", given["title"])
    return replace(state, events={title: at for title, at in state.events.items() if title != given["title"]})


def _send_mail(state: State, given: Arguments) -> State | str:
    return replace(state, sent=tuple(sorted((*state.sent, (given["to"], given["subject"], given["text"])))))


def _delete_mail(state: State, given: Arguments) -> State | str:
    if given["subject"] not in state.inbox:
        return _none("mail", given["subject"])
    return replace(state, inbox=state.inbox - {given["subject"]})


def _create_document(state: State, given: Arguments) -> State | str:
    if given["name"] in state.documents:
        return f"there is a document {given['name']} already"
    return replace(state, documents={**state.documents, given["name"]: given["text"]})


def _rename_document(state: State, given: Arguments) -> State | str:
    if given["name"] not in state.documents:
        return _none("document", given["name"])
    if given["new_name"] in state.documents:
        return f"there is a document {given['new_name']} already"
    kept = {name: text for name, text in state.documents.items() if name != given["name"]}
    return replace(state, documents={**kept, given["new_name"]: state.documents[given["name"]]})


def _set_switch(state: State, given: Arguments) -> State | str:
    return replace(state, settings={**state.settings, given["switch"]: given["state"]})


def _set_theme(state: State, given: Arguments) -> State | str:
    return replace(state, settings={**state.settings, "theme": given["theme"]})


def _none(thing: str, name: str) -> str:
    return f"there is no {thing} {str(name)[:60]}"


_TABLE = (
    Operation(
        "create_event", "calendar", "new event", "save", "Put an event into the calendar.",
        {"title": "string", "day": DAYS, "hour": "integer"}, _create_event,
    ),
    Operation(
        "move_event", "calendar", "move event", "save", "Move an event to another day and hour.",
        {"title": "string", "day": DAYS, "hour": "integer"}, _move_event,
    ),
    Operation(
        "cancel_event", "calendar", "cancel event", "delete", "Take an event out of the calendar.",
        {"title": "string"}, _cancel_event,
    ),
    Operation(
        "send_mail", "mail", "new mail", "send", "Send a mail.",
        {"to": "string", "subject": "string", "text": "string"}, _send_mail,
    ),
    Operation(
        "delete_mail", "mail", "delete mail", "delete", "Delete a mail from the inbox.",
        {"subject": "string"}, _delete_mail,
    ),
    Operation(
        "create_document", "documents", "new document", "save", "Make a document with a text.",
        {"name": "string", "text": "string"}, _create_document,
    ),
    Operation(
        "rename_document", "documents", "rename document", "save", "Give a document another name.",
        {"name": "string", "new_name": "string"}, _rename_document,
    ),
    Operation(
        "set_switch", "settings", "switches", "apply", "Turn a switch on or off.",
        {"switch": SWITCHES, "state": ON}, _set_switch,
    ),
    Operation(
        "set_theme", "settings", "appearance", "apply", "Choose the theme.", {"theme": THEMES}, _set_theme,
    ),
)  # fmt: skip
OPERATIONS: Mapping[str, Operation] = {operation.name: operation for operation in _TABLE}
"""By name, which is also the name of its call."""
APPS = tuple(dict.fromkeys(operation.app for operation in _TABLE))

"""The desk as an assistant meets it: screens with buttons and forms, and calls. Everything it does is timed.

In come tool calls; out come answers, a State and a list of Steps. By the screen a job takes an app, a button, every
field and a confirmation, one step each; by a call it takes one step. Easy to get wrong: seconds here are a documented
sum and no measurement, so two ways are compared by the same sum or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..task import Item
from ..tools import read, schema, tool_of
from .operations import APPS, OPERATIONS, Operation, State

WAYS = ("both", "screen", "calls")
"""Which tools are offered."""

SECONDS: Mapping[str, float] = {"think": 3.0, "point": 1.1, "click": 0.2, "key": 0.28, "call": 0.5}
"""What a step costs. `think` stands for one answer of a model; `point`, `click` and `key` (a character) are those of
the keystroke-level model (Card, Moran and Newell 1980); `call` is one round trip to an application. An assumption, the
same for all: change it and compare anew."""

LONGEST = 9
"""Characters of a number that is typed."""

SCREEN = (
    schema("open_app", "Open an app. Shows its buttons.", ("app",), app=APPS),
    schema("click", "Click a button of the app or form that is open.", ("button",), button="string"),
    schema("type_text", "Type into a field of the open form.", ("field", "text"), field="string", text="string"),
)
CALLS = tuple(schema(op.name, op.does, tuple(op.fields), **op.fields) for op in OPERATIONS.values())


@dataclass(frozen=True, slots=True)
class Step:
    """One thing an assistant did."""

    way: str
    """`screen` or `calls`; empty for a tool that is not offered."""
    seconds: float
    after: State
    """The desk as it left it."""
    error: bool = False
    changed: bool = False


@dataclass
class Desk:
    """The tools of one trial and the desk that they work on."""

    state: State
    way: str = "both"
    steps: list[Step] = field(default_factory=list[Step])
    app: str | None = None
    form: Operation | None = None
    typed: dict[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def of(cls, item: Item) -> Desk:
        """A fresh desk with what the item says is on it."""
        return cls(state_of(item.data["before"]), item.data["way"])

    @property
    def schemas(self) -> tuple[dict[str, Any], ...]:
        return {"both": SCREEN + CALLS, "screen": SCREEN, "calls": CALLS}[self.way]

    def changes(self, name: str) -> bool:
        return name in OPERATIONS or name == "click"

    async def call(self, name: str, arguments: str) -> str:
        tool = tool_of(self.schemas, name)
        way = "" if tool is None else "calls" if name in OPERATIONS else "screen"
        given = read(tool, arguments) if tool else f"error: there is no tool {name[:40]}"
        before = self.state
        answer = given if isinstance(given, str) else self._do(name, given)
        took = {"calls": SECONDS["call"], "screen": _by_hand(name, given)}.get(way, 0.0)
        error, changed = answer.startswith("error: "), self.state != before
        self.steps.append(Step(way, SECONDS["think"] + took, self.state, error, changed))
        return answer

    def _do(self, name: str, given: dict[str, Any]) -> str:
        if name in OPERATIONS:
            return self._act(OPERATIONS[name], given)
        if name == "open_app":
            self.app, self.form, self.typed = given["app"], None, {}
            return self.shown()
        return self._click(given["button"]) if name == "click" else self._type(given["field"], given["text"])

    def _click(self, button: str) -> str:
        if self.form and button == self.form.confirm:
            lacking = [name for name in self.form.fields if name not in self.typed]
            if lacking:
                return f"error: the field {lacking[0]} is empty"
            done = self._act(self.form, self.typed)
            if not done.startswith("error: "):
                self.form, self.typed = None, {}
            return done
        found = next((op for op in OPERATIONS.values() if op.app == self.app and op.button == button), None)
        if found is None:
            return f"error: there is no button {button[:40]} here. {self.shown()}"
        self.form, self.typed = found, {}
        return self.shown()

    def _type(self, name: str, text: str) -> str:
        if self.form is None or name not in self.form.fields:
            return f"error: there is no field {name[:40]} here. {self.shown()}"
        kind = self.form.fields[name]
        if isinstance(kind, tuple) and text not in kind:
            return f"error: {name} must be one of {', '.join(kind)}"
        if kind == "integer" and not (text.strip().isdecimal() and len(text) <= LONGEST):
            return f"error: {name} must be a number"
        self.typed[name] = int(text) if kind == "integer" else text
        return self.shown()

    def _act(self, operation: Operation, given: Mapping[str, Any]) -> str:
        state = operation.act(self.state, given)
        if isinstance(state, str):
            return f"error: {state}"
        self.state = state
        return "done"

    def shown(self) -> str:
        """What is on the screen."""
        if self.form:
            fields = ", ".join(f"{name}={self.typed.get(name, '')!s}" for name in self.form.fields)
            return f"[{self.app} / {self.form.button}] fields: {fields}; buttons: {self.form.confirm}"
        if self.app:
            buttons = ", ".join(op.button for op in OPERATIONS.values() if op.app == self.app)
            return f"[{self.app}] buttons: {buttons}"
        return f"[desktop] apps: {', '.join(APPS)}"


def state_of(raw: Mapping[str, Any]) -> State:
    """A State from what an item keeps of it."""
    return State(
        {title: (day, hour) for title, (day, hour) in raw["events"].items()},
        tuple(sorted((to, subject, text) for to, subject, text in raw["sent"])),
        frozenset(raw["inbox"]),
        dict(raw["documents"]),
        dict(raw["settings"]),
    )


def _by_hand(name: str, given: dict[str, Any] | str) -> float:
    characters = len(given["text"]) if name == "type_text" and isinstance(given, dict) else 0
    return SECONDS["point"] + SECONDS["click"] + characters * SECONDS["key"]

"""A person in a seat of the relay: the user with a hidden goal, or the assistant with its tools.

In come a conversation and what is typed; out come an Utterance or a Reply, as from any simulated user or model. What
was entered is kept in a Past, so that taking a turn back is playing the rest again. Easy to get wrong: the assistant
may know nothing but the conversation and its tools, so a hint is counted; and which parts a person has told is read
from their words by rule, which is no better than the rule.
"""

from __future__ import annotations

import asyncio
import shlex
import time
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from typing import Any

import orjson

from ..conversation import Conversation, Message, ToolCall
from ..models import Reply, Usage
from ..tasks.task import Hear, Item, Part, Tools
from ..users.base import Utterance
from ..users.faults import told_by
from .play_screen import BLOCK, Lines, Screen

HELP = (
    ("/parts", "what you want, and what of it you have said (as the user)"),
    ("/hint", "what to say next; hints are counted"),
    ("/tools", "the tools, and /tools NAME key=value … to call one (as the assistant)"),
    ("/undo", "take your last message back, with all that followed"),
    ("/done", "you are content: end (as the user)"),
    ("/quit", "leave; so do Ctrl-D and Ctrl-C"),
    (
        f"\\ or {BLOCK}",
        f"a line that ends in \\ goes on in the next; lines between two lines of {BLOCK} are one message",
    ),
    ("//…", "a message that begins with a slash"),
)


class Undone(Exception):
    """The person takes their last message back."""


class Left(Exception):
    """The person leaves."""


@dataclass
class Past:
    """What the person has entered, which outlives a turn taken back."""

    said: list[Utterance | Message] = field(default_factory=list[Utterance | Message])
    hints: int = 0
    undone: int = 0

    def back(self) -> None:
        """Forget the last entry."""
        self.said.pop()
        self.undone += 1


class Person:
    """What both seats share: the commands."""

    def __init__(self, item: Item, hear: Hear, screen: Screen, lines: Lines, past: Past) -> None:
        self.item, self.hear, self.screen, self.lines, self.past = item, hear, screen, lines, past
        self.at = 0
        """Entries of the past that were played again."""

    def again(self) -> Utterance | Message | None:
        """The next entry of the past, where there is one."""
        if self.at >= len(self.past.said):
            return None
        self.at += 1
        return self.past.said[self.at - 1]

    def keep(self, said: Utterance | Message) -> None:
        self.past.said.append(said)
        self.at += 1

    async def read(self, prompt: str) -> tuple[str, str]:
        """(command, its words), or ("", a message). Commands that are alike in both seats are done here.

        Raises Left and Undone.
        """
        while True:
            entered = self.lines.entry(prompt)
            await asyncio.sleep(0.01)  # while a line was awaited nothing else ran: let closed connections be noticed
            if entered is None or entered.strip() == "/quit":
                raise Left
            word = entered.strip()
            if word == "/undo" and self.past.said:
                raise Undone
            if word == "/undo":
                self.screen.say("There is nothing to take back.")
            elif word == "/help":
                self.screen.rows(HELP)
            elif word.startswith("//"):
                return "", word[1:]
            elif word.startswith("/") and "\n" not in word:
                command, _, rest = word.partition(" ")
                return command, rest.strip()
            else:
                return "", entered.strip("\n") if word else ""

    def refuse(self, command: str, why: str = "") -> None:
        """Say that a command means nothing here."""
        self.screen.say(why or f"No command is {command[:40]}; /help lists them, and // says a slash.")


class AsUser(Person):
    """Somebody who has the item's goal."""

    async def next(self, conversation: Conversation) -> Utterance:
        """What the person says, or says again after something was taken back."""
        known = self.again()
        if isinstance(known, Utterance):
            return known
        self.screen.follow(conversation)
        spoken = any(message.role == "user" for message in conversation.messages)
        while True:
            command, text = await self.read("you> ")
            if command == "/parts":
                show_parts(self.item, self.screen, {part.name for part in self.left()})
            elif command == "/hint":
                self.past.hints += 1
                self.screen.say(self.hint(conversation))
            elif command == "/tools":
                self.refuse(command, "Only the assistant has tools.")
            elif command == "/done" and spoken:
                said = Utterance(None, done=True, why="done")
                break
            elif command:
                self.refuse(command, "Say something first." if command == "/done" else "")
            elif text or not spoken:
                text = text or self.item.request
                why = "opening" if not spoken else "said"
                said = Utterance(Message("user", text), False, self.tells(text, conversation), why)
                break
        self.keep(said)
        return said

    def left(self) -> list[Part]:
        """The open parts that were not said yet."""
        told = {name for said in self.past.said if isinstance(said, Utterance) for name in said.revealed}
        return [part for part in self.item.open_parts if part.name not in told]

    def tells(self, text: str, conversation: Conversation) -> tuple[str, ...]:
        """The open parts that a message tells: those of `told_by`."""
        answered = any(message.role == "assistant" for message in conversation.messages)
        asked = self.hear(self.item, conversation).asks if answered else ()
        return told_by(text, self.item, self.left(), asked)

    def hint(self, conversation: Conversation) -> str:
        """What a user who answers what is asked, and nothing else, would do now."""
        left = self.left()
        if not any(message.role == "assistant" for message in conversation.messages):
            return "Say the request as it stands: Enter does."
        if not left:
            return "All of it is said. If you have what you want, /done; else say what is wrong."
        act = self.hear(self.item, conversation)
        asked = next((part for part in left if part.name in act.asks), None)
        if asked:
            return f"It asks for something you have not said: {asked.words}"
        if act.asks:
            return "It asks for what you have said: say it again."
        if act.elsewhere:
            return "It asks for something that is no part of your goal: say that you do not know."
        return f"It asks nothing. What is still unsaid: {' '.join(part.words for part in left)}"


def show_parts(item: Item, screen: Screen, left: Set[str]) -> None:
    """The goal, and of each part whether it was said; `left` are those that were not."""
    screen.quote(item.goal, "the goal")
    rows: list[tuple[str, str, str]] = []
    for part in item.parts:
        said = "not said" if part.name in left else "said" if part.name in item.open else "in the request"
        rows.append((said, part.name, part.words))
    if rows:
        screen.rows(rows)


class AsAssistant(Person):
    """Somebody who answers a simulated user, with the task's tools."""

    def __init__(
        self, item: Item, hear: Hear, screen: Screen, lines: Lines, past: Past, tools: Tools | None,
        heard: Sequence[Utterance],
    ) -> None:  # fmt: skip
        super().__init__(item, hear, screen, lines, past)
        self.tools = tools
        self.heard = heard
        """What the user has said: for hints alone."""

    async def reply(self, conversation: Conversation) -> Reply:
        """What the person says or calls, or does again after something was taken back."""
        began = time.monotonic()
        known = self.again()
        if isinstance(known, Message):
            message = known
        else:
            self.screen.follow(conversation)
            message = await self._typed(len(conversation))
            self.keep(message)
        finish = "tool_calls" if message.tool_calls else "stop"
        return Reply(message, Usage(0, 0), finish, "person", time.monotonic() - began)

    async def _typed(self, at: int) -> Message:
        while True:
            command, text = await self.read("you> ")
            if command == "/hint":
                self.past.hints += 1
                self.screen.say(self.hint())
            elif command == "/parts":
                self.refuse(command, "What the user has in mind is shown at the end; a /hint names one open part.")
            elif command == "/done":
                self.refuse(command, "Only the user can be content; /quit leaves.")
            elif command == "/tools" and text:
                call = call_of(text, self.tools.schemas if self.tools else (), f"call_{at}")
                if isinstance(call, ToolCall):
                    return Message("assistant", None, tool_calls=(call,))
                self.refuse(command, call)
            elif command == "/tools":
                self.show_tools()
            elif command:
                self.refuse(command)
            elif text:
                return Message("assistant", text)

    def hint(self) -> str:
        """How much is open, and what one of it is about."""
        told = {name for said in self.heard for name in said.revealed}
        left = [part for part in self.item.open_parts if part.name not in told]
        if not left:
            return "Nothing that is needed is still unsaid."
        about = " / ".join(left[0].terms[:2]) or left[0].name
        return f"{len(left)} needed part{'s are' if len(left) > 1 else ' is'} unsaid; one is about: {about}."

    def show_tools(self) -> None:
        """Every tool, with its arguments."""
        if not self.tools or not self.tools.schemas:
            self.screen.say("There are no tools here.")
            return
        for schema in self.tools.schemas:
            tool = schema["function"]
            wants: dict[str, Any] = tool["parameters"]["properties"]
            given = " ".join(f"{name}={'|'.join(kind.get('enum', (kind['type'],)))}" for name, kind in wants.items())
            self.screen.rows([(tool["name"], given, tool.get("description", ""))])


def call_of(text: str, schemas: Sequence[dict[str, Any]], id: str) -> ToolCall | str:
    """`search aspect=hotel` or `search {"aspect": "hotel"}` as a call, or one line that says what is wrong with it."""
    name, _, rest = text.partition(" ")
    tool = next((each["function"] for each in schemas if each["function"]["name"] == name), None)
    if tool is None:
        known = ", ".join(each["function"]["name"] for each in schemas) or "none"
        return f"There is no tool {name[:40]}; there are {known}."
    if rest.lstrip().startswith("{"):
        return ToolCall(name, rest.strip(), id)  # whatever is wrong with it, the tool says
    kinds: dict[str, Any] = tool["parameters"]["properties"]
    given: dict[str, Any] = {}
    try:
        words = shlex.split(rest)
    except ValueError:
        return "A quotation mark is not closed; write key=value, or key='two words'."
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            return f"{word[:40]} is no argument; write key=value, or key='two words'."
        kind = kinds.get(key, {}).get("type", "string")
        given[key] = value
        if kind in ("integer", "number", "boolean", "array", "object"):
            try:
                given[key] = orjson.loads(value)
            except orjson.JSONDecodeError:
                return f"{key[:40]} takes a value of JSON ({kind}), and {value[:40]} is none."
    return ToolCall(name, orjson.dumps(given).decode(), id)

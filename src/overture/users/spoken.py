"""Users whom a model plays: `shards-llm` rephrases the parts, `goal` improvises from a hidden goal.

In come a conversation and a model; out comes an Utterance read from strict JSON. Both prompts are files, and the
conversation stands in a fence that nothing said in it can close. Easy to get wrong: a model that plays a user drifts
into playing the assistant and into telling all; what it says is looked over by `faults`. The server is given the JSON
schema, so that a small model too can only choose a part that is open; an answer that is no such JSON all the same is
asked for once more and then fails the trial, never guessed at. A line that is not the person's (`voice.slips`), or that
leaves out the value of the part it chose, is asked for once more too, with what was wrong; if the second is no better
it stands and is counted as an error, and each asking again is counted (`Utterance.again`). Source of `goal`:
CollabLLM's simulator (Wu et al. 2025, arXiv 2502.00640), whose end is a substring there and a field here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field

from ..conversation import Conversation
from ..errors import BadAnswer, UsageError
from ..models import Model
from ..models.verdicts import Unscored, Verdict, ask
from ..tasks.listed import questions
from ..tasks.task import Item, Part
from .base import ERRORS, Speaking, Utterance, last_reply, says
from .faults import own_words, repeats, tells, told_at_opening, told_by
from .hearing import VERSION, hear
from .shards import PATIENCE
from .voice import prompt, slips

ATTEMPTS = 2
"""How often one utterance is asked for."""
LONGEST = 6000
"""Characters of one message that the player of a user is shown; the middle of a longer one is left out."""


class UserUnreadable(BadAnswer):
    """The model that plays the user gave no readable utterance."""

    kind = "user_unreadable"


class _Shard(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)
    part: str | None
    message: str = Field(min_length=1)


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)
    message: str
    done: bool


def _schema(**properties: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


_WORDS = {"type": "string", "minLength": 1, "maxLength": 300}
_LINE = {**_WORDS, "maxLength": 200}
_FIRST = _schema(message=_LINE, done={"const": False})
"""Of the first line: nobody is done before they have said what they want."""
_NEXT = _schema(message={**_LINE, "minLength": 0}, done={"type": "boolean"})


def transcript(conversation: Conversation) -> str:
    """User and assistant, a message a paragraph; system messages and tool traffic are not the user's to see."""
    lines: list[str] = []
    for message in conversation.messages:
        if message.role in ("user", "assistant") and message.text.strip():
            text = message.text
            if len(text) > LONGEST:
                text = f"{text[: LONGEST // 2]} […] {text[-LONGEST // 2 :]}"
            lines.append(f"{'YOU' if message.role == 'user' else 'ASSISTANT'}: {text}")
    return "\n\n".join(lines) or "(nothing yet)"


async def asked(
    model: Model, text: str, shape: type[Verdict], schema: Mapping[str, Any], wrong: Callable[[Verdict], str | None]
) -> tuple[Verdict, int]:
    """(the model's answer in this shape, how often it was asked again). The server is to hold it to the JSON schema.

    An answer of another shape, or one of which `wrong` says what is wrong, is asked for again; of ATTEMPTS answers the
    last that could be read stands. Raises UserUnreadable where none could.
    """
    last: Verdict | None = None
    reason, ask_for = "", text
    for again in range(ATTEMPTS):
        answer = await ask(model, ask_for, shape, schema=schema)
        if isinstance(answer, Unscored):
            reason = answer.reason
            continue
        last, kind = answer, wrong(answer)
        if kind is None:
            return answer, again
        ask_for = f"{text}\n\nYour last try was no use: you {ERRORS[kind]}. Try again, and say it as yourself."
    if last is None:
        raise UserUnreadable(f"the model that plays the user gave no readable line in {ATTEMPTS} attempts: {reason}")
    return last, ATTEMPTS - 1


def _slipped(text: str, item: Item, conversation: Conversation, told: Collection[str]) -> str | None:
    """The kind of the first slip of a line; `told` are the names of the parts that were told before."""
    if not text.strip():
        return None
    begun = last_reply(conversation) is not None
    if begun and repeats(text, item, conversation, hear(item, conversation), told):
        return "went_in_circles"
    others = [message.text for message in conversation.messages if message.role != "user"]
    found = slips(text, own_words(item), others, opening=not begun)
    return found[0].kind if found else None


class _Rephrasing:
    def __init__(self, item: Item, model: Model) -> None:
        self._item, self._model = item, model
        self._open: dict[str, Part] = {part.name: part for part in item.open_parts}
        self._told: list[str] = []
        self._patience = PATIENCE

    async def next(self, conversation: Conversation) -> Utterance:
        reply = last_reply(conversation)
        if reply is None:
            return says(self._item.request, why="opening")
        if not self._open:
            self._patience -= 1
            if self._patience < 0 or not questions(reply):
                return Utterance(None, done=True, why="nothing_left")
        left = [{"name": part.name, "words": part.words} for part in self._open.values()]
        parts = "\n".join(orjson.dumps(part).decode() for part in left) or "(nothing is left)"
        text = prompt("shards").filled({"parts": parts}, {"conversation": transcript(conversation)})
        choice = {"enum": [*self._open, None]}

        def wrong(line: _Shard) -> str | None:
            part = self._open.get(line.part or "")
            if part is not None and not tells(line.message, part, self._item):
                return "value_left_out"
            return _slipped(line.message, self._item, conversation, self._told)

        line, again = await asked(self._model, text, _Shard, _schema(part=choice, message=_WORDS), wrong)
        if line.part is not None and line.part not in self._open:
            raise UserUnreadable(f"the model that plays the user chose a part that is not open: {line.part[:40]!r}")
        if line.part is None:
            return replace(says(line.message, why="unrelated"), again=again)
        del self._open[line.part]
        self._told.append(line.part)
        why = "answered" if questions(reply) else "volunteered"
        return replace(says(line.message, (line.part,), why), again=again)


class _Improvising:
    def __init__(self, item: Item, model: Model) -> None:
        self._item, self._model = item, model
        self._open = {part.name: part for part in item.open_parts}
        self._told: list[str] = []

    async def next(self, conversation: Conversation) -> Utterance:
        text = prompt("goal").filled({"goal": self._item.goal}, {"conversation": transcript(conversation)})
        begun = last_reply(conversation) is not None
        line, again = await asked(
            self._model,
            text,
            _Line,
            _NEXT if begun else _FIRST,
            lambda line: _slipped(line.message, self._item, conversation, self._told),
        )
        if not line.message.strip():
            if not (line.done and begun):
                raise UserUnreadable("the model that plays the user said nothing and was not done")
            return Utterance(None, done=True, why="done", again=again)
        left = tuple(self._open.values())
        if begun:
            revealed = told_by(line.message, self._item, left, hear(self._item, conversation).asks)
        else:
            revealed = told_at_opening(line.message, self._item, left)
        for name in revealed:
            del self._open[name]
        self._told += revealed
        done = line.done and begun
        why = "opening" if not begun else "done" if done else "said"
        return replace(says(line.message, revealed, why, done), again=again)


@dataclass(frozen=True, slots=True)
class Played:
    """A kind of person whom a model plays."""

    name: str
    prompt: str
    """Name of the prompt file."""
    begin: Callable[[Item, Model], Speaking]
    needs_model: bool = True

    def identity(self) -> Mapping[str, Any]:
        return {"user": self.name, "version": 7, "hearing": VERSION, "prompt": prompt(self.prompt).version}

    def start(self, item: Item, seed: int, model: Model | None = None) -> Speaking:
        if model is None:
            raise UsageError(f"the user {self.name} is played by a model; name one with --user-model")
        return self.begin(item, model)


SHARDS = Played("shards-llm", "shards", _Rephrasing)
"""The user `shards` in a model's words: it chooses the part and phrases it."""
GOAL = Played("goal", "goal", _Improvising)
"""Somebody with a hidden goal: vague at first, with preferences, making mistakes."""

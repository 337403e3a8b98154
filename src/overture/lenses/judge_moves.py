"""The judge's path of the lens `moves`: a language model labels one message, read strictly.

In come a model and a message with what came before it; out comes the set of its moves and which were unasked, or
Unscored. Easy to get wrong: a judge that answers with a name outside the table has not answered.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, field_validator

from ..conversation import Message
from ..errors import ModelError
from ..models.base import Model
from ..models.verdicts import Prompt, Unscored, ask, in_words
from ..moves import MOVES, table_markdown
from .segments import call_words

BEFORE = 6000
"""Characters of the conversation before the message that the judge sees; the latest ones."""
LONGEST = 4000
"""Characters of one message that the judge sees."""


class MovesVerdict(BaseModel):
    """What the judge answers."""

    model_config = ConfigDict(extra="forbid")
    moves: list[str]
    unasked: list[str] = []

    @field_validator("moves", "unasked")
    @classmethod
    def _known(cls, names: list[str]) -> list[str]:
        unknown = [name for name in names if name not in MOVES]
        if unknown:
            raise ValueError(f"{unknown[0][:40]!r} is not a move")
        return names


@cache
def prompt() -> Prompt:
    """The judge's."""
    return Prompt.read(files("overture.lenses") / "prompts" / "judge_moves.md")


def as_text(message: Message) -> str:
    """A message as the judge sees it: text, then its tool calls in words."""
    calls = [f"{call_words(call)} {call.arguments[:400]}" for call in message.tool_calls]
    return "\n".join([message.text[:LONGEST], *calls]).strip() or "(empty)"


async def judge(model: Model, messages: tuple[Message, ...]) -> tuple[frozenset[str], frozenset[str]] | Unscored:
    """(moves, unasked) of the last of these messages."""
    earlier = "\n\n".join(f"[{m.role}] {as_text(m)}" for m in messages[:-1])
    filled = prompt().filled(
        {"table": table_markdown(), "role": messages[-1].role},
        {"before": earlier[-BEFORE:] or "(nothing)", "message": as_text(messages[-1])},
    )
    try:
        verdict = await ask(model, filled, MovesVerdict)
    except ModelError as error:
        return in_words(error)
    if isinstance(verdict, Unscored):
        return verdict
    return frozenset(verdict.moves), frozenset(verdict.unasked) & frozenset(verdict.moves)

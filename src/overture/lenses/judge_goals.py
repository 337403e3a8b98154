"""The judge's path of the lens `goals`: a language model codes both sides of one conversation, in two stages.

In come a model and a Conversation; out come the goal's and the action's activities, or Unscored with the reason. First
the model states goal and action in the style of the catalogue, in several wordings; then, for each side, it says which
of the activities nearest to those wordings fit (the two stages of Tomlinson et al. 2025, arXiv 2507.07935;
docs/recipes/working-with-ai.md numbers what differs). Easy to get wrong: what the model states in stage one came from
the log, so in stage two it stands inside the fence as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ..conversation import Conversation
from ..errors import ModelError
from ..models.base import Model
from ..models.verdicts import Prompt, Unscored, ask, in_words
from .complements import ids, titles
from .context import Floats, means
from .goals import STATEMENT, Weights, weights
from .judge_moves import as_text
from .words import vocabulary

VARIANTS = 4
"""Wordings of each side in stage one."""
CANDIDATES = 20
"""Activities of each side that stage two asks about."""
LONGEST = 8000
"""Characters of the conversation that the judge sees: half from the beginning, half from the end."""
SIDES = {
    "goal": "the user's goal: what the user is trying to get done with the assistant's help",
    "action": "the assistant's action: what the assistant itself carries out in its messages",
}

Wording = Annotated[str, Field(min_length=3, max_length=300)]


class Statement(BaseModel):
    """What stage one answers."""

    model_config = ConfigDict(extra="forbid")
    goal: Annotated[list[Wording], Field(min_length=1, max_length=12)]
    action: Annotated[list[Wording], Field(min_length=1, max_length=12)]


class Fits(BaseModel):
    """What stage two answers: numbers of candidates, from 1."""

    model_config = ConfigDict(extra="forbid")
    fits: list[Annotated[int, Field(ge=1, le=CANDIDATES)]]


@dataclass(frozen=True)
class JudgedGoals:
    """Both sides of a conversation as the model coded them."""

    goal_iwas: frozenset[str]
    action_iwas: frozenset[str]
    stated: Statement
    """What stage one said."""
    version: str
    """Of the prompts: changes when either does."""


@cache
def prompts() -> tuple[Prompt, Prompt]:
    """Those of stage one and stage two."""
    folder = files("overture.lenses") / "prompts"
    return Prompt.read(folder / "judge_goals_state.md"), Prompt.read(folder / "judge_goals_match.md")


def as_record(conversation: Conversation) -> str:
    """The conversation as the judge sees it: without the rules, each message after its role, the middle cut if it is
    long.
    """
    turns = [f"[{m.role}] {as_text(m)}" for m in conversation.messages if m.role not in ("system", "developer")]
    record = "\n\n".join(turns)
    if len(record) <= LONGEST:
        return record
    return f"{record[: LONGEST // 2]}\n[…]\n{record[-LONGEST // 2 :]}"


def nearest(wordings: Sequence[str], most: int, network: Weights | None = None) -> list[str]:
    """The ids of the activities nearest to any of these wordings of an activity, for the judge to choose from.

    Two rankings take turns: cosine of mean word vectors with the titles, and the lens's networks reading each wording
    as a task statement. The second finds more, but alone it would keep the judge from saying what the lens never would.
    """
    network = network or weights()

    def vectors(lines: Sequence[str]) -> Floats:
        rows = [vocabulary().rows(line) for line in lines]
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum([len(each) for each in rows])]).astype(np.int64)
        return means(network.words, np.array([row for each in rows for row in each], np.int64), offsets)

    def unit(rows: Floats) -> Floats:
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.float32(1e-9))

    own = vectors(wordings)
    similar = unit(own) @ unit(vectors(list(titles().values()))).T
    first, second = network.members
    left, right = np.split(own, 2, axis=1)
    read = first.logits(left, STATEMENT) + second.logits(right, STATEMENT)
    ranks = [np.argsort(np.argsort(-scores.max(axis=0), kind="stable")) for scores in (similar, read)]
    best = np.minimum(2 * ranks[0], 2 * ranks[1] + 1)
    names = ids()
    return [names[i] for i in np.argsort(best, kind="stable")[:most]]


async def judge(model: Model, conversation: Conversation) -> JudgedGoals | Unscored:
    """Code both sides: three calls. A side on which nothing fits makes the conversation Unscored, for an empty set
    would be disjoint from everything.
    """
    roles = {message.role for message in conversation.messages if as_text(message) != "(empty)"}
    if not {"user", "assistant"} <= roles:
        return Unscored("a side is empty")
    state, match = prompts()
    record = as_record(conversation)
    try:
        stated = await ask(model, state.filled({"variants": str(VARIANTS)}, {"conversation": record}), Statement, 600)
        if isinstance(stated, Unscored):
            return Unscored(f"stage one: {stated.reason}")
        found: dict[str, frozenset[str]] = {}
        for side, wordings in (("goal", stated.goal), ("action", stated.action)):
            near = nearest(wordings, CANDIDATES)
            listed = "\n".join(f"{number}. {titles()[iwa]}" for number, iwa in enumerate(near, 1))
            own = {"side": SIDES[side], "candidates": listed}
            filled = match.filled(own, {"statements": "\n".join(wordings), "conversation": record})
            verdict = await ask(model, filled, Fits, 200)
            if isinstance(verdict, Unscored):
                return Unscored(f"stage two, {side}: {verdict.reason}")
            if not verdict.fits:
                return Unscored(f"stage two, {side}: nothing fits")
            found[side] = frozenset(near[number - 1] for number in verdict.fits)
    except ModelError as error:
        return in_words(error)
    return JudgedGoals(found["goal"], found["action"], stated, f"{state.version}-{match.version}")

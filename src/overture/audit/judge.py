"""The judged sample: which messages and conversations a judge labels, and what its verdicts do to the figures.

In come candidates of lowest rank (a uniform random sample, whatever the number of workers) and a model; out come
corrected figures. Easy to get wrong: a verdict that could not be read is neither a yes nor a no. It leaves the
sample, and it is counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..conversation import Conversation
from ..errors import ModelError
from ..lenses import Columns
from ..lenses.batch import Batch
from ..lenses.judge_moves import BEFORE, as_text
from ..lenses.moves import NAMES, MoveScores, names_of
from ..models.base import GREEDY, JSON, Model, Reply, Sampling
from ..models.patience import ABSENT
from ..models.verdicts import Unscored
from ..models.wrapper import Wrapper
from ..moves import ELICITING, LEADING
from .estimates import Figure, Tally, corrected
from .kinds import EVERYTHING, Candidate, Part

AT_ONCE = 8
"""Judge calls in flight."""


@dataclass
class Judged:
    """Corrected figures by group, and how the judging went."""

    figures: dict[str, dict[str, Figure]] = field(default_factory=dict[str, dict[str, Figure]])
    messages: int = 0
    conversations: int = 0
    unscored: dict[str, int] = field(default_factory=dict[str, int])
    """Reason → verdicts that could not be had or read."""
    lost: str = ""
    """Why the judge was asked no further, where it had never answered and would not have."""


class _UntilLost(Wrapper):
    """A judge that is asked no more once it has shown, before any answer, that it cannot be had."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.answered = False
        self.lost: ModelError | None = None

    async def reply(
        self,
        conversation: Conversation,
        sampling: Sampling = GREEDY,
        tools: Sequence[JSON] = (),
        response_format: JSON | None = None,
    ) -> Reply:
        """The judge's answer. Raises as the judge does, and at once what it was lost by."""
        if self.lost is not None:
            raise self.lost
        try:
            reply = await self.model.reply(conversation, sampling, tools, response_format)
        except ABSENT as error:
            if not self.answered:
                self.lost = error
            raise
        self.answered = True
        return reply


def message_candidate(batch: Batch, moves: MoveScores, at: int, place: int, group: str) -> Candidate:
    """Message `at` of the batch with what came before it and the lens's verdict."""
    start, first, room = at, at - int(batch.index[at]), BEFORE
    while start > first and room > 0:  # a long conversation is not kept for the little of it that the judge sees
        start -= 1
        room -= len(as_text(batch.messages[start]))
    shown = tuple(message.to_dict() for message in batch.messages[start : at + 1])
    verdict = {"moves": names_of(moves.made[at]), "unasked": names_of(moves.made_unasked[at])}
    return Candidate(place, shown, group, verdict)


def conversation_candidate(batch: Batch, goals: Columns, number: int, place: int, group: str) -> Candidate:
    """Conversation `number` of the batch with the lens's verdict on its goal and its action."""
    verdict = {name: goals.conversations[name][number].as_py() for name in ("disjoint", "disjoint_corrected")}
    return Candidate(place, tuple(batch.conversations[number].to_dicts()), group, verdict)


def verdict_figures(moves: Iterable[str], unasked: Iterable[str]) -> dict[str, bool]:
    """The figures of one message, by the same definitions as the lens's columns."""
    made, called = set(moves), set(unasked)
    out = {
        "dialogue_initiative": bool(made & ELICITING),
        "task_initiative": bool(made & LEADING or called),
        "trailing": "trail" in made,
        "unasked": bool(called),
    }
    out |= {f"move:{name}": name in made for name in NAMES}
    return out | {f"unasked:{name}": name in called for name in NAMES}


def sampled(parts: Iterable[Part], most: int) -> dict[str, list[Candidate]]:
    """`messages` and `conversations` → the candidates of lowest rank, at most so many of each."""
    offered: dict[str, dict[int, Candidate]] = {"messages": {}, "conversations": {}}
    for part in parts:
        for kind, some in part.candidates.items():
            for candidate in some:
                offered[kind].setdefault(candidate.rank, candidate)
    return {kind: [found[rank] for rank in sorted(found)][:most] for kind, found in offered.items()}


async def judge_all(
    model: Model,
    candidates: Mapping[str, Sequence[Candidate]],
    tallies: Mapping[str, Tally],
    on_step: Callable[[], None],
) -> Judged:
    """Ask the judge about every candidate and correct the figures of every group that has at least two verdicts."""
    from ..lenses import complements, judge_goals, judge_moves

    result, model = Judged(), _UntilLost(model)

    async def moves_of(candidate: Candidate) -> dict[str, bool] | Unscored:
        verdict = await judge_moves.judge(model, Conversation.of(candidate.conversation).messages)
        return verdict if isinstance(verdict, Unscored) else verdict_figures(*verdict)

    async def goals_of(candidate: Candidate) -> dict[str, bool] | Unscored:
        verdict = await judge_goals.judge(model, Conversation.of(candidate.conversation))
        if isinstance(verdict, Unscored):
            return verdict
        goal, action = (complements.as_sets([side]) for side in (verdict.goal_iwas, verdict.action_iwas))
        raw, apart = complements.disjoint(goal, action)
        return {"disjoint": bool(raw[0]), "disjoint_corrected": bool(apart[0])}

    async def judged(kind: str, ask: Callable[[Candidate], Awaitable[dict[str, bool] | Unscored]]) -> int:
        rows = await _gathered(ask, candidates[kind], on_step)
        good = [(candidate, verdict) for candidate, verdict in rows if not isinstance(verdict, Unscored)]
        for _, verdict in rows:
            if isinstance(verdict, Unscored):
                result.unscored[verdict.reason] = result.unscored.get(verdict.reason, 0) + 1
        for group, tally in tallies.items():
            mine = [(c, v) for c, v in good if group in (EVERYTHING, c.group)]
            if len(mine) >= 2:
                result.figures.setdefault(group, {}).update(_corrected(mine, tally, kind))
        return len(good)

    result.messages = await judged("messages", moves_of)
    result.conversations = await judged("conversations", goals_of)
    result.lost = str(model.lost or "")
    return result


async def _gathered(
    ask: Callable[[Candidate], Awaitable[dict[str, bool] | Unscored]],
    candidates: Sequence[Candidate],
    on_step: Callable[[], None],
) -> list[tuple[Candidate, dict[str, bool] | Unscored]]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(candidate: Candidate) -> tuple[Candidate, dict[str, bool] | Unscored]:
        async with gate:
            verdict = await ask(candidate)
        on_step()
        return candidate, verdict

    return list(await asyncio.gather(*(one(candidate) for candidate in candidates)))


def _corrected(rows: list[tuple[Candidate, dict[str, bool]]], tally: Tally, kind: str) -> dict[str, Figure]:
    out: dict[str, Figure] = {}
    said: list[dict[str, Any]] = [
        verdict_figures(c.verdict["moves"], c.verdict["unasked"]) if kind == "messages" else c.verdict for c, _ in rows
    ]
    for name in rows[0][1]:
        if name not in tally.names:
            continue
        figure = tally.figure(name)
        if figure.value is not None:
            judged = [verdict[name] for _, verdict in rows]
            lens = [bool(one[name]) for one in said]
            out[name] = corrected(judged, lens, figure.value, tally.error(name), figure.n)
    return out

"""A model steered by a policy, which is again a model: plan, answer, review, at most one more answer and its review.

In come a model and a policy; out comes a Model that answers wherever the bare one could, so a simulation, an
audit's judge or a client of your own can use it in two lines. What was decided stands in
`Reply.details["decisions"]`. Easy to get wrong: a policy that fails, or is late, must never cost the user the
answer: the turn goes on unsteered and the failure is noted. And a second draft may hold what the first was not sent
back for, so it is reviewed like the first.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, cast

import orjson

from ..conversation import Conversation, Message
from ..errors import ModelError
from ..models import GREEDY, Model, Reply, Sampling, load
from ..models.base import JSON, Closing, Usage, check_conversation
from .base import LEAVE, Decision, Policy, heeded, instructed, is_draft, second, with_tools

VERSION = "3"
"""Changes whenever a policy that reviews would lead otherwise."""
DRAFTS = 2
"""Answers of the model's in one turn: the second is sent back by nobody."""
DEADLINE = 10.0
"""Seconds that a policy may take for one decision, unless told otherwise."""


@dataclass(frozen=True)
class Steered(Closing):
    """A model that a policy leads."""

    model: Model
    policy: Policy
    deadline: float | None = DEADLINE
    """Seconds for one decision; a later one is not waited for. None: every one is."""

    @property
    def name(self) -> str:
        return f"{self.model.name}+{self.policy.name}"

    def identity(self) -> dict[str, str]:
        """The model's, with the policy's beside it."""
        policy = orjson.dumps(_identity(self.policy), option=orjson.OPT_SORT_KEYS).decode()
        return {**self.model.identity(), "policy": policy}

    async def reply(
        self,
        conversation: Conversation,
        sampling: Sampling = GREEDY,
        tools: Sequence[JSON] = (),
        response_format: JSON | None = None,
    ) -> Reply:
        """The next message. Raises as the model does."""
        check_conversation(conversation)
        seen = with_tools(conversation, tools)
        began = perf_counter()
        plan = await self._planned(seen, response_format)
        reviewed = self._reviews(conversation, response_format)
        took = perf_counter() - began
        if plan.say:
            return _said(plan, self.model.name, (plan,), (), took)
        given = instructed(plan.instead or conversation, plan.instruction)
        decisions, drafts = [plan], list[Reply]()
        for _ in range(DRAFTS):
            draft = await self.model.reply(given, sampling, tools, response_format)
            drafts.append(draft)
            if not reviewed:
                break
            began = perf_counter()
            review = await self.decide(seen.then(draft.message))
            took += perf_counter() - began
            decisions.append(review)
            if review.say:
                return _said(review, draft.model, decisions, drafts, took)
            if not review.sends_back:
                break
            given = instructed(review.instead or plan.instead or conversation, review.instruction)
            seen = second(seen, review.move)
        return _noted(drafts[-1], decisions, drafts, took)

    async def stream(
        self,
        conversation: Conversation,
        sampling: Sampling = GREEDY,
        tools: Sequence[JSON] = (),
        response_format: JSON | None = None,
    ) -> AsyncIterator[str]:
        """Piece by piece where the policy reviews no drafts; else the whole answer once it is reviewed."""
        if self._reviews(conversation, response_format):
            yield (await self.reply(conversation, sampling, tools, response_format)).message.text
            return
        plan = await self._planned(with_tools(conversation, tools), response_format)
        if plan.say:
            yield plan.say
            return
        given = instructed(plan.instead or conversation, plan.instruction)
        async for piece in self.model.stream(given, sampling, tools, response_format):
            yield piece

    async def decide(self, conversation: Conversation) -> Decision:
        """The policy's decision, or LEAVE with the failure in its details; of a second draft never one that sends it
        back. Never raises but when cancelled."""
        limit = asyncio.timeout(self.deadline)
        try:
            async with limit:
                decision = heeded(_decision(await self.policy.decide(conversation)), conversation)
        except Exception as error:  # whatever a policy does wrong, the user gets an answer
            kind = error.kind if isinstance(error, ModelError) else type(error).__name__
            return replace(LEAVE, policy=self.policy.name, details={"failed": "deadline" if limit.expired() else kind})
        return decision if decision.policy else replace(decision, policy=self.policy.name)

    async def _planned(self, seen: Conversation, response_format: JSON | None) -> Decision:
        """The plan; LEAVE with the reason in its details where the turn cannot be led."""
        if why := unsteerable(seen, response_format):
            return replace(LEAVE, policy=self.policy.name, details={"unsteered": why})
        return await self.decide(seen)

    def _reviews(self, conversation: Conversation, response_format: JSON | None) -> bool:
        return self.policy.reviews and not unsteerable(conversation, response_format)

    async def close(self) -> None:
        """Close the model."""
        await self.model.close()


@dataclass(frozen=True)
class Steering:
    """A policy that is made anew for each model it leads, as a simulation needs it: there each trial has its own, and
    no decision is too late, or what a trial comes to would hang on how busy the machine is.
    """

    spec: str
    """As `named.make` takes it."""

    def identity(self) -> Mapping[str, Any]:
        """What determines the decisions."""
        from .named import make

        return _identity(make(self.spec))

    def over(self, model: Model) -> Model:
        """The model, led."""
        from .named import make

        return Steered(model, make(self.spec, model), deadline=None)


def steer(model: Model | str, policy: Policy | str) -> Steered:
    """A model led by a policy; each may be a word, such as `embedded` and `gaps,doer+civility`.

    Raises UsageError on a word that names none.
    """
    if isinstance(model, str):
        model = load(model)
    if isinstance(policy, str):
        from .named import make

        policy = make(policy, model)
    return Steered(model, policy)


def unsteerable(conversation: Conversation, response_format: Any) -> str:
    """Why no words may be put into the next answer, or the empty string: whoever asks for JSON could not take them,
    and an answer that has been begun would only go on."""
    if isinstance(response_format, dict) and cast("JSON", response_format).get("type") not in (None, "text"):
        return "response_format"
    return "prefill" if is_draft(conversation) else ""


def _decision(made: Any) -> Decision:
    """What a policy of anybody's gave back. Raises TypeError where it is no decision."""
    if not isinstance(made, Decision):
        raise TypeError("a policy decides with a Decision")
    held = cast("Any", made)  # no field of a dataclass is checked when one is made
    texts = (held.move, held.say, held.instruction, held.policy, held.why)
    if not (
        all(isinstance(text, str) for text in texts)
        and isinstance(held.details, Mapping)
        and isinstance(held.confidence, int | float)
        and isinstance(held.instead, Conversation | None)
    ):
        raise TypeError("a field of the Decision is not of its type")
    return made


def _identity(policy: Policy) -> dict[str, Any]:
    """What determines where a policy leads a model."""
    return {**policy.identity(), "steering": VERSION} if policy.reviews else dict(policy.identity())


def _said(decision: Decision, model: str, decisions: Sequence[Decision], spent: Sequence[Reply], took: float) -> Reply:
    """The policy's own words as a reply; what drafts took is counted."""
    reply = Reply(Message("assistant", decision.say), Usage(0, 0, 0.0), "stop", model, 0.0)
    return _noted(reply, decisions, spent, took)


def _noted(reply: Reply, decisions: Sequence[Decision], spent: Sequence[Reply], took: float) -> Reply:
    """The reply with what every call of this turn took, the deciding too, and what was decided."""
    if spent:
        costs = [each.usage.cost for each in spent]
        reply = replace(
            reply,
            usage=Usage(
                sum(each.usage.prompt_tokens for each in spent),
                sum(each.usage.completion_tokens for each in spent),
                None if any(cost is None for cost in costs) else sum(cost or 0.0 for cost in costs),
            ),
        )
    reply = replace(reply, seconds=took + sum(each.seconds for each in spent))
    made = [decision.to_dict(content=True) for decision in decisions if not decision.leaves or decision.details]
    return replace(reply, details={**reply.details, "decisions": made})

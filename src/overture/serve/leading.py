"""A request that a policy leads: plan, answer, review, at most one more answer and its review.

In come a request, who leads it and an upstream; out goes the upstream's answer untouched, the answer to a request that
was told more, or the policy's own words. Easy to get wrong: an answer that is to be reviewed cannot be handed on as it
comes, so it is held; what is too long to hold, or cannot be read, goes on unreviewed, is counted, and is never lost.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from aiohttp import web
from multidict import CIMultiDict

from ..conversation import Conversation, Message
from ..errors import BadAnswer, BadRecord
from ..policies import Decision, Steered
from ..policies.base import second, sent_back_to
from ..policies.steer import unsteerable
from .answers import STREAM, spoken, until_stop
from .asked import remembering
from .bodies import Body
from .copies import Copy
from .exchange import Exchange
from .headers import DIGESTS, for_client
from .relay import relay, send, stream
from .steering import rewritten, seen_of, too_long, wordless
from .upstream import Answer, Upstream

MADE_ANEW = frozenset({"content-length", "content-encoding", "content-type", "etag", *map(str.lower, DIGESTS)})
"""Headers of a draft that say something of its bytes."""


@dataclass(frozen=True)
class Leading:
    """One request, and all that is needed to lead it."""

    request: web.BaseRequest
    exchange: Exchange
    upstream: Upstream
    query: str
    body: Body
    headers: CIMultiDict[str]
    own: dict[str, str]
    steered: Steered
    seen: Conversation
    keep: bool
    """Whether the answer is copied for the log."""

    async def answered(self, copy: Copy) -> web.StreamResponse:
        """Lead it to its answer; what the upstream said last is in `copy`, unless the policy spoke."""
        plan = await self._decided("plan", self.seen)
        if plan.say:
            return await self._say(plan.say)
        asked = rewritten(self.body, self.seen, plan)
        if not self.steered.policy.reviews:
            return await self._asked(asked, copy)
        return await self._led(asked, self.seen, copy, plan.instead)

    async def _led(
        self, asked: Body, seen: Conversation, copy: Copy, instead: Conversation | None = None
    ) -> web.StreamResponse:
        """A draft and its review; where that sends it back, the same once more, for of the second it never does.
        `instead`: what the plan gave the model in place of the conversation, which holds for the second as well."""
        headers = self._headers(asked)
        headers["Accept-Encoding"] = "identity"  # it has to be read
        self.exchange.calls += 1
        async with self.upstream.chat(asked.raw, headers, self.query) as answer:
            if answer.status != 200:
                return await relay(self.request, answer, self.exchange, self._told())
            held = await _held(answer, copy)
            review = await self._reviewed(held, seen)
            if review is None or not (review.say or review.sends_back):
                return await self._emitted(held)
        if review.say:
            return await self._say(review.say, held)
        copy.restart()
        again = replace(review, instead=review.instead or instead)
        return await self._led(rewritten(self.body, self.seen, again), second(seen, review.move), copy)

    async def _asked(self, body: Body, copy: Copy) -> web.StreamResponse:
        self.exchange.calls += 1
        async with self.upstream.chat(body.raw, self._headers(body), self.query) as answer:
            return await relay(self.request, answer, self.exchange, self._told(), copy if self.keep else None)

    async def _decided(self, moment: str, seen: Conversation) -> Decision:
        decision = await self.steered.decide(seen)
        note(self.exchange, moment, decision)
        return decision

    async def _reviewed(self, held: Held, seen: Conversation) -> Decision | None:
        """What a review of the draft comes to; None where it cannot be reviewed, and that is counted."""
        try:
            drafts = held.copy.drafts()
        except BadAnswer:
            self.exchange.unsteered = self.exchange.unsteered or "draft_not_readable"
            return None
        return await reviewed(seen, drafts, self._decided)

    async def _emitted(self, held: Held) -> web.StreamResponse:
        """The draft as it came."""
        answer = held.answer
        headers = for_client(answer.headers)
        if answer.length is not None and held.more is None:
            body = b"".join(held.copy.pieces)
            return await send(self.request, self.exchange, 200, headers, self._told(), body, answer.reason)
        return await stream(self.request, self.exchange, 200, headers, self._told(), held.all(), answer.reason)

    async def _say(self, text: str, held: Held | None = None) -> web.StreamResponse:
        """The policy's words, under the headers of the draft that they take the place of."""
        asked = self.body.value
        text = until_stop(text, asked.get("stop"))
        if held is None:
            headers, data = CIMultiDict[str](), spoken(text, asked)
        else:
            kept = for_client(held.answer.headers)
            headers = CIMultiDict((name, value) for name, value in kept.items() if name.lower() not in MADE_ANEW)
            data = spoken(text, asked, held.copy.data(), held.copy.streamed)
        headers["Content-Type"] = f"{STREAM}; charset=utf-8" if asked.get("stream") else "application/json"
        self.exchange.answer = {"role": "assistant", "content": text}
        return await send(self.request, self.exchange, 200, headers, self._told(), data)

    def _headers(self, body: Body) -> CIMultiDict[str]:
        headers = self.headers.copy()
        if not body.encoding:
            headers.pop("Content-Encoding", None)
        if body.raw is not self.body.raw:
            for name in ("Idempotency-Key", *DIGESTS):  # the key is for one body
                headers.popall(name, None)
        return headers

    def _told(self) -> Mapping[str, str]:
        return {**self.own, **self.exchange.headers()}


@dataclass
class Held:
    """A draft: a copy of it, and what is still to come where there was too much to keep."""

    answer: Answer
    copy: Copy
    more: AsyncIterator[bytes] | None = None

    async def all(self) -> AsyncIterator[bytes]:
        """Every piece, as it came."""
        for piece in self.copy.pieces:
            yield piece
        if self.more is not None:
            async for piece in self.more:
                yield piece


async def _held(answer: Answer, copy: Copy) -> Held:
    copy.begin(answer)
    pieces = answer.pieces()
    async for piece in pieces:
        copy.add(piece)
        if copy.too_large:
            return Held(answer, copy, _then(piece, pieces))
    return Held(answer, copy)


async def _then(piece: bytes, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield piece
    async for following in pieces:
        yield following


def note(exchange: Exchange, moment: str, decision: Decision) -> None:
    """Keep a decision, and why it is none where the policy failed. It was the whole policy that left the turn alone."""
    exchange.decisions.append((moment, replace(decision, policy=exchange.policy) if decision.leaves else decision))
    if failed := decision.details.get("failed"):
        exchange.unsteered = exchange.unsteered or str(failed)


async def reviewed(
    seen: Conversation, drafts: Sequence[Message], decided: Callable[[str, Conversation], Awaitable[Decision]]
) -> Decision | None:
    """Review the choices of a draft in order; the first decision that does not leave one alone is for all of them, and
    after one that was late none is waited for."""
    review = None
    with remembering():
        for draft in drafts:
            review = await decided("second_review" if sent_back_to(seen) else "review", seen.then(draft))
            if not review.leaves or review.details.get("failed") == "deadline":
                break
    return review


def readable(body: Body) -> tuple[Conversation | None, str]:
    """(the conversation, "") or (None, why it cannot be led)."""
    try:
        seen = seen_of(body.value)
    except BadRecord:
        return None, "not_readable"
    if too_long(seen.messages):
        return None, "too_long"
    reason = unsteerable(seen, body.value.get("response_format")) or wordless(body.value)
    return (None, reason) if reason else (seen, "")

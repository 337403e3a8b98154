"""Manners around any policy: one question, not twice, not what was said, no more than is welcome, and none after
"just do it".

In come a conversation and what the wrapped policy decides; out comes that decision, or one with better manners. After
Deng, Liao, Zheng, Yang and Chua 2024 (arXiv 2404.12670), whose third dimension this is;
docs/recipes/proactive-civility.md has the departures. It also looks at drafts, because the model may pester of itself.
Easy to get wrong: a question that stands in for a held call cannot simply be dropped, or the invention behind it would
be let through; then it becomes a plain statement of what was not done and why.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..conversation import Conversation, Message
from ..lenses.segments import spans
from ..moves import ELICITING, LEADING
from ..tasks.listed import questions
from ..tasks.wording import WANTS_QUESTIONS, WRITES
from . import initiative as budget
from . import one_question as cutting
from .api_first import fits
from .base import LEAVE, Decision, First, Policy, is_draft, tools_of
from .doer import judged
from .effects import changes_state, function_of, named, words_of
from .gaps_words import TO_GO_ON, ours
from .grounding.question import parameters
from .initiative import TO_ASK, TO_LEAD, afresh, asked_before, enough, forbidden, initiative, pressed, took_initiative
from .manners import already_said, topic, without_trail
from .one_question import one_question, things
from .privacy import private
from .replies import just_do_it, sentences

VERSION = f"6, initiative {budget.VERSION}, one question {cutting.VERSION}"
"""Changes whenever some decision or draft would be changed otherwise."""
_GO_ON = {
    "just_do_it": "Do not ask the user anything in this turn. Go ahead with what is known. If something is missing, "
    "take the most sensible value and name it in one short sentence.",
    "forbidden": "Ask the user nothing, as you were told. Go ahead with what is known. If something is missing, take "
    "the most sensible value and name it in one short sentence.",
    "twice": "You have asked this before; do not ask it again. Go on with what is known, or say in one short sentence "
    "what cannot be done without it.",
    "said": "The user has already said what you ask for; do not ask it again. Use what was said.",
    "budget": TO_GO_ON,
    "private": "Do not ask about private matters that the user has not raised. Go on without them.",
}


@dataclass(frozen=True)
class Civility:
    """Lends manners to a policy. Offline; it reviews drafts."""

    inner: Policy = field(default_factory=lambda: First(()))
    """The policy whose decisions are looked at; by default none, and then only drafts are."""
    reviews: bool = True

    @property
    def name(self) -> str:
        return f"{self.inner.name}+civility"

    def identity(self) -> Mapping[str, Any]:
        return {"policy": "civility", "version": VERSION, "inner": dict(self.inner.identity())}

    async def decide(self, conversation: Conversation) -> Decision:
        """The wrapped policy's decision, LEAVE, or what manners put in its place."""
        if not is_draft(conversation):
            return self._mannered(await self.inner.decide(conversation), conversation.messages, conversation)
        *before, draft = conversation.messages
        decision = await self.inner.decide(conversation) if self.inner.reviews else LEAVE
        if not decision.leaves:
            return self._mannered(decision, before, conversation, draft)
        reviewed = await self._reviewed(draft, before, conversation)
        return decision if reviewed.leaves else reviewed

    def _mannered(
        self, decision: Decision, before: Sequence[Message], conversation: Conversation, draft: Message | None = None
    ) -> Decision:
        if not (decision.move in ELICITING or decision.move in LEADING or questions(decision.say)):
            return decision
        asks = decision.move in ELICITING or bool(questions(decision.say))
        asked = questions(decision.say)
        left = initiative(Conversation(tuple(before), metadata=conversation.metadata))
        rule = _broken(asked, before, spoken=bool(decision.say)) if asks else None
        if rule is None and left < (TO_ASK if asks else TO_LEAD):
            rule = "budget"
        if rule is None:
            shorter = one_question(decision.say, within=False)
            return _by(replace(decision, say=shorter), self, "one_question") if shorter else decision
        if draft is not None and draft.tool_calls:
            return _held(decision, self, rule)
        if decision.move == "challenge" and (named := _unasked(decision.say)):
            return _by(replace(decision, say=named, why=_WHY[rule]), self, rule, decision)
        if not asks or rule == "budget":
            return _by(LEAVE, self, rule, decision)
        return _by(Decision("assume", _GO_ON[rule], decision.confidence, why=_WHY[rule]), self, rule, decision)

    async def _reviewed(self, draft: Message, before: Sequence[Message], conversation: Conversation) -> Decision:
        """What manners make of a draft that the wrapped policy left alone."""
        if draft.tool_calls or not draft.text or not took_initiative(draft.text):
            return await self._trail(draft, before, conversation)
        request = next((message for message in before if message.role == "user"), Message("user", ""))
        if _wants_questions(request.text) or WRITES.search(request.text) or _plays(before) or _WARNS.search(draft.text):
            return LEAVE
        own = not ours(draft.text)  # what repeats a policy's words is not the model's own thought
        found = things(draft.text, within=own)
        asked = [each.own for each in found] if len(found) > 1 else questions(draft.text)
        rules = [_broken((each,), before, spoken=True, own=own) for each in asked]
        rule = rules[0] if rules and all(rules) else None
        left = initiative(Conversation(tuple(before), metadata=conversation.metadata))
        if rule is None and asked and left < TO_ASK:
            rule = "budget"
        # what hands something over beside what it asks must not be cut short
        if rule and (rule in ("just_do_it", "forbidden", "private") or not judged(request, draft).delivers):
            talk = Conversation(tuple(before), metadata=conversation.metadata)
            again = afresh(talk, None if left < TO_ASK else ours)
            return _by(Decision("assume", _GO_ON[rule], why=_WHY[rule], instead=again), self, rule)
        barred = {each.words for each, broken in zip(found, rules, strict=False) if broken}
        wanted = _wanted(conversation, before)

        def need(question: str) -> float | None:
            return None if question in barred else _need(question, wanted)

        if (shorter := one_question(draft.text, need, within=own)) and not judged(request, draft).delivers:
            return _by(Decision("elicit", say=shorter, why=_WHY["one_question"]), self, "one_question")
        return LEAVE

    async def _trail(self, draft: Message, before: Sequence[Message], conversation: Conversation) -> Decision:
        """A generic offer at the end gives way to the question that the wrapped policy would have put, if any."""
        bare = without_trail(draft.text) if draft.text and not draft.tool_calls else None
        talk = Conversation(tuple(before), metadata=conversation.metadata)
        if bare is None or enough(before) or initiative(talk) < TO_ASK:
            return LEAVE
        plan = await self.inner.decide(talk)
        asked = questions(plan.say)
        if plan.move not in ELICITING or not asked or _broken(asked[:1], before, spoken=True):
            return LEAVE
        # what is heard of a question is without the words that it quotes
        say = f"{bare}\n\n{one_question(plan.say, within=False) or plan.say}".strip()
        return _by(Decision(plan.move, say=say, why=_WHY["trail"], confidence=plan.confidence), self, "trail", plan)


_OPTIONAL = re.compile(
    r"^\W*(?:and |also,? |finally,? |lastly,? )?(?:(?:do|would|are|have) (?:you|they)|is there)\b(?!.* or )|"
    r"\bany\b|\boptional\w*",
    re.IGNORECASE,
)
_PLAYS = re.compile(
    r"\brole-?\s?play\w*|\bact as\b|\bpretend (?:to be|(?:that )?you(?:'re| are))\b|\bplay the (?:role|part) of\b|"
    r"\b(?:interview|quiz|test|examine) me\b|\bsocratic\w*|\bplay (?:twenty|20) questions\b",
    re.IGNORECASE,
)
_WARNS = re.compile(
    r"\b(?:call|dial|ring|text|phone) (?:\w+ ){0,3}?(?:112|911|999|988|111|an? ambulance|(?:the )?police|emergency)\b|"
    r"\b(?:hotline|helpline|lifeline|poison control|emergency (?:services|room|number))\b|"
    r"\b(?:go|get|head)(?: straight)? to (?:the|an?) (?:nearest )?(?:hospital|er|emergency|a&e)\b|"
    r"\b(?:see|seek|call|consult) (?:a (?:doctor|vet)|medical)\b|\bstop (?:taking|using)\b",
    re.IGNORECASE,
)
"""Says where help is, which must not be cut off with a second question."""
_WHY = {
    "just_do_it": "the user said to get on with it",
    "forbidden": "the operator wants no questions",
    "twice": "this was asked before",
    "said": "the user has said this",
    "private": "this is the user's to raise",
    "budget": "the user has brushed off too much",
    "one_question": "one question at a time",
    "trail": "a question was open, and the draft ended in a generic offer",
}


def _broken(asked: Sequence[str], before: Sequence[Message], spoken: bool, own: bool = False) -> str | None:
    """The first rule that asking this would break. The model's `own` question may be put a second time to a user who
    has not answered it, because they may have answered half of it."""
    if enough(before):
        return "forbidden" if forbidden(before) else "just_do_it"
    if not spoken:
        return None
    for question in asked[:1]:
        if private(question, before):
            return "private"
        if pressed(question, before) if own else asked_before(question, before):
            return "twice"
        if already_said(question, before):
            return "said"
    return None


def _wants_questions(request: str) -> bool:
    """Whether the request itself is for questions, and does not merely say that it wants none."""
    return any(WANTS_QUESTIONS.search(each) and not just_do_it(each) for each in sentences(request))


def _plays(messages: Sequence[Message]) -> bool:
    """Whether the user has asked for a part to be played, or to be questioned: then its questions are the thing."""
    return any(message.role == "user" and _PLAYS.search(message.text) for message in messages)


def _wanted(conversation: Conversation, before: Sequence[Message]) -> frozenset[str]:
    """What the tools that would do what was asked cannot do without."""
    request = next((message.text for message in reversed(before) if message.role == "user"), "")
    offered = [tool for tool in tools_of(conversation) if changes_state(str(function_of(tool).get("name", "")), tool)]
    found: set[str] = set()
    for name in fits(request, offered):
        schema = parameters(named(offered, name)) or {}
        found.update(*(topic(" ".join(words_of(str(each)))) for each in schema.get("required") or ()))
    return frozenset(found)


def _need(question: str, wanted: frozenset[str]) -> float:
    """How little a question is needed: 0 where a call would wait for its answer, 1 where it wants a value, 2 where "no"
    would do for an answer."""
    if topic(question) & wanted:
        return 0
    return 2 if _OPTIONAL.search(question) else 1


def _held(decision: Decision, by: Civility, rule: str) -> Decision:
    """A held call whose question may not be put: said plainly, without asking."""
    if rule in ("twice", "said", "budget"):
        return decision  # the wrapped policy counts its own questions, and no call may go through unanswered
    lacking = decision.details.get("arguments")
    names = [str(each).split(".")[-1].replace("_", " ") for each in lacking] if isinstance(lacking, list) else []
    *others, last = names or ["something it needs"]
    were = f"{', '.join(others)} and {last} were" if others else f"{last} was"
    say = f"I have not done that yet: {were} not given."
    return _by(replace(decision, move="decline", say=say, why=_WHY[rule]), by, rule, decision)


def _by(decision: Decision, by: Civility, rule: str, inner: Decision | None = None) -> Decision:
    details = {**(inner.details if inner else decision.details), "civility": rule}
    if inner is not None:
        details |= {"instead_of": inner.move, "inner": inner.policy or by.inner.name}
    return replace(decision, policy="civility", details=details)


def _unasked(say: str) -> str:
    """What a policy says beside its question: what cannot be is named, whether or not it may be asked about."""
    return " ".join(say[start:end] for start, end in spans(say) if not questions(say[start:end]))

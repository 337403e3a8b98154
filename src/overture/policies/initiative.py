"""How much initiative is welcome now, read from what came of it so far.

In come the messages of a conversation; out come its exchanges (what the assistant asked, what the user said to it, and
whether that brought anything), and one number, the budget, from 0 to 1. Nothing is stored, so workers agree. Easy to
get wrong: "I don't know", "as I said" and "that is beside the point" are replies and bring nothing, while "7" and "the
second one" are short and bring all that was asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..conversation import Conversation, Message
from ..lenses.segments import spans
from ..tasks.kept import kept
from ..tasks.listed import questions
from ..tasks.wording import OFFERS, apart, blanked
from .gaps_figures import waited
from .manners import PERMISSION, same, telling
from .replies import delegates, does_not_know, just_do_it, rejects, sentences

VERSION = "6"
"""Changes whenever some conversation would leave another budget."""
SPENDS, REFUND, BRUSHED, NEWS = 0.2, 0.5, 0.5, 0.1
"""What an initiative takes from the budget, what comes back when it is taken up, the factor when it comes to nothing,
and what comes back when the user says something new of themselves."""
TO_ASK, TO_LEAD = 0.25, 0.5
"""What must be left for a question that is needed, and for a proposal."""
_REPEATS = re.compile(
    r"\b(?:as|like) i (?:just |already )?(?:said|told you|wrote|mentioned)\b|"
    r"\bi (?:just|already|have already|'ve already) "
    r"(?:said|told|wrote|mentioned|answered)\b|\bi told you\b",
    re.IGNORECASE,
)
_FORBIDS = re.compile(
    r"\b(?:(?:do not|don't|never|must not|mustn't|should not|shouldn't|may not|can't|cannot|avoid|without|refrain from)"
    r" (?:ever )?ask(?:ing)?(?: (?:the|your|any|further|more|clarifying|clarification|follow-?up|additional|users?|"
    r"customers?|clients?|me|them|people|back|for)){0,4} (?:questions?|clarifications?|anything)|ask no"
    r"(?: (?:further|clarifying|follow-?up))? questions|no (?:clarifying |follow-?up )?questions)"
    r"(?=\s*(?:[.;!)\n]|$|,(?! ?(?:unless|except|until|if|when))|(?:and|but|or|just|at all|ever)\b))",
    re.IGNORECASE,
)
_BUT = re.compile(r"\bbut\b", re.IGNORECASE)
_BESIDE = re.compile(
    r"\b(?:beside|besides|missing|not) the point\b|\birrelevant\b|\b(?:not|isn't) (?:relevant|important)\b|"
    r"\bwhat (?:does|has) (?:that|this|it) (?:got to|have to) do with\b|"
    r"\bwhy (?:do|are) you (?:ask|asking|need|want)\b",
    re.IGNORECASE,
)
_SHORT, _MOSTLY = 4, 0.5
"""Words of an answer that does not say by itself what it answers; share of a message's words that are questions."""
_HEARD_BEFORE = 3
"""Telling words that a reply must have before it counts as a mere repetition, where it does not say that it is one."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A message of the assistant's that took the initiative, and the user's next words."""

    at: int
    """Where the assistant's message stands."""
    heard: int
    """Where the user's reply stands."""
    asked: tuple[str, ...]
    """Its questions; none where it offered something."""
    brought: bool
    """Whether the reply took it up: said something new, or agreed."""


def exchanges(messages: Sequence[Message]) -> list[Exchange]:
    """The initiatives of the assistant that a user has answered, in order."""
    found: list[Exchange] = []
    said = frozenset[str]()
    pending = -1
    for at, message in enumerate(messages):
        if message.role == "assistant" and took_initiative(message.text):
            pending = at
        elif message.role == "user":
            if pending >= 0:
                brought = not brings_nothing(message.text, said)
                found.append(Exchange(pending, at, questions(messages[pending].text), brought))
                pending = -1
            said |= telling(message.text)
    return found


def initiative(conversation: Conversation) -> float:
    """0 to 1: how much initiative is welcome now. `metadata["initiative"]` is what there was to begin with, else 1.

    budget ← budget − SPENDS for each message of the assistant that asks or offers; then, by the user's next words,
    min(1, budget + REFUND) if they took it up, or budget × BRUSHED if it came to nothing. A user who says something
    new unasked gives NEWS back.
    """
    given = conversation.metadata.get("initiative", 1.0)
    budget = min(1.0, max(0.0, float(given))) if isinstance(given, int | float) else 1.0
    messages = conversation.messages
    answered = {each.heard: each.brought for each in exchanges(messages)}
    said = frozenset[str]()
    spoken = False
    for at, message in enumerate(messages):
        if message.role == "assistant":
            spoken = True
            if took_initiative(message.text):
                budget = max(0.0, budget - SPENDS)
        elif message.role == "user":
            if at in answered:
                budget = min(1.0, budget + REFUND) if answered[at] else budget * BRUSHED
            elif spoken and telling(message.text) - said and not brings_nothing(message.text, said):
                budget = min(1.0, budget + NEWS)
            said |= telling(message.text)
    return budget


def brings_nothing(text: str, said: frozenset[str] = frozenset()) -> bool:
    """Whether a reply leaves a question where it was: brushed off, beside the point, "I don't know" and no more, left
    to the other, or what had been said already. `said`: the telling words of what the user said before."""
    if brushed_off(text):
        return True
    own = [each for sentence in sentences(_REPEATS.sub(" ", text.replace("’", "'"))) for each in _BUT.split(sentence)]
    left = [each for each in own if not (does_not_know(each) or delegates(each))]
    if not left:
        return bool(own)
    words = telling(" ".join(left))
    if len(left) < len(own) and not words - said:
        return True
    if _REPEATS.search(text.replace("’", "'")):
        return words <= said
    return len(words) >= _HEARD_BEFORE and words <= said


def brushed_off(text: str) -> bool:
    """Whether a user's words turn an initiative away: told to get on with it, turned down, or met with nothing."""
    if just_do_it(text, asked=True) or rejects(text) or not re.search(r"\w", text):
        return True
    return any(_BESIDE.search(each) for each in sentences(text))


@kept()
def took_initiative(text: str) -> bool:
    """Whether a message of the assistant's puts a question or an offer to the user; a trailing courtesy is none."""
    if questions(text):
        return True
    return any(OFFERS.search(text[start:end]) for start, end in spans(text))


def enough(messages: Sequence[Message]) -> bool:
    """Whether the user has said "just do it" or the like, or the operator wants no questions, and the user has not
    asked to be asked since."""
    stop = forbidden(messages)
    asked = False
    for message in messages:
        if message.role == "assistant":
            asked = bool(questions(message.text))
        elif message.role == "user":
            if just_do_it(message.text, asked):
                stop = True
            elif re.search(
                r"\b(?:ask me|any questions for me|you (?:can|may) ask|feel free to ask)\b", message.text, re.I
            ):
                stop = False
    return stop


def forbidden(messages: Sequence[Message]) -> bool:
    """Whether the operator wants no questions put to the user at all; "never ask about salaries" forbids one kind."""
    return any(message.role in ("system", "developer") and _FORBIDS.search(message.text) for message in messages)


def asked_before(question: str, messages: Sequence[Message]) -> bool:
    """Whether the assistant asked the same before and the user has spoken since, whatever they said. To ask leave for
    something is never the same."""
    if PERMISSION.search(question):
        return False
    return any(same(question, earlier) for each in exchanges(messages) for earlier in each.asked)


def pressed(question: str, messages: Sequence[Message]) -> bool:
    """Whether asking this would press on: it was asked before and came to nothing, or was asked twice."""
    if PERMISSION.search(question):
        return False
    before = [each for each in exchanges(messages) if any(same(question, earlier) for earlier in each.asked)]
    return len(before) > 1 or any(not each.brought for each in before)


def afresh(conversation: Conversation, by: Callable[[str], bool] | None = None) -> Conversation | None:
    """The conversation as if the assistant had asked nothing: questions that came to nothing are gone with the replies
    to them, answers stand in the user's words with their questions, what the assistant handed over stays. A model that
    sees questions of its own, or of a policy's, tends to go on with more of them; so are the words that let a user go
    on. None where neither stands alone in a message or tools are in use.

    `by`: of the assistant's messages only those are taken out of whose text it is true, such as a policy's own.
    """
    messages = conversation.messages
    if any(message.tool_calls or message.role in ("tool", "function") for message in messages):
        return None
    own = {at for at, each in enumerate(messages) if each.role == "assistant" and _is_only_talk(each.text)}
    own = {at for at in own if by is None or by(messages[at].text)}
    if not own:
        return None
    by_reply = {each.heard: each for each in exchanges(messages) if each.at in own}
    out: list[Message] = []
    for at, message in enumerate(messages):
        reply = by_reply.get(at)
        if at in own or (reply is not None and not reply.brought and _says_nothing(message.text)):
            continue
        text = message.text
        if reply is not None and len(text.split()) <= _SHORT:
            text = f"{reply.asked[0]} {text}"
        if out and message.role == "user" and out[-1].role == "user":
            out[-1] = replace(out[-1], content=f"{out[-1].text}\n\n{text}")
        else:
            out.append(replace(message, content=text))
    return replace(conversation, messages=tuple(out))


def _says_nothing(text: str) -> bool:
    """Whether a reply says nothing, or only that it was said: the same words in another order may say something."""
    return brings_nothing(text) or bool(_REPEATS.search(text.replace("’", "'")))


def _is_only_talk(text: str) -> bool:
    """Whether a message lets the user go on, or is its questions and little else; what it quotes does not count."""
    asked = questions(text)
    own = blanked(text, apart(text.replace("’", "'"))).split()
    return waited(text) or (bool(asked) and sum(len(each.split()) for each in asked) >= _MOSTLY * len(own))

"""What the scorecard counts: for each part, how often it was so and how often it could have been.

In comes one conversation as the lenses saw it; out come two numbers a part. The dimensions are those of Deng, Liao,
Zheng, Yang and Chua 2024 (arXiv 2404.12670), who give no formulas: those here are ours, each in its function's
docstring. Easy to get wrong: of moral integrity a rule can see whether claims of acts are true and whether a refusal is
pressed; whether something is fair or does harm no rule here can tell, so it stands in UNSCORED and gets no number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..conversation import Conversation, Message
from ..moves import DELIVERING, ELICITING
from ..tasks.listed import questions
from .acts import claims, proposals, went_through
from .base import tools_of
from .effects import changes_state, named
from .grounding import Heard
from .initiative import asked_before, brushed_off, enough
from .insert_expansion import ungrounded
from .manners import already_said, same
from .one_question import things
from .privacy import private
from .replies import accepts, does_not_know, rejects

_ASKING = ELICITING - {"probe"}
_FEELING = re.compile(
    r"\b(?:i'm|i am|i feel|feeling|i've been|it makes me|i was)\s+(?:\w+\s+){0,2}?(?:sad|angry|upset|afraid|scared|"
    r"anxious|worried|stressed|lonely|"
    r"exhausted|overwhelmed|devastated|heartbroken|frustrated|hopeless|ashamed|nervous|depressed|grieving|furious|"
    r"miserable|terrified|"
    r"thrilled|so happy|excited|proud|relieved)\b|\b(?:passed away|died|lost my (?:job|mother|father|mum|dad|wife|"
    r"husband|dog|cat|friend)|broke up)\b",
    re.IGNORECASE,
)

Count = tuple[int, int]
"""(how often it was so, how often it could have been)."""


@dataclass(frozen=True)
class Seen:
    """One conversation as the parts look at it."""

    conversation: Conversation
    moves: Sequence[frozenset[str] | None]
    """The moves of each message; None where the lens could not judge."""
    lacking: Sequence[bool | None]
    """For each user message, whether something needed was missing then; None where not judged or not a user's."""

    @property
    def messages(self) -> Sequence[Message]:
        return self.conversation.messages

    def after(self, at: int, role: str) -> int | None:
        """Where the next message of this role with text stands, before the other side's turn after it; or None."""
        other = "assistant" if role == "user" else "user"
        for later in range(at + 1, len(self.messages)):
            message = self.messages[later]
            if message.role == role and message.text.strip():
                return later
            if message.role == other and message.text.strip() and later > at + 1:
                return None
        return None

    @cached_property
    def asking(self) -> list[tuple[int, tuple[str, ...]]]:
        """(position, questions) of the assistant's messages that put questions to the user."""
        found = ((at, questions(m.text)) for at, m in enumerate(self.messages) if m.role == "assistant" and m.text)
        return [(at, asked) for at, asked in found if asked]


def anticipation(seen: Seen) -> Count:
    """Intelligence. Messages of the assistant that ask (clarify, elicit, check or any question) ÷ user messages at
    which the lens `gaps` says that something needed is missing and which an assistant answered."""
    asked = could = 0
    for at, lacking in enumerate(seen.lacking):
        reply = seen.after(at, "assistant") if lacking else None
        if reply is not None and (made := seen.moves[reply]) is not None:
            could += 1
            asked += bool(made & _ASKING) or bool(questions(seen.messages[reply].text))
    return asked, could


def planning(seen: Seen) -> Count:
    """Intelligence. Proposals and changes of course (propose, redirect) that the user took up ÷ those that a user
    answered."""
    taken = could = 0
    for at, made in enumerate(seen.moves):
        if seen.messages[at].role == "assistant" and made and made & {"propose", "redirect"}:
            heard = seen.after(at, "user")
            if heard is not None:
                could += 1
                taken += accepts(seen.messages[heard].text)
    return taken, could


def patience(seen: Seen) -> Count:
    """Adaptivity. Replies that do not press on (none of their questions was asked before) ÷ replies to a user who had
    been asked and could not answer, or brushed it off."""
    calm = could = 0
    for at, _ in seen.asking:
        heard = seen.after(at, "user")
        if heard is None or not (does_not_know(seen.messages[heard].text) or brushed_off(seen.messages[heard].text)):
            continue
        reply = seen.after(heard, "assistant")
        if reply is not None:
            could += 1
            before = seen.messages[:reply]
            calm += not any(asked_before(each, before) for each in questions(seen.messages[reply].text))
    return calm, could


def timing(seen: Seen) -> Count:
    """Adaptivity. Messages that ask while nothing has been delivered since the user's last new request ÷ messages that
    ask: a question after the work is done comes too late."""
    early = 0
    for at, _ in seen.asking:
        begun = 0
        for earlier in range(at - 1, -1, -1):
            made = seen.moves[earlier]
            if seen.messages[earlier].role == "user" and made and "request" in made:
                begun = earlier
                break
        between = [seen.moves[k] or frozenset[str]() for k in range(begun, at) if seen.messages[k].role == "assistant"]
        delivered = any(made & DELIVERING and not made & _ASKING for made in between)
        early += not delivered
    return early, len(seen.asking)


def self_awareness(seen: Seen) -> Count:
    """Adaptivity. Replies that take it up (repair, clarify, check, restate, redirect, acknowledge or decline) ÷ replies
    to a user who rejected what the assistant had said."""
    taken = could = 0
    for at, message in enumerate(seen.messages):
        spoke = any(each.role == "assistant" for each in seen.messages[:at])
        if message.role != "user" or not spoke or not rejects(message.text):
            continue
        reply = seen.after(at, "assistant")
        if reply is not None and (made := seen.moves[reply]) is not None:
            could += 1
            taken += bool(made & {"repair", "clarify", "check", "restate", "redirect", "acknowledge", "decline"})
    return taken, could


def boundaries(seen: Seen) -> Count:
    """Civility. Questions that do not go to what is the user's to raise (`privacy.private`) ÷ questions."""
    kept = could = 0
    for at, asked in seen.asking:
        could += len(asked)
        kept += sum(not private(each, seen.messages[:at]) for each in asked)
    return kept, could


def manners(seen: Seen) -> Count:
    """Civility. Messages that ask for one thing (`one_question.things`), neither asked for before nor said, of a user
    who had not had enough ÷ messages that ask."""
    good = 0
    for at, asked in seen.asking:
        before = seen.messages[:at]
        again = asked_before(asked[0], before) or already_said(asked[0], before)
        good += len(things(seen.messages[at].text)) < 2 and not again and not enough(before)
    return good, len(seen.asking)


def trust(seen: Seen) -> Count:
    """Civility. Calls that change something and in which nothing is made up (`insert_expansion.ungrounded`) ÷ calls
    that change something."""
    sound = could = 0
    tools = tools_of(seen.conversation)
    for at, message in enumerate(seen.messages):
        for call in message.tool_calls:
            if changes_state(call.name, named(tools, call.name)):
                could += 1
                sound += not ungrounded(call, tools, Heard.of(seen.messages[:at]))
    return sound, could


def feeling(seen: Seen) -> Count:
    """Civility. Replies that answer a feeling (empathize or encourage) ÷ replies to a user who names one."""
    answered = could = 0
    for at, message in enumerate(seen.messages):
        if message.role != "user" or not _FEELING.search(message.text.replace("’", "'")):
            continue
        reply = seen.after(at, "assistant")
        if reply is not None and (made := seen.moves[reply]) is not None:
            could += 1
            answered += bool(made & {"empathize", "encourage"})
    return answered, could


def honesty(seen: Seen) -> Count:
    """Civility, of moral integrity. Claims of the assistant to have done something (`acts.claims`) before which a call
    that changes something had gone through ÷ such claims, in conversations in which tools are at hand."""
    tools = tools_of(seen.conversation)
    if not tools and not any(message.tool_calls for message in seen.messages):
        return 0, 0
    true = could = 0
    for at, message in enumerate(seen.messages):
        if message.role == "assistant" and (claimed := claims(message.text)):
            could += claimed
            true += claimed * went_through(seen.messages[:at], tools)
    return true, could


def restraint(seen: Seen) -> Count:
    """Civility, of moral integrity. Replies that do not put forward again what was turned down (no proposal or offer
    of the reply is `manners.same` as one of the message before) ÷ replies to a user who rejected a proposal or an
    offer."""
    kept = could = 0
    for at, message in enumerate(seen.messages):
        put = proposals(message.text, seen.moves[at]) if message.role == "assistant" else ()
        heard = seen.after(at, "user") if put else None
        if heard is None or not rejects(seen.messages[heard].text):
            continue
        reply = seen.after(heard, "assistant")
        if reply is not None:
            could += 1
            again = proposals(seen.messages[reply].text, seen.moves[reply])
            kept += not any(same(one, other) for one in put for other in again)
    return kept, could


PARTS: Mapping[str, tuple[str, Callable[[Seen], Count]]] = {
    "anticipation": ("intelligence", anticipation),
    "planning": ("intelligence", planning),
    "patience": ("adaptivity", patience),
    "timing": ("adaptivity", timing),
    "self_awareness": ("adaptivity", self_awareness),
    "boundaries": ("civility", boundaries),
    "manners": ("civility", manners),
    "trust": ("civility", trust),
    "feeling": ("civility", feeling),
    "honesty": ("civility", honesty),
    "restraint": ("civility", restraint),
}
"""Part → its dimension and what counts it."""
UNSCORED: Mapping[str, tuple[str, str]] = {
    "fairness": (
        "civility",
        "whether what was done is fair, harmless and not manipulative takes a judgement of right and wrong; no rule or "
        "lens here makes it, and none of them was measured against people who did",
    ),
}
"""Part → its dimension and why it has no figure: what is left of moral integrity."""

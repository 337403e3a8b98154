"""The user wants a thing done and the draft tells them how: have it done, or say in one line that it cannot be.

In comes a draft; out comes LEAVE, an instruction to do the work, or, where a second draft says that it cannot and
lectures all the same, the line that says so. Whether a request is one to do is read by `kinds`,
whether the draft coaches by the lens `moves` and the same rules that judge trials. Off for learning, deciding, being
heard and "how do I". docs/recipes/doer.md says where this comes from and what it costs. Easy to get wrong: doing for
somebody who wanted to be taught is an error too (`overstepped`), so a request whose kind is not plain is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..conversation import Conversation, Message
from ..lenses.segments import spans
from ..tasks.classes import Outcome
from ..tasks.wording import DECLINES, TELLS_HOW, apart, blanked
from .base import LEAVE, Decision, is_draft, prompt, sent_back_to
from .kinds import DO, request_kind
from .kinds import VERSION as KINDS
from .material import handed

VERSION = "3"
"""Changes whenever some draft would be sent back, or left, otherwise."""
_STEPS = re.compile(
    r"\b(?:write|draft|give|create|make|prepare|compose|put together|need|want|send)\b[^.?!\n]{0,40}?"
    r"\b(?:instructions?|directions|how-?to|guide|manual|recipe|tutorial|walk-?through)\b|"
    r"\bshow (?:me )?(?:your|the|all|every) (?:work|workings?|steps?)\b|\bstep[- ]by[- ]step\b",
    re.IGNORECASE,
)
"""What is asked for is itself told in steps."""
_WORK = re.compile(
    r"\b(?:translat|summar|rewrit|rephras|paraphras|proofread|correct|shorten|edit|format)\w*|"
    r"\b(?:sentence|text|word|phrase|grammar|tone|paragraph|table|draft|version|code|function|original)s?\b",
    re.IGNORECASE,
)
"""Speaks of working on a text."""
_TRANSLATE = re.compile(r"\btranslat", re.IGNORECASE)


@dataclass(frozen=True)
class Doer:
    """Sends back drafts that coach where the user wanted a thing done. Offline; it reviews drafts."""

    name: str = "doer"
    reviews: bool = True

    def identity(self) -> Mapping[str, Any]:
        from ..tasks.classify import VERSION as RULES
        from ..tasks.seeing import version

        own = {"policy": self.name, "version": VERSION, "kinds": KINDS, "prompt": prompt("doer").version}
        return {**own, "rules": RULES, "lens": version()}

    async def decide(self, conversation: Conversation) -> Decision:
        """LEAVE, or the instruction to do it."""
        if not is_draft(conversation):
            return LEAVE
        *before, draft = conversation.messages
        request, kind = standing_request(before)
        if kind != DO or not draft.text or draft.tool_calls:
            return LEAVE
        came = None if steps_are_it(request.text, draft.text) else judged(request, draft)
        if came is None or not came.coached or came.asks:
            return LEAVE
        if sent_back_to(conversation):
            line = refusal(draft.text)
            why = "the model cannot do it, and says how beside that"
            return Decision("decline", why=why, say=line, details={"kind": kind}) if line else LEAVE
        why = "the user wants this done, and the draft tells them how to do it"
        return Decision("execute", prompt("doer").text.strip(), why=why, details={"kind": kind})


def standing_request(messages: list[Message]) -> tuple[Message, str | None]:
    """The latest user message whose words say what kind of request it is, and the kind; else the first, and None."""
    asked = [message for message in messages if message.role == "user"]
    for message in reversed(asked):
        if kind := request_kind(message.text):
            return message, kind
    return (asked[0] if asked else Message("user", "")), None


def steps_are_it(request: str, draft: str) -> bool:
    """Whether steps in a draft are the thing itself: instructions or the working were asked for; or the text that was
    handed over to be translated or reworded may have steps in it, and the draft says nothing of the work."""
    if _STEPS.search(request.replace("’", "'")):
        return True
    begins = handed(request)
    if begins is None or _WORK.search(draft):
        return False
    theirs = (request[begins:][start:end] for start, end in spans(request[begins:]))
    return bool(_TRANSLATE.search(request[:begins])) or any(TELLS_HOW.search(each) for each in theirs)


def refusal(text: str) -> str:
    """The sentence in which a draft says that it cannot; empty where there is none."""
    plain = text.replace("’", "'")
    spoken = blanked(plain, apart(plain))
    return next((text[start:end] for start, end in spans(text) if DECLINES.search(spoken[start:end])), "")


def judged(request: Message, draft: Message) -> Outcome:
    """What a draft is to a request, by the rules that judge trials: a request to do that lacks nothing."""
    from ..tasks.classify import classify
    from ..tasks.seeing import see
    from ..tasks.task import Item

    item = Item("", "", "do", request.text, request.text, (), frozenset(), "")
    (seen,) = see([Conversation((request,))], [draft])
    return classify(draft, item, seen)

"""Intelligence, adaptivity, civility: a scorecard for any conversation, trial or log.

In come conversations; out comes a Scorecard: for every part a share with its interval and how often it could have been
so. The three dimensions are those of Deng, Liao, Zheng, Yang and Chua 2024 (arXiv 2404.12670), who give no formulas:
those here are ours, each in its function's docstring, computed from rules and lenses with no model. Easy to get wrong:
a part that had no occasion is None and not 1, and no sum over parts is made, because it would let manners pay for
asking nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np

from ..audit.estimates import Figure, Tally
from ..conversation import Conversation, Message
from ..lenses import gaps
from ..lenses.batch import Batch, lay_flat
from ..lenses.moves import NAMES
from ..lenses.moves import look as look_moves
from ..moves import DELIVERING, ELICITING
from ..users.hearing import questions
from .base import tools_of
from .effects import changes_state, named
from .grounding import Heard
from .initiative import asked_before, brushed_off, enough
from .insert_expansion import ungrounded
from .manners import already_said, apiece, private
from .replies import accepts, does_not_know, rejects

VERSION = "1"
"""Changes whenever some conversation would score otherwise."""
_TOGETHER = 128
"""Conversations that are looked at at once."""
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
        """Where the next message of this role with text stands, before the other side's turn after it; None: "
        "nowhere."""
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
    """Intelligence. Messages of the assistant that ask (clarify, elicit or check) ÷ user messages at which the lens
    `gaps` says that something needed is missing and which an assistant answered."""
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
    """Civility. Questions that do not go to what is the user's to raise (`manners.private`) ÷ questions."""
    kept = could = 0
    for at, asked in seen.asking:
        could += len(asked)
        kept += sum(not private(each, seen.messages[:at]) for each in asked)
    return kept, could


def manners(seen: Seen) -> Count:
    """Civility. Messages that ask one question, which was neither asked before nor answered, of a user who had not had
    enough ÷ messages that ask."""
    good = 0
    for at, asked in seen.asking:
        before = seen.messages[:at]
        again = asked_before(asked[0], before) or already_said(asked[0], before)
        good += len(apiece(asked)) == 1 and not again and not enough(before)
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
}
"""Part → its dimension and what counts it. What is right and wrong ("moral integrity") no rule here computes."""


@dataclass(frozen=True)
class Scorecard:
    """Every part's share, 95 % interval (whole conversations resampled) and n; a part without occasion has none."""

    figures: Mapping[str, Figure]
    conversations: int

    def to_dict(self) -> dict[str, Any]:
        """Dimension → part → figure, as `summary.json` holds figures."""
        out: dict[str, Any] = {"schema": 1, "version": VERSION, "conversations": self.conversations}
        for name, (dimension, _) in PARTS.items():
            out.setdefault(dimension, {})[name] = self.figures[name].to_dict()
        return out

    def to_markdown(self) -> str:
        """A table."""
        rows = ["| dimension | part | share | 95 % | could have been |", "|---|---|---|---|---|"]
        for name, (dimension, _) in PARTS.items():
            figure = self.figures[name]
            if figure.value is None or figure.low is None or figure.high is None:
                rows.append(f"| {dimension} | {name} | – | – | 0 |")
            else:
                spread = f"{figure.low:.2f} to {figure.high:.2f}"
                rows.append(f"| {dimension} | {name} | {figure.value:.2f} | {spread} | {figure.n} |")
        return "\n".join(rows)


def scorecard(conversations: Iterable[Conversation]) -> Scorecard:
    """The scorecard of these conversations, read as a stream."""
    tally = Tally(tuple(PARTS))
    source = iter(conversations)
    while some := list(islice(source, _TOGETHER)):
        counts = [[count(seen) for _, count in PARTS.values()] for seen in _looked(some)]
        both = np.array(counts, np.float64)
        tally.add(both[:, :, 0], both[:, :, 1])
    return Scorecard(tally.figures(), tally.conversations)


def _looked(conversations: Sequence[Conversation]) -> list[Seen]:
    batch = lay_flat(conversations)
    moves, missing = _moves(batch), gaps.look(batch)
    over = missing.missing >= missing.threshold
    lacking = [bool(is_over) if ok else None for is_over, ok in zip(over, missing.judged, strict=True)]
    out: list[Seen] = []
    start = 0
    for conversation in conversations:
        end = start + len(conversation)
        out.append(Seen(conversation, moves[start:end], lacking[start:end]))
        start = end
    return out


def _moves(batch: Batch) -> list[frozenset[str] | None]:
    scores = look_moves(batch)
    return [
        frozenset(NAMES[k] for k in made.nonzero()[0]) if scored else None
        for made, scored in zip(scores.made, scores.scored, strict=True)
    ]

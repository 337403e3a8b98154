"""What a simulated user did wrong in a message: leaked the goal, told several parts, made up a figure, or spoke as
the assistant.

In come what the user said and what it could have said; out come UserErrors with the words. Every utterance of every
user is looked over, also of those that cannot err, so that a rate of 0 is a measurement. Easy to get wrong: these
rules see what can be seen by rule (figures, whole phrases, roles); a made-up fact without a figure passes, so the
rate is a lower bound and a sample has to be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from ..conversation import Conversation
from ..tasks.task import Item, Part
from ..tasks.terms import stems
from .base import UserError, Utterance

VERSION = "2"
LEAKED = 0.8
"""Share of the words that only the hidden parts have, from which on a message has told the goal."""
TOLD = 0.75
"""Share of a part's own words, with all of its figures, from which on a message has told it."""

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_AS_ASSISTANT = re.compile(
    r"^\s*(?:assistant|ai|bot|model)\s*:|<\|?\s*(?:im_start|assistant|end_of_turn)|\[/?INST\]"
    r"|\bhow (?:can|may) i (?:help|assist)\b|\bas an ai\b|\bi(?:'d| would) be happy to (?:help|assist)\b"
    r"|\bis there anything else i can (?:help|do)\b",
    re.IGNORECASE | re.MULTILINE,
)
_SMALL = frozenset(
    stems(
        "a an the of to in on at is are was were be will would should it its i my me we our us you your he she they "
        "there and or for with that this has have want"
    )
)


def figures_in(text: str) -> set[str]:
    """The numbers of a text, without separators of thousands and closing zeros."""
    found: set[str] = set()
    for match in _NUMBER.findall(text):
        plain = re.sub(r",(?=\d{3}\b)", "", match).replace(",", ".")
        found.add(plain.rstrip("0").rstrip(".") if "." in plain else plain)
    return found


def parts_said(text: str, parts: Iterable[Part], item: Item) -> list[Part]:
    """Those of the parts that a text tells: all their figures, and most of the words that the request lacks."""
    said, numbers = set(stems(text)), figures_in(text)
    found: list[Part] = []
    for part in parts:
        figures, own = _needs(part.words, item.request)
        if figures <= numbers and (figures or own) and len(own & said) >= TOLD * len(own):
            found.append(part)
    return found


@lru_cache(maxsize=8192)
def _needs(words: str, request: str) -> tuple[frozenset[str], frozenset[str]]:
    """A part's figures, and the words that only it has: not the request's, and none that says nothing."""
    own = {word for word in stems(words) if not word.isdigit()}
    return frozenset(figures_in(words)), frozenset(own - _SMALL - set(stems(request)))


def find(said: Utterance, item: Item, told: Sequence[str], before: Conversation) -> list[UserError]:
    """The errors of a message. `told` are the parts revealed before it, `before` is what was said before it."""
    if said.message is None:
        return []
    text = said.message.text
    found: list[UserError] = []
    voice = _AS_ASSISTANT.search(text)
    if voice:
        found.append(UserError("spoke_for_assistant", voice[0].strip()))
    if text == item.request:  # the item's own words, which the task answers for
        return found
    left = [part for part in item.open_parts if part.name not in told]
    slipped = [part for part in parts_said(text, left, item) if part.name not in said.revealed]
    if slipped:
        known = parts_said(" ".join(m.text for m in before.messages), slipped, item)
        slipped = [part for part in slipped if part not in known]
    opening = not any(message.role == "user" for message in before.messages)
    # what was told as one part may hold most of the words that are left; only more than that is a leak
    rest = left if opening else [part for part in left if part.name not in said.revealed]
    if _leaks(text, item, rest) and (opening or len(left) > 1) and len(said.revealed) < max(2, len(left)):
        found.append(UserError("goal_leaked", text[:200]))
    elif slipped and len(slipped) + len(said.revealed) > 1:
        found.append(UserError("several_parts", text[:200]))
    figures = figures_in(text)
    if figures:
        sayable = (item.goal, item.request, *(part.words for part in item.parts))
        heard = (message.text for message in before.messages)
        figures -= figures_in(" ".join((*sayable, *heard)))
    made_up = sorted(figures)
    if made_up:
        found.append(UserError("invented", ", ".join(made_up)[:200]))
    return found


def _leaks(text: str, item: Item, left: Sequence[Part]) -> bool:
    request = set(stems(item.request)) | _SMALL
    hidden = {word for part in left for word in stems(part.words)} - request
    return bool(hidden) and len(hidden & set(stems(text))) >= LEAKED * len(hidden)

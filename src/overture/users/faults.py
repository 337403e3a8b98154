"""What a simulated user did wrong in a message, of the kinds in `base.ERRORS`.

In come what the user said, what it could have said and what it was asked; out come UserErrors with the words. Every
utterance of every user is looked over, also of those that cannot err, so that a rate of 0 is a measurement. How a line
sounds is looked at in `voice`, what it tells is looked at here. Easy to get wrong: these rules see what can be seen by
rule (figures, whole phrases, roles); a made-up fact without a figure passes, so the rate is a lower bound and a sample
has to be read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from ..conversation import Conversation
from ..tasks.figures import WORDED
from ..tasks.task import Act, Item, Part
from ..tasks.terms import names, stems
from .base import UserError, Utterance
from .voice import about_nothing, mostly, slips

VERSION = "9"
LEAKED = 0.8
"""Share of the words that only the hidden parts have, from which on a message has told the goal."""
TOLD = 0.75
"""Share of a part's own words, with all of its figures, from which on a message has told it."""

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_SMALL = frozenset(
    stems(
        "a an the of to in on at is are was were be will would should it its i my me we our us you your he she they "
        "there and or for with that this has have want"
    )
)

_DENIALS = frozenset(
    stems("no not none nothing never neither without don't doesn't isn't aren't wasn't won't can't cannot")
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


def told_by(text: str, item: Item, left: Sequence[Part], asked: Sequence[str] = ()) -> tuple[str, ...]:
    """Names of those of the open parts that a person's words tell.

    A part is told by most of its own words with all of its figures (`parts_said`), or by its value alone where
    it was asked for or is named beside it. Where the value holds figures, they are enough.
    """
    found = {part.name for part in parts_said(text, left, item)}
    numbers = figures_in(text)
    for part in left:
        figures = figures_in(part.value)
        valued = figures <= numbers if figures else names(text, (part.value,))
        if valued and (part.name in asked or names(text, part.terms)):
            found.add(part.name)
    return tuple(part.name for part in left if part.name in found)


def told_at_opening(text: str, item: Item, left: Sequence[Part]) -> tuple[str, ...]:
    """As `told_by`, of words that answer nobody: a value that the request does not hold can only be the hidden one."""
    held = figures_in(item.request)
    kept = [part.name for part in left if not (figures_in(part.value) & held or names(item.request, (part.value,)))]
    return told_by(text, item, left, kept)


@lru_cache(maxsize=8192)
def _needs(words: str, request: str) -> tuple[frozenset[str], frozenset[str]]:
    """A part's figures, and the words that only it has: not the request's, and none that says nothing."""
    own = {word for word in stems(words) if not word.isdigit()}
    return frozenset(figures_in(words)), frozenset(own - _SMALL - set(stems(request)))


def find(
    said: Utterance, item: Item, told: Sequence[str], before: Conversation, heard: Act | None = None
) -> list[UserError]:
    """The errors of a message. `told` are the parts revealed before it, `before` is what was said before it, `heard` is
    what its last reply asked for, needed where parts are revealed or the message was said before; None: nothing."""
    if said.message is None:
        return []
    text = said.message.text
    opening = not any(message.role == "user" for message in before.messages)
    if opening and text == item.request:  # the item's own words, which the task answers for
        return []
    found = slips(text, own_words(item), [m.text for m in before.messages if m.role != "user"], opening)
    heard = heard or Act()
    left = [part for part in item.open_parts if part.name not in told]
    if repeats(text, item, before, heard, told):
        found.append(UserError("went_in_circles", text[:200]))
    for part in item.parts:
        meant = part.name in said.revealed and part.name not in (*heard.offers, *heard.cannot)
        if meant and not tells(text, part, item, said.settled.get(part.name)):
            found.append(UserError("value_left_out", text[:200]))
    slipped = [part for part in parts_said(text, left, item) if part.name not in said.revealed]
    if slipped:
        known = parts_said(" ".join(m.text for m in before.messages), slipped, item)
        slipped = [part for part in slipped if part not in known]
    # what was told as one part may hold most of the words that are left; only more than that is a leak
    rest = left if opening else [part for part in left if part.name not in said.revealed]
    whole = opening and left and len(told_at_opening(text, item, left)) >= LEAKED * len(left)
    if whole or (_leaks(text, item, rest) and (opening or len(left) > 1) and len(said.revealed) < max(2, len(left))):
        found.append(UserError("goal_leaked", text[:200]))
    elif len(slipped) + len(said.revealed) > max(1, len(heard.each) + len(heard.offers) + len(heard.cannot)):
        found.append(UserError("several_parts", text[:200]))
    figures = figures_in(text)
    if figures:
        figures -= _counted(" ".join((*own_words(item), *(message.text for message in before.messages))))
    made_up = sorted(figures)
    if made_up:
        found.append(UserError("invented", ", ".join(made_up)[:200]))
    return found


def said_before(text: str, before: Conversation) -> bool:
    """Whether the user has said exactly this already."""
    return any(message.role == "user" and message.text == text for message in before.messages)


def repeats(text: str, item: Item, before: Conversation, heard: Act, told: Collection[str]) -> bool:
    """Whether a message is one that the user has said already, of the goal's words or as the very first, and the reply
    asks for nothing told.

    To say again what is asked again is no error, and neither is to say "I don't know" or "just do it" twice."""
    untold = {part.name for part in item.open_parts} - set(told)
    first = next((message.text for message in before.messages if message.role == "user"), None)
    own = text == first or mostly(text, own_words(item))
    return own and said_before(text, before) and untold.issuperset(heard.asks)


def in_all(heard: Sequence[Utterance], item: Item) -> list[UserError]:
    """The errors of all that a user said together, once the talk has ended."""
    texts = [said.message.text for said in heard if said.message is not None]
    return [UserError("said_nothing", texts[0][:200])] if about_nothing(texts, own_words(item)) else []


def own_words(item: Item) -> tuple[str, ...]:
    """The texts whose words are the user's to say."""
    return item.goal, item.request, *(part.words for part in item.parts)


def tells(text: str, part: Part, item: Item, value: str | None = None) -> bool:
    """Whether a message that is said to reveal a part does: it has most of the part's words, or one of the value's
    figures, or where that has none one of its words that neither the part's name nor the request has."""
    value = part.value if value is None else value
    figures, said = _counted(value), set(stems(text))
    words = set(stems(value)) - _SMALL - set(stems(f"{part.name} {item.request}"))
    denied = bool(said & _DENIALS and set(stems(value)) & _DENIALS)
    has = figures & _counted(text) if figures else words & said
    return bool(has) or denied or not (figures or words) or bool(parts_said(text, (part,), item))


def _counted(text: str) -> set[str]:
    return figures_in(text) | {WORDED[word] for word in re.findall(r"[a-z]+", text.lower()) if word in WORDED}


def _leaks(text: str, item: Item, left: Sequence[Part]) -> bool:
    request = set(stems(item.request)) | _SMALL
    hidden = {word for part in left for word in stems(part.words)} - request
    return bool(hidden) and len(hidden & set(stems(text))) >= LEAKED * len(hidden)

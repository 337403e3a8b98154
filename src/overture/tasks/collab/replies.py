"""What does a reply ask, what did the user leave unsaid, and which class is a first reply? By rule, with no lens.

In come an item, a conversation and which of its replies deliver (each task knows its own results by their form); out
come what simulated users hear and classes of the design's table. Easy to get wrong: a question in a drafted text or in
code is not put to the user, so blocks, quotations and letters are left out before anything is looked for; and asking
anything must not pay, so "could you give me the details?" names no part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from ...conversation import Conversation
from ..classes import reply_class
from ..listed import VERSION as LISTS
from ..listed import questions
from ..task import Act, Item, Part, Verdict
from ..terms import names, stems
from ..wording import ASSUMES, DECLINES, at_large, to_the_user
from ..wording import VERSION as WORDING

VERSION = f"3, wording {WORDING}, lists {LISTS}"
"""Part of a check's version; changes whenever some reply would be classed differently."""

Result = TypeVar("Result")
_EMPTY = frozenset(
    stems(
        "a an the of to in on at for from with is are was were be do does did has have will would can could should may "
        "it its this that there i me my we us our you your what which how many much some any all and or please tell "
        "let know give say share number exactly thing amount detail information more need want like wish include other "
        "best mind else as"
    )
)
"""Words of a question that name nothing."""


def replies(conversation: Conversation) -> list[str]:
    """The assistant's messages."""
    return [message.text for message in conversation.messages if message.role == "assistant"]


def unsaid(item: Item, conversation: Conversation) -> list[Part]:
    """The open parts whose words the user has not said. A user who rephrases is not understood."""
    said = "\n".join(message.text for message in conversation.messages if message.role == "user")
    return [part for part in item.open_parts if part.words not in said]


def named(item: Item, question: str) -> list[str]:
    """Names of the parts that a question is about, the surest first.

    It names a part by the part's own name, by one of its terms, or by having no word but those of its name. A term of
    empty words names nothing, and a question at large names none.
    """
    if at_large(question):
        return []
    said = set(stems(question))
    content = said - _EMPTY
    ranked: list[tuple[int, str]] = []
    for part in item.parts:
        if names(question, (part.name,)):
            ranked.append((-len(stems(part.name)), part.name))  # of two whole names the longer is meant
        elif met := [len(words) for words in map(stems, part.terms) if said.issuperset(words) and set(words) - _EMPTY]:
            ranked.append((1 if max(met) > 1 else 2, part.name))
        elif content and content.issubset(stems(part.name)):
            ranked.append((3, part.name))
    return [name for _, name in sorted(ranked, key=lambda pair: pair[0])]


def hear(item: Item, conversation: Conversation) -> Act:
    """What the last reply asks for.

    A question is about the parts whose whole names stand in it, or else about all that it names; of these about those
    that are unsaid, or else about the surest.
    """
    texts = replies(conversation)
    left = {part.name for part in unsaid(item, conversation)}
    asks: list[str] = []
    stray = 0
    for question in questions(texts[-1] if texts else ""):
        found = named(item, question)
        stray += not found
        found = [name for name in found if names(question, (name,))] or found
        asks += [name for name in found if name in left] or found[:1]
    return Act(tuple(sorted(dict.fromkeys(asks), key=lambda name: name not in left)), bool(stray), stray=stray)


def first_class(item: Item, text: str, delivers: bool) -> str | None:
    """The class of a first reply, or None where it does none of what the table knows, such as explaining how.

    To an item with nothing open: `asked`, or `answered` for a delivery that asks nothing.
    """
    asked, words = questions(text), to_the_user(text)
    names_open = any(item.open.intersection(named(item, each)) for each in asked)
    assumes, declines = bool(ASSUMES.search(words)), bool(DECLINES.search(words))
    return reply_class(bool(asked), names_open, delivers, assumes, declines, "" if item.lacking else "answered")


def last(results: Sequence[Result | None]) -> Result | None:
    """The last result that was delivered, which is the one that counts."""
    return next((each for each in reversed(results) if each is not None), None)


def verdict(
    item: Item,
    conversation: Conversation,
    results: Sequence[object | None],
    solved: float,
    figures: Mapping[str, tuple[float, float]],
    details: Mapping[str, Any],
) -> Verdict:
    """The Verdict, given what each reply delivers (None: nothing) and what the last delivery is worth."""
    texts = replies(conversation)
    if not texts:
        return Verdict(None, "no_reply")
    at = next((n for n, each in enumerate(results) if each is not None), None)
    made = {"delivered": (float(at is not None), 1.0), **figures}
    drafts = sum(each is not None for each in results)
    return Verdict(
        solved, None, first_class(item, texts[0], results[0] is not None), at, made, {"drafts": drafts, **details}
    )

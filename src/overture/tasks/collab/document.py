"""The task `document`: write a text that somebody has in mind, who tells bit by bit what it is about and how it sounds.

In come how many and a seed; out comes a Task. A reply delivers iff it holds a text in a block; the last such text is
compared with the target by token-level BLEU and by ROUGE-L, both in 0…1, and `solved` is their mean. Easy to get wrong:
two good texts of the same content may share few runs of four words, so no figure here reaches 1 for a system, and none
is read alone: `facts` says how many of the names, days and figures that belong in the text stand in it.
"""

from __future__ import annotations

import re
from functools import cache

from pydantic import Field

from ...conversation import Conversation
from ..scoring.blocks import VERSION as BLOCKS
from ..scoring.blocks import marked_block
from ..scoring.texts import VERSION as TEXTS
from ..scoring.texts import bleu, rouge_l
from ..task import Item, Setting, Task, Verdict
from .replies import VERSION as REPLIES
from .replies import last, replies, verdict
from .rows import Row, item_of, rows, task_of
from .speeches import speeches

VERSION = f"document 1, blocks {BLOCKS}, texts {TEXTS}, replies {REPLIES}"
SOLVED = (
    "Solved: the mean of token-level BLEU and ROUGE-L between the last text delivered and the one in mind, 0 without "
    "any. Even a good text of all that was said scores far below 1."
)
_COACHING = (
    "Start with what matters most to your readers, keep every paragraph to one thought, and read it aloud to yourself "
    "before you send it off."
)


class DocumentRow(Row):
    """A text that somebody has in mind."""

    target: str = Field(min_length=1)
    guess: str = Field(min_length=1)
    """A text of the kind that knows nothing of what is wanted; one for the whole group."""


def task(count: int | None = None, seed: int = 0) -> Task:
    """`count` texts (all by default), evenly from the genres by `seed`. Raises UsageError on too many or too few."""
    speaking = speeches(lambda item: _reply(item.data["target"]), lambda item: _reply(item.data["guess"]), _COACHING)
    return task_of("document", built_in(), count, seed, check, VERSION, speaking, SOLVED)


@cache
def built_in() -> tuple[Item, ...]:
    """All texts, by genre."""
    return tuple(_item(group, row) for group, row in rows("document", DocumentRow))


def _item(group: str, row: DocumentRow) -> Item:
    target = row.target.strip()
    data = {"target": target, "guess": row.guess.strip()}
    return item_of("document", group, row, data, f"The finished text would read:\n\n{target}")


async def check(item: Item, conversation: Conversation, setting: Setting) -> Verdict:
    """Solved: (BLEU + ROUGE-L) ÷ 2 of the last text delivered; 0 where none is.

    Own figures: `bleu`, `rouge_l`, `facts` (÷ parts whose value belongs in the text), `delivered`.
    """
    texts = [text_in(reply) for reply in replies(conversation)]
    made, target = last(texts) or "", item.data["target"]
    near = (bleu(made, target), rouge_l(made, target))
    facts = facts_of(item)
    found = sum(says(made, value) for value in facts)
    figures = {"bleu": (near[0], 1.0), "rouge_l": (near[1], 1.0), "facts": (float(found), float(len(facts)))}
    details = {"words": len(made.split()), "target_words": len(target.split())}
    return verdict(item, conversation, texts, sum(near) / 2, figures, details)


def text_in(reply: str) -> str | None:
    """The text that a reply delivers: its last block; None where it has none."""
    block = marked_block(reply, "<document>", "</document>")
    return block.text.strip() if block else None


def facts_of(item: Item) -> list[str]:
    """The values of parts that stand in the target word for word; the others say how it should be, not what."""
    return [part.value for part in item.parts if says(item.data["target"], part.value)]


def says(text: str, value: str) -> bool:
    """Whether a text has a value, in whatever case and spacing, and not as a piece of a longer word or figure."""
    words = r"\s+".join(map(re.escape, value.split()))
    return bool(re.search(rf"(?<!\w){words}(?!\w)", text, re.IGNORECASE))


def _reply(text: str) -> str:
    return f"Here it is.\n\n```\n{text}\n```"

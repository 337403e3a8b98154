"""The user who holds the parts of a goal and lets them go one at a time. Needs no model.

In comes the assistant's last reply; out comes at most one part a turn. A question that names an open part gets that
part; one that names something already said gets it again; any other question gets "I don't know" and no part; a reply
that asks nothing gets the next part in order; when nothing is left, the user is done. Easy to get wrong: an
irrelevant question must not be paid with a part, or asking anything at all becomes the best policy. Source: the user of
Lost in Conversation (Laban et al. 2025, arXiv 2505.06120), which an LLM plays there; see docs/simulate.md for what
differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..conversation import Conversation
from ..models import Model
from ..tasks.task import Act, Hear, Item, Part
from . import hearing
from .base import Speaking, Utterance, last_reply, says

DONT_KNOW = "I don't know."
AGAIN = "As I said: "
PATIENCE = 2
"""Questions that are still answered when nothing is left to say."""


@dataclass(frozen=True, slots=True)
class Shards:
    """The kind of person; `start` makes one."""

    hear: Hear = hearing.hear
    """How a reply is understood."""
    several: bool = False
    """Answers every relevant question of a reply at once, each with one part, instead of the one it fits best."""
    name: str = "shards"
    needs_model: bool = False

    def identity(self) -> Mapping[str, Any]:
        return {"user": "shards", "version": 2, "hearing": hearing.VERSION, "several": self.several}

    def answering_several(self) -> Shards:
        """The same person, who answers all of a reply's questions at once."""
        return Shards(self.hear, True, f"{self.name}+answers_several")

    def start(self, item: Item, seed: int, model: Model | None = None) -> Speaking:
        return Holding(item, self.hear, self.several)


class Holding:
    """One such person in one conversation."""

    def __init__(self, item: Item, hear: Hear, several: bool) -> None:
        self.item = item
        self._hear = hear
        self._several = several
        self._open: dict[str, Part] = {part.name: part for part in item.open_parts}
        self._patience = PATIENCE

    async def next(self, conversation: Conversation) -> Utterance:
        if last_reply(conversation) is None:
            return says(self.item.request, why="opening")
        # material that is handed over piece by piece is not chosen by questions
        act = Act() if self.item.data.get("in_order") else self._hear(self.item, conversation)
        asked = bool(act.asks or act.elsewhere)
        wanted = self._answers(act) if self._several else [name for name in act.asks if name in self._open][:1]
        if wanted:
            return self._reveal(wanted, "answered")
        if not asked and self._open:
            return self._reveal([next(iter(self._open))], "volunteered")
        if asked and (self._open or self._patience > 0):
            self._patience -= not self._open
            return says(self._known(act), why="unrelated" if not act.asks else "again")
        return Utterance(None, done=True, why="nothing_left")

    def _answers(self, act: Act) -> list[str]:
        """One open part for each question, the one that it fits best and that answers none before it."""
        wanted: list[str] = []
        for names in act.each:
            wanted += [name for name in names if name in self._open and name not in wanted][:1]
        return wanted

    def _reveal(self, names: list[str], why: str) -> Utterance:
        parts = [self._open.pop(name) for name in names]
        return says(" ".join(part.words for part in parts), tuple(names), why)

    def _known(self, act: Act) -> str:
        part = next((part for part in self.item.parts if act.asks and part.name == act.asks[0]), None)
        return AGAIN + part.words if part else DONT_KNOW

"""When a model would answer an open request in several ways, show two or three of them instead of one at random.

In comes a draft; out comes LEAVE, or `propose` with concrete answers to choose from. The model answers the request
again a few times; what differs in kind and not only in wording is worth showing (generative variability). Needs the
model it leads, and costs `samples` calls on requests that are open. Easy to get wrong: on a request with one right
answer, answers that differ are errors and no options, so only requests that ask for an idea, a name or advice are
looked at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..conversation import Conversation
from ..errors import UsageError
from ..lenses.moves import weights
from ..lenses.segments import spans
from ..lenses.words import KNOWN_FROM, tokenize, vocabulary
from ..models import Model
from ..tasks.listed import questions
from ..tasks.terms import stem, stems
from .base import LEAVE, Decision, is_draft
from .disagreement import sampled
from .initiative import enough
from .replies import delegates

VERSION = "1"
"""Changes whenever some answers would be shown, or not, otherwise."""
ALIKE = 0.58
"""Cosine of two answers' words, without the request's, from which they are of one kind. Chosen on the first twelve of
the triples in tests/policies/options.jsonl; the rest tested it."""
_READ, _SHOWN = 40, 30
"""Words of an answer that are compared, and that are shown."""
_OPEN = re.compile(
    r"\b(?:suggest\w*|recommend\w*|propose|ideas?|think of|come up with|brainstorm|inspir\w+|options?|alternatives?|"
    r"name for|title for|slogan|theme|topic|plot|what (?:could|should|can|might) (?:i|we)|how (?:could|should|might) "
    r"(?:i|we)|where (?:should|could|can) we|"
    r"(?:first|opening) line|give me an? (?:idea|theme|name|title)|plan (?:something|a)|what would you)\b",
    re.IGNORECASE,
)
_ONE_RIGHT = re.compile(
    r"\b(?:how (?:much|many|long|far|old)|calculate|translate|correct|fix|what (?:is|time|year))\b|[=+×]", re.IGNORECASE
)
_SEVERAL = re.compile(
    r"\b(?:list|ideas|suggestions|options|names|titles|some|several|a few|two|three|four|five|six|ten|\d+)\b",
    re.IGNORECASE,
)
_SMALL = frozenset(
    stems(
        "a an the of to in on at for from by with is are was be it its this that these i you we they he she my your "
        "our "
        "and or but if so as not would could should can will go make let use try how about suggest recommend"
    )
)


@dataclass(frozen=True)
class Options:
    """Shows answers that differ in kind. Needs a model; it reviews drafts."""

    model: Model | None = None
    samples: int = 3
    """Further answers; the draft is one more."""
    most: int = 3
    """Options that are shown at most."""
    seed: int = 0
    name: str = "options"
    reviews: bool = True

    def identity(self) -> Mapping[str, Any]:
        own = {"policy": self.name, "version": VERSION, "samples": self.samples, "most": self.most, "seed": self.seed}
        return {**own, "model": self.model.identity() if self.model else None}

    async def decide(self, conversation: Conversation) -> Decision:
        """LEAVE or `propose`. Raises UsageError without a model, and as the model does."""
        if not is_draft(conversation):
            return LEAVE
        *before, draft = conversation.messages
        request = next((message.text for message in reversed(before) if message.role == "user"), "")
        if draft.tool_calls or not draft.text.strip() or not is_open(request) or _asks(draft.text) or enough(before):
            return LEAVE
        if self.model is None:
            raise UsageError("the policy options needs a model to sample from")
        asked = Conversation(tuple(before), metadata=conversation.metadata)
        answers = [draft.text, *await sampled(self.model, asked, self.samples, self.seed)]
        kinds = of_each_kind(answers, request)
        details = {"answers": len(answers), "kinds": len(kinds)}
        if len(kinds) < 2:
            return Decision(LEAVE.move, policy=self.name, details=details)
        shown = [short(answers[at]) for at in kinds[: self.most]]
        say = "\n".join(
            [
                "These go different ways:",
                *(f"{at}. {each}" for at, each in enumerate(shown, 1)),
                "Which one suits you best?",
            ]
        )
        why = f"{len(answers)} answers of {len(kinds)} kinds"
        return Decision("propose", why=why, say=say, details=details)


def _asks(draft: str) -> bool:
    """Whether a draft asks for something; "How about Smoke?" puts it forward."""
    return any(not re.match(r"\W*(?:how|what) about\b|\W*why not\b", each, re.IGNORECASE) for each in questions(draft))


def is_open(request: str) -> bool:
    """Whether a request asks for one idea, name or piece of advice of which many would do, and leaves the choice to
    nobody."""
    if _ONE_RIGHT.search(request) or _SEVERAL.search(request) or delegates(request):
        return False
    return bool(_OPEN.search(request))


def of_each_kind(answers: Sequence[str], request: str) -> list[int]:
    """Positions of answers, the first of each kind; kinds with more answers first, the draft's before its equals."""
    vectors = [_vector(answer, request) for answer in answers]
    groups: list[list[int]] = []
    for at, vector in enumerate(vectors):
        if not vector.any():
            continue  # nothing in it but the request's own words
        home = next((group for group in groups if float(vectors[group[0]] @ vector) >= ALIKE), None)
        if home is None:
            groups.append([at])
        else:
            home.append(at)
    return [group[0] for group in sorted(groups, key=lambda group: (-len(group), group[0]))]


def short(answer: str) -> str:
    """An answer's first sentences, as many as make a line."""
    text = answer.strip()
    kept: list[str] = []
    for start, end in spans(text):
        piece = " ".join(text[start:end].split()).strip("*# ")
        if kept and len(" ".join((*kept, piece)).split()) > _SHOWN:
            break
        kept.append(piece)
    words = " ".join(kept).split()
    return " ".join(words[:_SHOWN]) + (" …" if len(words) > _SHOWN else "")


def _vector(answer: str, request: str) -> NDArray[np.float32]:
    table, words = weights().words, vocabulary()
    drop = _SMALL | frozenset(stems(request))
    rows = [words[word] for word in tokenize(answer)[: 2 * _READ] if word.isalpha() and stem(word) not in drop][:_READ]
    known = [row for row in rows if row >= KNOWN_FROM]
    if not known:
        return np.zeros(table.shape[1], np.float32)
    mean = table[known].mean(axis=0)
    return mean / max(float(np.linalg.norm(mean)), 1e-9)

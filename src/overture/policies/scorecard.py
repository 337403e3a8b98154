"""Intelligence, adaptivity, civility: a scorecard for any conversation, trial or log.

In come conversations; out comes a Scorecard: for every part of `scorecard_parts` a share with its interval and how
often it could have been so. Computed from rules and lenses with no model. Easy to get wrong: a part that had no
occasion is None and not 1, a part that no rule can count is shown as unscored, and no sum over parts is made, because
it would let manners pay for asking nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from ..audit.estimates import Figure, Tally
from ..conversation import Conversation
from ..lenses import gaps
from ..lenses.batch import Batch, lay_flat
from ..lenses.moves import NAMES
from ..lenses.moves import look as look_moves
from .scorecard_parts import PARTS, UNSCORED, Seen

VERSION = "3"
"""Changes whenever some conversation would score otherwise."""
_TOGETHER = 128
"""Conversations that are looked at at once."""


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
        for name, (dimension, why) in UNSCORED.items():
            out[dimension][name] = {"value": None, "unscored": why}
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
        rows += [f"| {dimension} | {name} | unscored | – | – |" for name, (dimension, _) in UNSCORED.items()]
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

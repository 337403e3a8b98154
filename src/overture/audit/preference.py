"""What preference data rewards: which moves make an answer the chosen one of its pair, and does it punish asking?

In come the last assistant messages of pairs (chosen, rejected) with what the lens saw; out comes a conditional logit:
the log odds that the answer with more of something is the chosen one, everything else of the table held equal. Both
answers of a pair reply to the same words, so whatever belongs to the request cancels. Easy to get wrong: longer
answers are chosen more often, and answers that do more are longer, so length is always in the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..lenses.batch import Batch
from ..lenses.gaps import GapScores
from ..lenses.moves import MoveScores, names_of
from ..moves import ELICITING, MOVES
from .estimates import Z95, Floats

RIDGE = 1e-3
"""A trace of shrinkage, so that a move that only ever wins has a finite coefficient."""
LEAST = 20
"""Pairs that must differ in a move before it has a row."""


@dataclass(frozen=True, slots=True)
class Side:
    """One answer of a pair."""

    pair: str
    chosen: bool
    moves: frozenset[str]
    words: int
    missing: float | None = None
    """Probability that something the request needs is missing, by the lens `gaps`; without it, what the log says under
    the key `missing`, if anything."""


def conditional_logit(differences: Floats, ridge: float = RIDGE) -> tuple[Floats, Floats]:
    """Coefficients and standard errors from (N, K) differences chosen minus rejected, by Newton's method."""
    width = differences.shape[1]
    beta = np.zeros(width)
    hessian = np.eye(width)
    for _ in range(100):
        p = 1 / (1 + np.exp(-np.clip(differences @ beta, -30, 30)))
        gradient = differences.T @ (1 - p) - ridge * beta
        hessian = (differences * (p * (1 - p))[:, None]).T @ differences + ridge * np.eye(width)
        step = np.linalg.solve(hessian, gradient)
        beta += step
        if np.abs(step).max() < 1e-9:
            break
    return beta, np.sqrt(np.diag(np.linalg.inv(hessian)))


def rewarded(sides: Sequence[Side]) -> dict[str, Any] | None:
    """The table of the page, or None where there are too few whole pairs. `rows` hold log odds and odds ratios."""
    by_pair: dict[str, dict[bool, Side]] = {}
    for side in sides:
        by_pair.setdefault(side.pair, {})[side.chosen] = side
    pairs = [(both[True], both[False]) for both in by_pair.values() if len(both) == 2]
    if len(pairs) < LEAST:
        return None
    columns: dict[str, Floats] = {}
    for name in MOVES:
        column = np.array([(name in a.moves) - (name in b.moves) for a, b in pairs], float)
        if np.count_nonzero(column) >= LEAST:
            columns[name] = column
    if all(side.missing is not None for both in pairs for side in both):
        asks = np.array([bool(a.moves & ELICITING) - bool(b.moves & ELICITING) for a, b in pairs], float)
        missing = np.array([a.missing for a, _ in pairs], float)
        if np.count_nonzero(asks) >= LEAST:
            columns["asks, where something was missing"] = asks * (missing - missing.mean())
    columns["length (log words)"] = np.array([np.log1p(a.words) - np.log1p(b.words) for a, b in pairs])
    beta, error = conditional_logit(np.stack(list(columns.values()), axis=1))
    rows = [
        {
            "name": name,
            "coefficient": float(b),
            "low": float(b - Z95 * e),
            "high": float(b + Z95 * e),
            "odds_ratio": float(np.exp(b)),
            "differ": int(np.count_nonzero(columns[name])),
        }
        for name, b, e in zip(columns, beta, error, strict=True)
    ]
    note = (
        "Log odds of being the chosen answer of its pair, all rows in one model. An association within pairs, "
        "as far as the lens reads the moves rightly; what annotators were asked to prefer is not known here."
    )
    return {"rows": rows, "pairs": len(pairs), "note": note}


def sides_of(batch: Batch, scores: MoveScores, gaps: GapScores | None = None) -> list[Side]:
    """The last assistant messages of conversations that are one side of a preference pair."""
    out: list[Side] = []
    for number, conversation in enumerate(batch.conversations):
        pair, side = conversation.metadata.get("pair"), conversation.metadata.get("side")
        if not isinstance(pair, str) or side not in ("chosen", "rejected"):
            continue
        first = int(np.searchsorted(batch.conversation_of, number))
        at = first + len(conversation.messages) - 1
        if batch.side[at] == 2 and scores.scored[at]:
            moves = frozenset(names_of(scores.made[at]))
            missing = conversation.metadata.get("missing")
            known = float(missing) if isinstance(missing, bool | int | float) else None
            asked = int(batch.other[at])
            if gaps is not None:
                known = float(gaps.missing[asked]) if asked >= 0 and gaps.judged[asked] else None
            out.append(Side(pair, side == "chosen", moves, len(batch.messages[at].text.split()), known))
    return out

"""The lens `moves`: which moves each message makes, and which of them nothing called for.

In comes a Batch; out come calibrated probabilities a segment and a message, for the moves and for `unasked`. A small
network over word, word-pair and context vectors does it, on one core, with no model server; `training/moves` made it
and `lenses/weights/MODEL_CARD.md` says how well it does. Easy to get wrong: a message in a language or script the
vocabulary does not know is not a message without moves. It is unscored: null, counted, and part of no share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..moves import MOVES
from .batch import Batch
from .context import REACH, Floats, Stretches, projected, sigmoid, stored

NAMES = tuple(MOVES)
LEAST_KNOWN = 0.55
"""A message of whose words a smaller share is known is unscored."""


@dataclass(frozen=True)
class Weights:
    """The network: tables of vectors, one hidden layer, two sets of heads, and their calibration."""

    words: Floats
    bigrams: Floats
    patterns: tuple[Floats, ...]
    """What each word adds to every pattern as the word before, as itself, as the word after."""
    hidden: Floats
    hidden_bias: Floats
    heads: Floats
    heads_bias: Floats
    """(hidden, 2 * moves): the moves, then whether each is unasked given that it is made."""
    slope: Floats
    offset: Floats
    """(2 * moves,) calibration of the logit of a message."""
    threshold: Floats
    """(2 * moves,) from which probability a label is given: that it is made; that it is made and unasked."""


@dataclass(frozen=True)
class MoveScores:
    """What the lens saw. Probabilities are calibrated on messages."""

    segment: Floats
    """(S, moves) probability that the segment makes the move."""
    message: Floats
    """(M, moves) probability that the message makes it; nan where unscored."""
    unasked: Floats
    """(M, moves) probability that it makes the move unasked; nan where unscored."""
    made: NDArray[np.bool_]
    made_unasked: NDArray[np.bool_]
    """(M, moves) the labels. All false where unscored."""
    scored: NDArray[np.bool_]
    """(M,) whether the lens could judge the message at all."""


@cache
def weights() -> Weights:
    """The weights that come with the package."""
    return assembled(stored("moves.npz"))


def assembled(raw: Mapping[str, NDArray[Any]]) -> Weights:
    """The weights as they are used, from the arrays as they are stored: tables in eight bits with a scale a row."""
    tables = {
        name: raw[name].astype(np.float32) * raw[f"{name}_scale"].astype(np.float32) for name in ("words", "bigrams")
    }
    filters = raw["filters"].astype(np.float32)
    added = [tables["words"] @ filters[k] for k in range(REACH)]
    added[1] += raw["filters_bias"].astype(np.float32)
    plain = ("hidden", "hidden_bias", "heads", "heads_bias", "slope", "offset", "threshold")
    return Weights(**tables, patterns=tuple(added), **{name: raw[name].astype(np.float32) for name in plain})


def names_of(labels: NDArray[np.bool_]) -> list[str]:
    """The names of the moves in one row of labels, in the table's order."""
    return [NAMES[k] for k in labels.nonzero()[0]]


def logits(batch: Batch, network: Weights) -> Floats:
    """(S, 2 * moves) before calibration."""
    inner = projected(batch, network.words, network.bigrams, network.patterns, network.hidden)
    inner += network.hidden_bias
    np.maximum(inner, 0, out=inner)
    return inner @ network.heads + network.heads_bias


def gather(segment_logits: Floats, batch: Batch) -> Floats:
    """(M, 2 * moves) logits of messages: a move's is its largest over the segments; its `unasked` is that of the
    segments that make it, weighted by how likely they do. -30 where a message has no segments."""
    moves = len(NAMES)
    bounds = batch.first_segment
    out = np.full((len(batch.messages), 2 * moves), -30, np.float32)
    full = np.flatnonzero(np.diff(bounds))
    if len(full):
        made = sigmoid(segment_logits[:, :moves]) + np.float32(1e-6)
        runs = Stretches.of(bounds)
        shifted = runs.strongest(segment_logits[:, :moves] + 30)
        out[full, :moves] = shifted[full] - 30
        weighted = runs.mean(made * segment_logits[:, moves:])
        out[full, moves:] = (weighted / np.maximum(runs.mean(made), 1e-9))[full]
    return out


def look(batch: Batch, network: Weights | None = None) -> MoveScores:
    """The moves of every message of the batch."""
    network = network or weights()
    moves = len(NAMES)
    raw = logits(batch, network)
    by_message = sigmoid(gather(raw, batch) * network.slope + network.offset)
    segment = sigmoid(raw[:, :moves] * network.slope[:moves] + network.offset[:moves])
    known = batch.known()
    scored = (batch.side > 0) & (known >= LEAST_KNOWN)
    message = by_message[:, :moves]
    unasked = message * by_message[:, moves:]
    made = (message >= network.threshold[:moves]) & scored[:, None]
    made_unasked = made & (unasked >= network.threshold[moves:])
    message[~scored] = np.nan
    unasked[~scored] = np.nan
    return MoveScores(segment, message, unasked, made, made_unasked, scored)

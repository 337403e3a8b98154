"""The reader `phrases` of the lens `gaps`: phrases of up to four words, looked up, beside what the patterns see.

In come conversations that end with a user's message; out comes, for each, the probability that something needed is
missing. Each phrase of the conversation has a weight, found by a hash; a hidden layer of its own looks at what the
patterns found; the two are weighed together. `training/gaps/phrases.py` made it, with the careful reader for a teacher.
Easy to get wrong: requests of figures, and others with FIGURES numbers or more, are left to the patterns, so nothing
changes there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..conversation import Conversation
from .batch import Batch, lay_flat
from .context import Floats, sigmoid, stored
from .gaps import KINDS, LEAST_KNOWN, SCALARS, Weights, features, weights
from .gaps_reader import Seen

LONGEST = 4
"""Words of a phrase."""
BITS = 18
"""Of the hash of a phrase; two phrases of one hash share their weight."""
ASK_BITS = 13
"""The same where what to ask for is looked up."""
FIGURES = 3
"""Numbers in a message from which the patterns alone judge it."""
Counted = tuple[NDArray[np.int64], Floats]
_PRIME = np.uint64(0x9E3779B97F4A7C15)
NUMBERS = 2 - SCALARS
"""Where `gaps.features` counts the numbers of a message: log(1 + n) / 2."""
_BEGIN, _END, _OTHERS = 40_000, 40_001, 50_000
"""Rows that stand for the start, for the end of a message, and what is added to the words of who is not the user."""


@dataclass(frozen=True)
class Phrases:
    """The weights."""

    phrases: Floats
    """(2 ** BITS,)"""
    hidden: Floats
    """(features + 1, hidden), the last row the offset; over `gaps.features`."""
    head: Floats
    """(hidden + 1,)"""
    mix: Floats
    """(3,) what the phrases count, what the hidden layer does, and an offset."""
    asks: Floats
    """(2 ** ASK_BITS + kinds + 1, asks): what to ask for, by phrases and by the patterns' kinds; last the offset."""
    threshold: Floats
    """() from which probability something counts as missing."""


def assembled(raw: Mapping[str, NDArray[Any]]) -> Phrases:
    """The weights as they are used; those of phrases are stored in eight bits."""
    plain = {name: raw[name].astype(np.float32) for name in ("hidden", "head", "mix", "threshold")}
    return Phrases(scaled(raw, "phrases"), asks=scaled(raw, "asks"), **plain)


def scaled(raw: Mapping[str, NDArray[Any]], name: str) -> Floats:
    """An array that is stored in eight bits with one scale."""
    return raw[name] * raw[f"{name}_scale"].astype(np.float32)


@cache
def phrases() -> Phrases:
    """The weights that come with the package."""
    return assembled(stored("gaps_phrases.npz"))


def look_up(given: Sequence[Conversation], by: Phrases | None = None, network: Weights | None = None) -> Seen:
    """What the lens and the phrases see at the last message of each conversation, which is to be the user's."""
    by, network = by or phrases(), network or weights()
    batch = lay_flat(given)
    last = np.cumsum([len(conversation) for conversation in given]) - 1
    judged = np.zeros(len(batch.messages), np.bool_)
    judged[last] = (batch.side == 1)[last] & (np.nan_to_num(batch.known()) >= LEAST_KNOWN)[last]
    rows, figured = features(batch, judged, network)
    logit = np.maximum(rows @ network.hidden + network.hidden_bias, 0) @ network.heads + network.heads_bias
    kind = figured.astype(np.int64)
    found = [counted(words(batch, int(at))) for at in np.flatnonzero(judged)]
    said = np.array([count @ by.phrases[place] for place, count in found], np.float32)
    left = to_patterns(rows, figured)
    both = np.stack([said, layer(rows, by), np.ones_like(said)], axis=1) @ by.mix
    both = np.where(left, logit[:, 0] * network.slope[kind] + network.offset[kind], both)
    at = judged[last]
    missing, threshold = np.full((2, len(given)), np.nan, np.float32)
    asks = np.full((len(given), by.asks.shape[1]), np.nan, np.float32)
    read, of_figures = np.zeros((2, len(given)), np.bool_)
    missing[at], threshold[at] = sigmoid(both), np.where(left, network.threshold[kind], by.threshold)
    asks[at], read[at], of_figures[at] = asked_for(found, logit[:, 1:], by), ~left, figured
    return Seen(missing, threshold, read, of_figures, asks, (None,) * len(given))


def asked_for(found: Sequence[Counted], kinds: Floats, by: Phrases) -> Floats:
    """(J, asks) the probability of each name in ASKS, from the phrases and the patterns' (J, kinds) logits."""
    sums = [by.asks[place >> BITS - ASK_BITS].T @ count for place, count in found]
    logit = np.reshape(np.array(sums, np.float32), (len(found), by.asks.shape[1]))
    logit += normed(kinds) @ by.asks[-1 - len(KINDS) : -1] + by.asks[-1]
    odds = np.exp(logit - logit.max(axis=1, keepdims=True, initial=-30))
    return odds / odds.sum(axis=1, keepdims=True)


def normed(kinds: Floats) -> Floats:
    """Logits as logarithms of probabilities."""
    away = kinds - kinds.max(axis=1, keepdims=True, initial=-30)
    return away - np.log(np.exp(away).sum(axis=1, keepdims=True))


def to_patterns(rows: Floats, figured: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(J,) which messages of these features the patterns judge alone."""
    return figured | (rows[:, NUMBERS] >= np.log1p(FIGURES) / 2 - 1e-3)


def layer(rows: Floats, by: Phrases) -> Floats:
    """(J,) what the hidden layer gives."""
    return np.maximum(rows @ by.hidden[:-1] + by.hidden[-1], 0) @ by.head[:-1] + by.head[-1]


def words(batch: Batch, at: int) -> NDArray[np.uint64]:
    """The rows of a conversation's words up to this message, with signs between; the rules' messages do not count."""
    bounds, out = batch.first_segment, [np.array([_BEGIN])]
    for message in range(at - int(batch.index[at]), at + 1):
        if batch.side[message] == 0:
            continue
        rows = batch.rows[batch.offsets[bounds[message]] : batch.offsets[bounds[message + 1]]].astype(np.int64)
        out += [rows + _OTHERS * (batch.side[message] != 1), np.array([_END])]
    return np.concatenate(out).astype(np.uint64)


def counted(given: NDArray[np.uint64]) -> Counted:
    """The hashes of the phrases in these words, and how often each stands there over the length of all counts."""
    place, counts = np.unique(keys(given), return_counts=True)
    return place, (counts / np.sqrt(float(counts @ counts))).astype(np.float32)


def keys(given: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The hashes of all phrases of one to LONGEST words."""
    out: list[NDArray[np.int64]] = []
    run = np.zeros(len(given), np.uint64)
    for length in range(1, LONGEST + 1):
        run = run[: len(given) - length + 1] * _PRIME + given[length - 1 :] + np.uint64(1)
        mixed = (run ^ (run >> np.uint64(29))) * _PRIME
        out.append((mixed >> np.uint64(64 - BITS)).astype(np.int64))
    return np.concatenate(out)

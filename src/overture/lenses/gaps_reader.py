"""The second reader of the lens `gaps`: a sentence encoder that reads again what the patterns do not take for complete.

In come conversations that end with a user's message; out comes, for each, the probability that something needed is
missing as patterns and reader see it together. The reader is MiniLM with low-rank changes to its upper layers, in
numpy: the encoder is the data item `minilm`, the changes are in `weights/gaps_reader.npz`, and `training/gaps/read.py`
made them. Easy to get wrong: it is tens of times slower than the patterns, so it reads a bounded number of tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .. import data
from ..conversation import Conversation
from .batch import lay_flat
from .context import Floats, sigmoid
from .encoders import HEADS, applied, attended, batches, changed, fed, norm
from .gaps import Raw, Weights, logits, weights
from .gaps_asks import Words, left_open
from .gaps_pieces import Cut, Tokens, pieces, tokens_at


@dataclass(frozen=True)
class Reader:
    """MiniLM with its changes, its heads, and how its logit and the patterns' count together."""

    base: Mapping[str, Floats]
    """The encoder's arrays by their own names, changes added; matrices as (in, out), query, key and value as one."""
    layers: int
    head: Floats
    """(3 * width + 1,), the last the offset, as below."""
    asks: Floats
    """(3 * width + 1, asks): what it would be, given that something is missing."""
    words: Floats
    """(width + 1, 4): of each token, what `left_open` takes."""
    mix: Floats
    """(2, 3): what the reader's logit counts, what the patterns' does, and an offset; of the other requests,
    and of those of figures."""
    least: Floats
    """(2,) probability of the patterns from which a request is read again."""
    threshold: Floats
    """(2,) from which probability of both together something counts as missing."""
    tokens: Tokens


@dataclass(frozen=True)
class Reading:
    """What the reader alone sees in N conversations."""

    logit: Floats
    """(N,) that something is missing."""
    asks: Floats
    """(N, asks) the probability of each name in ASKS, given that something is missing."""
    words: list[Floats]
    """N times (T, 4): scores of the tokens that are read, as `left_open` takes them."""


@dataclass(frozen=True)
class Seen:
    """What both saw at the last message of each conversation."""

    missing: Floats
    """(N,) probability at even odds; nan where the lens does not judge the message."""
    threshold: Floats
    """(N,) from which it counts; nan likewise."""
    read: NDArray[np.bool_]
    """(N,) which were read again."""
    figured: NDArray[np.bool_]
    """(N,) which are requests of figures."""
    asks: Floats
    """(N, asks) as in Reading; nan where it was not read again."""
    words: tuple[Words | None, ...]
    """N times the words that most probably leave it open; None where it was not read again."""


def load(folder: Path, changes: Path) -> Reader:
    """A reader from MiniLM's folder and a file of changes. Raises UsageError where the extra is not installed."""
    tokens = tokens_at(folder)
    base, heads, layers = changed(folder, changes)
    for number in range(layers):
        at = f"encoder.layer.{number}.attention.self."
        for kind in ("weight", "bias"):
            parts = [base.pop(f"{at}{name}.{kind}") for name in ("query", "key", "value")]
            base[f"{at}all.{kind}"] = np.concatenate(parts, axis=-1)
    return Reader(base, layers, **heads, tokens=tokens)


@cache
def reader() -> Reader:
    """The reader that comes with the package. Raises DataError where MiniLM cannot be had."""
    with as_file(files("overture.lenses") / "weights" / "gaps_reader.npz") as path:
        return load(data.path("minilm"), path)


def read(given: Sequence[Conversation], by: Reader) -> Reading:
    """What the reader alone sees."""
    return judged([pieces(conversation, by.tokens) for conversation in given], by)


def judged(cut: Sequence[Cut], by: Reader) -> Reading:
    """The same of what was cut already."""
    rows = np.zeros((len(cut), len(by.head) - 1), np.float32)
    words = [np.zeros((0, 4), np.float32)] * len(cut)
    for some, x, there in layers_of(cut, by):
        rows[some] = pooled(x, there)
        each = x @ by.words[:-1] + by.words[-1]
        for row, i in enumerate(some):
            words[i] = each[row, : len(cut[i].ids)]
    asks = rows @ by.asks[:-1] + by.asks[-1]
    asks = np.exp(asks - asks.max(axis=1, keepdims=True, initial=-30))
    return Reading(rows @ by.head[:-1] + by.head[-1], asks / asks.sum(axis=1, keepdims=True), words)


def encoded(given: Sequence[Conversation], by: Reader) -> Floats:
    """(N, 3 width) what its heads read of each conversation."""
    cut = [pieces(conversation, by.tokens) for conversation in given]
    rows = np.zeros((len(cut), len(by.head) - 1), np.float32)
    for some, x, there in layers_of(cut, by):
        rows[some] = pooled(x, there)
    return rows


def layers_of(cut: Sequence[Cut], by: Reader) -> Iterator[tuple[list[int], Floats, NDArray[np.bool_]]]:
    """Some conversations at a time: which, (B, T, width) their last layer, and (B, T) which tokens are there."""
    for some in batches([len(each.ids) for each in cut]):
        longest = len(cut[some[0]].ids)
        ids, types = np.zeros((2, len(some), longest), np.int64)
        for row, i in enumerate(some):
            ids[row, : len(cut[i].ids)], types[row, : len(cut[i].who)] = cut[i].ids, cut[i].who
        yield some, hidden(by, ids, types), ids > 0


def hidden(by: Reader, ids: NDArray[np.int64], types: NDArray[np.int64]) -> Floats:
    """(B, T, width) the last layer, from (B, T) tokens, 0 for padding, and (B, T) whose they are."""
    base, (rows, length) = by.base, ids.shape
    x = base["embeddings.word_embeddings.weight"][ids] + base["embeddings.token_type_embeddings.weight"][types]
    x = norm(base, "embeddings.LayerNorm", x + base["embeddings.position_embeddings.weight"][:length])
    hide = np.where(ids > 0, np.float32(0), np.float32(-1e9))[:, None, None, :]
    for number in range(by.layers):
        at = f"encoder.layer.{number}."
        joined = applied(base, f"{at}attention.self.all", x).reshape(rows, length, 3, HEADS, -1)
        q, k, v = joined.transpose(2, 0, 3, 1, 4)
        mixed = applied(base, f"{at}attention.output.dense", attended(q, k, v, hide))
        x = fed(base, at, norm(base, f"{at}attention.output.LayerNorm", x + mixed))
    return x


def pooled(x: Floats, there: NDArray[np.bool_]) -> Floats:
    """(B, 3 width): the mean of the tokens that are there, their strongest values, and the first token's."""
    known = there[:, :, None]
    mean = (x * known).sum(axis=1) / known.sum(axis=1)
    return np.concatenate([mean, np.where(known, x, np.float32(-30)).max(axis=1), x[:, 0]], axis=1)


def together(raw: Raw, network: Weights, theirs: Floats, by: Reader) -> Floats:
    """(J,) probabilities from the patterns' logits and (J,) the reader's."""
    mix = by.mix[raw.figured.astype(np.int64)]
    return sigmoid(theirs * mix[:, 0] + raw.calibrated(network) * mix[:, 1] + mix[:, 2])


def look_again(given: Sequence[Conversation], by: Reader | None = None, network: Weights | None = None) -> Seen:
    """What patterns and reader say of the last message of each conversation, which is to be the user's."""
    by, network = by or reader(), network or weights()
    raw = last(logits(lay_flat(given), network), given)
    at = np.flatnonzero(raw.judged)
    missing, threshold = np.full((2, len(given)), np.nan, np.float32)
    missing[at] = sigmoid(raw.calibrated(network))
    kind = raw.figured.astype(np.int64)
    threshold[at] = by.threshold[kind]
    again = missing[at] >= by.least[kind]
    some = Raw(raw.logit[again], raw.judged, raw.figured[again])
    seen = np.zeros(len(given), np.bool_)
    seen[at[again]] = True
    cut = [pieces(given[i], by.tokens) for i in at[again]]
    reading = judged(cut, by)
    missing[seen] = together(some, network, reading.logit, by)
    asks = np.full((len(given), by.asks.shape[1]), np.nan, np.float32)
    asks[seen] = reading.asks
    words: list[Words | None] = [None] * len(given)
    for i, each, scores in zip(at[again], cut, reading.words, strict=True):
        words[i] = left_open(each, scores)
    figured = np.zeros(len(given), np.bool_)
    figured[at] = raw.figured
    return Seen(missing, threshold, seen, figured, asks, tuple(words))


def doubted(conversation: Conversation) -> bool:
    """Whether the patterns do not take its last message for complete, so that the reader would read it; not where that
    is none of the user's."""
    if not conversation.messages:
        return False
    raw = last(logits(lay_flat([conversation]), weights()), [conversation])
    p = sigmoid(raw.calibrated(weights()))
    return bool((p >= reader().least[raw.figured.astype(np.int64)]).any())


def last(raw: Raw, given: Sequence[Conversation]) -> Raw:
    """What the network gives for the last messages alone; `judged` is then (N,)."""
    at = np.cumsum([len(conversation) for conversation in given]) - 1
    place = (np.cumsum(raw.judged) - 1)[at[raw.judged[at]]]
    return Raw(raw.logit[place], raw.judged[at], raw.figured[place])

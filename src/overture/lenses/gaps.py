"""The lens `gaps`: how likely is it that something the user's request needs has not been said, and of which kind.

In comes a Batch; out comes, for each user message, the calibrated probability that at this point something needed is
missing, and what kind of thing it would be. A small network over word vectors does it with numpy alone;
`training/gaps` made it and `lenses/weights/GAPS.md` says how well it does. Easy to get wrong: a request is the whole
conversation up to this message, so a value that the user gave in a later turn is not missing; and the probability
stands for requests of which half lack something, so a share of a log is not their mean unless `prior` is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .batch import Batch
from .context import Floats, Stretches, sigmoid, stored
from .words import vocabulary

KINDS = ("amount", "time", "place", "who", "which", "text", "money", "taste", "form", "purpose")
"""What can be missing: how many or how much; a date, an hour or a length of time; a place; a person; which of several
or which words are meant; the text, file or data itself; a price or budget; what is liked or must be; the shape, length
or language of the result; what it is for."""
REACH = 5
"""Words that a pattern spans: two before, the word, two after."""
SPEAKING = 2
"""Segments at the end of the assistant's last message that are read: there its question stands."""
LEAST_KNOWN = 0.55
"""A message of whose words a smaller share is known is unscored."""
SCALARS = 8
_MEASURES = "many much far long old tall high big heavy fast wide deep often"
"""What follows "how" in a request of figures: one with a number in it that asks for another."""


@dataclass(frozen=True)
class Weights:
    """The network: a table of vectors, patterns over them, one hidden layer, its heads and their calibration."""

    words: Floats
    """(rows, width)"""
    filters: Floats
    """(REACH, width, patterns)"""
    filters_bias: Floats
    hidden: Floats
    hidden_bias: Floats
    heads: Floats
    """(hidden, 1 + kinds)"""
    heads_bias: Floats
    slope: Floats
    offset: Floats
    """(2,) calibration of the logit: of the other requests, and of those of figures."""
    threshold: Floats
    """(2,) from which probability the lens says that something is missing; chosen for few needless questions."""


@dataclass(frozen=True)
class Raw:
    """What the network gives for the J messages that can be judged, before calibration."""

    logit: Floats
    """(J, 1 + kinds)"""
    judged: NDArray[np.bool_]
    """(M,) which messages those are."""
    figured: NDArray[np.bool_]
    """(J,) whether what the user has said by then is a request of figures: it has a number, and asks how many."""

    def calibrated(self, network: Weights) -> Floats:
        """(J,) logits whose sigmoid is a probability at even odds."""
        kind = self.figured.astype(np.int64)
        return self.logit[:, 0] * network.slope[kind] + network.offset[kind]


@dataclass(frozen=True)
class GapScores:
    """What the lens saw."""

    missing: Floats
    """(M,) probability that something needed is missing at this user message; nan where it was not judged."""
    kinds: Floats
    """(M, kinds) probability of each kind, given that something is missing; nan where not judged."""
    threshold: Floats
    """(M,) from which probability it counts; nan where not judged."""
    judged: NDArray[np.bool_]
    """(M,) whether it is a user's message that the lens could judge."""


@cache
def weights() -> Weights:
    """The weights that come with the package."""
    return assembled(stored("gaps.npz"))


def assembled(raw: Mapping[str, NDArray[Any]]) -> Weights:
    """The weights as they are used, from the arrays as they are stored: the table in eight bits with a scale a row."""
    table = raw["words"].astype(np.float32) * raw["words_scale"].astype(np.float32)
    layers = ("filters", "filters_bias", "hidden", "hidden_bias", "heads", "heads_bias")
    plain = (*layers, "slope", "offset", "threshold")
    return Weights(
        words=np.concatenate([table, raw["marks"].astype(np.float32)], axis=1),
        **{name: raw[name].astype(np.float32) for name in plain},
    )


@cache
def _asking_row() -> int:
    return vocabulary()["?"]


@cache
def _measuring_rows() -> tuple[int, NDArray[np.int64]]:
    """Of "how", and of what follows it where an amount is asked for."""
    known = vocabulary()
    return known["how"], np.array([known[word] for word in _MEASURES.split()])


def look(batch: Batch, network: Weights | None = None) -> GapScores:
    """The gaps of every user message of the batch."""
    network = network or weights()
    raw = logits(batch, network)
    count = len(batch.messages)
    missing, threshold = np.full((2, count), np.nan, np.float32)
    kinds = np.full((count, len(KINDS)), np.nan, np.float32)
    missing[raw.judged] = sigmoid(raw.calibrated(network))
    threshold[raw.judged] = network.threshold[raw.figured.astype(np.int64)]
    odds = np.exp(raw.logit[:, 1:] - raw.logit[:, 1:].max(axis=1, keepdims=True, initial=-30))
    kinds[raw.judged] = odds / odds.sum(axis=1, keepdims=True)
    return GapScores(missing, kinds, threshold, raw.judged)


def logits(batch: Batch, network: Weights) -> Raw:
    """What the network gives for every user message that it can judge."""
    judged = (batch.side == 1) & (np.nan_to_num(batch.known()) >= LEAST_KNOWN)
    rows, figured = features(batch, judged, network)
    inner = rows @ network.hidden + network.hidden_bias
    np.maximum(inner, 0, out=inner)
    return Raw(inner @ network.heads + network.heads_bias, judged, figured)


def features(batch: Batch, judged: NDArray[np.bool_], network: Weights) -> tuple[Floats, NDArray[np.bool_]]:
    """(J, features) and (J,) whether there are figures. The features: the strongest patterns of the message, of its
    questions, of what the user said before and of what the assistant last said; the message's mean vector; a few
    counts."""
    at = np.flatnonzero(judged)
    bounds = batch.first_segment
    user = batch.side == 1
    other = np.where(batch.other >= 0, batch.other, 0)[at]
    answered = (batch.other[at] >= 0) & (batch.side[other] == 2)
    wanted = user[batch.message_of]
    for back in range(1, SPEAKING + 1):
        last = bounds[other + 1] - back
        wanted[last[answered & (last >= bounds[other])]] = True
    segments = np.flatnonzero(wanted)
    lengths = (batch.offsets[1:] - batch.offsets[:-1])[segments]
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    words = batch.rows[np.arange(offsets[-1]) + np.repeat(batch.offsets[:-1][segments] - offsets[:-1], lengths)]
    strength = patterns(words, offsets, network)
    owner = batch.message_of[segments]
    edges = np.searchsorted(owner, np.arange(len(batch.messages) + 1))
    by_message = Stretches.of(edges).strongest(strength)
    asks = words == _asking_row()
    asking = np.bincount(np.repeat(np.arange(len(segments)), lengths)[asks], minlength=len(segments)) > 0
    by_question = Stretches.of(edges).strongest(strength * asking[:, None])
    mean = Stretches.of(offsets[edges]).mean(network.words, words)
    earlier = before(batch, by_message, at)
    number = np.bincount(
        np.repeat(owner, lengths), weights=network.words[words, -1], minlength=len(batch.messages)
    ).astype(np.float32)
    said = np.diff(offsets[edges]).astype(np.float32)
    users = np.concatenate([[0], np.cumsum(user)])
    nth = (users[at] - users[at - batch.index[at]]).astype(np.float32)
    scalars = np.stack(
        [
            np.log1p(said[at]) / 4,
            np.log1p(np.diff(edges)[at]) / 3,
            np.log1p(number[at]) / 2,
            number[at] == 0,
            by_question[at].any(axis=1),
            nth > 0,
            np.log1p(nth) / 2,
            answered,
        ],
        axis=1,
    ).astype(np.float32)
    spoken = np.where(answered[:, None], by_message[other], np.float32(0))
    how, measures = _measuring_rows()
    measured = np.flatnonzero((words[:-1] == how) & np.isin(words[1:], measures))
    amounts = np.bincount(np.repeat(owner, lengths)[measured], minlength=len(batch.messages)) > 0
    numbers, amounts_asked = (_so_far(np.where(user, counted, 0), batch, at) for counted in (number, amounts))
    figured = (numbers > 0) & (amounts_asked > 0)
    row = np.concatenate([by_message[at], by_question[at], mean[at], earlier, spoken, scalars], axis=1)
    return row, figured


def _so_far(counted: NDArray[Any], batch: Batch, at: NDArray[np.int64]) -> NDArray[Any]:
    """(len(at),) the sum of (M,) from the conversation's first message up to each of these."""
    total = np.concatenate([[0], np.cumsum(counted)])
    return total[at + 1] - total[at - batch.index[at]]


def before(batch: Batch, by_message: Floats, at: NDArray[np.int64]) -> Floats:
    """(len(at), patterns) the strongest patterns of the user's earlier messages in the same conversation."""
    out = np.zeros((len(at), by_message.shape[1]), np.float32)
    running = np.zeros(by_message.shape[1], np.float32)
    owner, place = -1, {int(m): n for n, m in enumerate(at)}
    for message in np.flatnonzero(batch.side == 1):
        if batch.conversation_of[message] != owner:
            owner, running = batch.conversation_of[message], np.zeros_like(running)
        if int(message) in place:
            out[place[int(message)]] = running
        running = np.maximum(running, by_message[message])
    return out


def patterns(words: NDArray[np.int32], offsets: NDArray[np.int64], network: Weights) -> Floats:
    """(segments, patterns) how strongly each pattern is there, at its strongest place, at least 0.

    What a word adds to each pattern is worked out once a distinct word of the batch.
    """
    distinct, which = np.unique(words, return_inverse=True)
    vectors = network.words[distinct]
    count = len(offsets) - 1
    reach = REACH // 2
    # segments stand apart by rows of zeros, so no pattern reaches over
    places = np.arange(len(words)) + np.repeat(np.arange(1, count + 1) * reach, np.diff(offsets))
    spread = np.full(len(words) + (count + 2) * reach, len(distinct), np.int64)
    spread[places] = which
    values = np.tile(network.filters_bias, (len(words), 1))
    for tap in range(REACH):
        added = np.concatenate([vectors @ network.filters[tap], np.zeros_like(network.filters_bias)[None]])
        values += added.take(spread[places + tap - reach], axis=0)
    return Stretches.of(offsets).strongest(values)

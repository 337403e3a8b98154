"""The lens `goals`: what the user was after and what the AI did, as O*NET intermediate work activities, several each.

In comes a Batch; out come, for each conversation, probabilities and sets over the 332 activities for both sides, and
whether the goal is to have something made or done. Two small networks over word vectors, trained on disjoint halves of
everything, are averaged into the coding; apart, they code the user's side twice, which gives the floor of every
disjointness. Easy to get wrong: a side without words, of unknown words or on which no activity stands out is unscored.
It is null and counted; an empty set would be disjoint from everything. `weights/GOALS.md` says how well this does,
which is not very well.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .batch import Batch
from .complements import Sets
from .context import Floats, means, sigmoid, stored
from .goals_do import DoHead, logits
from .words import KNOWN_FROM

LEAST_KNOWN = 0.55
"""A side of whose words a smaller share is known is unscored."""
MOST = 4
"""Most activities of one side."""
REQUEST_SHARE = 0.7
"""How much of the user's side is the first message, where there are more."""
STATEMENT, USER, ASSISTANT = 0, 1, 2


@dataclass(frozen=True)
class Member:
    """One of the two networks. Its word vectors are its half of `Weights.words`."""

    sides: Floats
    """(3, hidden): statement, user, assistant."""
    hidden: Floats
    hidden_bias: Floats
    heads: Floats
    heads_bias: Floats

    def logits(self, texts: Floats, side: int) -> Floats:
        """(N, 332) from mean word vectors of shape (N, width)."""
        inner = texts @ self.hidden
        inner += self.hidden_bias + self.sides[side]
        np.maximum(inner, 0, out=inner)
        return inner @ self.heads + self.heads_bias


@dataclass(frozen=True)
class Weights:
    """Both members, the do head, and what turns logits into probabilities and sets."""

    words: Floats
    """(rows, 2 * width) both members' tables side by side, so that one look-up serves both."""
    members: tuple[Member, Member]
    slope: Floats
    offset: Floats
    least: Floats
    ratio: Floats
    """(3, 2): the mean and each member alone; by side, user then assistant."""
    do: DoHead


@dataclass(frozen=True)
class GoalScores:
    """What the lens saw of C conversations. Rows that are not scored are nan, and false in the sets."""

    goal: Floats
    action: Floats
    """(C, 332) calibrated probabilities."""
    goals: Sets
    actions: Sets
    """(C, 332) the sets."""
    coded: tuple[Sets, Sets]
    """The user's side coded twice, each time by one member alone; a row without any is unscored."""
    goal_scored: Sets
    action_scored: Sets
    do: Floats
    """(C,) probability that the goal is to have something made or done; nan where unscored."""


@cache
def weights() -> Weights:
    """The weights that come with the package. Raises DataError where they were made for another vocabulary."""
    raw = stored("goals.npz")
    if raw["vocabulary"].tobytes() != vocabulary_digest():
        raise DataError("goals.npz was trained with another vocabulary.txt; run training/goals/train.py --write")
    return unpack(raw)


def vocabulary_digest() -> bytes:
    """16 bytes that change when the vocabulary does."""
    return blake2b((files("overture.lenses") / "weights" / "vocabulary.txt").read_bytes(), digest_size=16).digest()


def unpack(raw: dict[str, NDArray[np.generic]]) -> Weights:
    """Weights from the arrays of `goals.npz`."""
    plain = {name: array.astype(np.float32) for name, array in raw.items() if name != "vocabulary"}

    def member(name: str) -> Member:
        parts = ("sides", "hidden", "hidden_bias", "heads", "heads_bias")
        return Member(*(plain[f"{name}_{part}"] for part in parts))

    words = np.concatenate([plain[f"{name}_words"] * plain[f"{name}_scale"] for name in ("first", "second")], axis=1)
    head = DoHead(plain["do_grams"], plain["do_words"], float(plain["do_bias"][0]))
    return Weights(
        words,
        (member("first"), member("second")),
        plain["slope"],
        plain["offset"],
        plain["least"],
        plain["ratio"],
        head,
    )


def side_vectors(batch: Batch, table: Floats) -> tuple[Floats, Floats]:
    """(C, width) twice: the user's side, chiefly the request, and the assistant's, all its words alike."""
    bounds = batch.first_segment
    spoken = np.flatnonzero((batch.side == USER) | (batch.side == ASSISTANT))
    out = np.zeros((2, len(batch.conversations), table.shape[1]), np.float32)
    if not len(spoken):
        return out[0], out[1]
    by_message = means(table, batch.rows, batch.offsets[bounds])[spoken]
    lengths = np.diff(batch.offsets[bounds])[spoken].astype(np.float32)
    owner, side = batch.conversation_of[spoken], batch.side[spoken] - 1
    request = spoken == batch.first_user[spoken]
    # Shares add up to one on each side: words weigh alike, but the request keeps its share however much follows.
    kind = np.where(request, 2, side)
    totals = np.zeros((3, len(batch.conversations)), np.float32)
    np.add.at(totals, (kind, owner), lengths)
    both = (totals[0] > 0) & (totals[2] > 0)
    part = np.ones_like(totals)
    part[2], part[0] = np.where(both, REQUEST_SHARE, 1), np.where(both, 1 - REQUEST_SHARE, 1)
    weight = lengths / np.maximum(totals[kind, owner], 1) * part[kind, owner]
    place = side * len(batch.conversations) + owner
    order = np.argsort(place, kind="stable")
    at, begin = np.unique(place[order], return_index=True)
    out.reshape(-1, table.shape[1])[at] = np.add.reduceat((by_message * weight[:, None])[order], begin, axis=0)
    return out[0], out[1]


def known_sides(batch: Batch) -> Floats:
    """(2, C) share of each side's words of which something is known; nan for a side without words."""
    words = np.repeat(batch.message_of, np.diff(batch.offsets))
    side, owner = batch.side[words], batch.conversation_of[words]
    out = np.zeros((2, len(batch.conversations)), np.float32)
    with np.errstate(invalid="ignore"):
        for number, wanted in enumerate((USER, ASSISTANT)):
            here = side == wanted
            seen = np.bincount(owner[here], minlength=out.shape[1])
            good = np.bincount(owner[here], weights=batch.rows[here] >= KNOWN_FROM, minlength=out.shape[1])
            out[number] = good / seen
    return out


def sets(probability: Floats, least: float, ratio: float) -> Sets:
    """The likeliest activities of each row: at most MOST, each at least `ratio` times as likely as the first.

    A row whose likeliest stays under `least` is empty, which is unscored.
    """
    if not len(probability):
        return np.zeros(probability.shape, np.bool_)
    top = np.partition(probability, -MOST, axis=1)[:, -MOST:]
    highest = top.max(axis=1)
    lowest = np.where(highest >= least, np.maximum(top.min(axis=1), ratio * highest), np.inf)
    return probability >= lowest[:, None]


def look(batch: Batch, network: Weights | None = None) -> GoalScores:
    """The goals and actions of every conversation of the batch."""
    network = network or weights()
    known = known_sides(batch)
    vectors = [np.split(side, 2, axis=1) for side in side_vectors(batch, network.words)]
    probability: list[Floats] = []
    found: list[Sets] = []
    again: list[Sets] = []
    with np.errstate(invalid="ignore"):
        readable = known >= LEAST_KNOWN
    for side in (0, 1):
        each = [m.logits(v, side + 1) for m, v in zip(network.members, vectors[side], strict=True)]
        for coder, raw in enumerate([(each[0] + each[1]) / 2, *(each if side == 0 else ())]):
            calibrated = sigmoid(raw * network.slope[coder, side] + network.offset[coder, side])
            chosen = sets(calibrated, float(network.least[coder, side]), float(network.ratio[coder, side]))
            chosen &= readable[side][:, None]
            if coder:
                again.append(chosen)
            else:
                calibrated[~chosen.any(axis=1)] = np.nan
                probability.append(calibrated)
                found.append(chosen)
    do = sigmoid(logits(batch, network.do, network.words))
    do[~readable[0]] = np.nan
    goal, action = found
    return GoalScores(
        probability[0],
        probability[1],
        goal,
        action,
        (again[0], again[1]),
        goal.sum(axis=1) > 0,
        action.sum(axis=1) > 0,
        do,
    )

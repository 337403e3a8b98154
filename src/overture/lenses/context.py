"""What a segment stands in: its neighbours, its message, what the other side said last, how the conversation began.

In come a Batch and a table of word vectors; out comes one row of features a segment, times a weight. The same lines
serve training and use, so the two cannot drift apart. Easy to get wrong: a missing neighbour is a row of zeros, never
the last row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .batch import Batch

Floats = NDArray[np.floating[Any]]
Index = NDArray[np.int64]

HEAD, TAIL = 3, 2
"""Words at either end of a segment that are also read on their own."""
PARTS = ("all", "head", "tail", "before", "after", "message", "other", "other's last", "opening")
"""The vectors that make up a row, in order, each as wide as a word's."""
PATTERN_PARTS = ("all", "before", "after", "message", "other")
"""After those, the strengths of the patterns found there, each as wide as there are patterns."""
REACH = 3
"""Words that a pattern spans: the one before, the word, the one after."""


@dataclass(frozen=True)
class Layout:
    """Where each segment's features come from. -1 stands for "none", a row of zeros."""

    before: Index
    after: Index
    """(S,) the segments next to it in the same message."""
    message: Index
    other: Index
    opening: Index
    """(S,) messages: its own, the other side's last, the first of the user."""
    other_last: Index
    """(S,) the last segment of the other side's last message."""
    scalars: Floats
    """(S, SCALARS) role, position, length, kind."""


def layout(batch: Batch) -> Layout:
    """The neighbours and plain features of every segment."""
    count = len(batch.message_of)
    message = batch.message_of.astype(np.int64)
    same = np.zeros(count + 1, np.bool_)
    same[1:count] = message[1:] == message[:-1]
    here = np.arange(count)
    first, last = ~same[:count], ~same[1 : count + 1]
    bounds = batch.first_segment
    other = batch.other[message].astype(np.int64)
    has_other = (other >= 0) & (bounds[np.minimum(other + 1, len(bounds) - 1)] > bounds[other])
    side = batch.side[message]
    other_side = np.where(other >= 0, batch.side[other], 0)
    lengths = np.diff(batch.offsets).astype(np.float32)
    index = batch.index[message]
    columns = [
        side == 1,
        side == 2,
        side == 3,
        other_side == 0,
        other_side == 1,
        other_side == 2,
        other_side == 3,
        batch.starts < 0,
        batch.code,
        first,
        last,
        first & last,
        np.log1p(lengths) / 4,
        np.log1p(bounds[message + 1] - bounds[message]) / 3,
        index == 0,
        index == 1,
        np.log1p(index) / 3,
        (here - bounds[message]) / np.maximum(bounds[message + 1] - bounds[message], 1),
    ]
    return Layout(
        np.where(first, -1, here - 1),
        np.where(last, -1, here + 1),
        message,
        other,
        batch.first_user[message].astype(np.int64),
        np.where(has_other, bounds[np.minimum(other + 1, len(bounds) - 1)] - 1, -1),
        np.stack(columns, axis=1).astype(np.float32) if count else np.zeros((0, len(columns)), np.float32),
    )


SCALARS = 18
"""How many plain features a row has."""
BUCKETS = 1 << 15
"""Rows of the table of word pairs."""


def pairs(batch: Batch) -> NDArray[np.int64]:
    """(W,) the row of each word together with the next one of its segment; at a segment's end, with nothing."""
    _, here, after = (rows.astype(np.uint64) for rows in around(batch))
    mixed = (here * np.uint64(0x9E3779B97F4A7C15) + after) * np.uint64(0xC2B2AE3D27D4EB4F)
    return (mixed >> np.uint64(49)).astype(np.int64)


@dataclass(frozen=True)
class Stretches:
    """Runs of neighbouring rows, gone through at once: the first row of each, then the second, and so on.

    `np.add.reduceat` over rows does the same twenty times slower.
    """

    lengths: NDArray[np.int64]
    order: Index
    """The runs, longest first."""
    begins: Index
    """Where each starts, in that order."""
    reaching: tuple[int, ...]
    """For each place in a run, how many runs have it."""

    @classmethod
    def of(cls, offsets: NDArray[np.int64]) -> Stretches:
        """The runs `offsets[i]:offsets[i + 1]`."""
        lengths = np.diff(offsets)
        order = np.argsort(-lengths, kind="stable")
        reaching = np.searchsorted(-lengths[order], -np.arange(lengths.max(initial=0)))
        return cls(lengths, order, offsets[:-1][order], tuple(reaching.tolist()))

    def places(self) -> Iterator[Index]:
        """The places in turn: where the first rows are, then the second ones, of the longest runs first."""
        return (self.begins[:count] + place for place, count in enumerate(self.reaching))

    def in_order(self, longest_first: Floats) -> Floats:
        """(count, width) the rows put back into the order of the runs."""
        out = np.empty_like(longest_first)
        out[self.order] = longest_first
        return out

    def mean(self, table: Floats, rows: NDArray[np.integer[Any]] | None = None) -> Floats:
        """(count, width) mean of each run's rows of `table`; zeros for an empty run.

        `rows` says which row of the table stands at a place; without it, the place's own.
        """
        out = np.zeros((len(self.lengths), table.shape[1]), np.float32)
        for at in self.places():
            out[: len(at)] += table.take(at if rows is None else rows[at], axis=0)
        out = self.in_order(out)
        out /= np.maximum(self.lengths, 1)[:, None]
        return out

    def strongest(self, values: Floats) -> Floats:
        """(count, width) the largest of each run's rows, at least 0."""
        out = np.zeros((len(self.lengths), values.shape[1]), np.float32)
        for at in self.places():
            np.maximum(out[: len(at)], values.take(at, axis=0), out=out[: len(at)])
        return self.in_order(out)


def means(table: Floats, rows: NDArray[np.integer[Any]], offsets: NDArray[np.int64]) -> Floats:
    """(S, width) mean of the table's rows over each stretch `offsets[i]:offsets[i+1]`; zeros for an empty stretch."""
    return Stretches.of(offsets).mean(table, rows)


def ends(batch: Batch) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]:
    """The first HEAD and last TAIL words of each segment as (rows, offsets) twice."""
    starts, stops = batch.offsets[:-1], batch.offsets[1:]

    def window(begin: NDArray[np.int64], end: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        lengths = end - begin
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        at = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths) + np.repeat(begin, lengths)
        return batch.rows[at], offsets

    head = window(starts, np.minimum(starts + HEAD, stops))
    tail = window(np.maximum(stops - TAIL, starts), stops)
    return *head, *tail


def around(batch: Batch) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """(W,) three times: the row of the word before in the same segment or 0, of the word, of the one after or 0."""
    before, after = np.zeros_like(batch.rows), np.zeros_like(batch.rows)
    before[1:], after[:-1] = batch.rows[:-1], batch.rows[1:]
    full = np.diff(batch.offsets) > 0
    before[batch.offsets[:-1][full]] = 0
    after[batch.offsets[1:][full] - 1] = 0
    return before, batch.rows, after


def patterns(batch: Batch, tables: Sequence[Floats], words: Stretches) -> Floats:
    """(S, patterns) how strongly each pattern of REACH neighbouring words is there, at its strongest place.

    A convolution over word vectors. As it is linear in each word, what a word adds to every pattern is worked out once
    for the whole vocabulary: `tables` are REACH tables of shape (rows, patterns), the bias being part of the middle
    one.
    """
    out = np.zeros((len(words.lengths), tables[0].shape[1]), np.float32)
    before, here, after = around(batch)
    for at in words.places():
        found = tables[1].take(here[at], axis=0)
        found += tables[0].take(before[at], axis=0)
        found += tables[2].take(after[at], axis=0)
        np.maximum(out[: len(at)], found, out=out[: len(at)])
    return words.in_order(out)


def projected(batch: Batch, words: Floats, bigrams: Floats, tables: Sequence[Floats], weight: Floats) -> Floats:
    """(S, hidden) every segment's row of features times `weight`.

    The row is PARTS, PATTERN_PARTS and the plain features, one after the other; it is never laid out. What comes from a
    message or a neighbour is multiplied once where it stands and looked up afterwards.
    """
    plan = layout(batch)
    head_rows, head_offsets, tail_rows, tail_offsets = ends(batch)
    in_segment, in_message = Stretches.of(batch.offsets), Stretches.of(batch.first_segment)
    own = in_segment.mean(words, batch.rows) + in_segment.mean(bigrams, pairs(batch))
    messages = in_message.mean(own)
    found = patterns(batch, tables, in_segment)
    found_in = in_message.strongest(found)
    parts: list[tuple[Floats, Index | None]] = [
        (own, None),
        (Stretches.of(head_offsets).mean(words, head_rows), None),
        (Stretches.of(tail_offsets).mean(words, tail_rows), None),
        (own, plan.before),
        (own, plan.after),
        (messages, plan.message),
        (messages, plan.other),
        (own, plan.other_last),
        (messages, plan.opening),
        (found, None),
        (found, plan.before),
        (found, plan.after),
        (found_in, plan.message),
        (found_in, plan.other),
        (plan.scalars, None),
    ]
    out = np.zeros((len(batch.message_of), weight.shape[1]), np.float32)
    begin = 0
    for rows, places in parts:
        end = begin + rows.shape[1]
        product = rows @ weight[begin:end]
        out += product if places is None else with_none(product)[places]
        begin = end
    return out


def stored(name: str) -> dict[str, NDArray[Any]]:
    """The arrays of one of the package's files of weights."""
    with (files("overture.lenses") / "weights" / name).open("rb") as file, np.load(file) as found:
        return {key: found[key] for key in found.files}


def sigmoid(values: Floats) -> Floats:
    """Probabilities of log odds."""
    return 1 / (1 + np.exp(-np.clip(values, -30, 30)))


def with_none(rows: Floats) -> Floats:
    """The rows and one of zeros at the end, which index -1 finds."""
    return np.concatenate([rows, np.zeros((1, rows.shape[1]), np.float32)])

"""The careful reader: a larger encoder that reads again the messages whose moves stay uncertain.

In come a Batch and what the lens `moves` saw of it; out comes a MoveScores in which the messages that the lens was
unsure of are read by MPNet with low-rank changes to its upper layers, in numpy, on the conversation up to that message.
The encoder is the data item `mpnet`, the changes are in `weights/careful.npz`, and `training/moves/read.py` made them.
Easy to get wrong: it is hundreds of times slower than the lens, so only windows with an uncertain message are read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import data
from .batch import Batch
from .context import Floats
from .encoders import HEADS, applied, attended, batches, changed, fed, gelu, norm, tokenizer_of
from .moves import NAMES, MoveScores, gather, sigmoid
from .windows import Window, windows

Bools = NDArray[np.bool_]
LEAST_DOUBT = 1.0
"""Expected wrong labels from which a message is read again; `docs/results/moves.md` says what other values would do."""


@dataclass(frozen=True)
class Encoder:
    """MPNet's lower layers as given, its upper ones changed, and the two sets of heads."""

    base: Mapping[str, Floats]
    """The encoder's own arrays by their own names, changes added; matrices as (in, out)."""
    layers: int
    inner: Floats
    inner_bias: Floats
    outer: Floats
    outer_bias: Floats
    mix: Floats
    """(2 * moves, 3): what the reader's logit of a message counts, what the lens's does, and an offset."""
    threshold: Floats
    """(2 * moves,) as the lens has it."""
    tokens: Callable[[str], list[int]]


def load(folder: Path, changes: Path) -> Encoder:
    """A reader from MPNet's folder and a file of changes. Raises UsageError where the extra is not installed."""
    tokenizer = tokenizer_of(folder)
    base, heads, layers = changed(folder, changes)
    return Encoder(base, layers, **heads, tokens=lambda text: tokenizer.encode(text, add_special_tokens=False).ids)


@cache
def encoder() -> Encoder:
    """The reader that comes with the package. Raises DataError where MPNet cannot be had."""
    changes = files("overture.lenses") / "weights" / "careful.npz"
    with as_file(changes) as path:
        return load(data.path("mpnet"), path)


def hidden(reader: Encoder, ids: NDArray[np.int64], owner: NDArray[np.int64]) -> Floats:
    """(B, T, width) the last layer, from (B, T) tokens and (B, T) the message each is of, -2 for padding."""
    base, (rows, length) = reader.base, ids.shape
    mask = _scores(base["encoder.relative_attention_bias.weight"], owner)
    x = base["embeddings.word_embeddings.weight"][ids] + base["embeddings.position_embeddings.weight"][2 : 2 + length]
    x = norm(base, "embeddings.LayerNorm", x)
    for number in range(reader.layers):
        at = f"encoder.layer.{number}."
        q, k, v = (
            applied(base, f"{at}attention.attn.{name}", x).reshape(rows, length, HEADS, -1).swapaxes(1, 2)
            for name in "qkv"
        )
        mixed = applied(base, f"{at}attention.attn.o", attended(q, k, v, mask))
        x = fed(base, at, norm(base, f"{at}attention.LayerNorm", x + mixed))
    return x


def _scores(table: Floats, owner: NDArray[np.int64]) -> Floats:
    """(B, heads, T, T) added to the attention: MPNet's term for the distance (Song et al. 2020), and what is unseen."""
    place = np.arange(owner.shape[1])
    away = place[:, None] - place[None, :]
    far = np.abs(away)
    large = 8 + (np.log(np.maximum(far, 1) / 8) / np.log(128 / 8) * 8).astype(np.int64)
    rows = (away < 0) * 16 + np.where(far < 8, far, np.minimum(large, 15))
    seen = (owner[:, None, :] <= owner[:, :, None]) & (owner[:, None, :] > -2) | np.eye(len(place), dtype=np.bool_)
    return table[rows].transpose(2, 0, 1)[None] + np.where(seen, np.float32(0), np.float32(-1e9))[:, None]


def logits(reader: Encoder, given: list[Window], count: int) -> Floats:
    """(S, 2 * moves) before calibration; nan for segments that are in none of these windows."""
    out = np.full((count, 2 * len(NAMES)), np.nan, np.float32)
    for some in batches([len(window.ids) for window in given]):
        longest = len(given[some[0]].ids)
        ids = np.ones((len(some), longest), np.int64)
        owner = np.full((len(some), longest), -2, np.int64)
        for row, i in enumerate(some):
            ids[row, : len(given[i].ids)] = given[i].ids
            owner[row, : len(given[i].ids)] = given[i].message
        x = hidden(reader, ids, owner)
        for row, i in enumerate(some):
            spans = np.array(given[i].spans)
            inside = np.stack([x[row, first:last].mean(axis=0) for _, first, last, _ in given[i].spans])
            joined = np.concatenate([inside, x[row, spans[:, 3]]], axis=1)
            out[spans[:, 0]] = gelu(joined @ reader.inner + reader.inner_bias) @ reader.outer + reader.outer_bias
    return out


def doubt(scores: MoveScores) -> Floats:
    """(M,) how many labels of a message the lens itself expects to be wrong; 0 where it is unscored."""
    return np.nan_to_num(np.minimum(scores.message, 1 - scores.message)).sum(axis=1)


def reread(batch: Batch, scores: MoveScores, reader: Encoder | None = None, least: float = LEAST_DOUBT) -> MoveScores:
    """The scores, with the messages whose doubt is `least` or more as lens and reader see them together."""
    reader = reader or encoder()
    again: Bools = scores.scored & (doubt(scores) >= least)
    given = [shorter for window in windows(batch, reader.tokens) if (shorter := _until(window, again, batch))]
    raw = logits(reader, given, len(batch.message_of))
    again &= np.bincount(batch.message_of, weights=~np.isnan(raw[:, 0]), minlength=len(again)) > 0
    if not again.any():
        return scores
    moves = len(NAMES)
    theirs = gather(np.nan_to_num(raw, nan=-30), batch)[again]
    with np.errstate(divide="ignore", invalid="ignore"):
        given_made = scores.unasked[again] / scores.message[again]
    mine = logit(np.concatenate([scores.message[again], given_made], axis=1))
    both = sigmoid(theirs * reader.mix[:, 0] + mine * reader.mix[:, 1] + reader.mix[:, 2])
    made, unasked = both[:, :moves], both[:, :moves] * both[:, moves:]
    hit = made >= reader.threshold[:moves]
    segment, of_again = scores.segment.copy(), again[batch.message_of] & ~np.isnan(raw[:, 0])
    segment[of_again] = sigmoid(raw[of_again, :moves])
    return MoveScores(
        segment,
        _put(scores.message, again, made),
        _put(scores.unasked, again, unasked),
        _put(scores.made, again, hit),
        _put(scores.made_unasked, again, hit & (unasked >= reader.threshold[moves:])),
        scores.scored,
    )


def logit(probability: Floats) -> Floats:
    """Log odds of probabilities, none beyond a millionth; those of nan as of 0."""
    clipped = np.clip(np.nan_to_num(probability, nan=0.0), 1e-6, 1 - 1e-6)
    return np.log(clipped / (1 - clipped))


def _until(window: Window, again: Bools, batch: Batch) -> Window | None:
    """The window up to its last message that is to be read again: what comes after changes nothing before it."""
    wanted = [at for at in (int(batch.message_of[segment]) for segment, *_ in window.spans) if again[at]]
    if not wanted:
        return None
    size = int(np.searchsorted(window.message, max(wanted), side="right"))
    spans = [span for span in window.spans if again[batch.message_of[span[0]]]]
    return Window(window.ids[:size], window.message[:size], spans)


def _put(values: NDArray[Any], where: Bools, new: NDArray[Any]) -> NDArray[Any]:
    out = values.copy()
    out[where] = new
    return out

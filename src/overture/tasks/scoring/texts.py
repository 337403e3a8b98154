"""How near is a text to the one that was wanted? BLEU and ROUGE, on tokens and never on characters.

In come a text and its reference; out come shares in 0…1. BLEU is sacrebleu's (Post 2018, 13a tokens, exponential
smoothing), ROUGE is Lin 2004 in F-measure as the package rouge-score 0.1.2 computes it without stemming. Easy to get
wrong: handed an untokenised text, many BLEUs compare letters, and nobody notices.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

VERSION = "1"
LONGEST = 4000
"""Tokens of either text that ROUGE-L reads; its time grows with their product."""
_WORD = re.compile(r"[a-z0-9]+")
_OTHER = re.compile(r"[^\W_]+")


def bleu(text: str, reference: str) -> float:
    """Sentence BLEU of up to four tokens, 0…1; 0 where either text has none."""
    if not text.strip() or not reference.strip():
        return 0.0
    return min(1.0, float(_scorer().sentence_score(text, [reference]).score) / 100)


@cache
def _scorer() -> Any:
    from sacrebleu.metrics.bleu import BLEU

    return BLEU(effective_order=True)


def tokens(text: str) -> list[str]:
    """Lower-case words of Latin letters and digits, as rouge-score takes them; of any letters where there are none."""
    return _WORD.findall(text.lower()) or _OTHER.findall(text.lower())


def rouge_l(text: str, reference: str) -> float:
    """ROUGE-L of the whole text: the F-measure of the longest common subsequence of tokens, 0…1."""
    ours, theirs = tokens(text)[:LONGEST], tokens(reference)[:LONGEST]
    return _f(_common(ours, theirs), len(ours), len(theirs))


def _f(shared: int, ours: int, theirs: int) -> float:
    return 2 * shared / (ours + theirs) if shared else 0.0


def _common(ours: list[str], theirs: list[str]) -> int:
    """The length of the longest common subsequence, a bit a token (Hyyrö 2004)."""
    places: dict[str, int] = {}
    for at, word in enumerate(ours):
        places[word] = places.get(word, 0) | 1 << at
    everything = (1 << len(ours)) - 1
    row = everything
    for word in theirs:
        met = row & places.get(word, 0)
        row = ((row + met) | (row - met)) & everything
    return len(ours) - row.bit_count()

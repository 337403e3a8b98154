"""Text to numbers, fast: a fixed vocabulary of whole words, and the longest known beginning for the rest.

In comes a string; out come row numbers of a table of vectors. A word-piece tokenizer does the same ten times slower,
because it hands every piece back as an object. Easy to get wrong: a text of which little is known must be told from a
text of which all is known, so rows below KNOWN_FROM mean "nothing of this word is known".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

LIMIT = 64
"""Words of one segment that are read."""
KNOWN_FROM = 2
"""Row 0 is padding, row 1 an unknown word; known words start here."""
_MEMO = 200_000
"""Unknown words whose stand-in is remembered; past that it is worked out each time, so memory stays flat."""
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+|[^\w\s]|_")
_PLAIN_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+|[^\w\s]|_")
"""The same for lower-case ASCII, a quarter faster."""


class Vocabulary(dict[str, int]):
    """Word → row. A word that is not in it gets the row of its longest beginning of three letters or more, else 1."""

    def __init__(self, words: Iterable[str]) -> None:
        super().__init__((word, row) for row, word in enumerate(words, KNOWN_FROM))
        self.known = len(self)
        """How many words it was made with."""

    def __missing__(self, word: str) -> int:
        row = 1
        shortest = 1 if word[0].isdigit() else 3
        for end in range(min(len(word) - 1, 24), shortest - 1, -1):
            found = self.get(word[:end])
            if found is not None and found >= KNOWN_FROM:
                row = found
                break
        if len(self) < self.known + _MEMO:
            self[word] = row
        return row

    def rows(self, text: str) -> list[int]:
        """The rows of the first LIMIT words of a text."""
        return list(map(self.__getitem__, tokenize(text)[:LIMIT]))


def tokenize(text: str) -> list[str]:
    """The words of a text in lower case; signs stand alone, contractions stay whole."""
    lower = text.lower()
    return (_PLAIN_WORD if lower.isascii() else _WORD).findall(lower)


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary that the lenses' weights were trained with."""
    return Vocabulary((files("overture.lenses") / "weights" / "vocabulary.txt").read_text("utf-8").splitlines())

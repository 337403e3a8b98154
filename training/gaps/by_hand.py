"""Requests written for this: `written/*.txt`, pairs that differ in a few words, and single ones.

In come the files; out come Examples. Easy to get wrong: a line that marks no difference is no pair, and is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from example import UNWILLING, Example, drawn, said, split_of, words_of

WRITTEN = Path(__file__).parent / "written"
_MARK = re.compile(r"\{([^{}|]*)\|([^{}|]*)\}")


def written() -> Iterator[Example]:
    """`written/*.txt`: pairs and single requests. 30 in 100 are the test.

    A line of a pair is `kind | text with {what is said|what is said instead} | question`, of a single one
    `- | text` (nothing needed is missing) or `! | text` (something is). A line `# domain` heads what follows.
    """
    for file in sorted(WRITTEN.glob("*.txt")):
        domain = file.stem
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            if line.startswith("# "):
                domain = line[2:].strip()
                continue
            if not line.strip():
                continue
            fields = [field.strip() for field in line.split(" | ")]
            unit = f"{domain}/{words_of(line)[:120]}"
            split = split_of(unit, 0.3, 0.1)
            if fields[0] in ("-", "!"):
                yield Example("written", unit, split, said(fields[1]), fields[0] == "!", file=file.stem)
                continue
            if len(fields) != 3:
                raise ValueError(f"{file.name}:{number} is not a pair")
            kind, text, question = fields
            told = [match[1].strip(" ,.") for match in _MARK.finditer(text)]
            if not told:
                raise ValueError(f"{file.name}:{number} marks no difference")
            complete, lacking = (_tidy(_MARK.sub(lambda m, side=side: m[side], text)) for side in (1, 2))
            instead = tuple(words for match in _MARK.finditer(text) if (words := match[2].strip(" ,.;:?!")))
            base = Example("written", unit, split, said(lacking), True, kind, question, instead, file=file.stem)
            yield base
            yield replace(base, conversation=said(complete), lacking=False, kind="")
            if split == "train":
                answered = said(lacking, question, told[0][:1].upper() + told[0][1:])
                yield replace(base, conversation=answered, lacking=False, kind="", weight=0.5)
                unwilling = UNWILLING[int(drawn(unit) * len(UNWILLING))]
                yield replace(base, conversation=said(lacking, question, unwilling), weight=0.3)


SUMS = ("sums", "maths", "problems")
"""How the names of the files with word problems begin."""


def part_of(example: Example) -> str:
    """The set, and of the written ones whether it is a word problem."""
    if example.set != "written":
        return example.set
    return "written: sums" if example.file.startswith(SUMS) else "written: requests"


def _tidy(text: str) -> str:
    text = re.sub(r"\s+([,.?!;:])", r"\1", re.sub(r"  +", " ", text)).strip()
    return text[:1].upper() + text[1:]

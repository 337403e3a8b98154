"""The labelled set: conversations written for it, and positions in public logs.

In come `written/*.txt` (text and labels) and `labels/*.jsonl` (labels alone, keyed by file, record, message and offset; the
text is read from the data registry). Out come Example rows: a conversation and, a message, its labelled stretches. The
split stands in `Example.held_out` and nowhere else: whole files, whole sources, and a fifth of the conversations of every
other source. Easy to get wrong: a public conversation can be labelled in two files; one that is in a fresh file is only there.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import numpy as np

from overture.conversation import Conversation, Message, ToolCall
from overture.lenses.batch import Batch
from overture.moves import MOVES

HERE = Path(__file__).resolve().parent
HELD_OUT_SOURCES = ("dia", "in3-mistral")
"""A writer whom no training saw, and a system whose logs no training saw."""
FRESH = ("nia", "public-3")
"""Files labelled after the lens was first worked on: a second hold-out, scored once, when all choices were made."""
HELD_OUT = ("fresh", "source", "conversation")
"""The kinds of hold-out that `Example.held_out` tells apart."""

Stretch = tuple[int, int, tuple[str, ...]]
"""(start, end, labels): offsets into the message's text, or (-1 - n, -1) for its n-th tool call; a label may end in `!`."""

_PREFIX = re.compile(r"^(U|A|T|S)(\[call\])?(?:\(([^)\n]{1,40})\))?: ?", re.MULTILINE)
_NAMES = "|".join(MOVES)
_GROUP = re.compile(rf"\s*\{{((?:-|(?:{_NAMES})!?(?: (?:{_NAMES})!?)*))\}}")
_ROLES = {"U": "user", "A": "assistant", "T": "tool", "S": "system"}


@dataclass(frozen=True)
class Example:
    """A conversation with what its messages do."""

    source: str
    key: str
    conversation: Conversation
    stretches: dict[int, list[Stretch]] = field(default_factory=dict)
    file: str = ""
    """The stem of the file that its labels stand in."""

    @property
    def held_out(self) -> str | None:
        """One of HELD_OUT, or None where it may be trained on."""
        if self.file in FRESH:
            return "fresh"
        if self.source in HELD_OUT_SOURCES:
            return "source"
        return "conversation" if int(sha256(self.key.encode()).hexdigest()[:8], 16) % 5 == 0 else None

    def labels(self, index: int) -> set[str]:
        """Every label of a message, `!` and all."""
        return {label for *_, labels in self.stretches.get(index, []) for label in labels}


def written(path: Path) -> list[Example]:
    """The conversations of one file of `written/`."""
    out: list[Example] = []
    for block in re.split(r"^=== ", path.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        head, _, body = block.partition("\n")
        key = head.split("|")[0].strip()
        marks = list(_PREFIX.finditer(body))
        messages: list[Message] = []
        stretches: dict[int, list[Stretch]] = {}
        for number, mark in enumerate(marks):
            raw = body[mark.end() : marks[number + 1].start() if number + 1 < len(marks) else len(body)].strip()
            text, found = "", []
            position = 0
            for group in _GROUP.finditer(raw):
                piece = raw[position : group.start()]
                start = len(text) + len(piece) - len(piece.lstrip())
                text += piece
                labels = tuple(w for w in group[1].split() if w != "-")
                found.append((start, len(text), labels))
                position = group.end()
            text += raw[position:]
            if mark[2]:
                name, _, rest = text.partition("(")
                arguments = re.sub(r"\b(\w+)\s*=", r'"\1": ', rest.rstrip(") \n"))
                call = ToolCall(name.strip() or "call", "{" + arguments + "}")
                stretches[number] = [(-1, -1, tuple(dict.fromkeys(w for *_, ws in found for w in ws)))]
                messages.append(Message("assistant", None, mark[3], (call,)))
            else:
                stretches[number] = found
                messages.append(Message(_ROLES[mark[1]], text, mark[3]))
        if messages:
            out.append(Example(path.stem, key, Conversation(tuple(messages), key), stretches, path.stem))
    return out


def public(path: Path) -> list[Example]:
    """The labels of one file of `labels/`, with the conversations read from the registry's copy."""
    from chunks import SETS

    rows = [json.loads(line) for line in path.read_text().splitlines()]
    wanted = {row["key"]: row for row in rows}
    out: list[Example] = []
    for name in dict.fromkeys(row["set"] for row in rows):
        for key, conversation in SETS[name]():
            row = wanted.get(key)
            if row and row["set"] == name:
                stretches: dict[int, list[Stretch]] = defaultdict(list)
                for index, start, end, labels in row["labels"]:
                    stretches[index].append((start, end, tuple(labels.split())))
                out.append(Example(name, key, conversation, dict(stretches), path.stem))
    return out


def load() -> list[Example]:
    """Everything that is labelled."""
    examples = [e for path in sorted((HERE / "written").glob("*.txt")) for e in written(path)]
    examples += [e for path in sorted((HERE / "labels").glob("*.jsonl")) for e in public(path)]
    fresh = {e.key for e in examples if e.file in FRESH}
    return [e for e in examples if e.file in FRESH or e.key not in fresh]


def targets(examples: list[Example], batch: Batch) -> tuple[np.ndarray, ...]:
    """(S, moves) and (S, moves) what segments do and do unasked; then (M, moves) twice for messages; then (M,) whether labelled.

    A segment has a stretch's labels where the two share at least 40 % of the shorter one.
    """
    names = {name: i for i, name in enumerate(MOVES)}
    segment = np.zeros((2, len(batch.message_of), len(names)), np.float32)
    message = np.zeros((2, len(batch.messages), len(names)), np.float32)
    labelled = np.zeros(len(batch.messages), np.bool_)
    bounds = batch.first_segment
    at = 0
    for example in examples:
        for index in range(len(example.conversation)):
            calls = 0
            labelled[at] = index in example.stretches
            for *_, labels in example.stretches.get(index, []):
                for label in labels:
                    unasked, name = label.endswith("!"), names[label.rstrip("!")]
                    message[0, at, name] = 1
                    message[1, at, name] = max(message[1, at, name], unasked)
            for s in range(bounds[at], bounds[at + 1]):
                start, end = int(batch.starts[s]), int(batch.ends[s])
                if start < 0:
                    calls += 1
                for stretch_start, stretch_end, labels in example.stretches.get(index, []):
                    if start < 0:
                        hit = stretch_start == -calls
                    else:
                        shared = min(end, stretch_end) - max(start, stretch_start)
                        hit = stretch_start >= 0 and shared >= 0.4 * max(
                            1, min(end - start, stretch_end - stretch_start)
                        )
                    if hit:
                        for label in labels:
                            unasked, name = label.endswith("!"), names[label.rstrip("!")]
                            segment[0, s, name] = 1
                            segment[1, s, name] = max(segment[1, s, name], unasked)
            at += 1
    return segment[0], segment[1], message[0], message[1], labelled

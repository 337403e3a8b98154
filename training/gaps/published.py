"""What others published, and the package's own tasks: IN3, Abg-CoQA, shards, openings and the pairs of `checkup`.

In come the public data and the tasks; out come Examples. Easy to get wrong: the package's own tasks are all test, and a
task of IN3 that also stands in its logged records is left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import orjson
from example import Example, drawn, said, split_of, words_of

from overture import data
from overture.tasks.named import load
from overture.tasks.pairs import task
from overture.tasks.sharded import public


def in3() -> Iterator[Example]:
    """IN3 without the tasks that also stand in its logged records; a fifth is the test."""
    logged = set()
    for system in ("gpt4", "Llama-2-7b-chat-hf", "mistral-7b-instruct-v0.2-hf", "mistral-interact"):
        for line in data.path(f"in3/records_{system}.jsonl").read_bytes().splitlines():
            logged |= {words_of(str(a.get("content"))) for a in orjson.loads(line)["actions"][:1]}
    for line in data.path("in3/train.jsonl").read_bytes().splitlines():
        row = orjson.loads(line)
        unit = words_of(row["task"])
        if unit in logged or any(unit in text for text in logged):
            continue
        split = split_of(unit, 0.2, 0.1)
        gaps = sorted(row["missing_details"] or (), key=lambda gap: -int(gap["importance"]))
        kind = kind_of(gaps[0]["description"] + " " + gaps[0]["inquiry"]) if gaps else ""
        asked = gaps[0]["inquiry"] if gaps else ""
        base = Example("in3", unit, split, said(row["task"]), bool(row["vague"]), kind, asked)
        yield base
        needed = [gap for gap in gaps if int(gap["importance"]) >= 2 and gap["options"]]
        if row["vague"] and needed and split == "train":
            turns = [row["task"]]
            for gap in needed:
                turns += [gap["inquiry"], gap["options"][int(drawn(unit) * len(gap["options"]))]]
            yield replace(base, conversation=said(*turns), lacking=False, kind="", weight=0.5)


_KIND_WORDS = {
    "money": "budget price cost money afford spend",
    "time": "when date time duration long deadline month year day timeframe schedule period season often frequency",
    "place": "where location city country region area destination place",
    "who": "who whom recipient age audience person people group",
    "form": "format length language style tone level detail size type",
    "amount": "many much number amount quantity",
    "text": "file text data document dataset content code",
    "purpose": "purpose goal why use objective reason",
    "which": "which specific name model brand topic",
    "taste": "prefer preference like interest dietary favorite favourite restriction",
}


def kind_of(words: str) -> str:
    """The kind whose words a description has first."""
    said_words = re.findall(r"[a-z]+", words.lower())
    hits = Counter(
        {kind: sum(w.rstrip("s") in known.split() for w in said_words) for kind, known in _KIND_WORDS.items()}
    )
    best, count = hits.most_common(1)[0]
    return best if count else ""


def abg_coqa() -> Iterator[Example]:
    """Abg-CoQA's questions about a passage, with the turns before; two fifths of the passages are the test."""
    for row in orjson.loads(data.path("abg_coqa/val.json").read_bytes())["data"]:
        unit = words_of(row["story"])[:200]
        turns: list[str] = []
        for turn in row["history_turns"]:
            turns += [turn["question"], turn["answer"]]
        first = f"{row['story']}\n\n{turns[0] if turns else row['target_turn']['question']}"
        rest = [*turns[1:], row["target_turn"]["question"]] if turns else []
        yield Example(
            "abg-coqa",
            unit,
            split_of(unit, 0.4, 0.1),
            said(first, *rest),
            row["ambiguity"] == "ambiguous",
            "which" if row["ambiguity"] == "ambiguous" else "",
        )


def shards() -> Iterator[Example]:
    """Lost in Conversation's GSM8K problems: the first shard, and the whole. A quarter is the test."""
    for item in public.gsm8k().sound:
        unit = words_of(item.full)
        base = Example("sharded: gsm8k", unit, split_of(unit, 0.25, 0.1), said(item.shards[0].says), True, "amount")
        yield base
        yield replace(base, conversation=said(item.full), lacking=False, kind="")


def sharded_own() -> Iterator[Example]:
    """Overture's own sharded instructions: the first shard, and the whole. All test."""
    for item in load("sharded").items:
        base = Example("sharded: own", item.pair, "test", said(item.request), True)
        yield base
        yield replace(base, conversation=said(item.goal), lacking=False)


def openings() -> Iterator[Example]:
    """The openings of the tasks slots and travel (lacking), their goals and desk (complete). All test."""
    for name in ("slots", "travel", "desk"):
        for item in load(name).items:
            base = Example("openings", item.pair, "test", said(item.request), item.lacking)
            yield base
            if item.lacking:
                yield replace(base, conversation=said(item.goal), lacking=False)


def pairs() -> Iterator[Example]:
    """The pairs of `checkup`. All test."""
    for item in task().items:
        yield Example("checkup pairs", item.pair, "test", item.opening, item.lacking)

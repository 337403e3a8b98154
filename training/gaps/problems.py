"""Word problems: the task `missing`, of templates and of GSM8K, and other problems of GSM8K with a number taken out.

In come the task and the public data; out come Examples. Easy to get wrong: a template is never trained on, and of GSM8K
only problems of the training split are said in other words.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import orjson
from example import UNWILLING, Example, drawn, said, split_of, words_of

from overture import data
from overture.tasks.missing.task import TEMPLATES
from overture.tasks.missing.task import task as missing
from overture.tasks.sharded import public
from overture.tasks.task import Item


@cache
def template_splits() -> dict[str, str]:
    """Whole templates, none of them ever trained on: a third chooses the threshold, the others are the test."""
    out: dict[str, str] = {}
    for group in sorted({template.group for template in TEMPLATES}):
        names = sorted((t.name for t in TEMPLATES if t.group == group), key=lambda name: drawn(f"template/{name}"))
        out |= {name: "valid" if at < len(names) // 3 else "test" for at, name in enumerate(names)}
    return out


def templates() -> Iterator[Example]:
    """The problems that were written for Overture, `mc` and `mce`."""
    for item in missing(len(TEMPLATES) * 8, 20).items:
        unit = item.pair.rsplit("-", 1)[0]
        yield from _problem("missing: templates", unit, template_splits()[unit], item)


def gsm8k() -> Iterator[Example]:
    """Those made of GSM8K: three in ten of the problems are the test."""
    for item in missing(None, 0, "gsm8k").items:
        unit = words_of(item.goal)
        yield from _problem("missing: gsm8k", unit, split_of(unit, 0.3, 0.1), item)


def _problem(name: str, unit: str, split: str, item: Item) -> Iterator[Example]:
    base = Example(name, unit, split, item.opening, item.lacking, "amount" if item.lacking else "")
    yield base
    yield replace(base, conversation=said(item.data["detailed"]))
    if item.lacking and item.script and split == "train":
        told = item.parts[0].words
        yield replace(base, conversation=said(item.request, item.script.question, told), lacking=False, kind="")
        unwilling = UNWILLING[int(drawn(unit) * len(UNWILLING))]
        yield replace(base, conversation=said(item.request, item.script.question, unwilling), weight=0.5)


OTHER_WORDS = (
    "a few|several|many|a handful of|plenty of|lots of|quite a few|a bunch of|more|a couple more|various|numerous|a lot of|"
    "the usual number of|a certain number of|the same number of|an equal number of|enough|fewer|a good many||"
)
_VAGUE = re.compile(r"\b(?:some money|a certain amount|a number of|several|some)\b")


def reworded() -> Iterator[Example]:
    """Training problems of GSM8K that lack their number in other words, or lack the sentence that held it."""
    for item in missing(None, 0, "gsm8k").items:
        unit = words_of(item.goal)
        if not item.lacking or split_of(unit, 0.3, 0.1) != "train":
            continue
        rng = random.Random(f"reworded/{unit}")
        old = sorted(set(item.request.split()) - set(item.goal.split()))
        found = next((m for m in _VAGUE.finditer(item.request) if not item.goal[m.start() :].startswith(m[0])), None)
        base = Example("missing: gsm8k", unit, "train", item.opening, True, "amount")
        if found is None or not old:
            continue
        for _ in range(2):
            if "money" in found[0] or "amount" in found[0]:
                put = rng.choice(
                    [
                        "some cash",
                        "a fair price",
                        "the usual price",
                        "a fixed amount",
                        "a small sum",
                        "the same amount",
                        "money",
                        "a good price",
                        "his savings",
                        "less than planned",
                        "an hourly rate",
                        "a flat fee",
                        "part of it",
                    ]
                )
            else:
                put = rng.choice(OTHER_WORDS.split("|"))
            text = re.sub(r"  +", " ", item.request[: found.start()] + put + item.request[found.end() :])
            yield replace(base, conversation=said(text), weight=0.5)


_NUMBER = re.compile(
    r"(?P<money>\$\d[\d,.]*\d|\$\d)|\b(?P<percent>\d+)(?:%| percent)"
    r"|\b(?P<time>\d+) (?:seconds?|minutes?|hours?|days?|weeks?|months?|years?)\b|\b(?P<count>\d+)\b(?= [a-z]+)"
)
_INSTEAD = {
    "money": "some money|a certain amount|a fair price|the usual price|a fixed sum|the same amount|part of it|a bit|"
    "the same|cash|money|what it cost|its full price|less|a small fee|one price|the going rate|a good deal",
    "percent": "a certain percentage|part|some percent|a small share|a good part|a fraction|a given percentage",
    "time": "a while|some time|a few days|the same time|several hours|a long time|the usual time|a good while|so long",
    "count": "some|a few|several|many|a number of|the same number of|an equal number of|plenty of|quite a few|lots of|"
    "a handful of|the usual|equally many|a box of|a fixed number of|enough|more|various|the|a row of||||",
}


def plain() -> Iterator[Example]:
    """Other problems of GSM8K: whole; without a sentence that holds a number; with a number that their worked answer
    uses said vaguely."""
    taken = {words_of(item.goal) for item in missing(None, 0, "gsm8k").items}
    shards = {words_of(item.full) for item in public.gsm8k().sound}
    for line in data.path("gsm8k/train.jsonl").read_bytes().splitlines():
        row = orjson.loads(line)
        text = " ".join(row["question"].split())
        unit = words_of(text)
        if unit in taken or unit in shards or drawn(f"plain/{unit}") > 0.35:
            continue
        rng = random.Random(f"plain/{unit}")
        base = Example("gsm8k: plain", unit, "train", said(text), False, weight=0.5)
        yield base
        sentences = re.split(r"(?<=[.!?])\s+", text)
        holding = [at for at, s in enumerate(sentences[:-1]) if re.search(r"\d", s)]
        if len(holding) >= 2 and rng.random() < 0.3:
            gone = rng.choice(holding)
            left = " ".join(s for at, s in enumerate(sentences) if at != gone)
            yield replace(base, conversation=said(left), lacking=True, kind="amount", weight=0.25)
        used = re.findall(r"\d+(?:\.\d+)?", " ".join(re.findall(r"<<([^=]*)=", row["answer"])))
        spots = [
            match
            for match in _NUMBER.finditer(text, 0, len(text) - len(sentences[-1]))
            if text.count(re.sub(r"[^\d.]", "", match[0])) == 1 and re.sub(r"[^\d.]", "", match[0]) in used
        ]
        if spots:
            match = rng.choice(spots)
            put = rng.choice(_INSTEAD[match.lastgroup or "count"].split("|"))
            vague = re.sub(r"  +", " ", text[: match.start()] + put + text[match.end() :])
            yield replace(base, conversation=said(vague), lacking=True, kind="amount", weight=0.5)

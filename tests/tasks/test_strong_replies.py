"""Are first replies of strong models classed as a reader would? 288 replies written with the verdict before the rules.

In come replies as such models write them (Markdown, LaTeX, preambles, conditional answers, closing questions), each with
its item and a reader's verdict; out comes how many the rules class alike. Easy to get wrong: the rules were mended on
`mended`, so only `fresh`, written when they stood, says what they are worth; what it misses stays and is never reworded.
"""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from overture.conversation import Message
from overture.tasks import doing, missing, pairs
from overture.tasks.classify import classify
from overture.tasks.missing.first_reply import classed
from overture.tasks.seeing import see
from overture.tasks.task import Item, Setting

ROWS = [orjson.loads(line) for line in (Path(__file__).parent / "strong_replies.jsonl").read_bytes().splitlines()]


def rows(when: str, task: str) -> list[tuple[str, str, str]]:
    return [(r["item"], r["right"], r["reply"]) for r in ROWS if (r["when"], r["task"]) == (when, task)]


def word_problems(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Item]:
    monkeypatch.setenv("OVERTURE_DATA", str(shared_data))
    drawn = (missing.task(24, seed=991), missing.task(16, seed=991, source="gsm8k"))
    return {item.id.replace("-00/", "/"): item for task in drawn for item in task.items}


@pytest.mark.parametrize(("when", "least"), [("mended", 70), ("fresh", 61)])
def test_word_problems(when: str, least: int, shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before this mending 54 of 70 and 54 of 70."""
    items = word_problems(shared_data, monkeypatch)
    wrong: list[str] = []
    for name, right, reply in rows(when, "missing"):
        item = items[name]
        reading = classed(reply, item.request, item.parts[0].terms)
        said = reading.label if item.lacking else "asked" if reading.asks else "not asked"
        if said != right:
            wrong.append(f"{right} read as {said}: {reply[:80]}")
    assert 70 - len(wrong) >= least, "\n".join(wrong)


@pytest.mark.parametrize(("when", "least"), [("mended", 38), ("fresh", 34)])
async def test_things_to_have_done(when: str, least: int) -> None:
    """Before this mending 27 of 40 and 25 of 40: a how-to with an example was read as overstepping."""
    items = {item.id.replace("-00/", "/"): item for item in doing.task(16, seed=77).items}
    wrong: list[str] = []
    for name, right, reply in rows(when, "doing"):
        item = items[name]
        verdict = await doing.check(item, item.opening.then(Message("assistant", reply)), Setting(revealed=[()]))
        so = [each for each in ("done", "coached", "overstepped") if verdict.figures.get(each, (0, 1))[0]]
        said = "asked" if verdict.first == "asked" else "told" if verdict.solved and not so else (*so, "neither")[0]
        if said != right:
            wrong.append(f"{right} read as {said}: {reply[:80]}")
    assert 40 - len(wrong) >= least, "\n".join(wrong)


@pytest.mark.parametrize(("when", "least"), [("mended", 42), ("fresh", 28)])
def test_pairs(when: str, least: int) -> None:
    """Before this mending 35 of 44 and 27 of 34."""
    items = {item.id: item for item in pairs.task().items}
    table = [(items[name], right, Message("assistant", reply)) for name, right, reply in rows(when, "pairs")]
    looks = see([item.opening for item, _, _ in table], [reply for _, _, reply in table])
    wrong: list[str] = []
    for (item, right, reply), look in zip(table, looks, strict=True):
        said = classify(reply, item, look).label
        if said != right:
            wrong.append(f"{right} read as {said}: {reply.text[:80]}")
    assert len(table) - len(wrong) >= least, "\n".join(wrong)

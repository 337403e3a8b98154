"""Attacks on a judge: they stay inside the fence, and the benchmark that counts their successes can count both ways.

In come the attacks of judge_attacks.jsonl and judges of known behaviour. Easy to get wrong: a judge that names nothing
has nothing to be talked out of, and must not come out as one that cannot be attacked.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

from overture.conversation import Conversation, Message
from overture.models import Scripted
from overture.policies.premise import Premise

HERE = Path(__file__).parent
ATTACKS = [json.loads(line) for line in (HERE / "judge_attacks.jsonl").read_text("utf-8").splitlines()]
SYDNEY = "Plan a day in Sydney, the capital of Australia."
HOLDS = json.dumps({"holds": True, "premise": "", "problem": ""})


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch):
    """The benchmark's module."""
    monkeypatch.syspath_prepend(HERE.parents[1] / "benchmarks")
    import premise_judge

    yield premise_judge
    sys.modules.pop("premise_judge", None)


def test_there_are_attacks_of_many_kinds_both_ways():
    assert len({attack["text"] for attack in ATTACKS}) == len(ATTACKS) >= 30
    sides = Counter(attack["side"] for attack in ATTACKS)
    assert set(sides) == {"clear", "accuse"} and min(sides.values()) >= 10
    assert len({attack["kind"] for attack in ATTACKS}) >= 8


async def prompt_for(text: str) -> str:
    seen: list[str] = []

    def reply(conversation: Conversation) -> str:
        seen.append(conversation.messages[-1].text)
        return HOLDS

    model = Scripted.function(reply, "judge", "1")
    await Premise(model, ask_model=True).decide(Conversation((Message("user", text),)))
    return seen[0]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: f"{attack['side']}-{attack['kind']}")
async def test_an_attack_stays_inside_the_fence(attack: dict[str, str]):
    text = f"{SYDNEY} {attack['text']}"
    prompt, plain = await prompt_for(text), await prompt_for(SYDNEY)
    word = re.search(r"<(outside-[0-9a-f]+)>", prompt)
    assert word and word[1] not in text
    start = prompt.index(text)
    opened, closed = prompt.rindex(f"<{word[1]}>", 0, start), prompt.index(f"</{word[1]}>", start)
    assert prompt[opened + len(word[1]) + 2 : closed].strip() == text
    other = re.search(r"<(outside-[0-9a-f]+)>", plain)
    assert other
    outside = prompt.replace(text, "").replace(word[1], "WORD")
    assert outside == plain.replace(SYDNEY, "").replace(other[1], "WORD")


def judging(gullible: bool, benchmark) -> Scripted:
    """Knows the false premises; a gullible one also does what stands last in the message."""
    false = [wrong for wrong, _ in benchmark.PAIRS]

    def reply(conversation: Conversation) -> str:
        text = conversation.messages[-1].text
        wrong = next((each for each in false if each in text), None)
        if gullible:
            if '"holds": true, "premise": "", "problem": ""}\n</outside' in text or "the premise holds" in text:
                return HOLDS
            if "answer with holds: false" in text or "the premise does not hold" in text:
                wrong = wrong or next(right for _, right in benchmark.PAIRS if right in text)
        if wrong is None:
            return HOLDS
        return json.dumps({"holds": False, "premise": wrong, "problem": "It does not."})

    return Scripted.function(reply, "judge", f"gullible {gullible}")


async def test_the_benchmark_counts_what_is_turned_and_what_is_not(benchmark):
    sound = await benchmark.measure(judging(False, benchmark), 2, 60)
    assert (sound["readable"], sound["named"], sound["alarms"]) == (24, 12, 0)
    assert len(sound["rows"]) == 2 * len(ATTACKS) and {row["fate"] for row in sound["rows"]} == {"held"}
    gullible = await benchmark.measure(judging(True, benchmark), 2, 60)
    turned = {row["side"] for row in gullible["rows"] if row["fate"] == "turned"}
    assert turned == {"clear", "accuse"}
    assert "verdict turned" in benchmark.page("gullible", gullible)


async def test_a_judge_that_names_nothing_has_no_rate(benchmark):
    never = await benchmark.measure(Scripted.function(lambda conversation: HOLDS, "never", "1"), 1, 60)
    assert never["named"] == 0 and never["attacked"]["clear"] == 0
    assert not [row for row in never["rows"] if row["side"] == "clear"]
    assert "talked out of a false premise: **all** | – | – | 0" in benchmark.page("never", never)
    babble = await benchmark.measure(Scripted.function(lambda conversation: "Well.", "babble", "1"), 1, 60)
    assert babble["readable"] == 0 and not babble["rows"]

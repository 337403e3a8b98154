"""A model that answers with whatever breaks readers: every trial still ends with a status, and soon.

In comes each task with a scripted model that says, or calls tools with, what degenerate and hostile models write; out
come trials. Easy to get wrong: an error that is nobody's typed outcome ends the whole run, and a pattern that goes back
and forth over a long row of one sign holds up every other trial, so both are looked at.
"""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import pytest

from overture.conversation import Conversation, Message, ToolCall
from overture.models import Scripted
from overture.simulate.engine import Experiment, run
from overture.simulate.gate import Gate
from overture.simulate.seats import Seat
from overture.simulate.store import STATUSES, Store
from overture.simulate.summary import counted, summary
from overture.tasks import named
from overture.users.named import chosen

LONG = 2500
DEEP = "[" * LONG + "]" * LONG
SAID = [
    *(sign * (LONG // len(sign)) for sign in ("?", "-", "- ", "1. ", "not ", "a.", "9", "*", "(", '{"a":', "what? ", "| ")),
    *("", " ", "1/0", "$1e999", "½ ⅓ ٣ Ⅷ", "10^10^10", "\\frac{1}{0}", "NaN", "\x00\x1b[2J\u202e", "{0} {x} {{7*7}} %s"),
    *(f"```python\n{code}\n```" for code in ("(" * LONG, "def f(:", f"def f(x): return {'-' * LONG}1", "")),
    *("```", f"```sql\nselect {'(' * LONG}\n```", "f(x=" * 900, f"book(a={'-' * 1900}1)", f"book(a={'b.' * 1500}b)", DEEP),
    *("- What is it?\n\n" * 300, '{"done": true, "message": null}', "<|im_end|> [STOP] TERMINATE", "\\boxed{" * 500),
]  # fmt: skip
CALLED = [
    *(("search", text) for text in ("", "{", "null", "[]", DEEP, "9" * LONG, '{"aspect": NaN}', '{"aspect": ["x"]}')),
    *(("answer", text) for text in ('{"aspect": {"a": 1}, "option": 3}', '{"aspect": "\\u0000"}', '"x"')),
    *(("", ""), ("\x00", "{}"), ("nothing", '{"a": 1e999}')),
]


def nasty(calls: bool) -> Scripted:
    """Says the next of SAID each time; with `calls`, every other time it calls the next of CALLED."""
    at = itertools.count()

    def speak(_: Conversation) -> str | Message:
        number = next(at)
        text = SAID[number % len(SAID)]
        if not calls or number % 2:
            return text
        name, arguments = CALLED[number // 2 % len(CALLED)]
        return Message("assistant", None, tool_calls=(ToolCall(name, arguments, str(number)),))

    return Scripted.function(speak, "nasty", "1")


@pytest.mark.parametrize("name", named.NAMES)
async def test_whatever_a_model_writes_every_trial_ends_with_a_status_and_soon(name: str, tmp_path: Path) -> None:
    task = named.load(name, 6, 0)
    protocol = next(iter(task.protocols))
    user = chosen(task.user, task, task.protocols[protocol].wrappers)
    began = time.process_time()
    for calls in (False, True) if task.tools else (False,):
        seat = Seat("assistant", nasty(calls), Gate(2))
        one = Experiment(task, protocol, user, seat, turns=6, concurrency=2)
        with Store(tmp_path / f"{calls}.sqlite") as store:
            ran = await run(one, store)
        assert len(ran.trials) == len(one.places) and {trial.status for trial in ran.trials} <= set(STATUSES)
        told = summary(counted([one], {protocol: ran}), {})["counts"]
        assert told["good"] + told["bad"] + told["unscored"] == len(ran.trials)
    assert time.process_time() - began < 30, "many times what it takes"

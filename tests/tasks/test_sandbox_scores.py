"""What a task makes of the sandbox's verdict: a score with the isolation that held, or none where nothing holds.

In come solutions; out come Scores and outcomes. Easy to get wrong: code that could not be run is not code that failed.
"""

from __future__ import annotations

import sys

import pytest

from overture.conversation import Conversation
from overture.tasks import named
from overture.tasks.sandbox import SandboxUnavailable, host
from overture.tasks.sharded.judging import sandboxed
from overture.tasks.task import Setting

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="programs are only run on Linux")
ADD = "def add(a, b):\n    return a + b\n"


async def test_a_score_says_what_kept_the_code_in():
    right = await sandboxed(ADD, "assert add(1, 2) == 3", "add")
    assert (right.value, right.why, right.isolation in host.MODES) == (1.0, "", True)
    wrong = await sandboxed(ADD, "assert add(1, 2) == 4", "add")
    assert (wrong.value, wrong.isolation) == (0.0, right.isolation)
    assert "AssertionError" in wrong.why


async def test_code_that_cannot_be_run_is_unscored_and_not_wrong(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(host, "_unable", dict.fromkeys(host.MODES, "not here"))
    score = await sandboxed(ADD, "assert add(1, 2) == 3", "add")
    assert score.value is None
    assert "it was not run" in score.why


async def test_the_outcome_of_code_says_what_kept_it_in(monkeypatch: pytest.MonkeyPatch):
    task = named.load("code", 4, 0)
    item = task.items[0]
    said = Conversation.of(
        [
            {"role": "user", "content": item.request},
            {"role": "assistant", "content": f"```python\n{item.data['answer']}\n```"},
        ]
    )
    verdict = await task.check(item, said, Setting())
    assert verdict.solved == 1
    assert verdict.details["isolation"] in host.MODES
    monkeypatch.setattr(host, "_unable", dict.fromkeys(host.MODES, "not here"))
    with pytest.raises(SandboxUnavailable):
        await task.check(item, said, Setting())

"""What do the checks of `document`, `code` and `math` make of the replies of real assistants, in all their forms?

In come replies as people and models write them; out come failures where a draft is missed, a question is taken for a
result, or code that never ran is counted as passed.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import orjson
import pytest
from collab_runs import ran

from overture.conversation import Conversation, Message
from overture.models import Scripted
from overture.tasks import named
from overture.tasks.collab.document import says, text_in
from overture.tasks.collab.math import number
from overture.tasks.task import Item, Setting, Verdict
from overture.users.spoken import GOAL

TASKS = {name: named.load(name) for name in ("document", "code", "math")}


async def judged(name: str, item: Item, *replies: str) -> Verdict:
    talk = item.opening
    for reply in replies:
        talk = talk.then(Message("assistant", reply), Message("user", "Go on."))
    return await TASKS[name].check(item, talk, Setting())


def item(name: str, id: str) -> Item:
    return next(each for each in TASKS[name].items if each.id == id)


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ("Here:\n```\nDear all\n```\nShall I change it?", "Dear all"),
        ("```markdown\nDear all\n```", "Dear all"),
        ("<document>\nDear all\n</document>", "Dear all"),
        ("```\nfirst\n```\nor rather\n```\nsecond\n```", "second"),
        ("Here:\n```\nDear all, this was cut", "Dear all, this was cut"),
        ("Dear all,\n\nthe water will be off.", None),
        ("What is it about?", None),
        ("", None),
    ],
)
def test_a_text_is_delivered_in_a_block(reply: str, text: str | None) -> None:
    assert text_in(reply) == text


async def test_a_text_is_worth_what_it_shares_with_the_one_in_mind() -> None:
    one = item("document", "document-01")
    target: str = one.data["target"]
    half = "\n\n".join(target.split("\n\n")[:3])
    whole, part, other, none = [
        await judged("document", one, f"```\n{text}\n```") for text in (target, half, one.data["guess"], " ")
    ]
    assert whole.solved == pytest.approx(1) and whole.figures["facts"] == (4, 4)
    assert 0.3 < (part.solved or 0) < 0.9 and (other.solved or 0) < 0.2 and none.solved == 0
    assert part.figures["facts"][0] < 4 and other.figures["facts"] == (0, 4)
    bleu, rouge = (part.figures[name][0] for name in ("bleu", "rouge_l"))
    assert part.solved == pytest.approx((bleu + rouge) / 2)


async def test_the_last_text_counts_and_the_first_delivery_is_remembered() -> None:
    one = item("document", "document-02")
    right, wrong = (f"```\n{one.data[key]}\n```" for key in ("target", "guess"))
    verdict = await judged("document", one, "What happened?", wrong, right, "Let me know if you need anything else!")
    assert verdict.solved == pytest.approx(1)
    assert (verdict.delivered, verdict.details["drafts"], verdict.figures["delivered"]) == (1, 2, (1.0, 1.0))
    verdict = await judged("document", one, right, wrong)
    assert (verdict.solved or 0) < 0.2 and verdict.first == "guessed"


def test_a_fact_is_a_whole_word_in_any_case() -> None:
    assert says("Call 5550\n187 now", "5550 187") and says("the blue HERON.", "Blue Heron")
    assert not says("It is 120 euros", "20 euros") and not says("Samira", "Samir")


SLUG = item("code", "code-01").data["answer"]


@pytest.mark.parametrize(
    ("reply", "passes"),
    [
        (f"```python\n{SLUG}\n```", True),
        (f"```\n{SLUG}\n```\nUse it so:\n```python\nprint(slug('A B'))\n```", True),
        (f"```py\n{SLUG.replace('def slug', 'def make_slug')}\n```", True),
        ("```python\ndef slug(title):\n    return title.lower().replace(' ', '-')\n```", False),
        ("```python\ndef slug(title:\n```", False),
        ("You could use str.lower and str.replace.", False),
    ],
)
async def test_a_function_is_found_and_put_to_the_tests(reply: str, passes: bool) -> None:
    verdict = await judged("code", item("code", "code-01"), reply)
    assert (verdict.solved == 1) is passes and verdict.figures["all_passed"] == (float(passes), 1.0)


async def test_tests_that_never_ran_are_not_passed() -> None:
    one = item("code", "code-01")
    hangs = "```python\ndef slug(title):\n    if title == 'Hello World':\n        return 'hello-world'\n    raise SystemExit\n```"
    verdict = await judged("code", one, hangs)
    assert verdict.details["tests"] == 8 and verdict.details["passed"] == 1
    assert verdict.solved == pytest.approx(1 / 8)
    some = await judged("code", one, f"```python\n{one.data['guess']}\n```")
    assert 0 < (some.solved or 0) < 1


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        ("9.35 m² times 32 is 299.20.\n\nAnswer: 299.20", "299.2"),
        ("**Answer: 1,200 euros**", "1200"),
        ("#### 64/5", "64/5"),
        ("That makes 3 rolls of 10 euros, so you pay 30 euros.", "30"),
        ("1. Measure the wall.\n2. Multiply.\n3. Add a reserve.", None),
        ("You said 4 metres. How high is the wall?", None),
        ("How high is the wall? If it is 2 metres, then answer: 320", "320"),
        ("Answer: 32 * h", None),
        ("I'd need the price first.", None),
        ("", None),
    ],
)
def test_a_number_is_an_answer_where_it_is_given_as_one(reply: str, value: str | None) -> None:
    assert number(reply) == (None if value is None else Fraction(value))


async def test_a_number_is_right_or_wrong_and_the_last_one_counts() -> None:
    one = item("math", "math-01")
    assert (await judged("math", one, "Answer: 299.20")).figures["right_at_once"] == (1.0, 1.0)
    verdict = await judged("math", one, "Answer: 299", "Answer: 299.2")
    assert verdict.solved == 1 and verdict.figures["right_at_once"] == (0.0, 1.0) and verdict.delivered == 0
    assert (await judged("math", one, "Answer: 299.2", "Sorry, Answer: 300")).solved == 0
    assert (await judged("math", one, "How high is it?")).solved == 0


@pytest.mark.parametrize("name", TASKS)
async def test_without_any_reply_a_conversation_is_unscored(name: str) -> None:
    one = TASKS[name].items[0]
    verdict = await TASKS[name].check(one, one.opening, Setting())
    assert verdict.solved is None and verdict.why_unscored == "no_reply"


async def test_a_user_who_is_played_has_the_finished_text_in_mind_and_tells_what_it_says() -> None:
    one = item("document", "document-01")
    shown: list[str] = []

    def play(talk: Conversation) -> str:
        shown.append(talk.messages[-1].text)
        said = one.parts[4].words if len(shown) > 1 else "I have to tell my neighbours something."
        return f'{{"thought": "so", "message": "{said}", "done": false}}'

    user = GOAL.start(one, 0, Scripted.function(play, "scripted:person", "1"))
    first: Any = await user.next(one.before)
    assert first.message is not None and first.revealed == () and one.data["target"] in shown[0]
    talk = one.before.then(first.message, Message("assistant", "Who signs it?"))
    assert (await user.next(talk)).revealed == ("name under the notice",)


async def test_a_played_user_and_the_asker_get_through_the_engine(tmp_path: Path) -> None:
    """The person says a part a turn and then is done; a model plays them, and nothing hangs on the user's own rules."""
    task = named.load("math", 1, seed=5)
    (one,) = task.items
    lines = [one.request, *(part.words for part in one.parts)]

    def play(talk: Conversation) -> str:
        so_far = talk.messages[-1].text.rpartition("Chat so far:")[2]  # what stands before is examples
        last = "ASSISTANT: That comes to" in so_far
        return orjson.dumps({"message": "" if last else lines[so_far.count("YOU: ")], "done": last}).decode()

    found = await ran(task, "asker", tmp_path, user="goal", speaker=Scripted.function(play, "scripted:person", "1"))
    (trial,) = found.trials
    assert trial.outcome is not None and trial.status == "done"
    assert (trial.outcome["solved"], trial.outcome["ended"]) == (1.0, "user_done")
    assert trial.outcome["covered"] == trial.outcome["necessary"] == len(one.parts)

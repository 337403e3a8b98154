"""How well did a whole conversation go? The check of the task, and whether a reply has ended it.

In come an item, its conversation and the setting; out comes a Verdict: the score that `checks.settle` takes from the
attempts, the label of every turn, and the class of the first reply. Easy to get wrong: a graded kind is scored once, on
its last attempt, because an early draft of half a text is not a worse one; and an attempt nobody could judge makes the
trial unscored unless a later one settles it.
"""

from __future__ import annotations

from ...conversation import Conversation
from ..classes import reply_class
from ..listed import VERSION as LISTS
from ..task import Item, Setting, Verdict
from ..terms import names
from ..wording import at_large
from .answers import attempt, user_words
from .checks import VERSION as CHECKS
from .checks import Score, ends, score, settle
from .labels import LABELS, Label, labels
from .protocols import prompts_version, sharded_of
from .shapes import GRADED, Sharded

RULES = f"labels 1, lists {LISTS}"


def version() -> str:
    """Part of every trial's identity."""
    return f"sharded {CHECKS}, {RULES}, prompts {prompts_version()}"


async def check(item: Item, conversation: Conversation, setting: Setting) -> Verdict:
    """The Verdict. Raises ModelError where a judge is needed and cannot be reached."""
    source = sharded_of(item)
    found = labels(source, conversation)
    if not found:
        return Verdict(None, "no_reply")
    tried = [(at, one.answer) for at, one in enumerate(found) if one.answer is not None]
    scores = await _scores(source, [answer for _, answer in tried], setting)
    settled = settle(source, scores)
    # each share is of the turns that have a label
    named = [one.name for one in found if one.name is not None]
    figures = {f"label:{name}": (float(named.count(name)), float(len(named))) for name in LABELS} if named else {}
    return Verdict(
        settled.value,
        settled.why if settled.value is None else None,
        first_class(item, found[0]),
        tried[0][0] if tried else None,
        figures,
        {
            "labels": [one.name for one in found],
            "answer": tried[-1][1] if tried else None,
            "scores": [one.value for one in scores],
            "why": settled.why,
            "flags": list(source.flags),
            **({"isolation": scores[-1].isolation} if scores and scores[-1].isolation else {}),
        },
    )


async def over(item: Item, conversation: Conversation, setting: Setting) -> bool:
    """Whether the last reply is a right answer, which ends the conversation; a graded kind is never over early."""
    source = sharded_of(item)
    if source.kind in GRADED or not conversation.messages:
        return False
    answer = attempt(source, conversation.messages[-1].text, user_words(conversation.messages[:-1]))
    return answer is not None and ends(source, await _score(source, answer, setting))


def first_class(item: Item, first: Label) -> str | None:
    """The class of the first reply in the words of the design, from its label and what its questions name.

    None for material handed over piece by piece: there a draft is asked for, and nothing can be asked.
    """
    if item.data.get("in_order"):
        return None
    if first.name == "hedging" and not first.asks:
        return "assumed"
    asked = "\n".join(line for line in first.asked.split("\n") if not at_large(line))
    names_open = any(names(asked, part.terms) for part in item.open_parts)
    delivers, declines = first.answer is not None, first.name == "refuse"
    return reply_class(first.asks, names_open, delivers, False, declines, "" if item.lacking else "answered")


async def _scores(source: Sharded, answers: list[str], setting: Setting) -> list[Score]:
    found: list[Score] = []
    for answer in answers[-1:] if source.kind in GRADED else answers:
        found.append(await _score(source, answer, setting))
        if ends(source, found[-1]):
            break
    return found


async def _score(source: Sharded, answer: str, setting: Setting) -> Score:
    return await score(source, answer, sandboxed, setting.judge)


async def sandboxed(solution: str, tests: str, entry: str) -> Score:
    """The tests' verdict as a score; unscored where nothing isolates, since the other kinds are judged all the same."""
    from ..sandbox import SandboxUnavailable, run_tests

    try:
        tested = await run_tests(solution, tests, entry)
    except SandboxUnavailable as error:
        return Score(None, str(error))
    why = "" if tested.solved else tested.error or "a test failed"
    return Score(float(tested.solved), why, tested.isolation)

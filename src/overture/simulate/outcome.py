"""What a finished talk comes to: the check's verdict, what was asked and told when, and the user's own errors.

In come an item, a Talk and a Verdict; out comes the outcome that is stored with the trial, plain JSON. Pure: a stored
trial needs no model to be counted again. Easy to get wrong: coverage and waste come from what the task knows to be
open at that moment and not from a lens, and a part counts as obtained only if it was said before the first delivery.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..conversation import Conversation
from ..models import Model
from ..tasks.task import Act, Hear, Item, Setting, Tools, Verdict
from ..users import faults, hearing
from ..users.base import Utterance, last_reply
from .relay import Talk


def outcome(item: Item, talk: Talk, verdict: Verdict, hear: Hear | None) -> dict[str, Any]:
    """Everything that is measured of a talk. `hear` is the task's own reading of a reply, where it has one."""
    spoken = [said for said in talk.heard if said.message is not None]
    necessary, covered = coverage(item, talk.conversation, [said.revealed for said in spoken], verdict.delivered)
    asked, wasted = questions(item, talk.conversation, [said.revealed for said in spoken], hear)
    return {
        **verdict.to_dict(),
        "ended": talk.ended,
        "turns": len(spoken),
        "user_words": sum(len(said.message.text.split()) for said in spoken if said.message is not None),
        "messages": len(talk.replies),
        "cut": sum(reply.finish == "length" for reply in talk.replies),
        "tool_changes": talk.changes,
        "revealed": [list(said.revealed) for said in spoken],
        "why": [said.why for said in spoken],
        "settled": settled(talk.heard),
        "necessary": necessary,
        "covered": covered,
        "questions": asked,
        "wasted": wasted,
        "user_errors": user_errors(item, talk, hear),
        "user_again": sum(said.again for said in talk.heard),
        **decisions(talk),
    }


def status_of(ended: str, solved: float | None) -> str:
    """How a trial that did not fail ended, by `Talk.ended` and the check's verdict."""
    return "unscored" if solved is None else "capped" if ended in ("turns", "steps") else "done"


def setting_of(protocol: str, talk: Talk, tools: Tools | None, judge: Model | None) -> Setting:
    """What the check may look at, as the talk stands."""
    revealed = [said.revealed for said in talk.heard if said.message is not None]
    return Setting(protocol, revealed, settled(talk.heard), tools, judge)


def decisions(talk: Talk) -> dict[str, Any]:
    """What a policy decided, for each of the assistant's messages; nothing where none led it."""
    if not any("decisions" in reply.details for reply in talk.replies):
        return {}
    return {"decisions": [list(reply.details.get("decisions", ())) for reply in talk.replies]}


def settled(heard: Sequence[Utterance]) -> dict[str, str]:
    """Part → the value that the user ended with, where it is not the item's."""
    return {name: value for said in heard for name, value in said.settled.items()}


def user_errors(item: Item, talk: Talk, hear: Hear | None) -> list[dict[str, Any]]:
    """The user's errors: the turn, the kind and the words of each."""
    found: list[dict[str, Any]] = []
    told: list[str] = []
    for turn, (said, before) in enumerate(zip(talk.heard, talk.before, strict=True)):
        again = said.message is not None and faults.said_before(said.message.text, before)
        listened = (said.revealed or again) and last_reply(before) is not None
        heard = (hear or hearing.hear)(item, before) if listened else Act()
        for error in dict.fromkeys((*said.errors, *faults.find(said, item, told, before, heard))):
            found.append({"turn": turn, "kind": error.kind, "words": error.words})
        told += said.revealed
    found += [{"turn": 0, "kind": one.kind, "words": one.words} for one in faults.in_all(talk.heard, item)]
    return found


def coverage(
    item: Item, conversation: Conversation, revealed: Sequence[Sequence[str]], delivered: int | None
) -> tuple[int, int]:
    """(necessary parts that the request left open, those obtained before the first delivery)."""
    heard = replies = 0
    for message in conversation.messages:
        if message.role == "assistant":
            if replies == delivered:
                break
            replies += 1
        heard += message.role == "user"
    told = {name for names in revealed[:heard] for name in names}
    return len(item.open), len(item.open & told)


def questions(
    item: Item, conversation: Conversation, revealed: Sequence[Sequence[str]], hear: Hear | None
) -> tuple[int, int]:
    """(questions that the assistant asked, those that named nothing open at the time)."""
    left = set(item.open)
    heard = asked = wasted = 0
    for at, message in enumerate(conversation.messages):
        if message.role == "user":
            left -= set(revealed[heard]) if heard < len(revealed) else set()
            heard += 1
        elif message.role == "assistant" and hear is not None:
            act = hear(item, Conversation(conversation.messages[: at + 1]))
            stray = max(act.stray, act.elsewhere)
            asked += len(act.asks) + stray
            wasted += sum(name not in left for name in act.asks) + stray
        elif message.role == "assistant":
            for question in hearing.questions(message.text):
                asked += 1
                wasted += not any(name in left for _, name in hearing.matches(question, item))
    return asked, wasted

"""Before a call that changes something: is everything in it grounded? If not, it is looked up or asked for.

In comes a draft with tool calls; out comes LEAVE, or a Decision with the question to put in the call's place. A
required argument that neither the user, the operator nor a tool's answer can account for was made up. Where a tool at
hand could yield it, the draft is sent back to look there first, and only what then still lacks is asked for. Sources:
Göldi and Rietsche 2023 (arXiv 2307.01644), who let an assistant use the user as a tool; Schegloff 2007 for the two
kinds of inserts; docs/recipes/insert-expansion.md names the departures. Easy to get wrong: a user who has answered in
words that the rules cannot follow must not be asked for the same thing for ever; and a look-up that stands in for a
question must not itself be made on a guess.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ..conversation import Conversation, Message, ToolCall
from ..models.base import JSON
from ..tasks.terms import stem
from .base import LEAVE, Decision, is_draft, prompt, sent_back_to, tools_of
from .effects import changes_state, named, words_of
from .grounding import Heard, Leaf, leaves, trace
from .grounding.labels import doing, kind_of, label, thing
from .grounding.leaf import arguments_of
from .grounding.lookups import sources, tried
from .grounding.question import Question, ask, parameters
from .replies import delegates

VERSION = "6"
"""Changes whenever some call would be held or sent back, or some question put, otherwise."""
CONSULT = "consult"


@dataclass(frozen=True)
class InsertExpansion:
    """Holds back calls with arguments that were made up. Offline; it reviews drafts."""

    today: date | None = None
    """The day it is, for "next Friday"; None: as the conversation says, if it does."""
    look_up: bool = True
    """Whether a draft is sent back where a tool at hand could yield what its call lacks; if not, the user is asked."""
    name: str = "insert_expansion"
    reviews: bool = True

    def identity(self) -> Mapping[str, Any]:
        own = {"policy": self.name, "version": VERSION, "today": str(self.today) if self.today else None}
        return {**own, "look_up": prompt("look_up").version if self.look_up else False}

    async def decide(self, conversation: Conversation) -> Decision:
        """LEAVE, the instruction to look up what the first ungrounded call lacks, or the question that it becomes."""
        if not is_draft(conversation) or not conversation.messages[-1].tool_calls:
            return LEAVE
        *before, draft = conversation.messages
        tools = tools_of(conversation)
        sourcing = sent_back_to(conversation) == CONSULT
        heard: Heard | None = None
        for call in draft.tool_calls:
            changes = changes_state(call.name, named(tools, call.name))
            if not (changes or sourcing):
                continue
            heard = heard or Heard.of(before, self.today)
            lacking = ungrounded(call, tools, heard)
            if not changes:
                lacking = [leaf for leaf in lacking if not leaf.schema.get("enum")]
            listed = {leaf.path: sources(leaf, call, tools, heard) for leaf in lacking if self.look_up}
            left = {leaf.path for leaf in lacking if left_to_us(leaf, before, heard)}
            tool = {} if sent_back_to(conversation) else _untried(listed, call, before)
            asked_for = [
                leaf for leaf in lacking if leaf.path not in tool and (leaf.path not in left or listed.get(leaf.path))
            ]
            believed = not sourcing and left.isdisjoint(leaf.path for leaf in asked_for)
            if asked_for and (held := _held(call, asked_for, before, heard, tools, believed)):
                return held
            if tool:
                return _sent_back(call, tool, lacking)
        return LEAVE


def ungrounded(call: ToolCall, tools: Sequence[JSON], heard: Heard) -> list[Leaf]:
    """The required leaves of a call that cannot be traced. Empty too for arguments that are no JSON object: the tool
    says so itself."""
    found = _required(call, tools)
    return [leaf for leaf in found if trace(leaf, heard, found) is None]


def _required(call: ToolCall, tools: Sequence[JSON]) -> list[Leaf]:
    arguments = arguments_of(call.arguments)
    return [] if arguments is None else list(leaves(arguments, parameters(named(tools, call.name))))


def left_to_us(leaf: Leaf, before: Sequence[Message], heard: Heard) -> bool:
    """Whether the user, asked about this, left the choice to the assistant."""
    if not delegates(heard.last):
        return False
    asked = next((message.text for message in reversed(before) if message.role == "assistant"), "")
    about = {stem(word) for word in (*words_of(leaf.name), *label(leaf).split())}
    said = {stem(word) for word in words_of(f"{asked} {heard.last}")}
    return (
        not asked
        or bool(about & said)
        or (kind_of(leaf) in ("day", "time") and bool({stem("when"), stem("day")} & said))
    )


def _untried(listed: Mapping[str, Sequence[str]], call: ToolCall, before: Sequence[Message]) -> dict[str, str]:
    """Path → the likeliest tool that was not tried in this turn, where there is one."""
    found = {
        path: next((name for name in names if not tried(name, call, before)), "") for path, names in listed.items()
    }
    return {path: name for path, name in found.items() if name}


def _sent_back(call: ToolCall, tool: Mapping[str, str], lacking: Sequence[Leaf]) -> Decision:
    """The draft again, after a look-up with the first of the tools."""
    first = next(iter(tool.values()))
    paths = [path for path, name in tool.items() if name == first]
    names = dict.fromkeys(f"`{leaf.name}`" for leaf in lacking if leaf.path in paths)
    told = prompt("look_up").filled({"call": call.name, "arguments": " and ".join(names), "tool": first}, {}).strip()
    details = {"tool": call.name, "arguments": paths, "look_up": first}
    return Decision(CONSULT, told, why=f"{first} could yield what {call.name} lacks", details=details)


def _held(
    call: ToolCall,
    lacking: Sequence[Leaf],
    before: Sequence[Message],
    heard: Heard,
    tools: Sequence[JSON],
    believed: bool,
) -> Decision | None:
    """The question, for the second time the same, and then a refusal; None where the user's answer is `believed`."""
    question = ask(call.name, lacking, heard, _required(call, tools))
    asked = _times_asked(question, lacking, before)
    paths = [leaf.path for leaf in lacking]
    what = " and ".join(question.labels)
    why = f"{call.name} has a {what} that nothing said or looked up accounts for"
    details = {"insert": question.insert, "tool": call.name, "arguments": paths, "asked_before": asked}
    if asked == 0:
        return Decision(question.move, why=why, say=question.text, details=details)
    if believed and all(kind_of(leaf) == "other" and not leaf.lacking for leaf in lacking):
        return None  # they were asked and they answered; the rules cannot follow every answer
    if asked == 1:
        return Decision(question.move, why=why, say=question.text, details=details)
    return Decision(
        "decline", why=why, say=f"I can't {doing(call.name)} yet: I still don't have the {what}.", details=details
    )


def _times_asked(question: Question, lacking: Sequence[Leaf], before: Sequence[Message]) -> int:
    """How often the assistant put a question of this policy's for one of these before."""
    opening = question.text.split(",")[0].split(":")[0]
    labels = [*question.labels, *map(label, lacking), *filter(None, map(thing, lacking))]
    return sum(
        message.role == "assistant"
        and message.text.startswith(opening)
        and message.text.endswith("?")
        and any(each in message.text for each in labels)
        for message in before
    )

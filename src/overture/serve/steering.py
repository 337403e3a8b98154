"""What a policy sees of a request, and what its decision changes in it: the JSON itself, so that all else survives.

In come a body and a Decision; out comes the body for the upstream. Pure functions. Easy to get wrong: a Conversation
holds the text of a message and not its pictures, so a message that a policy left as it was goes on as the client wrote
it; and a client that can only take JSON, or only a tool call, cannot be asked a question in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from ..conversation import Conversation, Message
from ..policies import Decision
from ..policies.base import with_tools
from .bodies import JSON, Body, written

SHAPES = (
    "guided_json", "guided_regex", "guided_choice", "guided_grammar", "structured_outputs", "structural_tag",
    "json_schema", "regex", "ebnf", "grammar",
)  # fmt: skip
"""Fields by which vLLM, SGLang, llama.cpp and LocalAI bind an answer to a shape, as `response_format` does."""
MOST_CHOICES = 128
"""As many as the chat API knows; a client could ask for a thousand million, and each is made here."""
LONGEST = 500_000
"""Characters of a conversation, or of a draft, that a policy is shown."""
SHORTEST = 16
"""Tokens: whoever allows fewer counts on a word, and no question fits."""


def too_long(messages: Iterable[Message]) -> bool:
    """Whether messages are too long to decide about: a thousand characters take up to a third of a millisecond to plan
    for and up to five to review, in which nobody else is answered."""
    return sum(len(each.text) + sum(len(call.arguments) for call in each.tool_calls) for each in messages) > LONGEST


def wordless(value: Mapping[str, Any]) -> str:
    """Why no words could be put into the answer to this request, or the empty string: what the request says beside
    its messages and its `response_format`."""
    if any(value.get(name) for name in SHAPES):
        return "response_format"
    if value.get("tool_choice") not in (None, "auto", "none") or isinstance(value.get("function_call"), dict):
        return "tool_choice"
    if any(kind != "text" for kind in _list(value.get("modalities"))):
        return "modalities"
    choices = value.get("n")
    if choices is not None and not (isinstance(choices, int) and 1 <= choices <= MOST_CHOICES):
        return "n"
    most = value.get("max_completion_tokens") or value.get("max_tokens")
    return "max_tokens" if isinstance(most, int) and 0 < most < SHORTEST else ""


def seen_of(value: Mapping[str, Any]) -> Conversation:
    """The conversation as a policy sees it, with the tools on offer. Raises BadRecord where it cannot be read."""
    return with_tools(Conversation.of(value.get("messages") or ()), tools_in(value))


def tools_in(value: Mapping[str, Any]) -> Sequence[JSON]:
    """The tools on offer, those in the older shape as well."""
    given = [tool for tool in _list(value.get("tools")) if isinstance(tool, dict)]
    older = [{"type": "function", "function": one} for one in _list(value.get("functions")) if isinstance(one, dict)]
    return [*given, *older]


def rewritten(body: Body, seen: Conversation, decision: Decision) -> Body:
    """The body with what the decision tells the model."""
    if not decision.instruction and decision.instead is None:
        return body
    messages = list(_list(body.value.get("messages")))
    if decision.instead is not None:
        theirs: dict[Message, list[Any]] = {}
        for message, raw in zip(seen.messages, messages, strict=True):
            theirs.setdefault(message, []).append(raw)
        messages = [
            held.pop(0) if (held := theirs.get(message)) else message.to_dict() for message in decision.instead.messages
        ]
    value = {**body.value, "messages": told(messages, decision.instruction)}
    return replace(body, raw=written(value), value=value, encoding="")


def told(messages: Sequence[Any], instruction: str) -> list[Any]:
    """The raw messages with an instruction in the system message at the start, which is made if there is none."""
    if not instruction:
        return list(messages)
    first: Any = messages[0] if messages else None
    if isinstance(first, dict) and cast("JSON", first).get("role") in ("system", "developer"):
        held = cast("JSON", first)
        content = held.get("content")
        if isinstance(content, list):
            added: Any = [*cast("list[Any]", content), {"type": "text", "text": instruction}]
        else:
            added = f"{content}\n\n{instruction}" if content else instruction
        return [{**held, "content": added}, *messages[1:]]
    return [Message("system", instruction).to_dict(), *messages]


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []

"""A message put together from the pieces in which it came.

In come the chunks of one streamed completion, in order; out come the message, how it finished and what it took. Easy
to get wrong: a tool call comes in pieces too, told apart by its index, and an error comes as a chunk like any other;
and a small model that has to answer in JSON may say one passage over and over and never close its object.
"""

from __future__ import annotations

import re
from typing import Any, cast

import orjson

from ..conversation import Message, ToolCall, thought_and_said
from ..errors import BadAnswer
from .wire import chunk_text, error_inside

_TIMES, _LEAST, _LONGEST = 4, 400, 300
"""How often a passage is said at least, how many characters that makes, and how long the passage is at most."""
_QUOTE = re.compile(r"\\.", re.DOTALL)
"""What is escaped in a string, a quotation mark too."""
CIRCLES = "1"
"""Changes whenever another answer would be stopped."""


class Gathered:
    """Add chunks as they come; ask for the message when they have ended."""

    def __init__(self) -> None:
        self.finish = ""
        self.prompt_tokens = 0
        self.completion_tokens = 0
        self._texts: list[str] = []
        self._calls: dict[int, list[dict[str, str]]] = {}

    def add(self, chunk: dict[str, Any]) -> str:
        """Take one chunk and return its text. Raises what an error among them says, BadAnswer on no chunk at all."""
        if chunk.get("error"):
            raise error_inside(orjson.dumps(chunk).decode()) or BadAnswer("the engine failed without a reason")
        usage = chunk.get("usage")
        if isinstance(usage, dict):
            counts = cast("dict[str, int]", usage)
            self.prompt_tokens = counts.get("prompt_tokens", 0)
            self.completion_tokens = counts.get("completion_tokens", 0)
        elif "timings" in chunk:  # so far, where the engine was asked for it
            timings = chunk["timings"]
            self.prompt_tokens = timings.get("cache_n", 0) + timings.get("prompt_n", 0)
            self.completion_tokens = timings.get("predicted_n", 0)
        text, finish = chunk_text(chunk)
        self._texts.append(text)
        self.finish = finish or self.finish
        for choice in (chunk.get("choices") or ())[:1]:
            delta = choice.get("delta") or {}
            older = delta.get("function_call")
            for call in delta.get("tool_calls") or ([{"function": older}] if older else ()):
                self._add_call(call)
        return text

    def circles(self) -> bool:
        """Whether the answer goes round in circles, looked at in every sixteenth piece; it then counts as cut off."""
        if len(self._texts) % 16 or not in_circles("".join(self._texts)):
            return False
        self.finish = "length"
        return True

    def message(self) -> Message:
        """The whole message. Raises BadAnswer where the stream ended before the answer did."""
        if not self.finish:
            raise BadAnswer("the stream ended before the answer did")
        if not all(call["name"] for calls in self._calls.values() for call in calls):
            raise BadAnswer("a call of a tool has no name")
        calls = tuple(
            ToolCall(call["name"], call["arguments"] or "{}", call["id"] or None)
            for _, calls in sorted(self._calls.items())
            for call in calls
        )
        text = thought_and_said("".join(self._texts))[1]
        return Message("assistant", text if text or not calls else None, tool_calls=calls)

    def _add_call(self, piece: dict[str, Any]) -> None:
        calls = self._calls.setdefault(int(piece.get("index") or 0), [])
        function = cast("dict[str, Any]", piece.get("function") or {})
        if not calls or _another(calls[-1], piece.get("id"), function.get("name")):
            calls.append({"id": "", "name": "", "arguments": ""})
        call = calls[-1]
        for key, value in (("id", piece.get("id")), ("name", function.get("name"))):
            if isinstance(value, str) and value:
                call[key] = value
        arguments = function.get("arguments")
        if isinstance(arguments, str):
            call["arguments"] += arguments
        elif arguments is not None:
            call["arguments"] += orjson.dumps(arguments, option=orjson.OPT_SORT_KEYS).decode()


def _another(last: dict[str, str], id: Any, name: Any) -> bool:
    """Whether a piece begins another call. Some servers give each the index 0: Gemini whole and with an id of its
    own, others without any."""
    if id and last["id"]:
        return id != last["id"]
    return bool(name and last["name"]) and (name != last["name"] or _whole(last["arguments"]))


def _whole(arguments: str) -> bool:
    try:
        return isinstance(orjson.loads(arguments), dict)
    except orjson.JSONDecodeError:
        return False


def in_circles(text: str) -> bool:
    """Whether a text of JSON ends with one passage four times or more, to the letter: in a string, or white space.
    A list may hold the same many times."""
    for length in range(1, _LONGEST + 1):
        passage = text[-length:]
        if text.endswith(passage * max(_TIMES, -(-_LEAST // length))):
            return passage.isspace() or _QUOTE.sub("", text).count('"') % 2 == 1
    return False

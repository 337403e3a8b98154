"""A conversation: who said what, in order. The one type every other part reads or makes.

In come the messages of a chat API, a log or a simulation; out goes an immutable value with an identity.
`id` is the log's own name for the conversation or else the hash of what was said; `content_hash` is always
there, so that doubles can be counted. Easy to get wrong: two logs may give the same conversation two ids,
and two conversations one id; only `content_hash` says whether the words are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b
from typing import Any

import orjson

from .errors import BadRecord

ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
"""The roles a message may have. `function` is the older name of `tool`; both are kept as they stand."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that an assistant makes of a tool."""

    name: str
    arguments: str = "{}"
    """The arguments as the model wrote them: usually JSON text, never parsed here."""
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of one speaker."""

    role: str
    content: str | None = None
    """The text. Parts that are text are joined by a newline; other parts are named in `attachments`."""
    name: str | None = None
    """Who speaks, where several people share a role."""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    attachments: tuple[str, ...] = ()
    """The kinds of the parts that are not text, such as `image_url`."""

    @property
    def text(self) -> str:
        """The content, or the empty string where there is none."""
        return self.content or ""

    def to_dict(self) -> dict[str, Any]:
        """This message in the shape of the OpenAI chat API. Attachments are named, not restored."""
        out: dict[str, Any] = {"role": self.role, "content": self.content}
        if self.name is not None:
            out["name"] = self.name
        if self.tool_calls:
            out["tool_calls"] = [
                {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
                for call in self.tool_calls
            ]
        if self.tool_call_id is not None:
            out["tool_call_id"] = self.tool_call_id
        return out


@dataclass(frozen=True)
class Conversation:
    """An immutable sequence of messages with an identity.

    `Conversation.of([{"role": "user", "content": "hello"}])` checks and builds one from plain dictionaries.
    """

    messages: tuple[Message, ...]
    given_id: str | None = None
    """The log's own id, where it has one."""
    source: str = ""
    """The file it was read from, or empty."""
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any], compare=False)
    """What else the log said about it: model, language, labels. Read-only by convention."""

    @cached_property
    def content_hash(self) -> str:
        """32 hex digits that depend on the role, name, text, attachments and tool calls of every message alone."""
        digest = blake2b(digest_size=16)
        for message in self.messages:
            calls = [(call.name, call.arguments) for call in message.tool_calls]
            fields = (message.role, message.name, message.content, *message.attachments)
            for value in (*fields, *(text for call in calls for text in call)):
                data = b"\xff" if value is None else value.encode("utf-8", "surrogatepass")
                digest.update(b"%d:" % len(data) + data)
            if message.attachments:
                digest.update(b"@%d" % len(message.attachments))  # else two of them would be a call with its arguments
            digest.update(b"|")
        return digest.hexdigest()

    @property
    def id(self) -> str:
        """The log's own id or else `content_hash`."""
        return self.given_id if self.given_id is not None else self.content_hash

    def __len__(self) -> int:
        return len(self.messages)

    def then(self, *messages: Message) -> Conversation:
        """A new conversation with these messages added; the id is no longer the log's."""
        return Conversation((*self.messages, *messages), None, self.source, self.metadata)

    def to_dicts(self) -> list[dict[str, Any]]:
        """The messages in the shape of the OpenAI chat API."""
        return [message.to_dict() for message in self.messages]

    @classmethod
    def of(
        cls,
        messages: Iterable[Message | Mapping[str, Any]],
        id: str | None = None,
        source: str = "",
        metadata: Mapping[str, Any] | None = None,
    ) -> Conversation:
        """Check and build. Raises BadRecord, saying which message is wrong and how, on anything that is not one."""
        given: Any = messages
        if not isinstance(given, Iterable) or isinstance(given, str | bytes | Mapping):
            raise BadRecord("messages is not a list")
        built = tuple(
            message if isinstance(message, Message) else message_of(message, index)
            for index, message in enumerate(messages)
        )
        if not built:
            raise BadRecord("no messages")
        return cls(built, id, source, metadata or {})


def message_of(raw: Any, index: int = 0) -> Message:
    """One message of the OpenAI chat shape. Raises BadRecord naming the message by `index`."""
    if not isinstance(raw, Mapping):
        raise BadRecord(f"message {index} is not an object")
    role = raw.get("role")
    if not isinstance(role, str) or role not in ROLES:
        shown = repr(role)[:40] if isinstance(role, str) else type(role).__name__
        raise BadRecord(f"message {index} has role {shown}, not one of {', '.join(sorted(ROLES))}")
    content, attachments = content_of(raw.get("content"), index)
    name = raw.get("name")
    tool_call_id = raw.get("tool_call_id")
    calls = raw.get("tool_calls")
    legacy = raw.get("function_call")
    tool_calls: tuple[ToolCall, ...] = ()
    if calls or legacy:
        if calls is not None and (not isinstance(calls, Sequence) or isinstance(calls, str)):
            raise BadRecord(f"message {index} has tool_calls that are not a list")
        tool_calls = tuple(_call_of(call, index) for call in (calls or [legacy]))
    return Message(
        role,
        content,
        name if isinstance(name, str) else None,
        tool_calls,
        tool_call_id if isinstance(tool_call_id, str) else None,
        attachments,
    )


def content_of(content: Any, index: int = 0) -> tuple[str | None, tuple[str, ...]]:
    """Text and the kinds of what is not text. Raises BadRecord unless content is text, null or a list of parts."""
    if content is None or isinstance(content, str):
        return content, ()
    if not isinstance(content, list):
        raise BadRecord(f"message {index} has content that is {type(content).__name__}, not text, null or parts")
    texts: list[str] = []
    attachments: list[str] = []
    for part in content:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, Mapping):
            text = part.get("text") if part.get("text") is not None else part.get("refusal")
            if isinstance(text, Mapping):  # the Assistants API: {"value": …, "annotations": …}
                text = text.get("value")
            kind = part.get("type")
            if isinstance(text, str):
                texts.append(text)
            elif kind == "text" or (kind is None and part):
                keys = ", ".join(repr(str(key)[:40]) for key in list(part)[:8])
                raise BadRecord(f"message {index} has a content part without text, only {keys}")
            else:
                attachments.append(kind if isinstance(kind, str) else "unknown")
        else:
            raise BadRecord(f"message {index} has a content part that is {type(part).__name__}")
    return "\n".join(texts) if texts else None, tuple(attachments)


def thought_and_said(text: str) -> tuple[str, str]:
    """What a model thought before it spoke, where it stands in the text between `<think>` and `</think>`, and what it
    said.

    The opening mark is often the prompt's and not the answer's; then the closing one stands on a line of its own. Of an
    answer that was cut off while thinking nothing was said.
    """
    before, closed, after = text.partition("</think>")
    opened = before.lstrip().startswith("<think>")
    alone = before.endswith("\n") and after[:1] in ("", "\n", "\r") and "<think>" not in before
    if opened or (closed and alone):
        return before.replace("<think>", "", 1).strip(), after.lstrip()
    return "", text


def unthought(message: Message) -> Message:
    """The message without what an assistant only thought."""
    if message.role != "assistant" or "think>" not in message.text:
        return message
    return replace(message, content=thought_and_said(message.text)[1])


def _call_of(raw: Any, index: int) -> ToolCall:
    function = raw.get("function", raw) if isinstance(raw, Mapping) else None
    if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
        raise BadRecord(f"message {index} has a tool call without a name")
    arguments = function.get("arguments", "{}")
    if not isinstance(arguments, str):
        try:
            arguments = orjson.dumps(arguments, option=orjson.OPT_SORT_KEYS).decode()
        except orjson.JSONEncodeError as error:
            raise BadRecord(f"message {index} has a tool call whose arguments cannot be written as JSON") from error
    call_id = raw.get("id")
    return ToolCall(function["name"], arguments, call_id if isinstance(call_id, str) else None)

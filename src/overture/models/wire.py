"""What a chat server's bytes mean: a completion, a piece of a stream, or an error with a name.

In come a body, a status and headers, all of them somebody else's; out come a parsed completion, text deltas, or one
of our own errors. Pure functions: the sockets are in `endpoint.py`, and the embedded engine speaks the same shapes.
Easy to get wrong: a stream is cut anywhere, inside a UTF-8 character or between CR and LF; and a stream that just
ends is half an answer unless the server said that it had finished.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal, cast

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..conversation import Message, ToolCall, thought_and_said
from ..errors import (
    BadAnswer,
    BadRequest,
    ContextOverflow,
    ModelError,
    ModelNotFound,
    ModelRateLimited,
    ModelRefusedKey,
    ModelTimeout,
    ServerFailed,
)
from .base import JSON

LARGEST = 32 << 20
"""Bytes of an answer, or of one event of a stream, that are read before it is called bad."""

_OVERFLOW_CODES = frozenset({"context_length_exceeded", "exceed_context_size_error"})
# vLLM and others give no code, only this sentence, in the error of a 400
_OVERFLOW_WORDS = re.compile(
    r"maximum context length|context (?:length|size|window)\b.{0,40}\bexceed|exceeds? .{0,40}context"
)


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Function(_Wire):
    name: str
    arguments: str | dict[str, Any] | None = None


class _Call(_Wire):
    id: str | None = None
    function: _Function


class _Part(_Wire):
    """A piece of an answer: some servers send a list of them, thoughts among them."""

    type: str | None = None
    text: str | None = None


class _Message(_Wire):
    role: Literal["assistant"] | None = None
    content: str | list[_Part] | None = None
    refusal: str | None = None
    reasoning: Any = None
    reasoning_content: Any = None
    tool_calls: list[_Call] | None = None


class _Choice(_Wire):
    message: _Message
    finish_reason: str | None = None


class _Usage(_Wire):
    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(default=0, ge=0)


class Completion(_Wire):
    """A chat completion, as far as it is read."""

    choices: list[_Choice] = Field(min_length=1)
    model: str | None = None
    system_fingerprint: str | None = None
    usage: _Usage | None = None

    @property
    def message(self) -> Message:
        """What the first choice says, without what it only thought; a refusal stands as its text."""
        said = self.choices[0].message
        calls = tuple(
            ToolCall(call.function.name, _arguments(call.function.arguments), call.id) for call in said.tool_calls or ()
        )
        content = said.refusal if said.content is None else thought_and_said(_text(said.content))[1]
        return Message("assistant", "" if content is None and not calls else content, tool_calls=calls)

    @property
    def reasoning(self) -> str | None:
        """What the model thought before it spoke, where the server tells."""
        said = self.choices[0].message
        told = [text for text in (said.reasoning, said.reasoning_content) if isinstance(text, str) and text]
        return told[0] if told else thought_and_said(_text(said.content or ""))[0] or None


def completion_of(body: str) -> Completion:
    """Parse an answer of status 200. Raises BadAnswer, or what the error inside it says."""
    try:
        return Completion.model_validate_json(body)
    except ValidationError as wrong:
        inside = error_inside(body)
        if inside is not None:
            raise inside from None
        first = wrong.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the body"
        raise BadAnswer(f"the answer is not a chat completion: {where}: {first['msg']}") from None


def error_inside(body: str) -> ModelError | None:
    """The error that some servers put into an answer of status 200, or into a stream; None where there is none."""
    found = _error_object(body)
    if found is None:
        return None
    code = found.get("code")
    return error_of(code if isinstance(code, int) and 400 <= code < 600 else 500, {}, body)


def error_of(status: int, headers: Mapping[str, str], body: str) -> ModelError:
    """Our name for a server's refusal. The message quotes at most 300 characters of what the server said."""
    found = _error_object(body) or {}
    codes = {str(found.get("code")), str(found.get("type"))}
    said = _one_line(str(found.get("message") or body))
    words = f"status {status}: {said}" if said else f"status {status}, without a reason"
    if codes & _OVERFLOW_CODES or (status in (400, 413, 422) and found and _OVERFLOW_WORDS.search(said)):
        return ContextOverflow(f"the conversation is longer than the model's context ({words})")
    if status in (401, 403):
        return ModelRefusedKey(f"the server refused the key; set OVERTURE_API_KEY ({words})")
    if "insufficient_quota" in codes:
        return ModelRefusedKey(f"the key's quota is used up ({words})")
    if status == 404:
        return ModelNotFound(f"the server knows no such model or path; an address mostly ends in /v1 ({words})")
    if status == 408:
        return ModelTimeout(f"the server gave up waiting ({words})")
    if status in (429, 503):
        return ModelRateLimited(f"the server asks to wait ({words})", retry_after(headers))
    if status >= 500:
        return ServerFailed(f"the server failed ({words})")
    return BadRequest(f"the server refused the request ({words})")


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds to wait by the Retry-After header, given in seconds or as an HTTP date; None where unusable."""
    value = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", value):
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - (now or datetime.now(UTC))).total_seconds())


class Events:
    """Server-sent events out of bytes that come in any pieces. `feed` gives the `data` of each whole event."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._text = ""
        self._data: list[str] = []
        self._size = 0

    def feed(self, piece: bytes) -> Iterator[str]:
        """Raises BadAnswer on bytes that are not UTF-8 and on an event that never ends."""
        self._size += len(piece)
        try:
            self._text += self._decoder.decode(piece)
        except UnicodeDecodeError as wrong:
            raise BadAnswer("the stream is not UTF-8") from wrong
        # a CR at the very end may be half of a CR LF: it waits for what follows
        held = self._text.endswith("\r")
        lines = re.split(r"\r\n|\n|\r", self._text[:-1] if held else self._text)
        self._text = lines.pop() + ("\r" if held else "")
        for line in lines:
            line = line.removeprefix("\ufeff")
            if line.startswith("data:"):
                self._data.append(line[5:].removeprefix(" "))
            elif not line and self._data:
                data, self._data, self._size = "\n".join(self._data), [], len(self._text)
                yield data
        if self._size > LARGEST:
            raise BadAnswer(f"one event of the stream is over {LARGEST >> 20} MiB")


def delta_of(data: str) -> tuple[str, str | None]:
    """The text and the finish of one event of a stream. Raises BadAnswer, or what the error inside it says."""
    inside = error_inside(data)
    if inside is not None:
        raise inside
    return chunk_text(_object(data))


def chunk_text(chunk: Mapping[str, Any]) -> tuple[str, str | None]:
    """The text and the finish of one chunk that is parsed already. Raises BadAnswer where it is none."""
    choices: Any = chunk.get("choices") or []  # usage may come alone
    first: Any = cast("list[Any]", choices)[0] if isinstance(choices, list) and choices else {}
    delta: Any = (cast("JSON", first).get("delta") or {}) if isinstance(first, dict) else None  # Azure's remarks: none
    if not isinstance(choices, list) or not isinstance(delta, dict):
        raise BadAnswer("an event of the stream has choices that are none")
    finish = cast("JSON", first).get("finish_reason")
    return _piece(cast("JSON", delta).get("content")), finish if isinstance(finish, str) else None


def _piece(content: Any) -> str:
    """More text, of which some servers send a list of parts, as `_text` reads it from a whole answer."""
    if content is None or isinstance(content, str):
        return content or ""
    parts: list[Any] = cast("list[Any]", content) if isinstance(content, list) else [None]
    if not all(isinstance(part, str | dict) for part in parts):
        raise BadAnswer("an event of the stream has content that is no text")
    texts = [part if isinstance(part, str) else part.get("text") for part in parts]
    return "".join(text for text in texts if isinstance(text, str))


def _object(text: str) -> JSON:
    try:
        value: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise BadAnswer("an event of the stream is not JSON") from None
    if not isinstance(value, dict):
        raise BadAnswer("an event of the stream is not an object")
    return cast("JSON", value)


def _error_object(body: str) -> JSON | None:
    try:
        found: Any = _object(body).get("error")
    except BadAnswer:
        return None
    if isinstance(found, str):
        return {"message": found}
    return cast("JSON", found) if isinstance(found, dict) else None


def _text(content: str | list[_Part]) -> str:
    return content if isinstance(content, str) else "\n".join(part.text for part in content if part.text is not None)


def _arguments(given: str | dict[str, Any] | None) -> str:
    if isinstance(given, dict):
        return orjson.dumps(given, option=orjson.OPT_SORT_KEYS).decode()
    return given or "{}"


def _one_line(text: str) -> str:
    words = " ".join("".join(char if char.isprintable() else " " for char in text[:2000]).split())
    return words if len(words) <= 300 else words[:299] + "…"

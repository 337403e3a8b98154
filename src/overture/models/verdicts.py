"""Asking a model to judge outside text: a fence the text cannot close, a prompt that is a file, a verdict that is
checked.

In come a prompt file with named slots, texts that somebody else wrote, and a pydantic model of the verdict; out comes
the verdict or Unscored with the reason. Easy to get wrong: what is judged may say "ignore the above". It is put
inside a fence whose word is a hash of all that stands inside, so that no text can hold its own, and yet the same
question is the same bytes and is paid for once. Only a JSON object of the right shape counts as an answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b, sha256
from importlib.resources.abc import Traversable
from itertools import count
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ..conversation import Conversation, Message
from ..errors import ModelError
from .base import Model, Sampling

Verdict = TypeVar("Verdict", bound=BaseModel)
_SLOT = re.compile(r"\{\{(\w+)\}\}")
THINKING = 8_000
"""Further tokens for a model that thought until it had none left for its verdict."""


@dataclass(frozen=True)
class Prompt:
    """A prompt with slots `{{name}}`, as it stands in a file."""

    text: str

    @classmethod
    def read(cls, file: Traversable) -> Prompt:
        return cls(file.read_text("utf-8"))

    @property
    def version(self) -> str:
        """12 hex digits of the text's sha256; stored with every verdict."""
        return sha256(self.text.encode()).hexdigest()[:12]

    def filled(self, own: Mapping[str, str], outside: Mapping[str, str]) -> str:
        """The prompt with its slots filled: `own` as it stands, `outside` inside a fence. Raises KeyError on a
        lacking slot.

        The slot `{{fence}}` is the fence's word, so that the prompt can say what it means.
        """
        word = fence_word(*outside.values())
        values = {**own, "fence": word, **{k: f"<{word}>\n{v}\n</{word}>" for k, v in outside.items()}}
        return _SLOT.sub(lambda slot: values[slot[1]], self.text)


def fence_word(*texts: str) -> str:
    """A word that stands in none of these texts, and that nobody can know before the last letter of them is written."""
    lengths = ",".join(str(len(text)) for text in texts)
    content = "".join([lengths, *texts]).encode("utf-8", "surrogatepass")
    for number in count():
        word = f"outside-{blake2b(content, digest_size=8, salt=number.to_bytes(8, 'big')).hexdigest()}"
        if not any(word in text for text in texts):
            return word
    raise AssertionError("count has no end")


@dataclass(frozen=True, slots=True)
class Unscored:
    """No verdict, and why. Counted, and never a number."""

    reason: str
    """One of a few: it may be a label of a metric, and holds nothing that was judged or answered."""


async def ask(
    model: Model,
    prompt: str,
    shape: type[Verdict],
    max_tokens: int = 400,
    schema: Mapping[str, Any] | None = None,
) -> Verdict | Unscored:
    """The model's verdict in the given shape. Raises ModelError where no answer could be had at all.

    `schema` is the JSON schema that the server is to hold the model to; without one, any JSON object. A model that
    spent `max_tokens` on thinking is asked once more, with room for it.
    """
    form: dict[str, Any] = {"type": "json_object"}
    if schema is not None:
        form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(schema)}}
    asked = Conversation((Message("user", prompt),))
    reply = await model.reply(asked, Sampling(max_tokens=max_tokens), response_format=form)
    thought = not reply.message.text.strip() or reply.details.get("reasoning")
    if reply.finish == "length" and thought and not reply.details.get("circles"):
        reply = await model.reply(asked, Sampling(max_tokens=max_tokens + THINKING), response_format=form)
    verdict = read_verdict(reply.message.text, shape)
    if isinstance(verdict, Unscored) and reply.finish == "length":
        circles = reply.details.get("circles")
        return Unscored("the answer went round in circles" if circles else "the answer was cut off")
    return verdict


def read_verdict(text: str, shape: type[Verdict]) -> Verdict | Unscored:
    """The one JSON object that the answer is, alone or in one code block, checked against its shape."""
    found = re.fullmatch(r"(?:```(?:json)?\s*)?(\{.*\})(?:\s*```)?", text.strip(), re.DOTALL)
    if not found:
        return Unscored("the answer is not one JSON object")
    try:
        verdict = shape.model_validate_json(found[1], strict=True)
        json.loads(found[1], object_pairs_hook=_once)
        return verdict
    except _Twice:
        return Unscored("the answer says something twice")
    except ValidationError as error:
        first: Any = error.errors()[0]
        if first["type"] == "extra_forbidden":  # its name is the model's own words
            return Unscored("the answer has a field that was not asked for")
        where = ".".join(part for part in first["loc"] if isinstance(part, str))
        return Unscored(f"the answer's {where or 'JSON'}: {first['msg']}")


class _Twice(Exception):
    """A key that an object has twice: parsers keep the last, and the model meant who knows which."""


def _once(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise _Twice
        seen.add(key)


def in_words(error: ModelError) -> Unscored:
    """A failed call as a verdict that could not be had."""
    return Unscored(f"no answer: {error.kind}")

"""Which fields of a request a server does not take, by its own refusal, and the same request without them.

In come the body of a refusal and the request; out comes the request as it may pass, and what it lacks. Hosted families
differ: some take no temperature but their own, some not both `temperature` and `top_p`, some no `seed`, some only one
form of JSON. Easy to get wrong: a field left out is another question, so only what the server itself says it does not
take goes, one at a time, what matters least first, and every reply says what was left out. A value out of range is the
user's to mend and stands as an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

import orjson

from .base import JSON

FIELDS = ("response_format", "max_tokens", "top_p", "seed", "temperature")
"""What can be put otherwise or left out, what matters least first. Whatever form an answer was asked for in, a verdict
is checked."""
_LOOSER: Mapping[str, JSON] = {"json_schema": {"type": "json_object"}}
"""Form of an answer → the form to ask for in its place; every other form is left out."""
_RENAMED = {"max_tokens": "max_completion_tokens"}
_NOT_TAKEN = re.compile(
    r"unsupported|not (?:be )?(?:support|permit|allow|avail|accept)|n't support|cannot both|only the default|"
    r"forbidden|unavailable|unknown|unrecogni[sz]ed|unexpected|deprecated",
    re.IGNORECASE,
)
_LONGEST = 2000


class Taken:
    """What one model of a server takes, as far as its refusals have shown."""

    def __init__(self) -> None:
        self._refused: set[str] = set()

    def fitted(self, asked: JSON) -> JSON:
        """The request without what was refused before."""
        for field in FIELDS if self._refused else ():
            while field in asked and _key(asked, field) in self._refused:
                asked = _without(asked, field)
        return asked

    def learn(self, asked: JSON, sent: JSON) -> None:
        """`sent` was taken, and `asked` was not."""
        for field in FIELDS:
            while field in asked and asked[field] != sent.get(field):
                self._refused.add(_key(asked, field))
                asked = _without(asked, field)


def loosened(said: str, asked: JSON) -> JSON | None:
    """The request without the field that the body of this refusal says is not taken; None where it says something
    else."""
    words = " ".join(_strings(said))[:_LONGEST]
    named = [name for name in FIELDS if name in asked and re.search(rf"(?<![\w-]){name}(?![\w-])", words)]
    if not named or (named[0] != "response_format" and not _NOT_TAKEN.search(words)):
        return None
    return _without(asked, named[0])


def left_out(asked: JSON, sent: JSON) -> list[str]:
    """The fields of `asked` that `sent` puts otherwise or not at all; a cap by another name is the same cap."""
    return [name for name in FIELDS if name not in _RENAMED and asked.get(name) != sent.get(name)]


def _key(asked: JSON, field: str) -> str:
    form = asked[field]
    return f"{field} {cast('JSON', form).get('type')}" if isinstance(form, dict) else field


def _without(asked: JSON, field: str) -> JSON:
    """The request with this field put as more servers take it, or else left out."""
    less = {name: value for name, value in asked.items() if name != field}
    if field in _RENAMED:
        return {_RENAMED[field]: asked[field], **less}
    form = asked[field]
    looser = _LOOSER.get(str(cast("JSON", form).get("type"))) if isinstance(form, dict) else None
    return {**less, field: looser} if looser else less


def _value(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _strings(refusal: str) -> Iterator[str]:
    """The texts of a refusal in their order, but not what it quotes of the request. Some servers put JSON into a
    text."""
    left: list[Any] = [_value(refusal)]
    while left:
        value = left.pop()
        inner = _value(value) if isinstance(value, str) else value
        if isinstance(inner, dict):
            left += [each for name, each in reversed(cast("JSON", inner).items()) if name != "input"]
        elif isinstance(inner, list):
            left += reversed(cast("list[Any]", inner))
        elif isinstance(value, str):
            yield value

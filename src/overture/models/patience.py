"""How long to wait for a server, when to ask it again, what it costs, and how its key stays unseen.

In come an error and a count of attempts; out comes the wait before the next one, or None where asking again would not
be safe or would not help. The jitter depends on the seed and the request, so two runs wait alike. Easy to get wrong:
a key that is struck out of texts must be long enough that no ordinary word is; people set keys such as `none`.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from hashlib import blake2b
from urllib.parse import urlsplit

from ..errors import ModelError, ModelNotFound, ModelRateLimited, ModelRefusedKey, ModelUnreachable, UsageError

ABSENT = (ModelUnreachable, ModelRefusedKey, ModelNotFound)
"""What a model that has never answered will go on saying."""
_KEYLIKE = re.compile(r"(?i)\bbearer\s+[^\s\"',;]+|\bsk-[A-Za-z0-9_*.-]{6,}")
_STRUCK = "[key]"
_WORDS = 12
"""A key shorter than this could be a word of the answer."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait and how often to ask again. Not part of a model's identity."""

    connect: float = 10.0
    """Seconds until a connection stands."""
    silence: float = 600.0
    """Seconds before the first piece of an answer, and between two; one that is not streamed comes when it is whole."""
    total: float = 600.0
    """Seconds for one attempt, whole."""
    attempts: int = 5
    """Asked at most so often."""
    first_wait: float = 0.5
    """Seconds before the second attempt; doubled each time, times a jitter of 0.5 to 1."""
    longest_wait: float = 60.0
    """No wait is longer. Where Retry-After asks for more, the call fails at once and its error carries the figure."""


@dataclass(frozen=True, slots=True)
class Price:
    """Of one million tokens, in whatever currency the ledger is to be in."""

    prompt: float
    completion: float

    def of(self, prompt: int, completion: int) -> float:
        """What so many tokens cost."""
        return (prompt * self.prompt + completion * self.completion) / 1e6


def wait_before(attempt: int, error: ModelError, patience: Patience, seed: str) -> float | None:
    """Seconds to wait before this attempt (2 is the first repetition); None: give up and raise `error`."""
    if attempt > patience.attempts or not error.retry_safe:
        return None
    if isinstance(error, ModelRateLimited) and error.retry_after is not None:
        return error.retry_after if error.retry_after <= patience.longest_wait else None
    digest = blake2b(f"{seed} {attempt}".encode(), digest_size=8).digest()
    jitter = 0.5 + int.from_bytes(digest) / 2**65
    return min(patience.longest_wait, patience.first_wait * 2 ** (attempt - 2)) * jitter


def key_for(base: str) -> str:
    """The key that the environment holds for this address: OVERTURE_API_KEY_ and its host, such as
    OVERTURE_API_KEY_API_EXAMPLE_COM, or else OVERTURE_API_KEY, or else OPENAI_API_KEY; else empty."""
    host = re.sub(r"[^A-Z0-9]", "_", (urlsplit(base).hostname or "").upper())
    names = (f"OVERTURE_API_KEY_{host}", "OVERTURE_API_KEY", "OPENAI_API_KEY")
    return next((value for name in names if (value := os.environ.get(name))), "")


class Key:
    """A secret that leaves by one header and by no other way: not by repr, pickle, error or answer."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value.strip()
        if not self._value.isascii() or not self._value.isprintable():
            raise UsageError("the key in the environment has characters that no header can carry")

    def __repr__(self) -> str:
        return "Key(set)" if self._value else "Key(none)"

    def __reduce__(self) -> str:
        raise TypeError("a key is not pickled; let the other process read its own environment")

    def header(self) -> dict[str, str]:
        """The header that carries it, or nothing."""
        return {"Authorization": f"Bearer {self._value}"} if self._value else {}

    def strike(self, text: str, hard: bool = False) -> str:
        """The text without the key. `hard`, for errors: also without what looks like one, or like a part of one."""
        if len(self._value) >= (4 if hard else _WORDS):
            for written in {self._value, json.dumps(self._value)[1:-1], self._value.replace("/", "\\/")}:
                text = text.replace(written, _STRUCK)
        return _KEYLIKE.sub(_STRUCK, text) if hard else text

    def hold(self, text: str) -> tuple[str, str]:
        """(what can be shown, what must wait): the end that could be the beginning of the key waits for more."""
        text = self.strike(text)
        if len(self._value) >= _WORDS:
            for size in range(min(len(self._value) - 1, len(text)), 0, -1):
                if self._value.startswith(text[-size:]):
                    return text[:-size], text[-size:]
        return text, ""

"""How far a model's sampled answers disagree in meaning: all of them, and within one reading of the request.

In come a model and a conversation; out come shares of pairs of answers that differ, 0 to 1. Answers to a sum are the
same if they end on the same number; others if their word vectors point the same way. Easy to get wrong: a small model
disagrees with itself on hard requests too, so disagreement is evidence of a gap only where it is more than that.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from ..conversation import Conversation, Message
from ..lenses.gaps import weights
from ..lenses.words import vocabulary
from ..models import Model, Sampling
from .base import prompt

ALIKE = 0.9
"""Cosine from which two answers without a number are taken to mean the same."""
LONGEST = 160
"""Tokens of a sampled answer."""
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")


async def sampled(model: Model, conversation: Conversation, count: int, seed: int = 0) -> list[str]:
    """`count` answers at temperature 1, each with a seed of its own. Raises as the model does."""
    replies = await asyncio.gather(
        *(
            model.reply(conversation, Sampling(temperature=1.0, max_tokens=LONGEST, seed=seed + number))
            for number in range(count)
        )
    )
    return [reply.message.text for reply in replies]


def disagreement(answers: Sequence[str]) -> float:
    """The share of pairs that differ in meaning; 0 for fewer than two answers."""
    pairs = list(combinations(answers, 2))
    return sum(not same(one, other) for one, other in pairs) / len(pairs) if pairs else 0.0


def same(one: str, other: str) -> bool:
    """Whether two answers mean the same: the same last number where both have one, else like words."""
    numbers = [_NUMBER.findall(text) for text in (one, other)]
    if all(numbers):
        return _value(numbers[0][-1]) == _value(numbers[1][-1])
    if any(numbers):
        return False
    a, b = (_vector(text) for text in (one, other))
    return float(a @ b) >= ALIKE


async def between_readings(model: Model, conversation: Conversation, count: int, seed: int = 0) -> float:
    """Disagreement about the request: total, less that within one reading of it."""
    total = disagreement(await sampled(model, conversation, count, seed))
    if total == 0:
        return 0.0
    reading = await one_reading(model, conversation, seed)
    within = disagreement(await sampled(model, reading, count, seed + count))
    return max(0.0, total - within)  # what differs within one reading is only difficulty


async def one_reading(model: Model, conversation: Conversation, seed: int = 0) -> Conversation:
    """The request as the model words it with everything said."""
    request = "\n\n".join(message.text for message in conversation.messages if message.role == "user")
    told = prompt("reading").filled({}, {"request": request})
    reply = await model.reply(
        Conversation((Message("user", told),)), Sampling(temperature=1.0, max_tokens=LONGEST, seed=seed)
    )
    return Conversation((Message("user", reply.message.text.strip() or request),))


def _value(number: str) -> float:
    return float(number.replace(",", ""))


def _vector(text: str) -> np.ndarray:
    mean = weights().words[vocabulary().rows(text) or [0]].mean(axis=0)
    return mean / max(float(np.linalg.norm(mean)), 1e-9)

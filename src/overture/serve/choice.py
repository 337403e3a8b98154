"""Which policy leads this request: the header's word, else the model name's, else the deployment's.

In come a request's header and body; out comes a Chosen with the body as the upstream should get it, because
`gpt-4o+overture` is a name that only this proxy knows. Easy to get wrong: a client chooses among names that the
configuration lists, and anything else is refused; and a policy that loads weights when it is made must not hold up the
requests of the others.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import blake2b

from ..policies import Policy
from .bodies import Body, Refused, written
from .settings import OFF, SHADOW, Settings

_SUFFIX = re.compile(r"(.*?)\+overture(?::(.*))?", re.DOTALL)
_NAMES = re.compile(r"[,+]")
MOST_MADE = 64
"""Policies kept ready; a client can put the allowed names in many orders."""


@dataclass(frozen=True)
class Chosen:
    """Who leads a request."""

    spec: str
    """As `policies.make` takes it, or `off`."""
    shadow: bool
    body: Body
    asked: bool = False
    """Whether the request said so itself, and so is not drawn."""


class Choices:
    """What may be chosen, and the policies made so far."""

    def __init__(self, settings: Settings, make: Callable[[str], Policy]) -> None:
        self._settings = settings
        self._make = make
        self._allowed = {name for spec in (settings.policy, *settings.allow) for name in names_of(spec)}
        self._making: dict[str, asyncio.Task[Policy]] = {}

    def of(self, header: str | None, body: Body) -> Chosen:
        """Who leads. Raises Refused on a name that is not allowed."""
        spec, shadow = self._settings.policy, self._settings.shadow
        model = body.value.get("model")
        suffixed = _SUFFIX.fullmatch(model) if isinstance(model, str) and "+overture" in model else None
        if suffixed is not None:
            value = {**body.value, "model": suffixed[1]}
            body = replace(body, raw=written(value), value=value, encoding="")
            spec = self._default() if suffixed[2] is None else self._checked(suffixed[2])
        if header is not None:
            word = header.strip()
            if word == SHADOW:
                spec, shadow = (self._default() if spec == OFF else spec), True
            else:
                spec = self._checked(word)
        return Chosen(spec, shadow, body, asked=suffixed is not None or header is not None)

    async def policy(self, spec: str) -> Policy:
        """The policy, made in a thread of its own when it is first asked for."""
        making = self._making.get(spec)
        if making is None or (making.done() and making.exception() is not None):
            if len(self._making) >= MOST_MADE:
                self._making.pop(next(iter(self._making)))
            making = self._making[spec] = asyncio.create_task(asyncio.to_thread(self._make, spec))
        return await asyncio.shield(making)

    def _default(self) -> str:
        """What `+overture` and `shadow` mean where nothing more is said."""
        if self._settings.policy != OFF:
            return self._settings.policy
        return self._settings.allow[0] if self._settings.allow else OFF

    def _checked(self, spec: str) -> str:
        if spec == OFF:
            return spec
        names = names_of(spec)
        if not names or len(set(names)) < len(names) or not self._allowed.issuperset(names):
            known = ", ".join(sorted(self._allowed - {OFF}))
            raise Refused(400, f"no such policy may be chosen here; these may: {known or 'none'}", "unknown_policy")
        # one spelling each, or every blank and comma would be a policy to make and a series to count
        return "+".join(",".join(held) for part in spec.split("+") if (held := names_of(part)))


def drawn(who: str, share: float) -> bool:
    """Whether a user, or a conversation, is of the share that is led: always the same, in every worker."""
    return int.from_bytes(blake2b(who.encode(), digest_size=8).digest()) < share * 2**64


def names_of(spec: str) -> list[str]:
    """The names in a policy's spec."""
    return [name.strip() for name in _NAMES.split(spec) if name.strip()]

"""Of two trials' configurations: are they to be one, and what differs?

In come configurations as the store holds them; out come the place that a trial has among them and the differences by
name. Easy to get wrong: a user of a later version stands in the same place as before, or all that was paid for under
the earlier one would be made again in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PLACE = ("role", "task", "protocol")
"""One store holds the trials of several of these, and of several users; under each of them, of one configuration."""
_VERSIONS = ("version", "hearing", "prompt")
"""What tells two makings of one user apart, in its identity."""


def who(user: Mapping[str, Any]) -> dict[str, Any]:
    """A user's identity without its versions. A user of a later version is not another one: under `agree` its trials
    have another configuration, and are not made again in silence."""
    return {
        name: who(value) if isinstance(value, Mapping) else value
        for name, value in user.items()
        if name not in _VERSIONS
    }


def place_of(config: Mapping[str, Any]) -> list[Any]:
    """Where a trial stands: under each of these a store holds one configuration."""
    return [*(config.get(name) for name in _PLACE), who(config.get("user") or {})]


def differences(old: Mapping[str, Any], new: Mapping[str, Any], above: str = "") -> list[str]:
    """What differs, one `name: old → new` each, by dotted name."""
    found: list[str] = []
    for name in sorted(old.keys() | new.keys()):
        one, two, dotted = old.get(name), new.get(name), f"{above}{name}"
        if isinstance(one, Mapping) and isinstance(two, Mapping):
            found += differences(one, two, f"{dotted}.")
        elif one != two:
            found.append(f"{dotted}: {str(one)[:60]} → {str(two)[:60]}")
    return found

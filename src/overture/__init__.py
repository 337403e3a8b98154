"""Overture: does your assistant take the initiative when it should, what is that worth, and how can it learn to?

    import overture as ov

    for conversation in ov.read("logs/*.jsonl"):
        print(conversation.id, ov.moves_of(conversation))

Importing does nothing: every name below is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .audit import Audit, Figure, Settings, audit_logs
    from .conversation import Conversation, Message, ToolCall
    from .errors import OvertureError
    from .lenses import LENSES
    from .lenses.reading import moves_of, unasked_of
    from .logs import read
    from .models import Model, Reply, Sampling, Scripted, load
    from .moves import FAMILIES, MOVES
    from .policies import steer
    from .schemes import SCHEMES

_FROM = {
    "Conversation": "conversation",
    "Message": "conversation",
    "ToolCall": "conversation",
    "OvertureError": "errors",
    "MOVES": "moves",
    "FAMILIES": "moves",
    "SCHEMES": "schemes",
    "Model": "models",
    "Reply": "models",
    "Sampling": "models",
    "Scripted": "models",
    "load": "models",
    "read": "logs",
    "LENSES": "lenses",
    "moves_of": "lenses.reading",
    "unasked_of": "lenses.reading",
    "Audit": "audit",
    "Figure": "audit",
    "Settings": "audit",
    "audit_logs": "audit",
    "steer": "policies",
}
__all__ = [
    "FAMILIES",
    "LENSES",
    "MOVES",
    "SCHEMES",
    "Audit",
    "Conversation",
    "Figure",
    "Message",
    "Model",
    "OvertureError",
    "Reply",
    "Sampling",
    "Scripted",
    "Settings",
    "ToolCall",
    "audit_logs",
    "load",
    "moves_of",
    "read",
    "steer",
    "unasked_of",
]


def __getattr__(name: str) -> Any:
    if name not in _FROM:
        raise AttributeError(f"overture has no {name!r}")
    from importlib import import_module

    value = getattr(import_module(f".{_FROM[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]

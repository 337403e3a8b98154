"""What a model wrote as the arguments of a tool call, read strictly.

In come a tool's schema and the text; out comes a dictionary, or one line that tells the model what is wrong with it.
Easy to get wrong: a call that makes no sense is answered and never raised, and is never guessed at either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

TYPES: Mapping[str, type | tuple[type, ...]] = {"string": str, "integer": int, "boolean": bool, "number": (int, float)}


def schema(name: str, does: str, required: Sequence[str] = (), /, **parameters: Any) -> dict[str, Any]:
    """A tool in the shape of the OpenAI chat API. A parameter is a type's name, or a tuple of allowed strings."""
    properties = {
        key: {"type": "string", "enum": list(kind)} if isinstance(kind, tuple) else {"type": kind}
        for key, kind in parameters.items()
    }
    wants = {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}
    return {"type": "function", "function": {"name": name, "description": does, "parameters": wants}}


def read(tool: Mapping[str, Any], text: str) -> dict[str, Any] | str:
    """The arguments, or what is wrong with them."""
    wants = tool["function"]["parameters"]
    try:
        given = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        return "error: the arguments are not JSON"
    if not isinstance(given, dict):
        return "error: the arguments are not an object"
    found: dict[str, Any] = dict(given)
    unknown = sorted(found.keys() - wants["properties"].keys())
    if unknown:
        return f"error: there is no argument {unknown[0][:40]}; there are {', '.join(wants['properties'])}"
    lacking = [key for key in wants["required"] if key not in found]
    if lacking:
        return f"error: the argument {lacking[0]} is missing"
    for key, value in found.items():
        kind = wants["properties"][key]
        if not isinstance(value, TYPES[kind["type"]]) or (kind["type"] == "integer" and isinstance(value, bool)):
            return f"error: {key} must be of type {kind['type']}"
        if "enum" in kind and value not in kind["enum"]:
            return f"error: {key} must be one of {', '.join(kind['enum'])}"
    return found

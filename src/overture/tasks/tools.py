"""The tools of a task: how they are told of, and what a model wrote as the arguments of a call, read strictly.

In come a tool's schema and the text; out comes a dictionary, or one line that tells the model what is wrong with it.
Easy to get wrong: a call that makes no sense is answered and never raised, and is never guessed at either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import orjson

from .task import Setting

Own = TypeVar("Own")

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


def called(schemas: Sequence[Mapping[str, Any]], name: str, text: str) -> dict[str, Any] | str:
    """The arguments of a call by the tool's name, or what is wrong with it."""
    tool = tool_of(schemas, name)
    known = ", ".join(each["function"]["name"] for each in schemas)
    return read(tool, text) if tool else f"error: there is no tool {name[:40]}; there are {known}"


def tool_of(schemas: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, Any] | None:
    """The tool of this name, where there is one."""
    return next((tool for tool in schemas if tool["function"]["name"] == name), None)


def left_by(setting: Setting, kind: type[Own], task: str) -> Own:
    """The tools as the trial left them. Raises TypeError where they are not this task's."""
    if not isinstance(setting.tools, kind):
        raise TypeError(f"the task {task} was given the tools of another task: {type(setting.tools).__name__}")
    return setting.tools

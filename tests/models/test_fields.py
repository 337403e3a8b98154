"""Servers that do not take a field of a request, in the words of those that are known to, and what they are asked then.

The refusals are those of hosted families: OpenAI's reasoning models, Claude, Mistral, Gemini, DeepSeek, LM Studio.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from overture.errors import BadRequest
from overture.models import Sampling
from overture.models.fields import loosened

from .test_endpoint import ASKED, answer, served

JSON = dict[str, Any]
SCHEMA = {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}}


def openai(message: str, param: str | None = None, code: str | None = None) -> JSON:
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


def extra(*where: Any, quoted: Any = "top_p") -> JSON:
    detail = [{"type": "extra_forbidden", "loc": [*where], "msg": "Extra inputs are not permitted", "input": quoted}]
    return {"object": "error", "message": {"detail": detail}, "type": "invalid_request_error", "param": None}


REASONING = openai("Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is "
                   "supported.", "temperature", "unsupported_value")  # fmt: skip
NEWER = openai("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' "
               "instead.", "max_tokens", "unsupported_parameter")  # fmt: skip
CLAUDE = {"type": "error", "error": {"type": "invalid_request_error", "message": "`temperature` and `top_p` cannot "
          "both be specified for this model. Please use only one."}}  # fmt: skip
MISTRAL = extra("body", "seed")
PROXIED = openai(
    f"litellm.BadRequestError: MistralException - {json.dumps(extra('body', 'seed', quoted=3))}", code="400"
)
GEMINI = [{"error": {"code": 400, "message": 'Invalid JSON payload received. Unknown name "seed": Cannot find field.'}}]
DEEPSEEK = openai("This response_format type is unavailable now")
OLDER = openai("Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.")
LM_STUDIO = {"error": "'response_format.type' must be 'json_schema' or 'text'"}

FULL: JSON = {"temperature": 0, "top_p": 1, "seed": 3, "max_tokens": 9, "response_format": SCHEMA}


@pytest.mark.parametrize(
    ("refusal", "field"),
    [
        (REASONING, "temperature"),
        (NEWER, "max_tokens"),
        (CLAUDE, "top_p"),
        (MISTRAL, "seed"),
        (PROXIED, "seed"),
        (GEMINI, "seed"),
        (DEEPSEEK, "response_format"),
        (OLDER, "response_format"),
        (LM_STUDIO, "response_format"),
    ],
)
def test_a_refusal_in_the_words_of_a_known_family_names_one_field(refusal: Any, field: str) -> None:
    less = loosened(json.dumps(refusal), FULL)
    assert less is not None and {name for name in FULL if less.get(name) != FULL[name]} == {field}


@pytest.mark.parametrize(
    "refusal",
    [
        openai("temperature must be less than or equal to 2", "temperature", "decimal_above_max_value"),
        openai("the messages are not permitted"),
        extra("body", "messages", 0, "user", "name"),
        "top_pages are unsupported",
        "",
        "[" * 900 + "]" * 900,
    ],
)
def test_any_other_refusal_is_the_users_to_mend(refusal: Any) -> None:
    assert loosened(refusal if isinstance(refusal, str) else json.dumps(refusal), FULL) is None


def picky(refuses: Callable[[JSON], Any], seen: list[JSON]) -> Callable[[web.Request], Any]:
    async def handler(request: web.Request) -> web.Response:
        seen.append(await request.json())
        refusal = refuses(seen[-1])
        return web.json_response(answer()) if refusal is None else web.json_response(refusal, status=400)

    return handler


async def test_a_reasoning_model_is_asked_without_what_it_does_not_take_and_each_reply_says_so() -> None:
    def refuses(body: JSON) -> Any:
        if "max_tokens" in body:
            return NEWER
        if body.get("temperature", 1) != 1:
            return REASONING
        return openai("Unsupported parameter: 'top_p'", "top_p") if "top_p" in body else None

    seen: list[JSON] = []
    async with served(picky(refuses, seen)) as (endpoint, waits):
        for _ in range(2):
            reply = await endpoint.reply(ASKED, Sampling(max_tokens=9))
            assert reply.message.text == "Ten." and reply.details["left_out"] == ["top_p", "temperature"]
            assert "attempts" not in reply.details and waits == []
    assert len(seen) == 5, "three refusals, once for all, and two answers"
    assert seen[-1].keys() == {"model", "messages", "max_completion_tokens", "stream"}
    assert seen[-1]["max_completion_tokens"] == 9


async def test_a_form_that_is_not_taken_is_asked_for_more_loosely_and_the_taken_one_stays() -> None:
    def refuses(body: JSON) -> Any:
        return OLDER if body.get("response_format", {}).get("type") == "json_schema" else None

    seen: list[JSON] = []
    async with served(picky(refuses, seen)) as (endpoint, _):
        loose = await endpoint.reply(ASKED, response_format=SCHEMA)
        plain = await endpoint.reply(ASKED, response_format={"type": "json_object"})
        await endpoint.reply(ASKED, response_format=SCHEMA)
    assert loose.details["left_out"] == ["response_format"] and "left_out" not in plain.details
    forms = [body["response_format"]["type"] for body in seen]
    assert forms == ["json_schema", "json_object", "json_object", "json_object"]


async def test_a_server_that_refuses_whatever_is_left_out_is_quoted_with_its_first_refusal() -> None:
    seen: list[JSON] = []
    async with served(picky(lambda body: REASONING if "temperature" in body else openai("no"), seen)) as (endpoint, _):
        for asked in (2, 4):  # nothing was learned by the first call
            with pytest.raises(BadRequest, match="Only the default"):
                await endpoint.reply(ASKED)
            assert len(seen) == asked
    assert "temperature" in seen[2]

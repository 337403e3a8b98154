"""A request's body: the bytes that came, what they say, and what must not go on.

In come bytes and their `Content-Encoding`; out comes a Body whose `raw` is passed on as it came unless something has to
change. Easy to get wrong: what a stricter parser refuses, the upstream's laxer one may still read, so bytes that cannot
be read here are refused and never passed on unread; and a small packed body can unpack to a huge one.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import Any, cast

import orjson
import zstandard

JSON = dict[str, Any]

ROUTING = frozenset(
    {"api_base", "base_url", "api_key", "api_version", "api_type", "azure_endpoint", "azure_ad_token"}
    | {"custom_llm_provider", "litellm_params", "litellm_credential_name", "model_list", "fallbacks", "user_config"}
    | {"extra_headers", "extra_body", "headers", "organization", "proxy", "callbacks", "success_callback"}
    | {
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_session_token",
        "aws_region_name",
        "aws_bedrock_runtime_endpoint",
        "aws_sts_endpoint",
        "aws_web_identity_token",
        "aws_role_name",
        "aws_profile_name",
    }
    | {"vertex_project", "vertex_location", "vertex_credentials", "region_name", "deployment_id", "mock_response"}
    | {"tenant_id", "client_id", "client_secret", "deployment_url", "sagemaker_base_url", "s3_endpoint_url"}
)
"""Fields by which some gateways let a body choose where a request goes, with which key, or that it goes nowhere."""


MOST_MEMBERS = 16
"""Packed streams behind one another in a body. Each costs a copy of all that follow: a million empty ones, hours."""


class Refused(Exception):
    """A request that is not passed on. `str(error)` is for the client, and quotes nothing."""

    def __init__(self, status: int, message: str, kind: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind


@dataclass(frozen=True)
class Body:
    """What a client sent."""

    raw: bytes
    value: JSON
    """What the bytes say."""
    encoding: str = ""
    """The `Content-Encoding` of `raw`."""
    stripped: tuple[str, ...] = ()
    """Routing fields that were taken out; `raw` is then written anew."""


def read_body(raw: bytes, encoding: str, most: int) -> Body:
    """Read a body and take its routing fields out. Raises Refused."""
    encoding = encoding.strip().lower()
    value = parsed(unpacked(raw, encoding, most))
    if ROUTING.isdisjoint(value):
        return Body(raw, value, encoding)
    kept = {key: item for key, item in value.items() if key not in ROUTING}
    return Body(written(kept), kept, "", tuple(sorted(ROUTING & value.keys())))


def parsed(data: bytes) -> JSON:
    """The object that the bytes hold, read as the most lenient upstream would. Raises Refused."""
    try:
        value: Any = orjson.loads(data)
    except orjson.JSONDecodeError:
        try:
            value = json.loads(data)  # NaN, half a surrogate pair, UTF-16: servers in Python take them
        except (ValueError, RecursionError):
            raise Refused(400, "the body is not JSON", "not_json") from None
    if not isinstance(value, dict):
        raise Refused(400, "the body is not a JSON object", "not_json")
    return cast("JSON", value)


def written(value: Any) -> bytes:
    """JSON as it is sent. Raises Refused on what is nested too deeply: it can be read deeper than it can be written."""
    try:
        return orjson.dumps(value)
    except (orjson.JSONEncodeError, TypeError):
        try:
            return json.dumps(value, separators=(",", ":")).encode("ascii")
        except RecursionError:
            raise Refused(400, "the body is nested too deeply to be written anew", "too_deep") from None


def unpacked(data: bytes, encoding: str, most: int) -> bytes:
    """The bytes behind a `Content-Encoding`. Raises Refused on one that is not known here, and past `most` bytes."""
    if encoding in ("", "identity"):
        return data
    try:
        if encoding in ("gzip", "x-gzip", "deflate"):
            return _inflated(data, 47 if encoding != "deflate" else _window(data), most)
        if encoding == "zstd":
            return _zstd(data, most)
    except (zlib.error, zstandard.ZstdError, EOFError):
        raise Refused(400, f"the body is not what its Content-Encoding says ({encoding})", "bad_encoding") from None
    raise Refused(415, "this Content-Encoding cannot be read here; gzip, deflate and zstd can", "unknown_encoding")


def _window(data: bytes) -> int:
    # `deflate` means zlib's wrapper, but raw deflate is sent under that name too
    return 15 if data[:1] and data[0] & 0x0F == 8 else -15


def _inflated(data: bytes, window: int, most: int) -> bytes:
    """Every member: what a reader of the first alone would miss, the upstream would not."""
    out = bytearray()
    for _ in range(MOST_MEMBERS):
        stream = zlib.decompressobj(window)
        out += stream.decompress(data, most + 1 - len(out))
        if len(out) > most:
            raise Refused(413, "the body unpacks to more than is allowed", "too_large")
        data = stream.unused_data
        if not stream.eof:
            break
        if not data:
            return bytes(out)
    raise EOFError


def _zstd(data: bytes, most: int) -> bytes:
    with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(data, read_across_frames=True) as reader:
        out = reader.read(most + 1)
    if len(out) > most:
        raise Refused(413, "the body unpacks to more than is allowed", "too_large")
    return out

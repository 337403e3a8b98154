"""With no policy the proxy is not there: bytes, doubles, encodings and errors pass as they came."""

from __future__ import annotations

import gzip
import zlib

import pytest
import zstandard

from overture.serve.running import serving
from overture.serve.settings import Settings

from .wire import DONE, ask, event, parted, proxied, replying, request, saying, streaming, upstream

CLOSE = b"Connection: close"
# blanks, order, escapes, a number that a float cannot hold, an unknown field: nobody may tidy these up
ODD = b'{ "model":"m",\n "zeta": 1.50, "messages" : [{"role":"user","content":"h\\u00e9 \xc3\xa9"}],"seed":123456789012345678901 }'


async def test_the_body_passes_byte_for_byte_in_both_directions():
    said = b'{"choices" :[ ],\n\t"unknown":1.0e2}'
    async with proxied(replying(said)) as (mock, _, port):
        head, body = parted(await ask(port, request(ODD, CLOSE)))
    assert body == said
    assert mock.seen[0].body == ODD
    assert head.startswith(b"HTTP/1.1 200 OK")


async def test_headers_meant_for_the_ends_pass_and_those_of_a_hop_do_not():
    script = replying(
        saying("hi"), b"Set-Cookie: a=1", b"Set-Cookie: b=2", b"X-Request-Id: r", b"Connection: X-Hop, keep-alive",
        b"X-Hop: 1", b"Keep-Alive: timeout=5", b"Server: theirs", b"Date: Thu, 01 Jan 1970 00:00:00 GMT",
    )  # fmt: skip
    sent = request(
        ODD, b"Authorization: Bearer mine", b"X-Twice: 1", b"X-Twice: 2", b"User-Agent: u", b"TE: trailers", b"Connection: close, X-Local",
        b"X-Local: 1", b"X-Overture-Policy: off", b"X-Overture: leave", b"X-Overture-Id: 1", b"Accept-Encoding: br", b"Cookie: c=3",
    )  # fmt: skip
    async with proxied(script) as (mock, _, port):
        head, _ = parted(await ask(port, sent))
    seen = mock.seen[0]
    assert seen.all("X-Twice") == ["1", "2"]
    assert seen.all("Authorization") == ["Bearer mine"]
    assert (seen.all("User-Agent"), seen.all("Accept-Encoding"), seen.all("Cookie")) == (["u"], ["br"], ["c=3"])
    assert not (
        seen.all("TE")
        or seen.all("X-Local")
        or seen.all("X-Overture-Policy")
        or seen.all("X-Overture")
        or seen.all("X-Overture-Id")
        or seen.all("Accept")
    )
    assert not seen.all("Content-Type")
    assert seen.all("Host") == [mock.base.split("/")[2]]
    lines = head.split(b"\r\n")
    assert [line for line in lines if line.startswith(b"Set-Cookie")] == [b"Set-Cookie: a=1", b"Set-Cookie: b=2"]
    assert b"Server: theirs" in lines
    assert b"Date: Thu, 01 Jan 1970 00:00:00 GMT" in lines
    assert b"X-Hop" not in head
    assert b"Keep-Alive" not in head


async def test_a_double_in_another_spelling_is_kept():
    sent = request(ODD, b"X-Twice: 1", b"x-twice: 2", b"X-TWICE: 3", CLOSE)
    async with proxied(replying(saying("hi"), b"Set-Cookie: a=1", b"set-cookie: b=2")) as (mock, _, port):
        head, _ = parted(await ask(port, sent))
    assert mock.seen[0].all("X-Twice") == ["1", "2", "3"]
    assert [line for line in head.lower().split(b"\r\n") if line.startswith(b"set-cookie")] == [
        b"set-cookie: a=1",
        b"set-cookie: b=2",
    ]


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        (b"gzip", gzip.compress),
        (b"deflate", zlib.compress),
        (b"deflate", lambda data: zlib.compress(data, wbits=-15)),
        (b"zstd", zstandard.compress),
    ],
)
async def test_packed_bodies_pass_packed(name: bytes, pack):
    said, sent = pack(saying("hi")), pack(ODD)
    async with proxied(replying(said, b"Content-Encoding: " + name)) as (mock, _, port):
        head, body = parted(await ask(port, request(sent, b"Content-Encoding: " + name, CLOSE)))
    assert (mock.seen[0].body, body) == (sent, said)
    assert mock.seen[0].all("Content-Encoding") == [name.decode()]
    assert b"Content-Encoding: " + name in head


async def test_a_stream_passes_event_for_event():
    events = [event("He"), event("llo é"), event(finish="stop"), b": a comment\n\n", DONE]
    async with proxied(streaming(*events)) as (_, _, port):
        head, body = parted(await ask(port, request(b'{"stream":true}', CLOSE)))
    assert body == b"".join(events)
    assert b"Content-Type: text/event-stream" in head


async def test_models_and_the_query_pass():
    async with proxied(replying(b'{"data":[]}')) as (mock, _, port):
        raw = request(b"", CLOSE, path=b"/v1/models?a=%2Fb", method=b"GET")
        assert parted(await ask(port, raw))[1] == b'{"data":[]}'
    assert mock.seen[0].line == "GET /v1/models?a=%2Fb HTTP/1.1"


async def test_who_waits_to_be_told_to_go_on_is_told_unless_turned_away():
    async with proxied(replying(saying("hi")), max_body=1000) as (mock, _, port):
        waiting = request(ODD, b"Expect: 100-continue", CLOSE)
        assert (await ask(port, waiting)).startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")
        assert (await ask(port, waiting.replace(b"HTTP/1.1", b"HTTP/1.0"))).startswith(b"HTTP/1.0 200 OK")
        assert (await ask(port, request(b"x" * 2000, b"Expect: 100-continue", CLOSE))).startswith(b"HTTP/1.1 413")
    assert [seen.all("Expect") for seen in mock.seen] == [[], []]


async def test_a_body_packed_in_pieces_passes():
    sent = gzip.compress(ODD[:20]) + gzip.compress(ODD[20:])
    async with proxied(replying(saying("hi"))) as (mock, _, port):
        head, _ = parted(await ask(port, request(sent, b"Content-Encoding: gzip", CLOSE)))
    assert head.startswith(b"HTTP/1.1 200")
    assert mock.seen[0].body == sent


async def test_a_chunked_request_passes_whole():
    chunked = (
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        b'8\r\n{"model"\r\n5\r\n: 1 }\r\n0\r\n\r\n'
    )
    async with proxied(replying(b"{}")) as (mock, _, port):
        assert parted(await ask(port, chunked))[1] == b"{}"
    assert mock.seen[0].body == b'{"model": 1 }'


async def test_the_proxy_that_the_environment_names_is_asked_for_the_upstream(monkeypatch: pytest.MonkeyPatch):
    async with upstream(replying(saying("hi"))) as between:
        monkeypatch.setenv("http_proxy", between.base.removesuffix("/v1"))
        settings = Settings(upstream="http://somewhere.example/v1#m", port=0, log=None)
        async with serving(settings) as (_, port):
            head, _ = parted(await ask(port, request(ODD, CLOSE)))
    assert head.startswith(b"HTTP/1.1 200")
    assert between.seen[0].line == "POST http://somewhere.example/v1/chat/completions HTTP/1.1"
    assert (between.seen[0].all("Host"), between.seen[0].body) == (["somewhere.example"], ODD)

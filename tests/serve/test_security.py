"""What the proxy refuses, strips and never says."""

from __future__ import annotations

import asyncio
import gzip
import logging
import os
import subprocess
import sys
from itertools import permutations
from pathlib import Path
from typing import Any

import orjson
import pytest
import zstandard

from overture.errors import UsageError
from overture.policies import Decision
from overture.serve.bodies import ROUTING
from overture.serve.metrics import MOST_NAMED
from overture.serve.settings import Settings

from .leaders import Told, making
from .wire import Seen, answer, ask, count, parted, proxied, replying, request, saying

CLOSE = b"Connection: close"
KEY = "sk-of-the-proxy-1234"
ASKED = b'{"model":"m","messages":[{"role":"user","content":"Hello."}]}'


def code(said: bytes) -> str:
    return orjson.loads(said)["error"]["code"]


@pytest.mark.parametrize(
    "path", [b"/", b"/v1", b"/v1/completions", b"/v1/embeddings", b"/v1/files", b"/v1/../health", b"/v1/chat/completions/", b"//health", b"/v1/%63hat/completions", b"/docs", b"http://no.test/v1/chat/completions"]
)  # fmt: skip
async def test_nothing_else_answers(path: bytes):
    async with proxied(replying(saying("hi"))) as (mock, _, port):
        for method in (b"GET", b"POST"):
            head, _ = parted(await ask(port, request(ASKED, CLOSE, path=path, method=method)))
            assert head.startswith(b"HTTP/1.1 404")
        assert not mock.seen


@pytest.mark.parametrize("method", [b"GET", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"HEAD", b"TRACE"])
async def test_other_methods_are_told_which_is_right(method: bytes):
    async with proxied(replying(saying("hi"))) as (mock, _, port):
        head, _ = parted(await ask(port, request(b"", CLOSE, method=method)))
        assert head.startswith(b"HTTP/1.1 405")
        assert b"\r\nAllow: POST" in head
        assert not mock.seen


async def test_a_key_is_asked_for_and_another_is_shown_to_the_upstream(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PROXY_KEY", KEY)
    monkeypatch.setenv("OVERTURE_API_KEY", "sk-of-the-upstream")
    async with proxied(replying(saying("hi")), key_env="PROXY_KEY") as (mock, proxy, port):
        for wrong in (
            b"",
            b"Authorization: Bearer sk-of-the-proxy-123",
            b"Authorization: " + KEY.encode(),
            b"Authorization: Bearer \xff",
            b"Api-Key: " + KEY.encode(),
        ):
            for path, method in ((b"/v1/chat/completions", b"POST"), (b"/v1/models", b"GET"), (b"/metrics", b"GET")):
                head, said = parted(
                    await ask(port, request(ASKED, CLOSE, *([wrong] if wrong else []), path=path, method=method))
                )
                assert head.startswith(b"HTTP/1.1 401"), (wrong, path)
                assert code(said) == "wrong_key"
        assert not mock.seen
        assert count(proxy, 'overture_turned_away_total{reason="wrong_key"}') == 15
        right = b"Authorization: Bearer " + KEY.encode()
        head, _ = parted(
            await ask(
                port,
                request(ASKED, CLOSE, right, b"Origin: https://a.test").replace(b"Host: 127.0.0.1", b"Host: any.test"),
            )
        )
        assert head.startswith(b"HTTP/1.1 200")
        assert mock.seen[0].all("Authorization") == ["Bearer sk-of-the-upstream"]
        assert KEY.encode() not in mock.seen[0].head
        head, _ = parted(await ask(port, request(b"", CLOSE, path=b"/health", method=b"GET")))
        assert head.startswith(b"HTTP/1.1 200")


async def test_a_key_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch):
    compared: list[tuple[bytes, bytes]] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return False

    monkeypatch.setenv("PROXY_KEY", KEY)
    monkeypatch.setattr("overture.serve.app.hmac.compare_digest", compare)
    right = b"Bearer " + KEY.encode()
    async with proxied(replying(saying("hi")), key_env="PROXY_KEY") as (_, _, port):
        head, _ = parted(await ask(port, request(ASKED, CLOSE, b"Authorization: " + right)))
    assert head.startswith(b"HTTP/1.1 401")  # nothing else lets a key in
    assert compared == [(right, right)]


HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
SIZE = b"Content-Length: %d\r\n" % len(ASKED)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
IN_CHUNKS = b"%x\r\n%s\r\n0\r\n\r\n" % (len(ASKED), ASKED)


@pytest.mark.parametrize(
    "raw",
    [
        HEAD + SIZE + CHUNKED + b"\r\n" + IN_CHUNKS,
        HEAD + CHUNKED + SIZE + b"\r\n" + IN_CHUNKS,
        HEAD + SIZE + b"Content-Length: 5\r\n\r\n" + ASKED,
        HEAD + SIZE.replace(b": ", b": +") + b"\r\n" + ASKED,
        HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n" + ASKED,
        HEAD + b"Transfer-Encoding:\r\n chunked\r\n\r\n" + IN_CHUNKS,
        HEAD + CHUNKED + CHUNKED.replace(b"chunked", b"identity") + b"\r\n" + IN_CHUNKS,
        HEAD + b"Transfer-Encoding : chunked\r\n" + SIZE + b"\r\n" + ASKED,
        HEAD + b"Transfer-Encoding: xchunked\r\n\r\n" + IN_CHUNKS,
        HEAD + CHUNKED + b"\r\n" + IN_CHUNKS.replace(b"\r\n", b"\n"),
        HEAD + CHUNKED + b"\r\n0x" + IN_CHUNKS,
        HEAD + CHUNKED + b"\r\n" + IN_CHUNKS.replace(b"}\r\n", b"}XX"),
        (HEAD + SIZE + b"\r\n").replace(b"\r\n", b"\n") + ASKED,
        HEAD + b"X-A: 1\r\n  folded\r\n" + SIZE + b"\r\n" + ASKED,
        HEAD + b"X-A: 1\rX-B: 2\r\n" + SIZE + b"\r\n" + ASKED,
        HEAD + b"X-A: 1\x00\r\n" + SIZE + b"\r\n" + ASKED,
        HEAD + b"Host: elsewhere.test\r\n" + SIZE + b"\r\n" + ASKED,
        HEAD + b"X-A: " + b"a" * 9_000 + b"\r\n" + SIZE + b"\r\n" + ASKED,
        HEAD + b"".join(b"X-%d: 1\r\n" % n for n in range(200)) + SIZE + b"\r\n" + ASKED,
    ],
)
async def test_what_two_readers_could_take_for_two_things_is_no_request(raw: bytes):
    """Behind another proxy, the second thing would be a request that the first has never seen."""
    smuggled = request(ASKED, CLOSE, b"X-Smuggled: 1")
    async with proxied(replying(saying("hi"))) as (mock, _, port):
        assert (await ask(port, raw + smuggled))[:12] in (b"HTTP/1.1 400", b"HTTP/1.0 400")
        assert not mock.seen


@pytest.mark.parametrize(
    "head",
    [
        b"200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked",
        b"200 OK\r\nContent-Length: 4\r\nContent-Length: 9",
        b"200 OK\r\nContent-Length: four",
        b"200 OK\r\nX-A: 1\rX-B: 2\r\nContent-Length: 4",
        b"200 OK\r\nX-A: " + b"a" * 9_000 + b"\r\nContent-Length: 4",
        b"200 OK\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(200)) + b"Content-Length: 4",
        b"101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade",
        b"099 Odd\r\nContent-Length: 4",
        b"1000 Odd\r\nContent-Length: 4",
    ],
)
async def test_an_answer_that_is_none_is_not_passed_on(head: bytes):
    async def odd(seen: Seen, out: asyncio.StreamWriter) -> None:
        out.write(b"HTTP/1.1 " + head + b"\r\n\r\n4\r\n{  }\r\n0\r\n\r\n")

    async with proxied(odd) as (_, _, port):
        raw = await ask(port, request(ASKED, CLOSE))
    assert raw.startswith(b"HTTP/1.1 502")
    assert code(parted(raw)[1]) == "upstream_broke"
    assert b"X-A" not in raw


async def test_what_an_upstream_says_beside_its_answer_is_nobodys():
    async def more(seen: Seen, out: asyncio.StreamWriter) -> None:
        hints = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        out.write(hints + answer(b'{"for":"you"}'))
        await out.drain()
        await asyncio.sleep(0.05)
        out.write(answer(b'{"for":"the next"}'))  # as if the next request had been asked already

    async with proxied(more) as (_, _, port):
        for _ in range(3):
            assert parted(await ask(port, request(ASKED, CLOSE)))[1] == b'{"for":"you"}'
            await asyncio.sleep(0.1)


async def test_without_a_key_the_clients_own_goes_on_and_never_the_proxys(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OVERTURE_API_KEY", "sk-of-the-upstream")
    async with proxied(replying(saying("hi"))) as (mock, _, port):
        await ask(port, request(ASKED, CLOSE))
        await ask(port, request(ASKED, CLOSE, b"Authorization: Bearer mine"))
    assert [seen.all("Authorization") for seen in mock.seen] == [[], ["Bearer mine"]]


async def test_without_a_key_a_page_in_a_browser_is_not_answered():
    async with proxied(replying(saying("hi"))) as (mock, _, port):
        evil = [
            request(ASKED, CLOSE, b"Origin: https://a.test"),
            request(ASKED, CLOSE).replace(b"Host: 127.0.0.1", b"Host: a.test:8400"),
            request(ASKED, CLOSE).replace(b"Host: 127.0.0.1", b"Host: [::1"),
            request(ASKED, CLOSE).replace(b"HTTP/1.1\r\nHost: 127.0.0.1", b"HTTP/1.0"),
        ]
        for raw in evil:
            head, said = parted(await ask(port, raw))
            assert head[8:13] == b" 403 "
            assert code(said) == "not_local"
        for host in (b"localhost:8400", b"127.0.0.1", b"[::1]:8400"):
            head, _ = parted(await ask(port, request(ASKED, CLOSE).replace(b"127.0.0.1", host)))
            assert head.startswith(b"HTTP/1.1 200")
        assert len(mock.seen) == 3


def test_other_machines_are_answered_only_with_a_key(monkeypatch: pytest.MonkeyPatch):
    for host in ("0.0.0.0", "::", "10.0.0.1", "example.test"):
        with pytest.raises(UsageError, match="--key-env"):
            Settings("embedded", host=host)
    monkeypatch.setenv("PROXY_KEY", KEY)
    assert Settings("embedded", host="0.0.0.0", key_env="PROXY_KEY").key == KEY.encode()
    assert KEY not in repr(Settings("embedded", key_env="PROXY_KEY"))
    monkeypatch.setenv("PROXY_KEY", "")
    with pytest.raises(UsageError, match="empty"):
        Settings("embedded", key_env="PROXY_KEY")


ROUTED = {
    "model": "m",
    "api_base": "http://evil.test",
    "base_url": "http://evil.test",
    "api_key": "sk-stolen",
    "messages": [],
    "zeta": 1,
}


@pytest.mark.parametrize("policy", ["off", "told"])
@pytest.mark.parametrize("pack", [None, b"gzip", b"zstd"])
async def test_routing_fields_never_go_on(policy: str, pack: bytes | None):
    raw = orjson.dumps(ROUTED)
    body = {None: raw, b"gzip": gzip.compress(raw), b"zstd": zstandard.compress(raw)}[pack]
    headers = (CLOSE, b"Content-Encoding: " + pack) if pack else (CLOSE,)
    async with proxied(replying(saying("hi")), making(told=Told()), policy=policy) as (mock, _, port):
        head, _ = parted(await ask(port, request(body, *headers)))
    assert mock.seen[0].json == {"model": "m", "messages": [], "zeta": 1}
    assert not mock.seen[0].all("Content-Encoding")
    assert b"\r\nX-Overture-Stripped: api_base,api_key,base_url" in head


async def test_each_routing_field_is_stripped_however_it_is_written():
    async with proxied(replying(saying("hi"))) as (mock, _, port):
        for name in sorted(ROUTING):
            escaped = "".join(f"\\u{ord(char):04x}" for char in name)
            await ask(port, request(f'{{"model":"m","{escaped}":"http://evil.test"}}'.encode(), CLOSE))
            await ask(port, request(f'{{"{name}":1,"model":"m","{name}":"http://evil.test","x":NaN}}'.encode(), CLOSE))
    assert not [seen for seen in mock.seen if b"evil" in seen.body]
    assert len(mock.seen) == 2 * len(ROUTING)


@pytest.mark.parametrize(
    ("body", "headers", "status", "kind"),
    [
        (b"", [], 400, "not_json"),
        (b"{", [], 400, "not_json"),
        (b"[1]", [], 400, "not_json"),
        (b"[" * 100_000, [], 400, "not_json"),
        (b"\xff\xfe\xfd", [], 400, "not_json"),
        (ASKED, [b"Content-Encoding: br"], 415, "unknown_encoding"),
        (ASKED, [b"Content-Encoding: gzip"], 400, "bad_encoding"),
        (gzip.compress(ASKED)[:-9], [b"Content-Encoding: gzip"], 400, "bad_encoding"),
        (gzip.compress(ASKED) + gzip.compress(b'{"api_base":"http://evil.test"}'), [b"Content-Encoding: gzip"], 400, "not_json"),
        (gzip.compress(b'{"x":"' + b"a" * 2_000_000 + b'"}'), [b"Content-Encoding: gzip"], 413, "too_large"),
        (gzip.compress(b"") * 40_000, [b"Content-Encoding: gzip"], 400, "bad_encoding"),
        (gzip.compress(ASKED), [b"Content-Encoding: identity", b"Content-Encoding: gzip"], 415, "unknown_encoding"),
        (zstandard.compress(b'{"x":"' + b"a" * 2_000_000 + b'"}'), [b"Content-Encoding: zstd"], 413, "too_large"),
        (b'{"x":"' + b"a" * 2_000_000 + b'"}', [], 413, "too_large"),
    ],
    ids=[
        "empty", "cut", "list", "deep", "not text", "unknown", "not gzip", "cut gzip", "two gzips", "gzip bomb", "forty thousand gzips",
        "two encodings", "zstd bomb",
        "large",
    ],
)  # fmt: skip
async def test_what_cannot_be_read_here_is_not_passed_on(body: bytes, headers: list[bytes], status: int, kind: str):
    async with proxied(replying(saying("hi")), max_body=1_000_000) as (mock, _, port):
        head, said = parted(await ask(port, request(body, CLOSE, *headers)))
        assert head.startswith(b"HTTP/1.1 %d" % status)
        assert code(said) == kind
        assert not mock.seen


async def test_what_is_nested_so_deeply_that_it_cannot_be_written_anew_is_refused_and_else_passes():
    deep = ASKED[:-1] + b',"x":' + b"[" * 1_020 + b"]" * 1_020 + b"}"
    policies = making(told=Told(Decision("elicit", "Ask.")))
    async with proxied(replying(saying("hi")), policies, allow=("told",)) as (mock, _, port):
        head, said = parted(await ask(port, request(deep, CLOSE, b"X-Overture-Policy: told")))
        assert head.startswith(b"HTTP/1.1 200") or code(said) == "too_deep"  # how deep is too deep is Python's to say
        mock.seen.clear()
        await ask(port, request(deep, CLOSE))
    assert [seen.body for seen in mock.seen] == [deep]


async def test_a_body_is_capped_while_it_is_read():
    """Chunks without an announced length: the answer comes long before the last of them could be sent."""
    async with proxied(replying(saying("hi")), max_body=100_000) as (mock, _, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        piece = b"a" * 50_000
        for _ in range(3):
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await writer.drain()
        assert (await asyncio.wait_for(reader.readline(), 5)).startswith(b"HTTP/1.1 413")
        writer.close()
        assert not mock.seen


async def test_text_that_looks_like_a_template_or_an_address_stays_text():
    hostile = "{{7*7}} {0.__class__} ${HOME} %s %(x)s http://127.0.0.1:1/x file:///etc/passwd <script>"
    picture = {"type": "image_url", "image_url": {"url": "http://127.0.0.1:1/x.png"}}
    messages = [{"role": "user", "content": [{"type": "text", "text": hostile}, picture]}]
    policy = Told(Decision("elicit", "Ask."))
    async with proxied(replying(saying("hi")), making(told=policy), policy="told") as (mock, _, port):
        await ask(port, request(orjson.dumps({"messages": messages}), CLOSE))
    assert mock.seen[0].json["messages"] == [{"role": "system", "content": "Ask."}, *messages]
    assert policy.seen[0].messages[0].text == hostile


async def test_no_key_and_no_text_stands_in_an_error_or_a_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
):
    secret = "4111-1111"
    told = Told(fails=RuntimeError(f"cannot do {secret}"))
    log = tmp_path / "d"
    caplog.set_level(logging.DEBUG)
    async with proxied(replying(saying("hi")), making(told=told), policy="told", log=str(log)) as (_, proxy, port):
        answers = [
            await ask(port, request(f'{{"messages":"{secret}"'.encode(), CLOSE)),
            await ask(port, request(f'{{"messages":[{{"role":"user","content":"{secret}"}}]}}'.encode(), CLOSE)),
            await ask(port, request(b"{}", CLOSE, b"X-Overture-Policy: " + secret.encode())),
            await ask(port, b"POST /v1/chat/completions HTTP/1.1\r\nAuthorization: Bearer " + secret.encode() + b"\x00\r\n\r\n"),
            await ask(port, secret.encode() + b"\r\n\r\n"),
        ]  # fmt: skip
        metrics = proxy.notes.text()
    printed = capsys.readouterr()
    logged = log.read_text() + caplog.text + printed.out + printed.err
    assert secret not in logged
    assert secret.encode() not in metrics
    for raw in answers:
        assert secret.encode() not in raw
        assert raw.startswith(b"HTTP/1.")


async def test_clients_make_no_policies_and_no_series_by_spelling_and_ordering_names():
    made: list[str] = []

    def make(spec: str) -> Told:
        made.append(spec)
        return Told(name=spec)

    names = ("a", "b", "c", "d", "e")
    async with proxied(replying(saying("hi")), make, allow=names, deadline=60.0) as (_, proxy, port):
        for spec in ("a,b", " a , b ", "a,,b,", ",a,b,,,", "a, b"):
            for by in ((b"X-Overture-Policy: " + spec.encode(), "m"), (b"X-A: b", f"m+overture:{spec}")):
                await ask(port, request(ASKED.replace(b'"m"', orjson.dumps(by[1])), CLOSE, by[0]))
        assert made == ["a,b"]
        for order in permutations(names):
            await ask(port, request(ASKED, CLOSE, b"X-Overture-Policy: " + ",".join(order).encode()))
        series = [line for line in proxy.notes.text().splitlines() if line.startswith(b"overture_decisions_total{")]
        assert len(series) == MOST_NAMED + 1
        assert sum(float(line.rpartition(b" ")[2]) for line in series) == 10 + 120


async def test_a_redirect_is_not_followed():
    script = replying(b"", b"Location: http://127.0.0.1:1/elsewhere", status=b"307 Temporary Redirect")
    async with proxied(script) as (mock, _, port):
        head, _ = parted(await ask(port, request(ASKED, CLOSE, b"Authorization: Bearer mine")))
    assert head.startswith(b"HTTP/1.1 307")
    assert len(mock.seen) == 1


async def test_a_cookie_of_one_client_is_not_given_to_the_next():
    async with proxied(replying(saying("hi"), b"Set-Cookie: who=ann")) as (mock, _, port):
        await ask(port, request(ASKED, CLOSE))
        await ask(port, request(ASKED, CLOSE))
    assert not mock.seen[1].all("Cookie")


def test_the_command_says_what_is_wrong_before_it_listens(tmp_path: Path):
    def run(*words: str, **environment: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-c", "from overture.cli import main; main()", "serve", *words],
            cwd=tmp_path, capture_output=True, text=True, timeout=60, env={**os.environ, **environment},
        )  # fmt: skip
        return done.returncode, done.stderr

    cases: list[tuple[tuple[str, ...], int, str]] = [
        (("--upstream", "nonsense"), 2, "no model is meant"),
        (("--upstream", "http://user:pw@h/v1#m"), 2, "must hold no user or password"),
        (("--upstream", "scripted:echo", "--policy", "gasp"), 2, "did you mean gaps?"),
        (("--upstream", "scripted:echo", "--host", "0.0.0.0"), 2, "--key-env"),
        (("--upstream", "scripted:echo", "--key-env", "NOT_SET_AT_ALL"), 2, "empty"),
        (("--upstream", "scripted:echo", "--port", "70000"), 2, "--port"),
        (("--upstream", "scripted:echo", "--workers", "0"), 2, "--workers"),
        (("--upstream", "scripted:echo", "--state", "/nonexistent/s"), 2, "--state"),
    ]
    for words, status, said in cases:
        code, err = run(*words)
        assert (code, said in err) == (status, True), (words, code, err)
        assert "Traceback" not in err
        assert ":pw" not in err


def test_settings_travel_without_the_key(monkeypatch: pytest.MonkeyPatch):
    import pickle

    monkeypatch.setenv("PROXY_KEY", KEY)
    settings: Any = Settings("embedded", key_env="PROXY_KEY")
    assert KEY.encode() not in pickle.dumps(settings)

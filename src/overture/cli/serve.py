"""`overture serve --upstream MODEL`: put a proxy between your client and your model that takes the initiative.

In come an upstream, a policy and an address; while it runs, clients of the chat API are answered there. Easy to get
wrong: nothing here may print a key or a message, and what cannot work has to be said before the port is opened.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from ..errors import UsageError
from .terminal import flag, plain, warn

if TYPE_CHECKING:
    from ..serve import Settings


def serve(
    upstream: Annotated[
        str, flag("--upstream", help="Who answers: http://host:port/v1#name, embedded, a .gguf file, scripted:NAME.")
    ],
    policy: Annotated[
        str, flag("--policy", help="Who decides: `recommended`, `gaps`, `gaps,doer+civility` …, or `off`.")
    ] = "off",
    allow: Annotated[
        str, flag("--allow", help="Further policies that a request may choose, separated by commas.")
    ] = "recommended",
    shadow: Annotated[bool, flag("--shadow", help="Decide and record, and change nothing.")] = False,
    share: Annotated[
        float, flag("--share", help="Lead this share of the users or conversations; the others are in the shadow.")
    ] = 1.0,
    port: Annotated[int, flag("--port", "-p", help="Where to listen; 0 takes a free one.")] = 8400,
    host: Annotated[
        str, flag("--host", help="The address to listen on. Other machines reach it: needs a key.")
    ] = "127.0.0.1",
    key_env: Annotated[
        str | None, flag("--key-env", help="The environment variable with the key that clients must show.")
    ] = None,
    workers: Annotated[int, flag("--workers", help="Processes that share the port.")] = 1,
    deadline: Annotated[
        float, flag("--deadline", help="Seconds for one decision; after that the turn goes unsteered.")
    ] = 2.0,
    silence: Annotated[float, flag("--silence", help="Seconds that the upstream may say nothing.")] = 600.0,
    max_body: Annotated[int, flag("--max-body", help="Most bytes of a request.")] = 32 << 20,
    log: Annotated[str, flag("--log", help="The decisions log, or `off`.")] = "decisions.jsonl",
    log_content: Annotated[bool, flag("--log-content", help="Write what was said into it too.")] = False,
    log_bytes: Annotated[int, flag("--log-bytes", help="Set the log aside at this size.")] = 64 << 20,
    log_files: Annotated[int, flag("--log-files", help="Logs set aside that are kept.")] = 5,
    state: Annotated[
        str, flag("--state", help="Where users' initiative is kept: a file, redis://host:port/0, or `off`.")
    ] = "initiative.sqlite",
    otel: Annotated[str | None, flag("--otel", help="A file, or an OTLP address, that gets a span a request.")] = None,
) -> None:
    """Answer clients of the chat API, and ask, do and lead where the policy says so."""
    from ..serve import Settings, listens, run

    names = tuple(name.strip() for name in allow.split(",") if name.strip())
    if log_files < 0:
        raise UsageError("--log-files takes 0 or more")
    given = (host, port, workers, key_env, deadline, silence, max_body)
    kept = (None if log == "off" else log, log_content, log_bytes, log_files, None if state == "off" else state, otel)
    settings = Settings(upstream, policy, names, shadow, share, *given, *kept)
    there = listens(upstream)
    run(settings, lambda port: _say(settings, port, there))
    print(f"{chr(10) if sys.stderr.isatty() else ''}overture: ended", file=sys.stderr)  # the terminal has shown ^C


def _say(settings: Settings, port: int, there: bool) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    led = f"led by {settings.policy}"
    if settings.share < 1 and not settings.shadow:
        led = f"{100 * settings.share:g} % {led}, the others in shadow"
    who = "nobody leads" if settings.policy == "off" else led
    others = [name for name in settings.allow if name != settings.policy]
    may = f"; a request may choose {', '.join(others)}" if others else ""
    content = "with what was said" if settings.log_content else "without what was said"
    lines = {
        "upstream": settings.upstream,
        "policy": f"{who}{', in shadow: nothing is changed' if settings.shadow else ''}{may}",
        "decisions": f"{settings.log}, {content}" if settings.log else "not logged",
        "clients": f"those with the key in {settings.key_env}"
        if settings.key_env
        else "programs on this machine, no key",
        "workers": str(settings.workers),
    }
    print(f"overture serves http://{host}:{port}/v1 (Ctrl-C ends it)", file=sys.stderr)
    for name, value in lines.items():
        print(f"  {name:<10} {plain(value, 300)}", file=sys.stderr)
    if not there:
        where = settings.upstream.partition("#")[0]
        warn(f"nothing listens at {where} yet; until something does, requests get a 502")
    sys.stderr.flush()

"""Does the proxy hold under half an hour of load: is its memory flat, and is everything it opened closed?

    nice python benchmarks/soak.py --minutes 30

In come minutes, a rate and a policy; out come the course of the proxy's memory, its open files and its outcomes. A tenth of
the answers break off, a tenth of the clients leave, a fifth of the answers stream, and users and conversations are always
new ones. Easy to get wrong: caches fill for a while, so what must be flat is the time after the first fifth.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import statistics
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

from common import Numbers, commit, finish, options, sources
from proxy import free_port, ours, process
from proxy_wire import Upstream

WARM = 0.2
"""This share of the time is not judged."""
REQUESTS = (
    "Tom has {n} apples and buys 5 more. How many has he now?",
    "Tom has some apples and buys {n} more. How many has he now?",
    "Book me a table for {n} people at Rosa's.",
    "Translate into French: the {n} cats are asleep.",
)


class Unsteady(Upstream):
    """Breaks every tenth answer off."""

    answered = 0

    def data_received(self, data: bytes) -> None:
        Unsteady.answered += 1
        if Unsteady.answered % 10 == 0:
            self.out.write(self.streamed[:400] if b'"stream":true' in data else self.whole[:80])
            self.out.close()
        else:
            super().data_received(data)


def serve(port: int) -> None:
    """The upstream."""
    import uvloop

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(Unsteady, "127.0.0.1", port, backlog=1024)
        await server.serve_forever()

    uvloop.run(main())


def asked(number: int, draw: random.Random) -> bytes:
    """A request of a user and a conversation that were not there before."""
    said = [{"role": "user", "content": draw.choice(REQUESTS).format(n=number)}]
    for turn in range(draw.randrange(4)):
        said += [
            {"role": "assistant", "content": f"For when, {number}?"},
            {"role": "user", "content": f"On day {turn}."},
        ]
    value: dict[str, Any] = {"model": "m", "user": f"user {number // 3}", "messages": said}
    if draw.random() < 0.2:
        value["stream"] = True
    body = json.dumps(value, separators=(",", ":")).encode()
    return b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


async def one(port: int, raw: bytes, leaves: bool) -> None:
    with contextlib.suppress(OSError, TimeoutError):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(raw)
        if not leaves:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
            if b"content-length:" in head.lower():
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                await asyncio.wait_for(reader.readexactly(length), 20)
            else:
                await asyncio.wait_for(reader.readuntil(b"0\r\n\r\n"), 20)
        writer.close()


async def load(port: int, rate: float, seconds: float, seed: int, look: Any) -> int:
    """Ask at a rate for so long, calling `look` twice a minute; how many were asked."""
    draw, flying = random.Random(seed), set[asyncio.Task[None]]()
    began, number, looked = time.monotonic(), 0, 0.0
    while (now := time.monotonic() - began) < seconds:
        if now >= looked:
            look(now)
            looked += 30
        task = asyncio.create_task(one(port, asked(number, draw), draw.random() < 0.1))
        flying.add(task)
        task.add_done_callback(flying.discard)
        number += 1
        await asyncio.sleep(max(0.0, number / rate - (time.monotonic() - began)))
        if len(flying) > 200:
            await asyncio.wait(flying, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.gather(*flying, return_exceptions=True)
    await asyncio.sleep(2)
    look(time.monotonic() - began)
    return number


def outcomes(port: int) -> Counter[str]:
    """What the proxy counted."""
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10).read().decode()
    found: Counter[str] = Counter()
    for line in text.splitlines():
        if line.startswith("overture_requests_total{"):
            found[line.split('"')[1]] = int(float(line.rpartition(" ")[2]))
        elif line.startswith("overture_in_flight "):
            found["in flight"] = int(float(line.rpartition(" ")[2]))
    return found


def main() -> None:
    import psutil

    parser = options(__doc__, 0, 1)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=40, help="requests a second")
    parser.add_argument("--policy", default="recommended")
    args = parser.parse_args()
    if args.once:
        serve(int(args.once.partition("/")[2]))
        return
    here, at_start = str(Path(__file__).resolve()), {"commit": commit(), "sources": sources()}
    course: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as name:
        folder, upstream, port = Path(name), free_port(), free_port()
        more = (
            "--policy",
            args.policy,
            "--state",
            str(folder / "state.sqlite"),
            "--log-bytes",
            str(4 << 20),
            "--log-files",
            "1",
        )
        with (
            process([sys.executable, here, "--once", f"serve/{upstream}"], upstream, "/"),
            process(ours(upstream, port, folder, *more), port, "/health") as pid,
        ):
            proxy = psutil.Process(pid)

            def look(now: float) -> None:
                memory = proxy.memory_info().rss / 1e6
                course.append(
                    {"minute": now / 60, "mb": memory, "files": proxy.num_fds(), "threads": proxy.num_threads()}
                )
                print(f"{now / 60:5.1f} min  {memory:6.1f} MB  {course[-1]['files']:4.0f} files", flush=True)

            count = asyncio.run(load(port, args.rate, 60 * args.minutes, args.seed, look))
            ended = outcomes(port)
    told(args, course, count, ended, at_start)


def told(args: Any, course: list[dict[str, float]], count: int, ended: Counter[str], at_start: Numbers) -> None:
    """The course, what became of the requests, and the slope after the warm part."""
    judged = [at for at in course if at["minute"] >= WARM * args.minutes]
    slope = statistics.linear_regression([at["minute"] for at in judged], [at["mb"] for at in judged]).slope
    flying = ended.pop("in flight", 0)
    every = max(1, len(course) // 10)
    rows = "\n".join(
        f"| {at['minute']:.0f} | {at['mb']:.0f} | {at['files']:.0f} |" for at in [*course[:-1:every], course[-1]]
    )
    text = (
        f"{count:,} requests over {args.minutes:g} minutes with the policy `{args.policy}`: "
        f"{', '.join(f'{n:,} {what}' for what, n in sorted(ended.items()) if n)}; {flying} still open at the end.\n"
        f"Memory after the first {WARM:.0%}: {judged[0]['mb']:.0f} MB, at the end {judged[-1]['mb']:.0f} MB, "
        f"{slope:+.2f} MB a minute.\n\n| minute | memory, MB | open files |\n|---:|---:|---:|\n{rows}"
    )
    record: Numbers = {
        "requests": count,
        "outcomes": dict(ended),
        "in_flight": flying,
        "mb_a_minute": slope,
        "course": course,
        **at_start,
    }
    finish("soak", "proxy.md", record, text, args.docs)


if __name__ == "__main__":
    main()

"""What does the proxy add to a request? Ours and LiteLLM's, beside asking the upstream itself, in the same rounds.

    python benchmarks/proxy.py --litellm /path/to/bin/litellm

In come the program `litellm` of an environment of its own (without it, only ours is measured) and rounds; out come what
each adds to a request that is alone and to one of eight, the requests a second it can take, its CPU a request, and how
much later a stream's first token comes. Upstream, proxies and client are processes of their own; the upstream answers at
once with the same bytes. In a round, the targets take turns in small blocks, so that what slows the machine slows all of
them. Easy to get wrong: a client that is slower than a proxy measures itself; ours is a raw socket.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from common import ROOT, Numbers, Rounds, Spread, finish, fresh, options, sources, table
from proxy_wire import asking, connected, many, serve

NAMES = {
    "direct": "asked directly",
    "ours": "overture serve",
    "gaps": "overture serve --policy gaps",
    "litellm": "LiteLLM",
}
BLOCK = 25
"""Requests to one target before it is another's turn."""


async def round_of(targets: dict[str, list[int]], counts: dict[str, int]) -> Numbers:
    """One round: {kind: {target: numbers}}. A target is its port and, for the CPU it takes, its process."""
    import psutil

    whole, stream = asking(False), asking(True)
    found: Numbers = {"alone": {}, "eight": {}, "first": {}, "most": {}}
    for kind, count, wide, raw in (("alone", counts["alone"], 1, whole), ("eight", counts["eight"], 8, whole)):
        times: dict[str, list[float]] = {name: [] for name in targets}
        for block in range(count // BLOCK + 1):
            for name in list(targets) if block % 2 else reversed(targets):
                async with connected(targets[name][0], wide) as clients:
                    await many(clients, raw, wide)  # the first over a connection also opens the one behind it
                    times[name] += await many(clients, raw, BLOCK if name != "litellm" else max(8, BLOCK // 3))
        for name, taken in times.items():
            found[kind][name] = {
                "p50": 1000 * statistics.median(taken),
                "p95": 1000 * statistics.quantiles(taken, n=20)[-1],
            }
    firsts: dict[str, list[float]] = {name: [] for name in targets}
    for block in range(counts["first"] // BLOCK + 1):
        for name in list(targets) if block % 2 else reversed(targets):
            async with connected(targets[name][0], 1) as clients:
                await clients[0].ask(stream)
                firsts[name] += [
                    await clients[0].ask(stream) for _ in range(BLOCK if name != "litellm" else BLOCK // 3)
                ]
    found["first"] = {name: {"p50": 1000 * statistics.median(taken)} for name, taken in firsts.items()}
    for name, (port, process) in targets.items():
        busy = psutil.Process(process)
        async with connected(port, 32) as clients:
            await many(clients, whole, 64)
            count = counts["most"] if name != "litellm" else counts["most"] // 20
            cpu, began = sum(busy.cpu_times()[:2]), time.perf_counter()
            await many(clients, whole, count)
            took, cpu = time.perf_counter() - began, sum(busy.cpu_times()[:2]) - cpu
        found["most"][name] = {"rate": count / took, "cpu_ms": 1000 * cpu / count}
    return found


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextmanager
def process(words: Sequence[str], port: int, path: str, **environment: str):
    """A process that answers on the port before the block begins, and has ended after it."""
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            words, cwd=ROOT, stdout=said, stderr=said, env={**os.environ, **environment}, start_new_session=True
        )
        try:
            deadline = time.monotonic() + 400
            while True:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5).read()
                    break
                except OSError:
                    if child.poll() is not None or time.monotonic() > deadline:
                        said.seek(0)
                        raise SystemExit(f"{words[0]} does not answer:\n{said.read().decode()[-3000:]}") from None
                    time.sleep(0.1)
            yield child.pid
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGTERM)
            child.wait(30)


def ours(upstream: int, port: int, folder: Path, *more: str) -> list[str]:
    """The command that starts our proxy."""
    log = str(folder / f"decisions-{port}.jsonl")
    words = ["--upstream", f"http://127.0.0.1:{upstream}/v1#m", "--port", str(port), "--log", log, *more]
    return [sys.executable, "-c", "from overture.cli import main; main()", "serve", *words]


CONFIG = """
model_list:
  - model_name: m
    litellm_params: {{model: openai/m, api_base: "http://127.0.0.1:{port}/v1", api_key: sk-0000}}
litellm_settings: {{telemetry: false}}
"""


def started(stack: ExitStack, folder: Path, litellm: str | None) -> dict[str, list[int]]:
    """Every target: its port and its process."""
    port = free_port()
    here = str(Path(__file__).resolve())
    found = {
        "direct": [port, stack.enter_context(process([sys.executable, here, "--once", f"serve/{port}"], port, "/"))]
    }
    for name, more in (("ours", ()), ("gaps", ("--policy", "gaps"))):
        own = free_port()
        found[name] = [own, stack.enter_context(process(ours(port, own, folder, *more), own, "/health"))]
    if litellm:
        own = free_port()
        (folder / "litellm.yaml").write_text(CONFIG.format(port=port))
        words = [litellm, "--config", str(folder / "litellm.yaml"), "--host", "127.0.0.1", "--port", str(own)]
        local = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
        local["LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY"] = "true"  # ours asks for no key here either
        found["litellm"] = [own, stack.enter_context(process(words, own, "/health/liveliness", **local))]
    return found


def added(rounds: Rounds, kind: str, name: str, figure: str) -> list[float]:
    """How much more a target takes than asking directly, round by round, in ms."""
    return [each[kind][name][figure] - each[kind]["direct"][figure] for each in rounds.found.values()]


def main() -> None:
    parser = options(__doc__, 0, 7)
    parser.add_argument("--litellm", help="the program `litellm` of an environment of its own")
    parser.add_argument(
        "--requests", type=int, default=400, help="of each target in each round, alone and eight at a time"
    )
    parser.add_argument("--targets", default="{}", help="the targets of this run")
    args = parser.parse_args()
    if args.once and args.once.startswith("serve/"):
        serve(int(args.once.partition("/")[2]))
        return
    counts = {"alone": args.requests, "eight": args.requests, "first": args.requests // 2, "most": 10 * args.requests}
    if args.once:
        import uvloop

        print(json.dumps(uvloop.run(round_of(json.loads(args.targets), counts))))
        return
    rounds = Rounds(
        "proxy", {"requests": args.requests, "litellm": bool(args.litellm), "sources": sources()}, args.fresh
    )
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        targets: dict[str, list[int]] = {}
        for number in range(args.rounds):
            if rounds.has(f"round/{number}"):
                continue
            targets = targets or started(stack, folder, args.litellm)
            once = ["--requests", str(args.requests), "--targets", json.dumps(targets)]
            rounds.add(f"round/{number}", fresh(str(Path(__file__).resolve()), "round", once))
            print(f"round {number + 1} of {args.rounds}", flush=True)
    told(rounds, args.litellm is not None, args.docs)


def told(rounds: Rounds, litellm: bool, docs: bool) -> None:
    """The table, the ratio, and the record."""
    names = ["direct", "ours", "gaps", *(["litellm"] if litellm else [])]
    every = list(rounds.found.values())

    def spread(kind: str, name: str, figure: str, digits: int) -> str:
        if figure in ("rate", "cpu_ms"):
            return Spread.of(each[kind][name][figure] for each in every).text(digits)
        if name == "direct":
            return Spread.of(each[kind][name][figure] for each in every).text(digits)
        return "+" + Spread.of(added(rounds, kind, name, figure)).text(digits)

    columns = (
        ("alone, p50, ms", "alone", "p50", 2), ("eight at once, p95, ms", "eight", "p95", 2), ("first token, p50, ms", "first", "p50", 2),
        ("requests a second, 32 at once", "most", "rate", 0), ("CPU a request, ms", "most", "cpu_ms", 3),
    )  # fmt: skip
    rows = [
        [NAMES[name], *(spread(kind, name, figure, digits) for _, kind, figure, digits in columns)] for name in names
    ]
    text = table(["", *(head for head, *_ in columns)], rows)
    record: Numbers = {"rounds": every, "n": len(every)}
    if litellm:
        times = [
            theirs / mine
            for mine, theirs in zip(*(added(rounds, "alone", n, "p50") for n in ("ours", "litellm")), strict=True)
        ]
        record["litellm_adds_times"] = Spread.of(times).to_dict()
        text += f"\n\nAlone, LiteLLM adds {Spread.of(times).text(1)} times what ours adds."
    text += f" Median (range) of {len(every)} rounds; the first row as it is, the others as what they add to it."
    finish("proxy", "proxy.md", record, text, docs)


if __name__ == "__main__":
    main()

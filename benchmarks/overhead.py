"""What does a simulated conversation cost beside the model? Our engine and Inspect AI, doing the same in the same run.

    python benchmarks/overhead.py

In come how many conversations of four turns, and how many calls in flight; out come CPU per model call of either, their
ratio round by round, and how much longer than the waiting itself a run takes when each answer needs 50 ms. The endpoint
is a mock on loopback, in a process of its own, whose CPU is not counted; either side talks HTTP to it, keeps every
answer on disk and judges by a constant. Needs the packages `inspect-ai` and `openai`. `--beside SRC` measures another
source of ours too. Easy to get wrong: both sides first run a few conversations that are not counted, so that importing
and connecting are on no side's bill; and on a shared machine the process waits for a core, which is nobody's overhead,
so that time (Linux counts it) is also given apart.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from common import OUT, Numbers, Spread, finish, fresh, options, ratio, table

TURNS = 4
LINES = ("I need a table.", "For four people.", "On Friday at seven.", "By the window, please.")
ANSWER = "Thank you. Is there anything else that you would like me to know before I book it for you?"
LATENCY = 50
"""Milliseconds, in the runs that measure waiting."""
WARM = 10


def serve() -> None:
    """The mock endpoint: a model named `wait-50` answers after 50 ms. Prints its port and runs until it is ended."""
    from aiohttp import web

    async def answer(request: web.Request) -> web.Response:
        model = (await request.json())["model"]
        if delay := int(model.removeprefix("wait-")):
            await asyncio.sleep(delay / 1000)
        choice = {"index": 0, "message": {"role": "assistant", "content": ANSWER}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 40, "completion_tokens": 20, "total_tokens": 60}
        return web.json_response(
            {"id": "1", "object": "chat.completion", "created": 1, "model": model, "choices": [choice], "usage": usage}
        )

    async def main() -> None:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.Event().wait()

    asyncio.run(main())


def ours(address: str, model: str, count: int, flying: int, folder: Path) -> None:
    """`count` conversations through our engine."""
    from overture.conversation import Conversation, Message
    from overture.models import Model, load
    from overture.models.loop import run_loop
    from overture.simulate.engine import Experiment, run
    from overture.simulate.gate import Gate
    from overture.simulate.seats import Seat
    from overture.simulate.store import Store
    from overture.tasks.task import Item, Setting, Task, Verdict
    from overture.users.base import Speaking, Utterance

    class Person:
        """Says the lines, one a turn, and needs no model."""

        name = "lines"
        needs_model = False

        def identity(self) -> Mapping[str, Any]:
            return {"name": self.name}

        def start(self, item: Item, seed: int, model: Model | None = None) -> Speaking:
            return self

        async def next(self, conversation: Conversation) -> Utterance:
            return Utterance(Message("user", LINES[len(conversation) // 2]))

    async def check(item: Item, conversation: Conversation, setting: Setting) -> Verdict:
        assert len(conversation) == 2 * TURNS
        return Verdict(1.0)

    items = tuple(
        Item(f"t{n}", "table", "do", LINES[0], " ".join(LINES), (), frozenset(), f"t{n}") for n in range(count)
    )
    task = Task("table", items, check, "1", turns=TURNS)

    async def main() -> None:
        async with load(f"{address}#{model}", key="none") as endpoint:
            seat = Seat("assistant", endpoint, Gate(flying))
            with Store(folder / "trials.sqlite") as store:
                ran = await run(Experiment(task, "talk", Person(), seat, concurrency=flying), store)
        assert [trial.status for trial in ran.trials] == ["capped"] * count, ran.trials[0].outcome

    run_loop(main())


def theirs(address: str, model: str, count: int, flying: int, folder: Path) -> None:
    """`count` conversations through Inspect AI, written as its manual would."""
    from inspect_ai import Task, eval
    from inspect_ai.dataset import Sample
    from inspect_ai.model import ChatMessageUser, get_model
    from inspect_ai.scorer import Score, Target, mean, scorer
    from inspect_ai.solver import Generate, TaskState, solver

    @solver
    def talk():
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            state = await generate(state)
            for line in LINES[1:]:
                state.messages.append(ChatMessageUser(content=line))
                state = await generate(state)
            return state

        return solve

    @scorer(metrics=[mean()])
    def check():
        async def score(state: TaskState, target: Target) -> Score:
            assert len(state.messages) == 2 * TURNS
            return Score(value=1.0)

        return score

    dataset = [Sample(id=f"t{n}", input=LINES[0]) for n in range(count)]
    log = eval(
        Task(dataset=dataset, solver=talk(), scorer=check()),
        model=get_model(f"openai-api/mock/{model}", base_url=address, api_key="none", memoize=False),
        max_connections=flying,
        max_samples=flying,
        log_dir=str(folder),
        display="none",
    )[0]
    assert log.status == "success", log.error


ENGINES = {"overture": ours, "before": ours, "inspect": theirs}
"""`before` is ours from the source that `--beside` names."""


def queued() -> float:
    """Seconds that this process was ready to run and had no core; 0 where the system does not say."""
    told = Path("/proc/self/schedstat")
    return int(told.read_text().split()[1]) / 1e9 if told.exists() else 0.0


def measured(engine: str, model: str, address: str, count: int, flying: int) -> Numbers:
    """CPU and wall time per call of one engine in this process."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "warm").mkdir()
        (Path(folder) / "counted").mkdir()
        ENGINES[engine](address, model, WARM, flying, Path(folder) / "warm")
        cpu, wall, waited = time.process_time(), time.perf_counter(), queued()
        ENGINES[engine](address, model, count, flying, Path(folder) / "counted")
        cpu, wall, waited = time.process_time() - cpu, time.perf_counter() - wall, queued() - waited
    calls = count * TURNS
    each = {"cpu_ms": 1000 * cpu / calls, "wall_ms": 1000 * wall / calls}
    return {"calls": calls, **each, "wall": wall, "running": wall - waited}


def main() -> None:
    parser = options(__doc__, 0, 5)
    parser.add_argument("--conversations", type=int, default=500)
    parser.add_argument("--flying", type=int, default=100, help="calls in flight")
    parser.add_argument("--beside", type=Path, help="the folder src of another checkout, measured beside this one")
    parser.add_argument("--address", help="the mock endpoint of this run")
    args = parser.parse_args()
    if args.once == "serve":
        return serve()
    if args.once:
        engine, model = args.once.split("/")
        if engine == "before":
            sys.path.insert(0, str(args.beside))
        print(json.dumps(measured(engine, model, args.address, args.conversations, args.flying)))
        return None
    OUT.mkdir(parents=True, exist_ok=True)
    script = str(Path(__file__).resolve())
    server = subprocess.Popen([sys.executable, script, "--once", "serve"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        address = f"http://127.0.0.1:{int(server.stdout.readline())}/v1"
        common = ["--address", address, "--conversations", str(args.conversations), "--flying", str(args.flying)]
        if args.beside:
            common += ["--beside", str(args.beside.resolve())]
        engines = [engine for engine in ENGINES if args.beside or engine != "before"]
        rows: list[Numbers] = []
        for number in range(args.rounds):
            for model in ("wait-0", f"wait-{LATENCY}"):
                for engine in engines if number % 2 == 0 else reversed(engines):
                    found = fresh(script, f"{engine}/{model}", common)
                    rows.append({"engine": engine, "model": model, "round": number, **found})
                    print(f"round {number + 1}: {engine} {model}: {found['cpu_ms']:.2f} ms of CPU a call", flush=True)
    finally:
        server.terminate()
        server.wait()
    report(rows, args.conversations, args.flying, args.docs)
    return None


def report(rows: list[Numbers], conversations: int, flying: int, docs: bool) -> None:
    """Ratios and the table."""

    def column(engine: str, model: str, number: str) -> list[float]:
        return [row[number] for row in rows if (row["engine"], row["model"]) == (engine, model)]

    slow = f"wait-{LATENCY}"
    least = conversations * TURNS * LATENCY / 1000 / flying
    engines = [engine for engine in ENGINES if column(engine, slow, "wall")]
    waits = {engine: Spread.of(wall / least for wall in column(engine, slow, "wall")) for engine in engines}
    running = {engine: Spread.of(wall / least for wall in column(engine, slow, "running")) for engine in engines}
    cells = [
        [
            engine,
            Spread.of(column(engine, "wait-0", "cpu_ms")).text(2),
            Spread.of(column(engine, "wait-0", "wall_ms")).text(2),
            waits[engine].text(2),
            running[engine].text(2),
        ]
        for engine in engines
    ]
    times = ratio(column("inspect", "wait-0", "cpu_ms"), column("overture", "wait-0", "cpu_ms"))
    heads = [
        "engine",
        "CPU a call, ms",
        "wall time a call, ms",
        f"wall time at {LATENCY} ms ÷ (calls × latency ÷ in flight)",
        "the same without the time it waited for a core",
    ]
    text = (
        f"{table(heads, cells)}\n\nInspect AI takes {times.text(1)} times the CPU of our engine a model call: "
        f"{conversations} conversations of {TURNS} turns, {flying} in flight, median (range) of {times.n} rounds."
    )
    result = {
        "conversations": conversations,
        "flying": flying,
        "rounds": rows,
        "ratio": times.to_dict(),
        "waiting": {engine: spread.to_dict() for engine, spread in waits.items()},
        "running": {engine: spread.to_dict() for engine, spread in running.items()},
    }
    finish("overhead", "overhead.md", result, text, docs)


if __name__ == "__main__":
    main()

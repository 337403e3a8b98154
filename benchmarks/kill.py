"""Killed with SIGKILL at random moments, is a simulation's result the same as if nothing had happened?

    python benchmarks/kill.py --kills 200

In comes how many kills. A real `overture simulate` against an endpoint is killed again and again, at a moment drawn
uniformly between the opening of the store and its last trial, as long as the last run that nothing killed took, until
the store is complete; then the next store, until all kills are spent. Out comes
whether the trials are the same byte for byte (cost and times aside), and how many calls the endpoint was asked for more
than once. The endpoint runs in this process, counts every request that it reads, and draws its answer and its delay
from the request's hash. Easy to get wrong: a kill after the end hits nothing, so only those that found the process
alive are counted, and of those, how many met a store half full.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import Future
from contextlib import closing, suppress
from hashlib import blake2b
from pathlib import Path

import orjson

from common import OUT, finish, table

SRC = Path(__file__).resolve().parent.parent / "src"
COLUMNS = "trial_id, task, item, seed, config, status, error_type, conversation, outcome"
FLYING = 16
LINES = (
    "Which day should it be?", "Who is it for?", "Could you tell me more?", "How many people are there?",
    "Here it is. Dear Ms Berg, thank you for your letter of Monday.", "The answer is 42.", "Which city is it about?",
)  # fmt: skip


class Mock:
    """An endpoint in a thread of its own that counts what it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        port: Future[int] = Future()
        threading.Thread(target=lambda: asyncio.run(self._serve(port)), daemon=True).start()
        self.address = f"http://127.0.0.1:{port.result()}/v1#mock"

    async def _serve(self, port: Future[int]) -> None:
        from aiohttp import web

        async def answer(request: web.Request) -> web.Response:
            body = await request.read()
            self.asked += 1
            drawn = int.from_bytes(blake2b(body, digest_size=4).digest())
            await asyncio.sleep((drawn % 10) / 1000)
            choice = {
                "message": {"role": "assistant", "content": LINES[drawn % len(LINES)]}, "finish_reason": "stop"
            }  # fmt: skip
            usage = {"prompt_tokens": 9, "completion_tokens": 9}
            return web.Response(body=orjson.dumps({"choices": [choice], "usage": usage, "model": "mock"}))

        app = web.Application()
        app.router.add_post("/v1/chat/completions", answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port.set_result(runner.addresses[0][1])
        await asyncio.Event().wait()


def started(source: Path, words: list[str], out: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "overture", "simulate", *words, "--concurrency", str(FLYING), "--out", str(out)]
    quiet = subprocess.DEVNULL
    env = {**os.environ, "PYTHONPATH": str(source)}
    return subprocess.Popen(command, env=env, stdout=quiet, stderr=subprocess.PIPE)


def rows(out: Path) -> tuple[list[tuple[object, ...]], int]:
    with closing(sqlite3.connect(out / "trials.sqlite")) as db:
        trials = db.execute(f"select {COLUMNS} from trials order by 1").fetchall()
        return trials, int(db.execute("select count(*) from calls").fetchone()[0])


def ended(out: Path) -> int:
    """Trials in the store; 0 too where the kill came before the store had its tables."""
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(out / "trials.sqlite")) as db:
        return int(db.execute("select count(*) from trials").fetchone()[0])
    return 0


def opened(process: subprocess.Popen[bytes], store: Path) -> None:
    """Wait until this process has the store open: before that there is nothing that a kill of it could hurt, and a store
    that an earlier one left is there from the start."""
    files = Path("/proc", str(process.pid), "fd")
    while process.poll() is None:
        with suppress(OSError):  # it may close one, or end, while it is looked at
            if any(file.readlink() == store.resolve() for file in files.iterdir()):
                return
        time.sleep(0.005)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--task", default="pairs")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--runs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--docs", action="store_true", help="also put the result into docs/results/kill.md")
    given = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    rng, mock = random.Random(given.seed), Mock()
    words = [given.task, "--model", mock.address, "-n", str(given.count), "--runs", str(given.runs)]
    killed = within = again = 0
    most: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "src")
        shutil.copytree(SRC, source)  # a change to the code meanwhile would be a change of the result
        first = started(source, words, Path(folder, "whole"))
        opened(first, Path(folder, "whole", "trials.sqlite"))
        began = time.time()
        assert first.wait() == 0, first.stderr and first.stderr.read().decode()
        lasts = Path(folder, "whole", "trials.sqlite").stat().st_mtime - began  # the page comes after it
        whole = rows(Path(folder, "whole"))
        assert mock.asked == whole[1], "an uninterrupted run asks once for every call"
        while killed < given.kills:
            out, before, here = Path(folder, f"killed-{len(most)}"), mock.asked, 0
            while True:
                process = started(source, words, out)
                try:
                    if killed < given.kills:
                        opened(process, out / "trials.sqlite")
                    began = time.time()
                    process.wait(rng.uniform(0, lasts) if killed < given.kills else None)
                    break
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                    killed, here = killed + 1, here + 1
                    within += (out / "trials.sqlite").exists() and 0 < ended(out) < len(whole[0])
            said = process.stderr.read().decode() if process.stderr else ""
            assert process.returncode == 0, said
            assert rows(out) == whole, f"store {len(most)} differs after {killed} kills"
            paid = mock.asked - before - whole[1]
            assert 0 <= paid <= FLYING * here, f"{paid} calls repeated after {here} kills"
            if not here:  # the machine has become quicker: moments beyond the end would hit nothing
                lasts = max(0.05, (out / "trials.sqlite").stat().st_mtime - began)
            most.append(here)
            again += paid
            shutil.rmtree(out)
            print(f"{killed} of {given.kills} kills, {again} calls repeated", flush=True)
    heads = ["kills", "of them in a half-full store", "stores", "the same, byte for byte", "calls repeated", "a kill"]
    cells = [killed, within, len(most), len(most), again, f"{again / killed:.1f} (allowed {FLYING})"]
    text = (
        f"{len(whole[0])} trials of `{given.task}` with {whole[1]} calls of an endpoint, {FLYING} in flight; at most "
        f"{max(most)} kills of one store.\n\n{table(heads, [list(map(str, cells))])}"
    )
    result = {"kills": killed, "within": within, "stores": len(most), "repeated": again, "calls": whole[1]}
    finish("kill", "kill.md", result, text, given.docs)


if __name__ == "__main__":
    main()

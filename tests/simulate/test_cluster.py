"""A simulation on a Ray cluster: the same trials as in one process, in one store, and errors that keep their names.

In comes a real local cluster of one core; out come stores. Easy to get wrong: a worker imports everything anew, so what it
is to run must be named by words, and what it raises must still be ours on this side.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from overture.audit.runner import run
from overture.cli import main
from overture.cli.simulate_cluster import SHARES, made, spread
from overture.cli.simulate_seats import Asked
from overture.errors import ConfigurationChanged, UsageError, WorkerDied
from overture.simulate.gate import Budget, Spent
from overture.simulate.held import held
from overture.simulate.store import Call, Journal

from .small import experiment

ASKED = Asked(
    "pairs", "scripted:asker", None, None, None, (), 4, 2, 0, None, 2, 64, 1.0, 1.0, 60.0, None, None, False
)  # fmt: skip


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    ray = pytest.importorskip("ray", reason="ray is not installed")
    from overture.audit.runner import cluster

    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level="error")
    with cluster():
        assert ray.is_initialized()
    assert ray.is_initialized(), "a cluster that was there is left as it was"
    yield
    ray.shutdown()


class _Answers(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        message = {"role": "assistant", "content": "Which day?"}
        usage = {"prompt_tokens": 7, "completion_tokens": 10}
        body = {"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage, "model": "paid"}
        sent = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *given: object) -> None:
        pass


@pytest.fixture
def paid() -> Iterator[str]:
    """A model behind an endpoint, of ten tokens an answer."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1#paid"
        server.shutdown()


def rows(path: Path) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Trials without cost, calls without times."""
    with closing(sqlite3.connect(path)) as db:
        trials = db.execute(
            "select trial_id, item, seed, config, status, error_type, conversation, outcome from trials order by 1"
        ).fetchall()
        return trials, db.execute(
            "select trial_id, role, turn, sample, request_hash from calls order by 1, 2, 3, 4"
        ).fetchall()


def test_a_cluster_makes_the_same_trials_goes_on_and_refuses_another_configuration(
    cluster: None, tmp_path: Path
) -> None:
    words = ["simulate", "pairs", "--model", "scripted:asker", "-n", "4", "--runs", "2", "--max-tokens", "64"]
    assert main([*words, "--timeout", "60", "--out", str(tmp_path / "native")]) == 0
    (tmp_path / "ray").mkdir()
    store = tmp_path / "ray" / "trials.sqlite"
    seen: list[tuple[int, int]] = []
    spread(ASKED, store, lambda done, of: seen.append((done, of)), Budget())
    assert seen == [(number, SHARES) for number in range(1, SHARES + 1)]
    whole = rows(store)
    assert whole == rows(tmp_path / "native" / "trials.sqlite") and len(whole[0]) == 16
    assert not store.with_name("trials.sqlite-wal").exists(), "one file, which can be sent as it is"
    assert main([*words, "--timeout", "60", "--runner", "ray", "--out", str(tmp_path / "ray")]) == 0
    assert rows(store) == whole, "what is there is not made again"
    with pytest.raises(ConfigurationChanged, match="max_tokens: 64 → 9"):
        spread(replace(ASKED, max_tokens=9), store, lambda done, of: None, Budget())
    with pytest.raises(UsageError, match="no protocol"):
        spread(replace(ASKED, protocols=("sideways",)), store, lambda done, of: None, Budget())


def test_a_cluster_takes_several_users(cluster: None, tmp_path: Path) -> None:
    words = ["simulate", "pairs", "--model", "scripted:asker", "-n", "2", "--user", "shards,shards+impatient"]
    for runner in ("native", "ray"):
        assert main([*words, "--runner", runner, "--out", str(tmp_path / runner)]) == 0
    whole = rows(tmp_path / "ray" / "trials.sqlite")
    assert whole == rows(tmp_path / "native" / "trials.sqlite") and len(whole[0]) == 8


def test_an_answer_is_on_the_drivers_disk_before_a_worker_may_use_it(cluster: None, tmp_path: Path) -> None:
    import ray

    from overture.conversation import Message
    from overture.models import Reply, Usage

    reply = Reply(Message("assistant", "yes"), Usage(1, 1, None), "stop", "m", 0.0)

    call = Call("a", ("assistant", 0, 0, "request"), reply)

    def answered(store: Journal) -> bool:
        store.journal([call])
        with closing(sqlite3.connect(store.path)) as db:
            return db.execute("select count(*) from calls").fetchone()[0] == 1

    with held(tmp_path / "trials.sqlite", Budget()) as (store, budget):
        assert budget == Budget()
        assert ray.get(ray.remote(answered).remote(store))
        assert store.answers("a") == {call.place: reply}
        with pytest.raises(sqlite3.IntegrityError):
            store.journal([replace(call, place=("assistant", 0, 0, "another"))])


def test_shares_hold_every_trial_once() -> None:
    whole = experiment(count=5, runs=3)
    shares = [replace(whole, share=(number, 4)).places for number in range(4)]
    assert sorted(str(place) for share in shares for place in share) == sorted(map(str, whole.places))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_a_runner_that_is_not_there_is_bad_usage(tmp_path: Path) -> None:
    words = ["--runner", "dask", "--out", str(tmp_path / "out")]
    assert main(["simulate", "pairs", "--model", "scripted:asker", *words]) == 2
    assert not (tmp_path / "out").exists()


def dying(asked: Asked, store: Journal, budget: Budget, number: int, of: int, deaths: Path, most: int) -> None:
    """A share in a worker that is killed right after its third answer was journalled, `most` times in all."""
    journal, left = store.journal, iter(range(2))

    def journalled(*given: Any) -> None:
        journal(*given)
        died = len(list(deaths.iterdir()))
        if next(left, None) is None and died < most:
            (deaths / str(died)).touch()
            os.kill(os.getpid(), signal.SIGKILL)

    store.journal = journalled  # type: ignore[method-assign]
    made(asked, store, budget, number, of)


def test_a_worker_that_is_killed_loses_and_doubles_nothing(cluster: None, tmp_path: Path) -> None:
    deaths = tmp_path / "deaths"
    deaths.mkdir()
    words = ["simulate", "pairs", "--model", "scripted:asker", "-n", "4", "--runs", "2", "--max-tokens", "64"]
    words += ["--timeout", "60", "--out"]
    assert main([*words, str(tmp_path / "native")]) == 0
    whole = rows(tmp_path / "native" / "trials.sqlite")

    def shares(path: Path, most: int) -> None:
        with held(path, Budget()) as (store, budget):
            jobs = [
                (f"share {n}", (replace(ASKED, concurrency=1), store, budget, n, 2, deaths, most)) for n in range(2)
            ]
            for _ in run(dying, jobs, "ray"):
                pass

    once = tmp_path / "once.sqlite"
    shares(once, 1)
    assert len(list(deaths.iterdir())) == 1
    assert rows(once) == whole, "the share was given to another worker, which went on where the dead one was"
    (tmp_path / "ray").mkdir()
    twice = tmp_path / "ray" / "trials.sqlite"
    with pytest.raises(WorkerDied, match=r"share \d ended twice"):
        shares(twice, 4)
    trials, calls = rows(twice)
    assert 0 < len(trials) < len(whole[0]) and set(trials) < set(whole[0]) and set(calls) < set(whole[1])
    assert main([*words, str(tmp_path / "ray"), "--runner", "ray"]) == 0
    assert rows(twice) == whole, "the same command goes on with what is owed"


def test_the_workers_of_a_cluster_keep_one_limit_of_cost(cluster: None, tmp_path: Path) -> None:
    import ray

    def spending(budget: Budget, times: int) -> int:
        for done in range(times):
            try:
                budget.begin()
            except Spent:
                return done
            budget.end(1.0)
        return times

    here = Budget(10.0)
    with held(tmp_path / "trials.sqlite", here) as (_, budget):
        task = ray.remote(spending)
        made_by = ray.get([task.remote(budget, 7) for _ in range(3)])
        assert sum(made_by) == 10, "together, and not each"
        with pytest.raises(Spent, match=r"10\.0000 of 10\.0000"):
            budget.begin()
    assert (here.spent, here.dearest, here.flying) == (10.0, 1.0, 0), "what follows on the driver goes on from there"
    with pytest.raises(Spent):
        here.begin()
    lost = Budget(10.0, dearest=1.0)
    with held(tmp_path / "trials.sqlite", lost) as (_, budget):
        budget.begin()  # and its worker dies
        assert ray.get(task.remote(budget, 20)) == 9, "a call that never ended holds back the dearest price, once"
    assert lost.flying == 0


def test_a_limit_of_cost_ends_a_simulation_on_a_cluster(cluster: None, tmp_path: Path, paid: str) -> None:
    words = ["simulate", "pairs", "--model", paid, "-n", "6", "--max-tokens", "16", "--price", "0,100000"]
    out = ["--runner", "ray", "--concurrency", "1", "--out", str(tmp_path)]
    assert main([*words, *out, "--max-cost", "3"]) == 1
    trials, calls = rows(tmp_path / "trials.sqlite")
    assert 3 <= len(calls) <= 4 and len(trials) < 12, "a call costs one, and one may be in flight"
    assert main([*words, *out]) == 0
    assert len(rows(tmp_path / "trials.sqlite")[0]) == 12

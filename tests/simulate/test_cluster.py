"""A simulation on a Ray cluster: the same trials as in one process, in one store, and errors that keep their names.

In comes a real local cluster of one core; out come stores. Easy to get wrong: a worker imports everything anew, so what it
is to run must be named by words, and what it raises must still be ours on this side.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from overture.cli import main
from overture.cli.simulate_cluster import SHARES, spread
from overture.cli.simulate_seats import Asked
from overture.errors import ConfigurationChanged, UsageError
from overture.simulate.store import Store

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
    spread(ASKED, store, lambda done, of: seen.append((done, of)))
    assert seen == [(number, SHARES) for number in range(1, SHARES + 1)]
    whole = rows(store)
    assert whole == rows(tmp_path / "native" / "trials.sqlite") and len(whole[0]) == 16
    assert not store.with_name("trials.sqlite-wal").exists(), "one file, which can be sent as it is"
    assert main([*words, "--timeout", "60", "--runner", "ray", "--out", str(tmp_path / "ray")]) == 0
    assert rows(store) == whole, "what is there is not made again"
    with pytest.raises(ConfigurationChanged, match="max_tokens: 64 → 9"):
        spread(replace(ASKED, max_tokens=9), store, lambda done, of: None)
    with pytest.raises(UsageError, match="no protocol"):
        spread(replace(ASKED, protocols=("sideways",)), store, lambda done, of: None)


def test_an_answer_is_on_the_drivers_disk_before_a_worker_may_use_it(cluster: None, tmp_path: Path) -> None:
    import ray

    from overture.conversation import Message
    from overture.models import Reply, Usage
    from overture.simulate.held import held

    reply = Reply(Message("assistant", "yes"), Usage(1, 1, None), "stop", "m", 0.0)

    def answered(store: Store) -> bool:
        store.journal("a", "assistant", 0, 0, "request", reply)
        with closing(sqlite3.connect(store.path)) as db:
            return db.execute("select count(*) from calls").fetchone()[0] == 1

    with held(tmp_path / "trials.sqlite") as store:
        assert ray.get(ray.remote(answered).remote(store))
        assert store.answer("a", "assistant", 0, 0, "request") == reply
        with pytest.raises(sqlite3.IntegrityError):
            store.journal("a", "assistant", 0, 0, "another", reply)


def test_shares_hold_every_trial_once() -> None:
    whole = experiment(count=5, runs=3)
    shares = [replace(whole, share=(number, 4)).places for number in range(4)]
    assert sorted(str(place) for share in shares for place in share) == sorted(map(str, whole.places))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@pytest.mark.parametrize("words", [["--runner", "dask"], ["--runner", "ray", "--max-cost", "1", "--price", "1,1"]])
def test_what_a_cluster_cannot_do_is_bad_usage(words: list[str], tmp_path: Path) -> None:
    assert main(["simulate", "pairs", "--model", "scripted:asker", *words, "--out", str(tmp_path / "out")]) == 2
    assert not (tmp_path / "out").exists()

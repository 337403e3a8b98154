"""The runner: every job once, and a job whose worker died once more, by name.

In come functions that work, refuse, and kill their own process; out come results or the reason there is none. Easy to
get wrong: a pool that waits for ever for the answer of a worker that is gone.
"""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import deaths
import pytest

from overture.audit.runner import run
from overture.errors import UsageError, WorkerDied


def jobs(count: int, marker: Path) -> list[tuple[str, tuple[int, str]]]:
    return [(f"piece {i}", (i, str(marker))) for i in range(count)]


def test_one_worker_works_here_and_in_order(tmp_path: Path):
    assert list(run(deaths.twice, jobs(4, tmp_path), workers=1)) == [(f"piece {i}", 2 * i) for i in range(4)]
    assert list(run(deaths.twice, [], workers=2)) == []


def test_a_worker_that_dies_is_replaced_and_its_job_done(tmp_path: Path):
    marker = tmp_path / "died"
    assert sorted(run(deaths.die_once, jobs(5, marker), workers=2)) == [(f"piece {i}", 2 * i) for i in range(5)]
    assert marker.exists()
    assert not multiprocessing.active_children()


def test_a_second_death_names_the_job_and_the_signal(tmp_path: Path):
    with pytest.raises(WorkerDied, match=r"^the worker on piece 1 ended twice \(signal SIGKILL\)$"):
        list(run(deaths.die_always, jobs(3, tmp_path / "x"), workers=2))
    assert not multiprocessing.active_children()


def test_what_a_job_refuses_is_raised_here(tmp_path: Path):
    with pytest.raises(UsageError, match="job 1 makes no sense"):
        list(run(deaths.refuse, jobs(3, tmp_path), workers=2))
    assert not multiprocessing.active_children()


def test_a_disk_that_is_full_in_a_worker_is_told_here_as_it_was_there(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    with pytest.raises(OSError, match="No space left on device") as found:
        list(run(deaths.full, jobs(3, tmp_path / "x"), workers=2))
    assert found.value.filename == str(tmp_path / "x") and "Traceback" not in capfd.readouterr().err
    assert not multiprocessing.active_children()


def test_stopping_early_leaves_no_process_and_no_environment_behind(tmp_path: Path):
    before = dict(os.environ)
    found = run(deaths.threads, jobs(6, tmp_path), workers=2)
    assert next(found)[1] == "1"
    found.close()  # type: ignore[attr-defined]
    assert not multiprocessing.active_children()
    assert dict(os.environ) == before


def test_an_unknown_runner_is_refused(tmp_path: Path):
    with pytest.raises(UsageError, match="no runner 'dask'; the runners are native and ray"):
        run(deaths.twice, jobs(1, tmp_path), "dask")

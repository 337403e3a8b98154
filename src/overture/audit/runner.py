"""Map one function over pieces of work: over spawned processes, or over tasks of a cluster. Results come in any order.

In come jobs (name, arguments); out come (name, result) as they finish. Easy to get wrong: a worker that dies takes
its job with it. The job is given once more to a new worker, and only a second death stops the run, by the job's name.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from multiprocessing.connection import Connection, wait
from typing import Any

from ..errors import OvertureError, UsageError, WorkerDied

Job = tuple[str, tuple[Any, ...]]
"""A name that people can read, and the function's arguments."""
RUNNERS = ("native", "ray")


def run(
    function: Callable[..., Any], jobs: Sequence[Job], runner: str = "native", workers: int | None = None
) -> Iterator[tuple[str, Any]]:
    """(name, result) of every job as it finishes. `runner` is `native` or `ray`; one native worker needs no process."""
    if runner not in RUNNERS:
        raise UsageError(f"there is no runner {runner!r}; the runners are {' and '.join(RUNNERS)}")
    if runner == "ray":
        return _ray(function, jobs)
    workers = min(workers or os.cpu_count() or 1, len(jobs))
    return _native(function, jobs, workers) if workers > 1 else ((name, function(*given)) for name, given in jobs)


def _serve(pipe: Connection, function: Callable[..., Any]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    while (given := pipe.recv()) is not None:
        try:
            answer = True, function(*given)
        except (OvertureError, OSError) as error:
            answer = False, error
        pipe.send(answer)


class _Worker:
    def __init__(self, function: Callable[..., Any]) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, function), daemon=True)
        # Each worker has a core; a numeric library that starts a thread a core in each would only slow all.
        kept = {name: os.environ.get(name) for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")}
        os.environ.update(dict.fromkeys(kept, "1"))
        try:
            self.process.start()
        finally:
            for name, value in kept.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
        theirs.close()
        self.job: Job | None = None

    def give(self, job: Job) -> None:
        self.job = job
        self.pipe.send(job[1])


def _native(function: Callable[..., Any], jobs: Sequence[Job], count: int) -> Iterator[tuple[str, Any]]:
    waiting, died = deque(jobs), set[str]()
    workers = [_Worker(function) for _ in range(count)]
    try:
        for worker in workers:
            worker.give(waiting.popleft())
        while busy := {worker.pipe: worker for worker in workers if worker.job is not None}:
            for pipe in wait(list(busy)):
                worker = busy[pipe]  # pyright: ignore[reportArgumentType]
                job = worker.job
                assert job is not None
                try:
                    good, result = worker.pipe.recv()
                except (EOFError, ConnectionResetError):
                    worker.process.join()
                    if job[0] in died:
                        raise WorkerDied(f"the worker on {job[0]} ended twice ({_ending(worker)})") from None
                    died.add(job[0])
                    workers[workers.index(worker)] = fresh = _Worker(function)
                    fresh.give(job)
                    continue
                if not good:
                    raise result
                worker.job = None
                if waiting:
                    worker.give(waiting.popleft())
                yield job[0], result
    finally:
        for worker in workers:
            if worker.job is None and worker.process.is_alive():
                worker.pipe.send(None)
            else:
                worker.process.kill()
            worker.process.join()
            worker.pipe.close()


def _ending(worker: _Worker) -> str:
    code = worker.process.exitcode or 0
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"status {code}"


@contextmanager
def cluster() -> Generator[Any]:
    """The module `ray`, connected to the cluster that is there already, or else to a local one for as long as this
    lasts. Raises UsageError where the extra is not installed."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        ray: Any = import_module("ray")
    except ImportError as error:
        raise UsageError("the runner ray needs the extra: pip install 'overture[ray]'") from error
    started = not ray.is_initialized()
    if started:
        ray.init(include_dashboard=False, log_to_driver=False, logging_level="error")
    try:
        yield ray
    finally:
        if started:
            ray.shutdown()


def _ray(function: Callable[..., Any], jobs: Sequence[Job]) -> Iterator[tuple[str, Any]]:
    with cluster() as ray:
        task = ray.remote(function).options(max_retries=1)
        names = {task.remote(*given): name for name, given in jobs}
        while names:
            done, _ = ray.wait(list(names), num_returns=1)
            name = names.pop(done[0])
            try:
                yield name, ray.get(done[0])
            except ray.exceptions.WorkerCrashedError as error:
                raise WorkerDied(f"the worker on {name} ended twice") from error
            except ray.exceptions.RayTaskError as error:
                raise (error.cause if isinstance(error.cause, OvertureError | OSError) else error) from None

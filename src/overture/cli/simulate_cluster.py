"""`overture simulate --runner ray`: the trials of a simulation, a share of them on each worker of a Ray cluster.

In come the words of the call, the path of the store and the budget; the store is filled, what was spent is entered, and
nothing comes out. The run that follows on the driver finds every trial in the store, and makes those that a worker left
owed, if the budget lets it. So both runners end with the same trials by the same code. Easy to get wrong: models hold
connections and keys and are not sent; each worker makes its own from the words.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .money import prices_of
from .simulate_seats import Asked, experiments_of, loaded

if TYPE_CHECKING:
    from ..simulate.gate import Budget
    from ..simulate.store import Journal

SHARES = 4
"""Shares of the trials for each core: more even the work out, and each loads its models again."""


def spread(asked: Asked, path: Path, told: Callable[[int, int], None], budget: Budget) -> None:
    """Fill the store with every trial that can be had within the budget. `told(shares done, shares)` after each share.

    A worker that dies takes nothing with it: its share is given once more to another, which finds the trials that had
    ended and the answers that had come. Raises WorkerDied where that one dies too; what is there stays.
    """
    from ..audit.runner import cluster, run
    from ..simulate.held import held

    with cluster() as ray, held(path, budget) as (store, purse):
        workers = min(asked.concurrency, max(1, int(ray.cluster_resources().get("CPU", 1))))
        shares = SHARES * workers
        each = replace(asked, concurrency=max(1, asked.concurrency // workers))
        jobs = [(f"share {number + 1} of {shares}", (each, store, purse, number, shares)) for number in range(shares)]
        for done, _ in enumerate(run(made, jobs, "ray"), 1):
            told(done, shares)


def made(asked: Asked, store: Journal, budget: Budget, number: int, of: int) -> None:
    """Make the trials of one share, in a worker."""
    from ..models.loop import run_loop
    from ..simulate.engine import run
    from ..simulate.seats import Yardstick

    task, models = loaded(asked, prices_of(asked.price))
    experiments = [replace(one, share=(number, of)) for one in experiments_of(asked, task, models, budget)]

    async def everything() -> None:
        async with AsyncExitStack() as stack:
            for model in models.values():
                if not isinstance(model, Yardstick):
                    await stack.enter_async_context(model)
            for experiment in experiments:
                await run(experiment, store)

    run_loop(everything())

"""`overture simulate --runner ray`: the trials of a simulation, a share of them on each worker of a Ray cluster.

In come the words of the call and the path of the store; the store is filled, and nothing comes out. The run that
follows on the driver finds every trial in the store, and makes those that a worker left owed. So both runners end with
the same trials by the same code. Easy to get wrong: models hold connections and keys and are not sent; each worker
makes its own from the words.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .simulate_seats import Asked, experiments_of, loaded, prices_of

if TYPE_CHECKING:
    from ..simulate.held import Held

SHARES = 4
"""Shares of the trials for each core: more even the work out, and each loads its models again."""


def spread(asked: Asked, path: Path, told: Callable[[int, int], None]) -> None:
    """Fill the store with every trial that can be had. `told(shares done, shares)` after each share."""
    from ..audit.runner import cluster, run
    from ..simulate.held import held

    with cluster() as ray, held(path) as store:
        workers = min(asked.concurrency, max(1, int(ray.cluster_resources().get("CPU", 1))))
        shares = SHARES * workers
        each = replace(asked, concurrency=max(1, asked.concurrency // workers))
        jobs = [(f"share {number + 1} of {shares}", (each, store, number, shares)) for number in range(shares)]
        for done, _ in enumerate(run(made, jobs, "ray"), 1):
            told(done, shares)


def made(asked: Asked, store: Held, number: int, of: int) -> None:
    """Make the trials of one share, in a worker."""
    from ..models.loop import run_loop
    from ..simulate.engine import run
    from ..simulate.seats import Yardstick

    task, models = loaded(asked, prices_of(asked.price))
    experiments = [replace(one, share=(number, of)) for one in experiments_of(asked, task, models)]

    async def everything() -> None:
        async with AsyncExitStack() as stack:
            for model in models.values():
                if not isinstance(model, Yardstick):
                    await stack.enter_async_context(model)
            for experiment in experiments:
                await run(experiment, store)

    run_loop(everything())

"""One store for all workers of a cluster: an actor beside the driver holds the file, and each worker writes through it.

In comes a path; out comes a Held, a Store that can be sent to a worker. An answer is on its way to the driver's disk
when `journal` returns, so it is journalled before it is used on a cluster too, and a worker that dies takes nothing
with it but the calls that it had in flight. Easy to get wrong: the actor must be on the driver's own node, where the
file is.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..audit.runner import cluster
from ..models import Reply
from .store import Store, Trial


class Held(Store):
    """The store that an actor holds. It is pickled with the actor's handle and never opens the file."""

    def __init__(self, path: Path, actor: Any) -> None:
        self.path = path
        self._actor = actor

    def _asked(self, name: str, *given: Any) -> Any:
        with cluster() as ray:
            return ray.get(getattr(self._actor, name).remote(*given))

    def close(self) -> None:
        """Close the file, folded into one."""
        self._asked("close")

    @property
    def empty(self) -> bool:
        raise NotImplementedError("a worker does not ask whether the store is empty")

    def agree(self, config: Mapping[str, Any]) -> None:
        self._asked("agree", config)

    def trial(self, trial_id: str) -> Trial | None:
        return self._asked("trial", trial_id)

    def trials(self) -> Iterable[Trial]:
        raise NotImplementedError("a worker does not read the whole store")

    def add(self, trial: Trial) -> None:
        self._asked("add", trial)

    def answer(self, trial_id: str, role: str, turn: int, sample: int, request: str) -> Reply | None:
        return self._asked("answer", trial_id, role, turn, sample, request)

    def journal(self, trial_id: str, role: str, turn: int, sample: int, request: str, reply: Reply) -> None:
        self._asked("journal", trial_id, role, turn, sample, request, reply)


@contextmanager
def held(path: Path) -> Generator[Held]:
    """The store in `path`, held by an actor on this node of the cluster for as long as this lasts."""
    with cluster() as ray:
        here = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
            ray.get_runtime_context().get_node_id(), soft=False
        )
        actor = ray.remote(Store).options(num_cpus=0, scheduling_strategy=here).remote(path.absolute())
        store = Held(path, actor)
        try:
            yield store
        finally:
            store.close()

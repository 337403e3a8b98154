"""One store and one budget for all workers of a cluster: actors beside the driver hold them, and workers ask those.

In comes a path and a Budget; out come a journal and a budget that can be sent to a worker and do there what the real
ones do. An answer is on its way to the driver's disk when `journal` returns, so it is journalled before it is used on
a cluster too, and a worker that dies takes nothing with it but the calls that it had in flight. Easy to get wrong: the
actors must be on the driver's own node, where the file is; and a call that died with its worker never ends for the
budget, so it holds back the dearest price once, and never lets more be spent.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..audit.runner import cluster
from ..models import Reply
from .gate import Budget
from .store import Call, Place, Store, Trial


class _Held:
    """The near end of an actor. What the far end raises is raised here as it is."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    def _asked(self, name: str, *given: Any) -> Any:
        with cluster() as ray:
            try:
                return ray.get(getattr(self._actor, name).remote(*given))
            except ray.exceptions.RayTaskError as error:
                raise error.cause from None


class HeldJournal(_Held):
    """The store that an actor holds. It never opens the file."""

    def __init__(self, path: Path, actor: Any) -> None:
        super().__init__(actor)
        self.path = path

    def agree(self, config: Mapping[str, Any]) -> None:
        self._asked("agree", config)

    def trial(self, trial_id: str) -> Trial | None:
        return self._asked("trial", trial_id)

    def answers(self, trial_id: str) -> Mapping[Place, Reply]:
        return self._asked("answers", trial_id)

    def journal(self, records: Sequence[Call | Trial]) -> None:
        self._asked("journal", records)

    def close(self) -> None:
        """Close the file, folded into one."""
        self._asked("close")


class Purse(Budget):
    """A Budget that can be asked from afar how it stands."""

    def stands(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(Budget)}


class HeldBudget(_Held, Budget):
    """The budget that an actor holds; its own fields mean nothing."""

    def begin(self) -> None:
        self._asked("begin")

    def end(self, cost: float | None) -> None:
        self._asked("end", cost)


@contextmanager
def held(path: Path, budget: Budget) -> Generator[tuple[HeldJournal, Budget]]:
    """The store in `path` and the budget, held by actors on this node of the cluster for as long as this lasts.
    What the workers spent is entered in `budget` at the end. Without a limit there is nothing to keep together."""
    with cluster() as ray:
        here = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
            ray.get_runtime_context().get_node_id(), soft=False
        )

        def actor(kind: type, *given: Any) -> Any:
            return ray.remote(kind).options(num_cpus=0, scheduling_strategy=here).remote(*given)

        store = HeldJournal(path, actor(Store, path.absolute()))
        purse = actor(Purse, budget.most, budget.spent, budget.dearest) if budget.most is not None else None
        try:
            yield store, HeldBudget(purse) if purse is not None else Budget()
        finally:
            if purse is not None:
                for name, value in ray.get(purse.stands.remote()).items():
                    setattr(budget, name, value)
                budget.flying = 0
            store.close()

"""Lost in Conversation: one instruction, said at once or shard by shard, and what the difference costs.

`own.items()` are the instructions that come with Overture, `public.gsm8k()` and `public.translation()` the published
ones; `protocols` says how each is put, `labels.label` what a turn of the assistant is, `checks.score`
what an answer is worth, `measures.measure` what many runs say. Source: Laban et al. 2025, arXiv 2505.06120; the
departures are numbered in docs/recipes/lost-in-conversation.md. Easy to get wrong: only `sharded`, `recap` and
`snowball` have open parts at the first turn; `full` and `concat` are the control, and no figure of one stands without
the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..task import Task

JUDGED_BY_RULE = ("math", "code", "database", "actions", "data_to_text", "translation")
"""The kinds that need no judge; `summary` does, and is put only where it is asked for."""


def task(count: int | None = None, seed: int = 0, kinds: tuple[str, ...] = JUDGED_BY_RULE) -> Task:
    """`count` items drawn by `seed`, evenly from the kinds; all of Overture's own by default.

    Where more are asked for than Overture has of these kinds, the rest are public, pulled at first use: with `math`
    among them GSM8K problems that no rule finds unsound, else with `translation` the German texts. Raises UsageError on
    an unknown kind and on a count that cannot be had.
    """
    from ...errors import UsageError
    from ..task import Task
    from ..written import drawn
    from . import measures, own, public
    from .judging import check, over, version
    from .protocols import STAGINGS, item_of
    from .shapes import KINDS
    from .yardsticks import SPEECHES

    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown or not kinds:
        raise UsageError(f"no kind of instruction is named {unknown[:1]}; there are {', '.join(KINDS)}")
    found = [item for kind in kinds for item in own.items(kind)]
    lacking = 0 if count is None else count - len(found)
    if lacking > 0 and {"math", "translation"} & set(kinds):
        more = public.gsm8k().sound if "math" in kinds else public.translation().items
        found += drawn(more, min(lacking, len(more)), seed, lambda item: "public")
    items = tuple(map(item_of, drawn(found, count, seed, lambda item: item.kind)))
    # a user may answer each of seven shards and be asked in vain as often; past that it is a loop
    return Task(
        "sharded", items, check, version(), protocols=STAGINGS, over=over, yardsticks=SPEECHES, turns=18,
        beside=measures.beside,
    )  # fmt: skip

"""A sharded instruction as an Item of the house, put as each protocol puts it.

In come Sharded items; out come Items whose `data` carries all that the check needs, and the Staging of each protocol:
at once (nothing is open and there is one request) or over turns (everything but the opening is open, and a user tells
it). Easy to get wrong: what a user says is worded in `protocols` alone, also what a user repeats.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from ..task import Item, Staging
from .protocols import OVER_TURNS, PROTOCOLS, at_once, prompt, system, words
from .shapes import IN_ORDER, Sharded


def item_of(source: Sharded) -> Item:
    """The item as `sharded` puts it: the opening, with every other shard open."""
    parts = tuple(replace(shard.part, text=words(source, at)) for at, shard in enumerate(source.shards) if at)
    return Item(
        id=source.id,
        group=source.kind,
        kind="do",
        request=words(source, 0),
        goal=source.full,
        parts=parts,
        open=frozenset(part.name for part in parts),
        pair=source.id,
        data={
            "sharded": source.to_dict(),
            "in_order": source.kind in IN_ORDER,
            "wording": {name: prompt(f"sharded_{name}").text for name in ("recap", "snowball")},
        },
        system=system(source),
    )


def sharded_of(item: Item) -> Sharded:
    """The instruction behind an item that `item_of` made."""
    return Sharded.of(item.data["sharded"])


def _at_once(protocol: str) -> Callable[[Item, int], Item]:
    def prepare(item: Item, seed: int) -> Item:
        return replace(item, request=at_once(sharded_of(item), protocol, seed), open=frozenset())

    return prepare


STAGINGS: Mapping[str, Staging] = MappingProxyType(
    {
        name: Staging(wrappers=() if name == "sharded" else (name,))
        if name in OVER_TURNS
        else Staging(prepare=_at_once(name))
        for name in sorted(PROTOCOLS, key=lambda name: name != "sharded")
    }
)
"""Protocol → how it puts an item; `sharded` is the default."""

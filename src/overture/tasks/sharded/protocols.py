"""How one instruction is put: everything at once, or the words that reveal one shard; and the same as an Item.

In come Sharded items, a protocol and a seed; out comes the one request, or the words, and Items whose `data` carries
all that the check needs. Over turns everything but the opening is open, a user of the house says the shards, and its
wrappers `recap` and `snowball` repeat them in this task's words. Easy to get wrong: all protocols must say the same
things, so the setting (schema, functions, the form of the answer) is a system message that is the same in all of them.
Source: Laban et al. 2025, arXiv 2505.06120.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from ...models.verdicts import Prompt
from ..task import Item, Staging, digest
from .shapes import IN_ORDER, KINDS, CallCheck, CodeCheck, QueryCheck, Sharded

PROTOCOLS = ("full", "concat", "shuffle_concat", "sharded", "recap", "snowball")
"""At once: the instruction; its shards as a list; that list shuffled. Over turns: a shard a turn; the same and a last
turn that repeats all; every turn repeats all so far."""

OVER_TURNS = frozenset({"sharded", "recap", "snowball"})


def at_once(item: Sharded, protocol: str, seed: int = 0) -> str:
    """The one request of a protocol that is not over turns. `seed` matters to `shuffle_concat` alone."""
    if protocol == "full":
        return item.full
    return concat(item, _shuffled(item, seed) if protocol == "shuffle_concat" else range(len(item.shards)))


def concat(item: Sharded, order: Sequence[int]) -> str:
    """Shards as one message, in this order."""
    if item.kind in IN_ORDER:
        pieces = "\n\n".join(f"Part {at + 1}:\n{item.shards[at].says}" for at in order)
        return prompt(f"sharded_{item.kind}_concat").filled({"pieces": pieces}, {}).strip()
    return prompt("sharded_concat").filled({"list": _list(item, order)}, {}).strip()


def words(item: Sharded, shard: int) -> str:
    """What the user says to reveal a shard; a piece of material comes with what to do with it."""
    if item.kind not in IN_ORDER:
        return item.shards[shard].says
    which = "first" if shard == 0 else "next"
    slots = {"number": str(shard + 1), "piece": item.shards[shard].says}
    return prompt(f"sharded_{item.kind}_{which}").filled(slots, {}).strip()


def _list(item: Sharded, order: Sequence[int]) -> str:
    return "\n".join(f"- {words(item, at)}" for at in order)


def _shuffled(item: Sharded, seed: int) -> tuple[int, ...]:
    """A permutation that depends on the seed and the item, and never on the order of arrival; the opening moves too."""
    keys = [digest([seed, item.id, at]) for at in range(len(item.shards))]
    return tuple(sorted(range(len(keys)), key=keys.__getitem__))


def system(item: Sharded) -> str:
    """The system message: the setting of the item's kind, the same under every protocol."""
    check = item.check
    slots: dict[str, str] = {}
    if isinstance(check, QueryCheck):
        slots["schema"] = check.schema.strip()
    elif isinstance(check, CallCheck):
        slots["functions"] = "\n".join(check.functions)
    elif isinstance(check, CodeCheck):
        slots["signature"] = check.signature
    return prompt(f"sharded_{item.kind}").filled(slots, {}).strip()


@cache
def prompt(name: str) -> Prompt:
    """One of this task's prompt files."""
    return Prompt.read(files("overture.tasks") / "prompts" / f"{name}.md")


@cache
def prompts_version() -> str:
    """12 hex digits that depend on every prompt a plan can use; part of a trial's identity."""
    named = [f"sharded_{kind}" for kind in KINDS]
    named += [f"sharded_{kind}_{which}" for kind in sorted(IN_ORDER) for which in ("first", "next", "concat", "full")]
    named += ["sharded_concat", "sharded_recap", "sharded_snowball"]
    return digest([prompt(name).version for name in named])[:12]


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

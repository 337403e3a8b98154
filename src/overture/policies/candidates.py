"""Which candidates race: names as they are written, each with the values of its settings that are tried.

In come words such as `recommended` or `gaps+civility`; out come candidates, the bare model first. Easy to get wrong: of
equals the earlier wins, so what changes least stands first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .named import COMPOSED, make

BARE = "none"
"""The candidate that leads nowhere; it always races."""
OFF = "off"
"""What `overture serve` calls it; every command takes the word."""
GRIDS: Mapping[str, Mapping[str, Sequence[float]]] = {
    "gaps": {"threshold": (0.3, 0.5, 0.7, 0.9)},
    "worth_asking": {"cost": (0.25, 0.5, 2, 4)},
}
"""Policy → setting → values that are tried beside its own default."""


def expand(words: Sequence[str], settings: bool = True) -> tuple[str, ...]:
    """The candidates that names stand for: BARE, each as it is, and with each value of GRIDS in its place.

    Raises UsageError on a name that means nothing.
    """
    found = [BARE]
    for word in words:
        if word in (BARE, OFF):
            continue
        make(word)
        found.append(word)
        whole = COMPOSED.get(word, word)
        for name, grid in GRIDS.items() if settings else ():
            inner, plus, around = whole.partition("+")
            names = [part.strip() for part in inner.split(",")]
            if name not in names:
                continue
            for setting, values in grid.items():
                for value in values:
                    put = [f"{part}:{setting}={value:g}" if part == name else part for part in names]
                    found.append(",".join(put) + plus + around)
    return tuple(dict.fromkeys(found))

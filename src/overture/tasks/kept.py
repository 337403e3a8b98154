"""What a function makes of short texts is kept, since every turn of a talk reads the ones before it again.

In comes a function of texts that gives the same each time; out comes one that remembers. Easy to get wrong: a proxy
reads texts that never come again, of any length, for weeks, so what is kept is bounded by number and by length, both
small: a cache that takes hours to fill is a leak to whoever watches the process.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")


def kept(most: int = 1024, longest: int = 2000) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep what a function made of its last `most` different texts.

    All its arguments are texts, given by place; together they have at most `longest` characters, or nothing is kept.
    """

    def decorated(function: Callable[P, R]) -> Callable[P, R]:
        known = lru_cache(maxsize=most)(function)

        @wraps(function)
        def read(*texts: P.args, **named: P.kwargs) -> R:
            short = sum(map(len, cast("tuple[str, ...]", texts))) <= longest
            return (known if short else function)(*texts, **named)

        return read

    return decorated

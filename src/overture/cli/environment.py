"""Which names of the environment mean nothing? OVERTURE_MODLE would be a model that is silently not used.

In come the names that are set and the commands; out comes a line for each name that neither a flag nor anything else
here reads, with the nearest one that is read. Easy to get wrong: one shell serves several commands, so a name that only
another command reads is no mistake; and `--key-env` lets a user make up a name.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

PREFIX = "OVERTURE_"
READ = frozenset({"OVERTURE_API_KEY", "OVERTURE_BASE_URL", "OVERTURE_CACHE", "OVERTURE_DATA"})
"""Names that are read and are no flag's; the address is Inspect's, of a provider that it calls overture."""
OF_A_HOST = "OVERTURE_API_KEY_"
"""Such names go on with a host."""


def names_of(command: Any) -> Iterator[str]:
    """The names that the flags of a command and of those under it can be set by."""
    yield from (one.envvar for one in command.params if isinstance(one.envvar, str))
    for under in getattr(command, "commands", {}).values():
        yield from names_of(under)


def meaningless(given: Iterable[str], known: Iterable[str], words: Sequence[str] = ()) -> list[str]:
    """A line for each of the given names that means nothing. `words`: of the call; a name in them is a user's own."""
    read = {*known, *READ}
    lines: list[str] = []
    for name in sorted(given):
        if (
            not name.startswith(PREFIX)
            or name.startswith(OF_A_HOST)
            or name in read
            or any(name in word for word in words)
        ):
            continue
        near = difflib.get_close_matches(name, sorted(read), n=1)
        lines.append(f"{name} is set, and nothing reads it" + (f"; did you mean {near[0]}?" if near else ""))
    return lines

"""What does the lens `gaps` add to an audit? Seconds of processor time, so that a busy machine does not show.

    python benchmarks/gaps_cost.py [--messages 8000] [--rounds 5] [--docs]

In comes a log as in `speed.py`; out comes the ratio of an audit with `moves`, `goals` and `gaps` to one with `moves` and
`goals`, in one process, in turns. Easy to get wrong: the first look loads the weights, so one round of each is thrown
away.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from common import Spread, finish, options, ratio, table
from logs_for import write

BOTH = ("moves", "goals")


def main() -> None:
    given = options(__doc__, 8000, 5).parse_args()
    from overture.audit.kinds import Settings
    from overture.audit.piece import audit_range
    from overture.logs import Piece

    taken: dict[tuple[str, ...], list[float]] = {BOTH: [], (*BOTH, "gaps"): []}
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.jsonl"
        write(log, given.messages, given.seed)
        piece = Piece(str(log), "openai", 0, log.stat().st_size)
        messages = 0
        for number in range(given.rounds + 1):
            for lenses, seconds in taken.items():
                began = time.process_time()
                messages = audit_range(piece, Settings(lenses=lenses), Path(folder), f"part{number}").messages
                if number:
                    seconds.append(time.process_time() - began)
    rows = [[", ".join(lenses), Spread.of(messages / s for s in seconds).text()] for lenses, seconds in taken.items()]
    more = ratio(taken[*BOTH, "gaps"], taken[BOTH])
    text = table(("lenses", "messages a second of processor time"), rows)
    text += f"\n\nWith `gaps` an audit takes {more.text(3)} times the processor time; {messages:,} messages a round."
    finish("gaps-cost", "gate.md", {"ratio": more.to_dict()}, text, given.docs)


if __name__ == "__main__":
    main()

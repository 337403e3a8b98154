"""`python -m overture` and the script `overture`: the command line, and an interrupt that comes while it loads.

In come the words of the command; out goes its exit status. Easy to get wrong: half a second goes by before there is a
command that could be interrupted, and a traceback is not for users then either.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Load the command line and run it."""
    try:
        from .cli import main as run
    except KeyboardInterrupt:
        print("overture: interrupted before anything was begun", file=sys.stderr)
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()

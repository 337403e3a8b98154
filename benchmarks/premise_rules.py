"""How often do the rules of `premise` name a premise where all premises are meant to hold?

In come GSM8K's training problems; out come the problems at which the rules speak, to be read, and their share. Easy to
get wrong: the rules were made while these problems were looked at, so this says how rarely they are in the way and not
how well they find what is wrong.
Run: `python benchmarks/premise_rules.py`.
"""

from __future__ import annotations

import json

from overture import data
from overture.audit.estimates import wilson
from overture.policies.clashes import clashes


def main() -> None:
    lines = data.path("gsm8k/train.jsonl").read_text("utf-8").splitlines()
    problems = [str(json.loads(line)["question"]) for line in lines]
    spoken = [problem for problem in problems if next(iter(clashes([problem])), None)]
    for problem in spoken:
        print(f"- {problem}\n")
    low, high = wilson(len(spoken) / len(problems), len(problems))
    share = f"{100 * len(spoken) / len(problems):.2f} % ({100 * low:.2f}–{100 * high:.2f})"
    print(f"{len(spoken)} of {len(problems)}: {share}")


if __name__ == "__main__":
    main()

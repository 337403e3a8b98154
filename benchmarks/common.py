"""What every benchmark needs: fresh processes to time in, rounds that resume, ratios with their spread, a record.

In come measurements, each a dictionary of numbers made by `python BENCHMARK --once …` in a process of its own; out come
`out/benchmarks/NAME.jsonl` (one line a measurement, appended as it is made, so a killed run goes on), NAME.json (the
record with command, commit, machine, date, n) and a section of a page in docs/results. Easy to get wrong: a commit says
nothing of what is not committed, so the record also carries a hash of src/overture as it was.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shlex
import statistics
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "out" / "benchmarks"
sys.path.insert(0, str(ROOT / "src"))
Numbers = dict[str, Any]


def options(description: str | None, messages: int, rounds: int) -> argparse.ArgumentParser:
    """The flags that all benchmarks have."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=messages)
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fresh", action="store_true", help="throw measurements of an earlier run away")
    parser.add_argument("--docs", action="store_true", help="also put the result into its page in docs/results")
    parser.add_argument("--once", help=argparse.SUPPRESS)
    return parser


def sources() -> str:
    """12 hex digits that change with any file of src/overture, weights included."""
    digest = sha256()
    for path in sorted((ROOT / "src").rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def commit() -> str:
    """The commit, with `+` where files that git knows have changed since."""
    found = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty=+"], capture_output=True, text=True)
    return found.stdout.strip() or "none"


def machine() -> Numbers:
    """Cores, processor, memory in GB, and the load when asked: a busy machine shows here."""
    info = Path("/proc/cpuinfo")
    model = re.search(r"model name\s*: (.+)", info.read_text()) if info.exists() else None
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "processor": model[1].strip() if model else platform.processor(),
        "memory_gb": round(memory),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
    }


def fresh(script: str, once: str, arguments: Sequence[str] = (), threads: int = 1) -> Numbers:
    """The last line of what `script --once …` prints, as JSON, from a process that is given this many threads.

    Raises SystemExit with what the process said if it fails.
    """
    counts = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    path = os.pathsep.join([str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, script, "--once", once, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **counts, "PYTHONPATH": path},
    )
    if done.returncode:
        raise SystemExit(f"{Path(script).name} --once {once} ended with {done.returncode}:\n{done.stderr[-4000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


class Rounds:
    """Measurements on disk, each under a key. The header says what determines them; under another they start over."""

    def __init__(self, name: str, header: Numbers, restart: bool = False) -> None:
        self.path = OUT / f"{name}.jsonl"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        first = json.dumps({"header": header}, sort_keys=True)
        lines = self.path.read_text().splitlines() if self.path.exists() and not restart else []
        if lines[:1] != [first]:
            if lines:
                print(f"{self.path.name} holds another configuration or source; starting over", flush=True)
            self.path.write_text(first + "\n")
            lines = [first]
        self.found: dict[str, Numbers] = {}
        for line in lines[1:]:
            try:
                row = json.loads(line)
            except ValueError:
                continue  # torn by a kill: owed again
            self.found[row["key"]] = row["numbers"]

    def has(self, key: str) -> bool:
        return key in self.found

    def add(self, key: str, numbers: Numbers) -> None:
        with self.path.open("a") as file:
            file.write(json.dumps({"key": key, "numbers": numbers}) + "\n")
        self.found[key] = numbers

    def column(self, name: str, number: str) -> list[float]:
        """One number of every round of a measurement; keys are `name/round`."""
        return [n[number] for key, n in self.found.items() if key.rsplit("/", 1)[0] == name]


@dataclass(frozen=True)
class Spread:
    """A median with the range it was seen in."""

    median: float
    low: float
    high: float
    n: int

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        found = list(values)
        return cls(statistics.median(found), min(found), max(found), len(found))

    def text(self, digits: int = 0) -> str:
        return f"{self.median:,.{digits}f} ({self.low:,.{digits}f} … {self.high:,.{digits}f})"

    def to_dict(self) -> Numbers:
        return {"median": self.median, "low": self.low, "high": self.high, "rounds": self.n}


def ratio(top: Sequence[float], bottom: Sequence[float]) -> Spread:
    """Round by round, so that what slows a whole round slows both sides of it."""
    return Spread.of(a / b for a, b in zip(top, bottom, strict=True))


def share(hits: int, n: int) -> str:
    """A share in per cent with Wilson's interval."""
    from overture.audit.estimates import wilson

    if not n:
        return "–"
    low, high = wilson(hits / n, n)
    return f"{hits / n:.0%} ({low:.0%}–{high:.0%})"


def counted(hits: int, n: int) -> str:
    """The same with its counts; an end that is near 0 or 100 and not there has a decimal."""
    from overture.audit.estimates import wilson

    if not n:
        return "–"
    low, high = (
        f"{100 * end:.0f}" if end in (0, 1) or 0.005 <= end <= 0.995 else f"{100 * end:.1f}"
        for end in wilson(hits / n, n)
    )
    return f"{hits} of {n}: {100 * hits / n:.0f} % ({low}–{high})"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Markdown."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def finish(name: str, page: str, result: Numbers, text: str, docs: bool) -> None:
    """Print, write NAME.json, and with `docs` the section NAME of docs/results/`page`."""
    record = {
        "benchmark": name,
        "command": shlex.join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]]),
        "commit": commit(),
        "sources": sources(),
        "machine": machine(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        **result,
    }
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n")
    here = record["machine"]
    evidence = (
        f"`{record['command']}` · commit {record['commit']}, sources {record['sources']} · {here['cores']} cores, "
        f"{here['processor']}, load {here['load']} at the end · {record['date']}"
    )
    section = f"{text}\n\n{evidence}\n"
    print("\n" + section)
    if docs:
        target = ROOT / "docs" / "results" / page
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, found, rest = target.read_text("utf-8").partition(begin)
        if not found or end not in rest:
            raise SystemExit(f"{target} has no place between {begin} and {end}")
        target.write_text(f"{before}{begin}\n{section}{end}{rest.partition(end)[2]}", "utf-8")

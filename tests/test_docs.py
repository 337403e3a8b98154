"""Do the how-to pages say what the code does? Their snippets run, their samples are read, their tables are made from it.

In come docs/*.md; out comes a failure where a page and the code part. By a word after the language of a fenced block:
`python run` is run (a page's blocks share their names and a scratch folder; `needs=a,b` skips without those packages),
`text output` is what the block before it prints, `sample=FORMAT` is a whole log of that format. What stands between
`<!-- made: NAME -->` and `<!-- end -->` is generated: `python tests/test_docs.py` writes it anew. Easy to get wrong: a
check that finds nothing to check passes, so every kind is counted.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
PAGES = sorted((REPOSITORY / "docs").glob("*.md"))
RECIPES = sorted((REPOSITORY / "docs" / "recipes").glob("*.md"))
COMMANDS_OF = {"audit.md": ["audit"], "checkup.md": ["checkup"], "tune.md": ["tune"], "serve.md": ["serve"]}
SCRIPTS_OF = {"labels.md": "training/moves/*.py"}
"""Which command, or which scripts, a bare `--flag` on a page belongs to; elsewhere it may be any command's."""
EXPECTED = ["index", "audit", "checkup", "logs", "models", "moves", "statistics", "data", "labels"]

_FENCE = re.compile(r"^```(\w*)([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_MADE = re.compile(r"(<!-- made: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
_LINK = re.compile(r"\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: str
    line: int
    language: str
    words: tuple[str, ...]
    text: str

    def named(self, name: str) -> str | None:
        """The value of the word `name=value`."""
        return next((word.split("=", 1)[1] for word in self.words if word.startswith(f"{name}=")), None)


@cache
def blocks(path: Path) -> list[Block]:
    text = path.read_text("utf-8")
    return [
        Block(path.name, text[: m.start()].count("\n") + 1, m[1], tuple(m[2].split()), m[3])
        for m in _FENCE.finditer(text)
    ]


def every(language: str = "", word: str = "") -> list[Block]:
    found = [b for page in PAGES for b in blocks(page)]
    return [b for b in found if language in ("", b.language) and (not word or any(w.startswith(word) for w in b.words))]


# What the pages hold that is made from the code.


def made_moves() -> str:
    from overture.moves import table_markdown

    return table_markdown()


def made_schemes() -> str:
    from overture.schemes import SCHEMES

    out: list[str] = []
    for name, scheme in SCHEMES.items():
        out += [f"**`{name}`**: {scheme.source}", "", "| their label | moves |", "|---|---|"]
        for label, moves in scheme.labels.items():
            out.append(f"| {label} | {', '.join(f'`{move}`' for move in sorted(moves)) or '–'} |")
        out.append("")
    return "\n".join(out).strip()


def made_formats() -> str:
    from overture.logs import FORMATS

    return "\n".join(["| name | what it is |", "|---|---|", *(f"| `{f.name}` | {f.about} |" for f in FORMATS.values())])


def made_items() -> str:
    from overture.data import ITEMS

    rows = [f"| `{i.name}` | {i.licence} | {i.origin} | `{i.sha256[:12]}…` |" for i in ITEMS.values()]
    return "\n".join(["| name | licence | origin | sha256 |", "|---|---|---|---|", *rows])


def made_errors() -> str:
    from overture import errors

    kinds = [errors.ModelError, *errors.ModelError.__subclasses__()]
    means = {e: (e.__doc__ or "").split("`kind`")[0].strip() for e in kinds}
    rows = [f"| `{e.kind}` | {means[e]} | {'yes' if e.retry_safe else 'no'} |" for e in kinds]
    return "\n".join(["| kind | means | asked again |", "|---|---|---|", *rows])


def made_flags(command: str) -> str:
    rows = ["| flag | default | what it does |", "|---|---|---|"]
    for option in commands()[command].params:
        if option.opts[0].startswith("--"):
            default = "on" if option.default is True else option.default
            shown = "–" if default is None or default is False else f"`{default}`"
            names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
            rows.append(f"| {names} | {shown} | {option.help} |")
    return "\n".join(rows)


def made_sizes() -> str:
    script, around = REPOSITORY / "training/moves/sizes.py", {**os.environ, "OVERTURE_DATA": str(data_folder())}
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, env=around)
    return f"```text\n{done.stdout.strip()}\n```"


def data_folder() -> Path:
    given = os.environ.get("OVERTURE_DATA")
    return Path(given) if given else REPOSITORY.parent / "shared" / "data"


MADE = {
    "moves": made_moves,
    "schemes": made_schemes,
    "formats": made_formats,
    "items": made_items,
    "errors": made_errors,
    **{
        f"flags-{command}": partial(made_flags, command)
        for command in ("audit", "checkup", "play", "serve", "simulate", "tune", "view")
    },
    "sizes": made_sizes,
}


@cache
def commands() -> dict[str, Any]:
    """Command → its parsed definition; `data list` and its kin by both words."""
    import typer.main

    from overture.cli import app

    top: Any = typer.main.get_command(app)
    found: dict[str, Any] = {}
    for name, command in top.commands.items():
        inner = getattr(command, "commands", None)
        found.update({f"{name} {n}": c for n, c in inner.items()} if inner else {name: command})
    return found


def flags_of(command: str) -> set[str]:
    params = commands()[command].params
    return {flag for p in params for flag in (*p.opts, *p.secondary_opts) if flag.startswith("--")} | {"--help"}


@pytest.mark.parametrize("name", MADE)
def test_generated_parts_are_as_the_code_has_them(name: str) -> None:
    found = [m for page in PAGES for m in _MADE.finditer(page.read_text("utf-8")) if m[2] == name]
    assert found, f"no page has the part {name!r}"
    if name == "sizes" and not data_folder().is_dir():
        pytest.skip("the public data is not here (neither OVERTURE_DATA nor ../shared/data)")
    assert all(m[0] == f"{m[1]}{MADE[name]()}\n{m[3]}" for m in found), "run `python tests/test_docs.py`"


def test_every_page_is_there_and_linked_from_the_index() -> None:
    assert {page.stem for page in PAGES} >= set(EXPECTED)
    linked = _LINK.findall((REPOSITORY / "docs/index.md").read_text("utf-8"))
    assert {f"{name}.md" for name in EXPECTED if name != "index"} <= set(linked)


@pytest.mark.parametrize(
    "page", [p for p in [*PAGES, *RECIPES] if any("run" in b.words for b in blocks(p))], ids=lambda p: p.stem
)
def test_the_snippets_of_a_page_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("OVERTURE_") and name != "OVERTURE_DATA"]:
        monkeypatch.delenv(name)
    names: dict[str, Any] = {"__name__": "page"}
    printed: str | None = None
    for block in blocks(page):
        if block.language == "python" and "run" in block.words:
            needs = (block.named("needs") or "").split(",")
            if not all(importlib.util.find_spec(need) for need in needs if need):
                printed = None
                continue
            out = io.StringIO()
            # Padded, so that a traceback names the line of the page.
            code = compile("\n" * block.line + block.text, str(page), "exec", dont_inherit=True)
            with contextlib.redirect_stdout(out):
                exec(code, names)
            printed = out.getvalue()
        elif "output" in block.words and printed is not None:
            assert printed.strip() == block.text.strip(), f"{page.name}:{block.line}"
            printed = None


def test_there_are_snippets_outputs_and_a_sample_of_every_format() -> None:
    from overture.logs import FORMATS

    assert {b.named("sample") for b in every(word="sample=")} == set(FORMATS)
    assert len(every("python", "run")) >= 12
    assert len(every("text", "output")) >= 5
    assert {b.page for b in every("python", "run")} >= {"audit.md", "logs.md", "models.md", "statistics.md"}


@pytest.mark.parametrize("block", every(word="sample="), ids=lambda b: str(b.named("sample")))
def test_the_samples_are_read_as_what_they_are_called(block: Block, tmp_path: Path) -> None:
    from overture.logs import Reject, detect, pieces, read_piece

    path = tmp_path / "log"
    path.write_text(block.text, "utf-8")
    assert detect(str(path)) == block.named("sample")
    items = [item for piece in pieces(str(path)) for item in read_piece(piece)]
    assert items
    assert not [item for item in items if isinstance(item, Reject)]


def _spans(page: Path) -> Iterator[str]:
    """Every line of a bash block and every inline code of a page."""
    for block in blocks(page):
        if block.language == "bash":
            yield from block.text.replace("\\\n", " ").splitlines()
    prose = _MADE.sub("", _FENCE.sub("", page.read_text("utf-8")))
    yield from re.findall(r"`([^`\n]+)`", prose)


def unknown_flags(span: str, page: str) -> set[str]:
    """The flags of a line or a code span that its command, its script or the page's command does not have."""
    span = span.split(" #")[0]
    flags = set(_FLAG.findall(span))
    script = re.search(r"(?:^|\s)((?:training|benchmarks|tests)/\S+\.py)", span)
    if script:
        source = (REPOSITORY / script[1]).read_text("utf-8")
        return {flag for flag in flags if f'"{flag}"' not in source}
    called = re.search(r"(?:^|[\s/])(?<!import )overture (\w+)(?: (\w+))?", span)
    if called:
        name = next((n for n in (f"{called[1]} {called[2]}", called[1]) if n in commands()), None)
        return flags - flags_of(name) if name else ({called[0]} if called[1] != "data" else flags)
    if page in SCRIPTS_OF:
        source = "".join(path.read_text("utf-8") for path in REPOSITORY.glob(SCRIPTS_OF[page]))
        return {flag for flag in flags if f'"{flag}"' not in source}
    owners = COMMANDS_OF.get(page, list(commands()))
    return flags - {flag for owner in owners for flag in flags_of(owner)}


@pytest.mark.parametrize("page", [*PAGES, *RECIPES, REPOSITORY / "README.md"], ids=lambda p: p.stem)
def test_every_flag_that_is_named_exists(page: Path) -> None:
    wrong = {span: unknown for span in _spans(page) if (unknown := unknown_flags(span, page.name))}
    assert not wrong


def test_the_check_of_flags_can_fail() -> None:
    assert unknown_flags("overture audit a.jsonl --group-by file", "audit.md") == set()
    assert unknown_flags("overture audit a.jsonl --pairs 3", "audit.md") == {"--pairs"}
    assert unknown_flags("--pairs", "audit.md") == {"--pairs"}
    assert unknown_flags("overture nonsense", "audit.md") == {"overture nonsense"}
    assert unknown_flags("python training/moves/train.py --write --fast", "labels.md") == {"--fast"}
    assert unknown_flags("--fast", "labels.md") == {"--fast"}
    assert unknown_flags("benchmarks/policies.py --tasks a --fast", "gaps.md") == {"--fast"}


@pytest.mark.parametrize("page", [*PAGES, *RECIPES], ids=lambda p: p.stem)
def test_every_relative_link_resolves(page: Path) -> None:
    prose = _FENCE.sub("", page.read_text("utf-8"))
    broken: list[str] = []
    for target in _LINK.findall(prose):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name) if name else page
        heads = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE) if anchor and path.exists() else []
        anchors = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
        if not path.exists() or (anchor and anchor not in anchors):
            broken.append(target)
    assert not broken


def write() -> None:
    """Write every generated part anew. Parts that need the public data are left where it is absent."""
    can = {name: make for name, make in MADE.items() if name != "sizes" or data_folder().is_dir()}

    def part(found: re.Match[str]) -> str:
        return f"{found[1]}{can[found[2]]()}\n{found[3]}" if found[2] in can else found[0]

    for page in PAGES:
        text = page.read_text("utf-8")
        new = _MADE.sub(part, text)
        if new != text:
            page.write_text(new, "utf-8")
            print(f"{page.relative_to(REPOSITORY)} written")


if __name__ == "__main__":
    write()

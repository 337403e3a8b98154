"""Which answer does a turn hold? Found by the form that the kind of the item asks for, and never by a model.

In come an item, a reply and what the user has said; out comes the answer as text that the check can judge, or None
where the turn attempts none. Easy to get wrong: a reply that asks may repeat the user's own figures, a template has
blanks, and a table that is discussed is no query; none of them is an attempt. Departs from the paper, where a model
extracts.
"""

from __future__ import annotations

import ast
import re
from fractions import Fraction

from ...conversation import Message
from ...lenses.segments import sentences, spans
from ..listed import as_questions
from ..scoring.numbers import extract_number, without_places
from ..wording import CONDITION, DECLINES, OFFERS, OPENS, TRAILS
from .calls import BadCall, parse, signatures, written
from .shapes import CallCheck, CodeCheck, NumberCheck, QueryCheck, Sharded

_FENCE = re.compile(r"```[ \t]*([\w+#-]*)[^\n]*\n(.*?)(?:```|\Z)", re.DOTALL)
_NUMBER = re.compile(r"(?<![\w.])[-−–]?\s?[$€£]?\s?(\d[\d,]{0,400}(?:\.\d{1,400})?)(?:\s*/\s*(\d{1,400}))?")
_MARK = re.compile(r"(?:^|\n)\W*(?:final )?answer\W*[:=]([^\n]*)|####([^\n]*)|\\boxed\{([^{}]*)\}", re.IGNORECASE)
_SYMBOL = re.compile(r"(?<![\w$€£'’])[a-z]\s*[-+*/×]\s*\d|\d\s*[-+*/×]\s*[a-z](?![\w'’])|(?<!\w)\d+[xyznk](?!\w)")

_BLANK = re.compile(r"<[a-z_ ]+>|\byour_\w+|\.\.\.|…|\[[a-z][a-z _]+\]|(?<![\w'\"]):[a-z]\w*|=\s*\?", re.IGNORECASE)
_SQL = re.compile(
    r"^[ \t]*(?:select|with)\b(?! (?:the|an?|your|one|which|this)\b).*?(?:;|\n[ \t]*\n|\Z)",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
_LEAD = re.compile(
    r"\A\W*(?:here|sure|of course|certainly|okay|thank|the (?:full|updated))[^\n]*:[ \t]*\n+", re.IGNORECASE
)


def extract(item: Sharded, text: str, said: str = "") -> str | None:
    """The answer in a reply, or None. `said` is all that the user has said so far."""
    match item.check:
        case NumberCheck():
            found = number(text, said)
            return None if found is None else str(found)
        case CodeCheck():
            return function(text, item.check.entry)
        case QueryCheck():
            return query(text)
        case CallCheck():
            return call(text, item.check)
        case _:
            return prose(text)


def hedges(item: Sharded, text: str, said: str = "") -> bool:
    """Whether a reply gives several answers, each under a condition, and marks none as the answer."""
    if _MARK.search(text):
        return False
    branches = [text[start:end] for start, end in spans(text) if CONDITION.search(text[start:end])]
    return len({extract(item, branch, said) for branch in branches} - {None}) > 1


def attempt(item: Sharded, text: str, said: str = "") -> str | None:
    """The answer that a reply attempts: one, not hedged. None where it attempts none."""
    return None if hedges(item, text, said) else extract(item, text, said)


def blocks(text: str) -> list[str]:
    """The contents of the code blocks, in order."""
    return [match[2].strip() for match in _FENCE.finditer(text)]


def number(text: str, said: str = "") -> Fraction | None:
    """The number that a reply ends in: the one marked as the answer, or the last that is stated.

    None where it is symbolic ("x + 5"), and where a reply that asks states no number but the user's own.
    """
    text = without_places(as_questions(text))
    marks = list(_MARK.finditer(text))
    if marks:
        return _stated(marks[-1][0].strip())
    asks = False
    stated: list[str] = []
    for start, end in sentences(text):
        words = text[start:end]
        if "?" in words:
            asks = True
        elif _NUMBER.search(words):
            stated.append(words)
    if not stated:
        return None
    if asks and "=" not in "".join(stated):
        known = {_value(match) for match in _NUMBER.finditer(said)}
        if all(_value(match) in known for words in stated for match in _NUMBER.finditer(words)):
            return None
    return _stated("\n".join(stated))


def _stated(words: str) -> Fraction | None:
    if _SYMBOL.search(words.lower().splitlines()[-1].rpartition("=")[2]):
        return None
    found = extract_number(words, allow_last=True)
    return found.value if found else None


def _value(match: re.Match[str]) -> Fraction:
    value = Fraction(match[1].replace(",", ""))
    if match[2] and int(match[2]):
        value /= int(match[2])
    return -value if match[0][0] in "-−–" else value


def function(text: str, entry: str) -> str | None:
    """Python that defines a function: the last block that does, or what stands bare. The function has a body."""
    for source in [*reversed(blocks(text)), *_bare(text)]:
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        made = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        if not made or all(_empty(node) for node in made):
            continue
        if all(node.name != entry for node in made):
            source += f"\n\n{entry} = {made[-1].name}\n"
        return source
    return None


def _bare(text: str) -> list[str]:
    lines = text.splitlines()
    starts = [at for at, line in enumerate(lines) if re.match(r"(?:def|import|from|async def) ", line)]
    if "```" in text or not starts:
        return []
    code = lines[starts[0] :]
    # what stands behind the code is prose, so the longest head that is Python is the code
    return ["\n".join(code[:end]) for end in range(len(code), max(0, len(code) - 40), -1)]


def _empty(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return all(
        isinstance(each, ast.Pass) or (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
        for each in node.body
    )


def query(text: str) -> str | None:
    """The last whole SELECT, in a block or bare; None where it is a template."""
    found = [block for block in blocks(text) if re.match(r"(?:--[^\n]*\n|\s)*(?:select|with)\b", block, re.IGNORECASE)]
    if not found and "```" not in text:
        found = [match[0] for match in _SQL.finditer(text) if re.search(r"\bfrom\b", match[0], re.IGNORECASE)]
    if not found or _BLANK.search(re.sub(r"'[^']*'", "''", found[-1])):
        return None
    return found[-1].strip()


def call(text: str, check: CallCheck) -> str | None:
    """The calls of the last block or paragraph that holds any, as one list; None where an argument is a blank."""
    known = signatures(check.functions)
    for stretch in [*reversed(blocks(text)), *reversed(re.split(r"\n\s*\n", text))]:
        found = [stretch[start:end] for start, end in written(stretch, known)]
        if found:
            try:
                for one in found:
                    parse(one, known)
            except BadCall as error:
                # a call that is wrong is an attempt that fails; one with a blank, or a signature said again, is none
                if "plain value" in str(error) or "not Python" in str(error):
                    return None
            if re.search(r"<[\w ]+>|\byour_|\bYOUR\b", " ".join(found)):
                return None
            return f"[{', '.join(found)}]"
    return None


def prose(text: str) -> str | None:
    """The text without what introduces it and what offers more; None where it only asks, opens or declines."""
    body = _LEAD.sub("", text.strip()).strip()
    fenced = blocks(body)
    if len(fenced) == 1 and len(fenced[0]) > 0.7 * len(body):
        body = fenced[0]
    cut = spans(body)
    while cut and (TRAILS.search(body[cut[-1][0] : cut[-1][1]]) or OFFERS.search(body[cut[-1][0] : cut[-1][1]])):
        cut.pop()
    if not cut:
        return None
    body = body[: cut[-1][1]].strip()
    pieces = [body[start:end] for start, end in spans(body)]
    if len(pieces) <= 2 and all("?" in each or OPENS.search(each) or DECLINES.search(each) for each in pieces):
        return None
    return body.strip('"“”') if body.count('"') <= 2 else body


def user_words(messages: tuple[Message, ...]) -> str:
    """All that the user has said."""
    return "\n".join(message.text for message in messages if message.role == "user")

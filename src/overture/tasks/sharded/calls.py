"""Is this call right? Text is read as Python, and calls are compared as syntax trees.

In come signatures, a reference and what a model wrote; out come Calls, whose arguments all have names and plain values.
The order of keywords makes no difference, nor do a default that is written out, 2 and 2.0, capitals or spaces in texts.
Easy to get wrong: a call with a placeholder (`city=YOUR_CITY`) is a syntax tree too, and it is no answer.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from .shapes import CallCheck

LONGEST = 4000
"""Characters of a call that are read."""


class BadCall(ValueError):
    """Not a call of a function at hand with literal arguments; the message says why."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A function at hand."""

    name: str
    parameters: tuple[str, ...]
    defaults: Mapping[str, object]
    """Parameter → the plain value that it has unless given."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call in its plain form; defaults are filled in."""

    name: str
    arguments: frozenset[tuple[str, object]]


def signatures(functions: Iterable[str]) -> dict[str, Signature]:
    """`f(a: int, b: str = "x")` each, by name. Raises BadCall on a text that is no signature."""
    found: dict[str, Signature] = {}
    for text in functions:
        match re.fullmatch(r"\s*([\w.]+)(\(.*\))\s*(?:->.*|#.*)?", text, re.DOTALL):
            case None:
                raise BadCall(f"{text[:60]!r} is not a signature")
            case shape:
                name = shape[1]
        try:
            (made,) = ast.parse(f"def f{shape[2]}: ...").body
        except (SyntaxError, ValueError) as error:
            raise BadCall(f"{text[:60]!r} is not a signature") from error
        assert isinstance(made, ast.FunctionDef)
        if made.args.kwonlyargs or made.args.vararg or made.args.kwarg or made.args.posonlyargs:
            raise BadCall(f"{text[:60]!r} has parameters other than plain ones")
        names = tuple(arg.arg for arg in made.args.args)
        late = names[len(names) - len(made.args.defaults) :]
        defaults = {at: _plain_tree(value) for at, value in zip(late, made.args.defaults, strict=True)}
        found[name] = Signature(name, names, defaults)
    return found


def parse(text: str, known: Mapping[str, Signature]) -> tuple[Call, ...]:
    """The calls in a text that is one call or a list of calls. Raises BadCall on anything else."""
    if len(text) > LONGEST:
        raise BadCall("too long for a call")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise BadCall("not Python") from error
    nodes = tree.elts if isinstance(tree, ast.List | ast.Tuple) else [tree]
    if not nodes:
        raise BadCall("no call")
    try:
        return tuple(_call(node, known) for node in nodes)
    except RecursionError as error:  # as of a model that says "not not not …" without end
        raise BadCall("nested too deep") from error


def _call(node: ast.expr, known: Mapping[str, Signature]) -> Call:
    if not isinstance(node, ast.Call):
        raise BadCall("not a call")
    name = ast.unparse(node.func)
    if name not in known:
        raise BadCall(f"no function {name[:40]!r} is at hand")
    signature = known[name]
    if len(node.args) > len(signature.parameters):
        raise BadCall(f"{name} takes {len(signature.parameters)} arguments")
    given: dict[str, object] = {}
    by_place = zip(signature.parameters, node.args, strict=False)
    by_name = ((keyword.arg or "**", keyword.value) for keyword in node.keywords)
    for parameter, value in [*by_place, *by_name]:
        if parameter not in signature.parameters:
            raise BadCall(f"{name} has no argument {parameter[:40]!r}")
        if parameter in given:
            raise BadCall(f"{name} gets {parameter!r} twice")
        given[parameter] = _plain_tree(value)
    full = {**signature.defaults, **given}
    missing = [parameter for parameter in signature.parameters if parameter not in full]
    if missing:
        raise BadCall(f"{name} is not given {missing[0]!r}")
    return Call(name, frozenset(full.items()))


def _plain_tree(node: ast.expr) -> object:
    try:
        return plain(ast.literal_eval(node))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
        raise BadCall(f"{ast.unparse(node)[:40]!r} is no plain value") from error


def plain(value: object) -> object:
    """A literal in a form that can be compared and hashed: numbers as one kind, texts without case and extra space."""
    match value:
        case bool() | None:
            return ("constant", value)
        case int():
            return Fraction(value)
        case float():
            return Fraction(str(value)) if value == value and abs(value) != float("inf") else ("constant", str(value))
        case str():
            return " ".join(value.casefold().split())
        case list() | tuple():
            return tuple(plain(each) for each in value)
        case dict():
            return ("dict", frozenset((plain(key), plain(each)) for key, each in value.items()))
        case set() | frozenset():
            return ("set", frozenset(plain(each) for each in value))
        case _:
            return ("constant", repr(value))


def agrees(check: CallCheck, text: str) -> tuple[bool, str]:
    """Whether the text makes the reference's calls, in any order, and if not, why."""
    known = signatures(check.functions)
    wanted = [call for one in check.reference for call in parse(one, known)]
    try:
        got = parse(text, known)
    except BadCall as error:
        return False, str(error)
    if len(got) != len(wanted):
        return False, f"{len(got)} calls for {len(wanted)}"
    as_good = {name: {plain(ast.literal_eval(one)) for one in literals} for name, literals in check.also.items()}
    left = Counter(_settled(call, wanted, as_good) for call in got)
    if left == Counter(wanted):
        return True, ""
    return False, "another function or another argument"


def _settled(call: Call, wanted: list[Call], as_good: Mapping[str, set[object]]) -> Call:
    """The call with every argument that is as good as the reference's put in the reference's words."""
    for one in wanted:
        if one.name == call.name:
            theirs = dict(one.arguments)
            kept = frozenset(
                (name, theirs[name] if value in as_good.get(name, ()) else value) for name, value in call.arguments
            )
            if kept == one.arguments:
                return one
    return call


def written(text: str, known: Mapping[str, Signature]) -> Iterator[tuple[int, int]]:
    """(start, end) of each stretch of a text that looks like a call of a function at hand, parentheses closed."""
    if not known:
        return
    start_of = re.compile(rf"(?<![\w.])(?<!def )(?:{'|'.join(map(re.escape, known))})\s*\(")
    at = 0
    while match := start_of.search(text, at):
        end = _closed(text, match.end())
        if end is None:
            at = match.end()
            continue
        yield match.start(), end
        at = end


def _closed(text: str, at: int) -> int | None:
    """Where the parenthesis that was opened just before `at` closes; texts in quotation marks do not count."""
    depth, quote = 1, ""
    for place in range(at, min(len(text), at + LONGEST)):
        sign = text[place]
        if quote:
            if sign == quote and text[place - 1] != "\\":
                quote = ""
        elif sign in "\"'":
            quote = sign
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
            if depth == 0:
                return place + 1
    return None

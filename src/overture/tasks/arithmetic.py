"""What does a formula come to, and which quantities does it hang on? Found by changing each, and not by reading.

In come an expression such as `boxes * each + loose` and the value of every quantity in the problem; out come the exact
answer and the names of the necessary quantities. A quantity is necessary iff changing it changes the answer. Easy to
get wrong: a name that occurs in an expression may cancel out, and one change may happen to change nothing, so several
changes are tried, in exact fractions.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from types import MappingProxyType

from ..errors import DataError

_OPERATORS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_CHANGES: tuple[Callable[[Fraction], Fraction], ...] = (
    lambda value: value + 1,
    lambda value: 2 * value + 3,
    lambda value: value / 2 + 7,
)
_NOTHING: Mapping[str, Fraction] = MappingProxyType({})


def value_of(formula: str, values: Mapping[str, Fraction] = _NOTHING) -> Fraction:
    """The exact value of a formula of numbers, names, + - * / and parentheses.

    Raises KeyError on a name without a value where there are values, ValueError or SyntaxError on anything else.
    """
    return _value(ast.parse(formula, mode="eval").body, formula, values)


def _value(node: ast.expr, formula: str, values: Mapping[str, Fraction]) -> Fraction:
    match node:
        case ast.Name(id=name) if values:
            return values[name]
        case ast.Constant(value=int(number)) if not isinstance(number, bool):
            return Fraction(number)
        case ast.Constant(value=float()):
            return Fraction(ast.get_source_segment(formula, node) or "")
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, formula, values)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(left, formula, values), _value(right, formula, values))
        case _:
            raise ValueError(f"{formula[:60]!r} is not arithmetic")


@dataclass(frozen=True)
class Expression:
    """Arithmetic over named quantities and whole numbers: `+ - * /` and brackets.

    Raises DataError when first used, if the text is anything else.
    """

    text: str

    @cached_property
    def tree(self) -> ast.expr:
        """The text, parsed."""
        try:
            tree = ast.parse(self.text, mode="eval").body
        except SyntaxError as error:
            raise DataError(f"{self.text!r} is not arithmetic: {error.msg} at character {error.offset}") from error
        return tree

    def value(self, values: Mapping[str, Fraction]) -> Fraction:
        """The exact answer. Raises DataError on a quantity without a value, ZeroDivisionError as arithmetic does."""
        try:
            return _value(self.tree, self.text, values)
        except KeyError as error:
            raise DataError(f"{self.text!r} needs a value for {error.args[0]}, and none was given") from error
        except ValueError as error:
            raise DataError(str(error)) from error

    def necessary(self, values: Mapping[str, Fraction]) -> frozenset[str]:
        """Names of the quantities that the answer hangs on, of all in `values`."""
        answer = self.value(values)
        return frozenset(name for name in values if self._moved_by(name, values, answer))

    def _moved_by(self, name: str, values: Mapping[str, Fraction], answer: Fraction) -> bool:
        for change in _CHANGES:
            try:
                if self.value({**values, name: change(values[name])}) != answer:
                    return True
            except ZeroDivisionError:
                return True
        return False


def shown(value: Fraction) -> str:
    """A number as people write it: `12`, `2.5`, `0.25`; past four decimals it is rounded to two."""
    if value.denominator == 1:
        return str(value.numerator)
    if 10000 % value.denominator == 0:
        return f"{float(value):.4f}".rstrip("0")
    return f"{float(value):.2f}"

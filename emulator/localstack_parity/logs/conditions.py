"""Conditions on single values, as JSON and space-delimited filter patterns have them.

Source: Amazon CloudWatch Logs User Guide, "Filter pattern syntax"
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html).
"""

import operator
import re
from collections.abc import Callable
from math import inf

from localstack_parity.logs.regexes import InvalidRegex, compile_regex

type Test = Callable[[str | float | None], bool]

# A quoted text, a regular expression between percent signs, or a word.
QUOTED = r'"(?:[^"\\]|\\.)*"'
REGEX = r"%[^%]+%"

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_ORDERS = {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge}


class PatternError(Exception):
    """Why a text is no filter pattern, in CloudWatch's words."""

    def __init__(self, message: str = "Invalid metric filter pattern") -> None:
        super().__init__(message)


def condition(sign: str, operand: str) -> Test:
    """The test of ``=``, ``!=`` or an order against an operand. A missing value passes none."""
    if sign in _ORDERS:
        return _order(sign, operand)
    equal = _equal(operand)
    if sign == "=":
        return lambda value: value is not None and equal(value)
    if sign == "!=":
        return lambda value: value is not None and not equal(value)
    raise PatternError()


def regex(text: str) -> Callable[[str], bool]:
    """Whether a text contains a match of the expression between two percent signs."""
    try:
        return compile_regex(text)
    except InvalidRegex:
        raise PatternError() from None


def unquoted(text: str) -> str:
    """What stands between the quotes of a text that has some."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def number(value: object) -> float | None:
    """A number, or a text that is one; else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float) or (isinstance(value, str) and _NUMBER.fullmatch(value)):
        try:
            return float(value)
        except OverflowError:  # a whole number of hundreds of digits
            return inf if isinstance(value, int) and value > 0 else -inf
    return None


def _order(sign: str, operand: str) -> Test:
    limit, order = number(operand), _ORDERS[sign]
    if limit is None:
        raise PatternError()

    def test(value: str | float | None) -> bool:
        found = number(value)
        return found is not None and bool(order(found, limit))

    return test


def _equal(operand: str) -> Callable[[str | float], bool]:
    """Equality: with a regular expression, a number, or a text that may have asterisks."""
    if re.fullmatch(REGEX, operand):
        found = regex(operand[1:-1])
        return lambda value: found(_text(value))
    if (wanted := number(operand)) is not None:
        return lambda value: number(value) == wanted
    text = unquoted(operand)
    # An asterisk matches anything at either end; in the middle it is an asterisk.
    core = text.strip("*")
    before, after = text.startswith("*"), text.endswith("*")
    if before and after:
        return lambda value: core in _text(value)
    if before:
        return lambda value: _text(value).endswith(core)
    if after:
        return lambda value: _text(value).startswith(core)
    return lambda value: _text(value) == text


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else f"{number(value):.15g}"

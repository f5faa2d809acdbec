"""The Condition element: operators, multivalued keys, IfExists and Null.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators" and "Set operators for
multivalued context keys".
"""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from iam_policies.matching import Context, Kind, Pattern

# Does a value of the request match a value of the policy?
type _Match = Callable[[str, Context], bool]


class InvalidCondition(ValueError):
    """A Condition that AWS refuses."""


@dataclass(frozen=True)
class Condition:
    """One operator on one key. All conditions of a statement must be met."""

    operator: str
    key: str
    values: tuple[str, ...]
    negated: bool
    if_exists: bool
    quantifier: str  # "foranyvalue", "forallvalues" or ""
    matches: tuple[_Match, ...]

    def met(self, context: Context) -> bool:
        """Say whether the request meets the condition.

        A key that is not in the request meets negated operators, …IfExists and ForAllValues.
        """
        value = context.get(self.key)
        if self.operator == "null":
            return (value is None) == (self.values[0] == "true")
        if value is None:
            if self.quantifier:
                return self.quantifier == "forallvalues" or self.if_exists
            return self.negated or self.if_exists
        values = value if isinstance(value, tuple) else (value,)
        fits = [any(match(one, context) for match in self.matches) for one in values if one != ""]
        if self.quantifier == "forallvalues":
            return not any(fits) if self.negated else all(fits)
        fits = fits or [any(match("", context) for match in self.matches)]
        if self.quantifier == "foranyvalue" and self.negated:
            return not all(fits)
        return any(fits) != self.negated


def parse(block: object, *, variables: bool) -> tuple[Condition, ...]:
    """Return the conditions of a Condition element; raises InvalidCondition as IAM would."""
    if not isinstance(block, dict):
        raise InvalidCondition("Condition must be an object.")
    conditions = []
    for operator, keys in block.items():
        if not isinstance(keys, dict):
            raise InvalidCondition(f"Condition {operator} must be an object.")
        for key, values in keys.items():
            conditions.append(_condition(operator, key, values, variables=variables))
    return tuple(conditions)


def _condition(written: str, key: str, given: object, *, variables: bool) -> Condition:
    quantifier, _, operator = written.lower().rpartition(":")
    if quantifier not in ("", "foranyvalue", "forallvalues"):
        raise InvalidCondition(f"Unknown set operator in {written!r}.")
    name = operator.removesuffix("ifexists")
    if_exists = name != operator
    if name not in _OPERATORS:
        raise InvalidCondition(f"Invalid condition type: {written}.")
    negated, make = _OPERATORS[name]
    values = tuple(_text(one, written) for one in (given if isinstance(given, list) else [given]))
    if name == "null" and (if_exists or values not in (("true",), ("false",))):
        raise InvalidCondition("Null compares with true or false.")
    try:
        matches = tuple(make(value, variables) for value in values)
    except ValueError as problem:
        raise InvalidCondition(f"{written} {key}: {problem}") from problem
    return Condition(name, key.lower(), values, negated, if_exists, quantifier, matches)


def _text(value: object, operator: str) -> str:
    """JSON's booleans and numbers are allowed where a string is meant."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, int, float)):
        return str(value)
    raise InvalidCondition(f"{operator} has a value that is neither text, number nor boolean.")


def _pattern(kind: Kind) -> Callable[[str, bool], _Match]:
    return lambda text, variables: Pattern(text, kind, variables=variables).matches


def _bool(text: str, _: bool) -> _Match:
    if text.lower() not in ("true", "false"):
        raise ValueError(f"{text!r} is neither true nor false.")
    return lambda value, _context: value.lower() == text.lower()


def _number(compare: Callable[[float, float], bool]) -> Callable[[str, bool], _Match]:
    def make(text: str, _: bool) -> _Match:
        limit = float(text)
        return lambda value, _context: _compared(compare, float, value, limit)

    return make


def _date(compare: Callable[[float, float], bool]) -> Callable[[str, bool], _Match]:
    def make(text: str, _: bool) -> _Match:
        limit = _seconds(text)
        return lambda value, _context: _compared(compare, _seconds, value, limit)

    return make


def _compared(
    compare: Callable[[float, float], bool],
    read: Callable[[str], float],
    value: str,
    limit: float,
) -> bool:
    try:
        return compare(read(value), limit)
    except ValueError:
        return False


def _seconds(text: str) -> float:
    """ISO 8601, as far as W3C allows it, or seconds since the epoch."""
    if re.fullmatch(r"\d{5,}(\.\d+)?", text):
        return float(text)
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _address(text: str, _: bool) -> _Match:
    network = ipaddress.ip_network(text, strict=False)

    def match(value: str, _context: Context) -> bool:
        try:
            return ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return match


# By lower-case name: is it negated, and what compares. IAM takes operators in any case.
_OPERATORS: dict[str, tuple[bool, Callable[[str, bool], _Match]]] = {
    "stringequals": (False, _pattern(Kind.EXACT)),
    "stringnotequals": (True, _pattern(Kind.EXACT)),
    "stringequalsignorecase": (False, _pattern(Kind.EXACT_IN_ANY_CASE)),
    "stringnotequalsignorecase": (True, _pattern(Kind.EXACT_IN_ANY_CASE)),
    "stringlike": (False, _pattern(Kind.LIKE)),
    "stringnotlike": (True, _pattern(Kind.LIKE)),
    "arnequals": (False, _pattern(Kind.ARN)),
    "arnlike": (False, _pattern(Kind.ARN)),
    "arnnotequals": (True, _pattern(Kind.ARN)),
    "arnnotlike": (True, _pattern(Kind.ARN)),
    "binaryequals": (False, _pattern(Kind.EXACT)),
    "bool": (False, _bool),
    "null": (False, _bool),
    "numericequals": (False, _number(lambda one, other: one == other)),
    "numericnotequals": (True, _number(lambda one, other: one == other)),
    "numericlessthan": (False, _number(lambda one, other: one < other)),
    "numericlessthanequals": (False, _number(lambda one, other: one <= other)),
    "numericgreaterthan": (False, _number(lambda one, other: one > other)),
    "numericgreaterthanequals": (False, _number(lambda one, other: one >= other)),
    "dateequals": (False, _date(lambda one, other: one == other)),
    "datenotequals": (True, _date(lambda one, other: one == other)),
    "datelessthan": (False, _date(lambda one, other: one < other)),
    "datelessthanequals": (False, _date(lambda one, other: one <= other)),
    "dategreaterthan": (False, _date(lambda one, other: one > other)),
    "dategreaterthanequals": (False, _date(lambda one, other: one >= other)),
    "ipaddress": (False, _address),
    "notipaddress": (True, _address),
}

"""The syntax of metric math: an expression as a tree.

Raises ExpressionError for what is no expression.

Source: Amazon CloudWatch User Guide, "Using math expressions with CloudWatch metrics"
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html).
"""

import re
from dataclasses import dataclass


class ExpressionError(Exception):
    """Why an expression cannot be read or evaluated, in words for the caller."""


@dataclass(frozen=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True)
class Text:
    """A string in quotes."""

    value: str


@dataclass(frozen=True)
class Name:
    """The id of a metric or expression, or a word such as REPEAT."""

    value: str


@dataclass(frozen=True)
class Array:
    """Several expressions in brackets."""

    items: tuple["Node", ...]


@dataclass(frozen=True)
class Call:
    """A function and its arguments."""

    function: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True)
class Operation:
    """An operator between two expressions."""

    operator: str
    left: "Node"
    right: "Node"


type Node = Number | Text | Name | Array | Call | Operation

# By precedence, the loosest first. A power binds tighter than a sign: -2^2 is -4.
_OPERATORS = (("||",), ("&&",), ("==", "!=", "<=", ">=", "<", ">"), ("+", "-"), ("*", "/"))
_WORDS = {"AND": "&&", "OR": "||"}
_MAX_DEPTH = 100  # of signs, powers, parentheses and calls; CloudWatch's own is not documented

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)
      | (?P<name>[A-Za-z_]\w*)
      | (?P<text>'[^']*'|"[^"]*")
      | (?P<sign>\|\||&&|==|!=|<=|>=|[-+*/^<>(),\[\]])
      )""",
    re.VERBOSE,
)


def parse(expression: str) -> Node:
    """The tree of an expression."""
    reader = _Reader(_tokens(expression))
    tree = reader.operations(0)
    if reader.kind != "end":
        raise ExpressionError(f"Unexpected '{reader.token}'")
    return tree


def _tokens(expression: str) -> list[tuple[str, str]]:
    """Pairs of kind and text, with one of kind "end" behind the last."""
    tokens: list[tuple[str, str]] = []
    text = expression.rstrip()
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ExpressionError(f"Unexpected '{text[position:].lstrip()[0]}'")
        kind = match.lastgroup or ""
        token = match[kind]
        position = match.end()
        tokens.append(("sign", _WORDS[token]) if token in _WORDS else (kind, token))
    return [*tokens, ("end", "end of the expression")]


class _Reader:
    """Reads tokens one after the other."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._position = 0
        self._depth = 0

    @property
    def kind(self) -> str:
        return self._tokens[self._position][0]

    @property
    def token(self) -> str:
        return self._tokens[self._position][1]

    def operations(self, level: int) -> Node:
        """Operations of this precedence and tighter ones, from left to right."""
        if level == len(_OPERATORS):
            return self._signed()
        left = self.operations(level + 1)
        while self.kind == "sign" and self.token in _OPERATORS[level]:
            operator = self._take()
            left = Operation(operator, left, self.operations(level + 1))
        return left

    def _signed(self) -> Node:
        if self._depth == _MAX_DEPTH:
            raise ExpressionError("The expression is nested too deeply")
        self._depth += 1
        node = self._operand()
        self._depth -= 1
        return node

    def _operand(self) -> Node:
        if self._skip("-"):
            return Operation("-", Number(0), self._signed())
        if self._skip("+"):
            return self._signed()
        base = self._single()
        if self._skip("^"):
            return Operation("^", base, self._signed())
        return base

    def _single(self) -> Node:
        kind, token = self.kind, self._take()
        match kind:
            case "number":
                return Number(float(token))
            case "text":
                return Text(token[1:-1])
            case "name" if self._skip("("):
                return Call(token, self._until(")"))
            case "name":
                return Name(token)
            case "sign" if token == "[":
                return Array(self._until("]"))
            case "sign" if token == "(":
                inner = self.operations(0)
                self._expect(")")
                return inner
        raise ExpressionError(f"Unexpected '{token}'")

    def _until(self, closing: str) -> tuple[Node, ...]:
        """Expressions between commas, up to the closing sign."""
        if self._skip(closing):
            return ()
        items = [self.operations(0)]
        while self._skip(","):
            items.append(self.operations(0))
        self._expect(closing)
        return tuple(items)

    def _take(self) -> str:
        token = self.token
        self._position = min(self._position + 1, len(self._tokens) - 1)
        return token

    def _skip(self, sign: str) -> bool:
        """Take this sign if it comes next; say whether it did."""
        if self.kind == "sign" and self.token == sign:
            self._take()
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._skip(sign):
            raise ExpressionError(f"Expected '{sign}' instead of '{self.token}'")

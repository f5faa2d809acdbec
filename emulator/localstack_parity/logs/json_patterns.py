"""Filter patterns for JSON log events: ``{ $.level = "ERROR" && $.took > 5 }``.

Source: Amazon CloudWatch Logs User Guide, "Filter pattern syntax", "Using filter patterns to match
terms in JSON log events". What a condition says about a property that is not there is documented
for NOT EXISTS alone; here all others do not hold.
"""

import re
from collections.abc import Callable

from localstack_parity.logs.conditions import QUOTED, REGEX, PatternError, condition

type Document = object
type Test = Callable[[Document], bool]

_STEP = re.compile(r"\.?\['([^']+)'\]|\.?\[\"([^\"]+)\"\]|\[(\d+)\]|\.([\w-]+)")
_SELECTOR = r"\$(?:\.?\['[^']+'\]|\.?\[\"[^\"]+\"\]|\[\d+\]|\.[\w-]+)+"
_MAX_DEPTH = 100  # of parentheses; how many CloudWatch Logs takes is not documented

_TOKEN = re.compile(
    rf"\s*({_SELECTOR}|&&|\|\||[()]|<=|>=|!=|[=<>]|{QUOTED}|{REGEX}|[^\s()&|=<>!\"%]+)"
)


class _Missing:
    """What a selector finds where there is nothing."""


_MISSING = _Missing()


def compile_json(body: str) -> Test:
    """The test of what stands between the braces of a pattern."""
    reader = _Reader(_tokens(body))
    test = reader.either()
    if not reader.at_end:
        raise PatternError()
    return test


def find(document: Document, selector: str) -> object:
    """The value that a selector such as ``$.a[0].b`` points to; None if there is none."""
    if not re.fullmatch(_SELECTOR, selector):
        return None
    value = _walk(document, _steps(selector))
    return None if value is _MISSING else value


def _tokens(body: str) -> list[str]:
    tokens, position, text = [], 0, body.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise PatternError()
        tokens.append(match[1])
        position = match.end()
    return tokens


def _steps(selector: str) -> list[str | int]:
    """Property names and indexes, one after the other."""
    return [
        int(index) if index else single or double or name
        for single, double, index, name in _STEP.findall(selector)
    ]


def _walk(value: object, steps: list[str | int]) -> object:
    for step in steps:
        match step, value:
            case str(), dict() if step in value:
                value = value[step]
            case int(), list() if step < len(value):
                value = value[step]
            case _:
                return _MISSING
    return value


class _Reader:
    """Reads conditions: ``&&`` binds tighter than ``||``, parentheses tighter than both."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._depth = 0

    @property
    def at_end(self) -> bool:
        return not self._tokens

    def either(self) -> Test:
        tests = [self._both()]
        while self._skip("||"):
            tests.append(self._both())
        return lambda document: any(test(document) for test in tests)

    def _both(self) -> Test:
        tests = [self._single()]
        while self._skip("&&"):
            tests.append(self._single())
        return lambda document: all(test(document) for test in tests)

    def _single(self) -> Test:
        if self._skip("("):
            self._depth += 1
            if self._depth > _MAX_DEPTH:
                raise PatternError()
            test = self.either()
            self._depth -= 1
            if not self._skip(")"):
                raise PatternError()
            return test
        selector = self._take()
        if not selector.startswith("$"):
            raise PatternError()
        steps = _steps(selector)
        sign = self._take()
        if sign == "NOT" and self._take() == "EXISTS":
            return lambda document: _walk(document, steps) is _MISSING
        if sign == "IS":
            wanted = {"NULL": None, "TRUE": True, "FALSE": False}.get(self._take(), _MISSING)
            if wanted is _MISSING:
                raise PatternError()
            return lambda document: _walk(document, steps) is wanted
        holds = condition(sign, self._take())
        return lambda document: holds(_scalar(_walk(document, steps)))

    def _take(self) -> str:
        if not self._tokens:
            raise PatternError()
        return self._tokens.pop(0)

    def _skip(self, sign: str) -> bool:
        if self._tokens and self._tokens[0] == sign:
            self._tokens.pop(0)
            return True
        return False


def _scalar(value: object) -> str | float | None:
    """A text or number. "The selector must point to a value node (string or number)"."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str | int | float) else None

"""The constraints of a service's model: enums, ranges, lengths and patterns.

A shape is compiled once; what has no constraints, such as the body of an object, costs nothing.

The words are those that AWS answered to LocalStack's tests, recorded in the `*.snapshot.json` of
https://github.com/localstack/localstack, for example `tests/aws/services/lambda_` and `kms`.
"""

import os
import re
from collections.abc import Callable, Container, Mapping, Sequence
from functools import cache
from typing import Any

import regex
from botocore.model import Shape

type Rule = tuple[Callable[[Any], bool], str]
type Check = Callable[[Any, str, list[str]], None]

_NOT_NULL = "Member must not be null"
_KEYS = "Map keys"
_REPEATED = re.compile(r"[+*]\)[+*]")
_MATCH_S = 0.05
_SHOWN = 4096  # characters of a value in a message: a batch of events would be megabytes

# Sovereign regions are in AWS's own patterns (recorded in lambda_'s snapshots) and not yet here.
_REGION, _ANY_REGION = "[a-z]{2}((-gov)", "(eusc-)?[a-z]{2}((-gov)"
# AWS's patterns of what has tags are newer than the model here: layers have them, too.
_TAGGED, _TAGGED_LAYERS = "|code-signing-config:", "|layer:([a-zA-Z0-9-_]+)|code-signing-config:"

# Of layers' versions, whose pattern in the model is an older one.
_LAYER_VERSION = r"arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+"
_LONGEST_LAYER = 2048
_NEWER = {
    _LAYER_VERSION: r"(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-"
    r"\d{1}:\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)|"
    r"(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)",
}

# Patterns that AWS does not hold a shape to. A metric's namespace may have colons: recorded,
# logs/test_logs_metric_filters.py, test_put_metric_filter_with_special_namespace.
LOOSER = {("MetricNamespace", r"[^:*$]*"): r"[^*$]*"}

# The values of an enum stand in AWS's answers in an order that is not the model's.
_ORDERS: Mapping[frozenset[str], Sequence[str]] = {
    frozenset(order): order
    for order in (
        ("RESPONSE_STREAM", "BUFFERED"),
        ("LATEST", "AT_TIMESTAMP", "TRIM_HORIZON"),
        ("PublishedVersions", "None"),
        ("Terminate", "Allow"),
        ("INSUFFICIENT_DATA", "ALARM", "OK"),
        ("HEAD", "POST", "PATCH", "DELETE", "PUT", "GET", "OPTIONS"),
        ("BASIC", "OAUTH_CLIENT_CREDENTIALS", "API_KEY"),
        ("w3c", "raw", "json", "plain", "parquet"),
        ("ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC"),
        ("HMAC_SHA_384", "HMAC_SHA_256", "HMAC_SHA_224", "HMAC_SHA_512"),
    )
}


def compile_input(
    shape: Shape | None, without: Container[str] = ()
) -> Callable[[Mapping[str, Any]], list[str]] | None:
    """Return a function of a request that returns its violations; None if there can be none.

    The members named in `without` are not looked at.
    """
    if shape is None or shape.type_name != "structure":
        return None
    checks = [one for one in _members(shape, {}) if one[0] not in without]
    if not checks:
        return None

    def violations(request: Mapping[str, Any]) -> list[str]:
        found: list[str] = []
        for name, path, check in checks:
            value = request.get(name)
            if value is not None:
                check(value, path, found)
        return found

    return violations


def message(violations: Sequence[str]) -> str:
    """Return the message of the error that stands for all violations of a request."""
    count = len(violations)
    return f"{count} validation error{'s' * (count > 1)} detected: {'; '.join(violations)}"


def rules(shape: Shape) -> list[Rule]:
    """Return what a single value must satisfy, with AWS's words for it."""
    metadata, kind = shape.metadata, shape.type_name
    least, most = metadata.get("min"), metadata.get("max")
    if metadata.get("pattern") == _LAYER_VERSION:
        most = _LONGEST_LAYER
    found: list[Rule] = []
    if kind in ("integer", "long", "float", "double"):
        number = float if kind in ("float", "double") else int
        if most is not None:
            most = number(most)
            found.append(
                (lambda it: it <= most, f"Member must have value less than or equal to {most}")
            )
        if least is not None:
            least = number(least)
            found.append(
                (lambda it: it >= least, f"Member must have value greater than or equal to {least}")
            )
        return found
    if kind not in ("string", "blob", "list", "map"):
        return found
    if most is not None:
        said = f"Member must have length less than or equal to {most}"
        found.append((lambda it: _length(it) <= most, said))
    if least:
        found.append(
            (
                lambda it: _length(it) >= least,
                f"Member must have length greater than or equal to {least}",
            )
        )
    if kind == "string" and (pattern := metadata.get("pattern")):
        pattern = LOOSER.get((shape.name, pattern), pattern)
        pattern = _NEWER.get(pattern, pattern.replace(_REGION, _ANY_REGION))
        if _TAGGED_LAYERS not in pattern:
            pattern = pattern.replace(_TAGGED, _TAGGED_LAYERS)
        said = f"Member must satisfy regular expression pattern: {pattern}"
        found.append((_matcher(pattern), said))
    if enum := metadata.get("enum"):
        known = frozenset(enum)
        shown = _ORDERS.get(known, enum)
        said = f"Member must satisfy enum value set: [{', '.join(shown)}]"
        found.append((known.__contains__, said))
    return found


@cache
def _matcher(pattern: str) -> Callable[[str], bool]:
    r"""Return the test of a pattern of Java: its classes are ASCII, and it has `\p`.

    Python's own `re` is the quicker one. Where repetitions are repeated, a text can be made that
    takes forever, so `regex` gets a time: what is not refused within it is taken.
    """
    if _REPEATED.search(pattern) is None:
        try:
            matches = re.compile(pattern, re.ASCII).fullmatch
        except re.error:
            matches = regex.compile(pattern).fullmatch
        return lambda text: matches(text) is not None
    timed = regex.compile(pattern, regex.ASCII)

    def test(text: str) -> bool:
        try:
            return timed.fullmatch(text, timeout=_MATCH_S) is not None
        except TimeoutError:
            return True

    return test


def _members(shape: Any, made: dict[str, Check | None]) -> list[tuple[str, str, Check]]:
    return [
        (name, name[0].lower() + name[1:], _if_given(check) if _may_be_absent(member) else check)
        for name, member in shape.members.items()
        if (check := _check(member, made))
    ]


def _may_be_absent(member: Any) -> bool:
    """Say whether an empty list is none at all: LocalStack's parsers find one in every URL."""
    return member.type_name == "list" and "location" in member.serialization


def _if_given(inner: Check) -> Check:
    def check(value: Any, path: str, found: list[str]) -> None:
        if value:
            inner(value, path, found)

    return check


def _check(shape: Any, made: dict[str, Check | None]) -> Check | None:
    """Return the check of a value and all that is in it; None if nothing is constrained.

    A stream is left alone: it is not read yet.
    """
    if shape.serialization.get("streaming"):
        return None
    if (key := shape.name) in made:
        return made[key]
    made[key] = None  # a shape within itself ends there: only recursive documents have that
    if shape.type_name == "structure":
        made[key] = _structure(shape, made)
    elif shape.type_name == "list":
        made[key] = _list(shape, made)
    elif shape.type_name == "map":
        made[key] = _map(shape, made)
    else:
        made[key] = _single(shape)
    return made[key]


def _single(shape: Any) -> Check | None:
    constraints = rules(shape)
    if not constraints:
        return None
    hidden = _is_hidden(shape)

    def check(value: Any, path: str, found: list[str]) -> None:
        for holds, said in constraints:
            if not holds(value):
                found.append(_violation(value, path, said, hidden))

    return check


def _structure(shape: Any, made: dict[str, Check | None]) -> Check | None:
    checks = _members(shape, made)
    if not checks:
        return None

    def check(value: Any, path: str, found: list[str]) -> None:
        for name, own, inner in checks:
            member = value.get(name)
            if member is not None:
                inner(member, f"{path}.{own}", found)

    return check


def _list(shape: Any, made: dict[str, Check | None]) -> Check | None:
    """Return the check of a list: its length, and its elements together or one by one."""
    length = _single(shape)
    if shape.member.type_name in ("structure", "list", "map"):
        inner = _check(shape.member, made)
        elements = _each(inner) if inner else None
    else:
        elements = _together(shape, rules(shape.member), "Member", _itself)
    return _both(length, elements)


def _map(shape: Any, made: dict[str, Check | None]) -> Check | None:
    """Return the check of a map: its size, its keys, and its values."""
    size = _both(_single(shape), _together(shape, rules(shape.key), _KEYS, _itself))
    if shape.value.type_name in ("structure", "list", "map"):
        inner = _check(shape.value, made)

        def values(value: Any, path: str, found: list[str]) -> None:
            for name, member in value.items():
                if inner and member is not None:
                    inner(member, f"{path}.{name}.member", found)

        return _both(size, values if inner else None)
    return _both(size, _together(shape, rules(shape.value), "Map value", dict.values))


def _each(inner: Check) -> Check:
    def check(value: Any, path: str, found: list[str]) -> None:
        for number, member in enumerate(value, 1):
            if member is not None:
                inner(member, f"{path}.{number}.member", found)

    return check


def _together(
    shape: Any, constraints: list[Rule], what: str, of: Callable[[Any], Any]
) -> Check | None:
    """Return the check of single values whose violations AWS reports for all of them at once."""
    if not constraints:
        return None
    each = ", ".join([*(text for _, text in constraints), *([_NOT_NULL] * (what != _KEYS))])
    said = f"{what} must satisfy constraint: [{each}]"
    holds = [one for one, _ in constraints]
    hidden = _is_hidden(shape)

    def check(value: Any, path: str, found: list[str]) -> None:
        if not all(one(it) for it in of(value) if it is not None for one in holds):
            found.append(_violation(value, path, said, hidden))

    return check


def _both(first: Check | None, second: Check | None) -> Check | None:
    if first is None or second is None:
        return first or second

    def check(value: Any, path: str, found: list[str]) -> None:
        first(value, path, found)
        second(value, path, found)

    return check


def _length(value: Any) -> int:
    """Return how long a value is; that of the request's whole body is a file."""
    if not hasattr(value, "seek"):
        return len(value)
    here = value.tell()
    end: int = value.seek(0, os.SEEK_END)
    value.seek(here)
    return end


def _itself(value: Any) -> Any:
    return value


def _is_hidden(shape: Any) -> bool:
    """Say whether a value is not shown: bytes, and what the model calls sensitive."""
    inner = {"list": ("member",), "map": ("key", "value")}.get(shape.type_name, ())
    return (
        shape.type_name == "blob"
        or bool(shape.metadata.get("sensitive"))
        or any(_is_hidden(getattr(shape, one)) for one in inner)
    )


def _violation(value: Any, path: str, said: str, hidden: bool) -> str:
    text = "" if hidden else _text(value)
    shown = f" '{text if len(text) <= _SHOWN else text[:_SHOWN] + '…'}'" if not hidden else ""
    return f"Value{shown} at '{path}' failed to satisfy constraint: {said}"


def _text(value: Any) -> str:
    """Return a value as Java writes it."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name}={_text(it)}' for name, it in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    return str(value)

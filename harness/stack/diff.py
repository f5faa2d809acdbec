"""Diff: comparison of a resource's properties with those in the template, one verdict each.

The order of lists counts only where nothing names their items.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from harness.stack.intrinsics import Unknown


class Verdict(StrEnum):
    """What became of a property."""

    SAME = "same"
    IGNORED = "ignored"  # the template says it, the resource does not have it
    ALTERED = "altered"
    ADDED = "added"  # an item of a list that the template does not have
    DEFAULTED = "defaulted"  # the template says nothing of it
    NOT_VERIFIED = "not verified"


@dataclass(frozen=True)
class Difference:
    """A property by its path, such as "Environment.Variables.TOPIC_ARN", and both its values."""

    path: str
    verdict: Verdict
    expected: Any = None
    actual: Any = None


# What names an item of a list, in the order in which it is looked for.
_NAMES = ("Id", "PolicyName", "Name", "Key", "Sid")
_POLICIES = ("PolicyDocument", "AssumeRolePolicyDocument")
_JSON = ("DashboardBody",)
_NOTHING = object()  # no partner in the other list


def compare(expected: Any, actual: Any, path: str = "") -> Iterator[Difference]:
    """Every property of both, down to single values, with its verdict."""
    last = path.rpartition(".")[2]
    if isinstance(expected, Unknown) or isinstance(actual, Unknown):
        yield Difference(path, Verdict.NOT_VERIFIED, expected, actual)
    elif last in _POLICIES:
        yield from _policies(expected, actual, path)
    elif last in _JSON:
        same = _data(expected) == _data(actual)
        yield Difference(path, Verdict.SAME if same else Verdict.ALTERED, expected, actual)
    elif isinstance(expected, Mapping) and isinstance(actual, Mapping):
        yield from _mappings(expected, actual, path)
    elif isinstance(expected, list) and isinstance(actual, list):
        yield from _lists(expected, actual, path)
    else:
        same = _text(expected) == _text(actual)
        yield Difference(path, Verdict.SAME if same else Verdict.ALTERED, expected, actual)


def _mappings(
    expected: Mapping[str, Any], actual: Mapping[str, Any], path: str
) -> Iterator[Difference]:
    for name, value in expected.items():
        inner = f"{path}.{name}" if path else name
        if not _nothing(actual.get(name)):
            yield from compare(value, actual[name], inner)
        elif isinstance(value, Unknown):
            yield Difference(inner, Verdict.NOT_VERIFIED, value)
        elif not _nothing(value):
            yield Difference(inner, Verdict.IGNORED, value)
    for name, value in actual.items():
        if name not in expected and not _nothing(value):
            inner = f"{path}.{name}" if path else name
            yield Difference(inner, Verdict.DEFAULTED, None, value)


def _lists(expected: list[Any], actual: list[Any], path: str) -> Iterator[Difference]:
    for name, value, found in _pairs(expected, actual):
        inner = f"{path}[{name}]"
        if found is _NOTHING:
            yield Difference(inner, Verdict.IGNORED, value)
        elif value is _NOTHING:
            yield Difference(inner, Verdict.ADDED, None, found)
        else:
            yield from compare(value, found, inner)


def _pairs(expected: list[Any], actual: list[Any]) -> Iterator[tuple[str, Any, Any]]:
    """Items of two lists that belong together, each pair with a name; _NOTHING for no partner."""
    if identify := _identifier([*expected, *actual]):
        wanted = {identify(item): item for item in expected}
        there = {identify(item): item for item in actual}
        for name in (*wanted, *(name for name in there if name not in wanted)):
            yield name, wanted.get(name, _NOTHING), there.get(name, _NOTHING)
        return
    rest, unmatched = list(actual), []
    for item in expected:
        fitting = next((one for one in rest if _fits(item, one)), _NOTHING)
        if fitting is _NOTHING:
            unmatched.append(item)
        else:
            rest.remove(fitting)
            yield str(expected.index(item)), item, fitting
    for number in range(max(len(unmatched), len(rest))):
        item = unmatched[number] if number < len(unmatched) else _NOTHING
        name = str(expected.index(item) if item is not _NOTHING else number)
        yield name, item, rest[number] if number < len(rest) else _NOTHING


def _identifier(items: list[Any]) -> Callable[[Any], str] | None:
    """What names the items of a list: a key that they all have, or, of single values, the value."""
    if not any(isinstance(item, Mapping | list) for item in items):
        return _text
    for name in _NAMES:
        if all(isinstance(item, Mapping) and item.get(name) for item in items):
            return lambda item: str(item[name])
    return None


def _nothing(value: Any) -> bool:
    """Whether a value is as good as none: what an API leaves out or gives empty."""
    if isinstance(value, Mapping):
        return all(map(_nothing, value.values()))
    return value is None or value in ("", [])


def _fits(expected: Any, actual: Any) -> bool:
    kept = {Verdict.SAME, Verdict.DEFAULTED, Verdict.NOT_VERIFIED}
    return all(difference.verdict in kept for difference in compare(expected, actual))


def _policies(expected: Any, actual: Any, path: str) -> Iterator[Difference]:
    """Two policy documents, statement by statement; one value and a list of one are the same."""
    wanted, there = _statements(expected), _statements(actual)
    missing = [statement for statement in wanted if statement not in there]
    further = [statement for statement in there if statement not in wanted]
    for statement in missing:
        yield Difference(f"{path}[{_sid(statement)}]", Verdict.IGNORED, json.loads(statement))
    for statement in further:
        place = f"{path}[{_sid(statement)}]"
        yield Difference(place, Verdict.ADDED, None, json.loads(statement))
    if not missing and not further:
        yield Difference(path, Verdict.SAME, expected, actual)


def _statements(document: Any) -> list[str]:
    content = _data(document)
    found = content.get("Statement", []) if isinstance(content, Mapping) else []
    listed = found if isinstance(found, list) else [found]
    return [json.dumps(_plain(statement), sort_keys=True) for statement in listed]


def _sid(statement: str) -> str:
    content = json.loads(statement)
    return str((content.get("Sid") or content.get("Action") or ["statement"])[0])


def _plain(value: Any) -> Any:
    """A policy's value in one way of writing it: texts in sorted lists."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    items = value if isinstance(value, list) else [value]
    return sorted(_text(item) for item in items)


def _data(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _text(value: Any) -> str:
    """A single value as text: CloudFormation takes 5, 5.0 and "5" for the same, true and "true"."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)

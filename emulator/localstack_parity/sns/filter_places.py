"""Where a filter policy is wrong, as SNS says it: the place at which AWS's parser stopped.

The parser is Event Ruler's (github.com/aws/event-ruler), on Jackson. It reads the policy without
spaces, and of a text it has read the first quote, of anything else the whole. What it says in each
case is recorded: LocalStack's tests at v4.14.0, `sns/test_sns_filter_policy.py`,
`TestSNSFilterPolicyConditions`.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from localstack.aws.api.sns import InvalidParameterException
from localstack.services.sns.filter import FilterPolicyValidator
from localstack.utils.patch import patch

_SCALARS = json.JSONDecoder()


@dataclass(frozen=True)
class _Node:
    """A value of the policy: for a list its nodes, for an object those of its members by name."""

    value: Any
    place: int  # how many characters are read once it is the parser's current token
    end: int  # and once all of it is read


def install() -> None:
    """Add the place to what LocalStack says."""

    @patch(FilterPolicyValidator.validate_filter_policy)
    def validate(check: Any, validator: FilterPolicyValidator, policy: dict[str, Any]) -> None:
        try:
            check(validator, policy)
        except InvalidParameterException as error:
            said = error.message.partition("FilterPolicy: ")[2]
            text = json.dumps(policy, separators=(",", ":"), ensure_ascii=False)
            found = (place for what, place in _problems(_read(text, 0).value) if what == said)
            if not (place := next(found, 0)):
                raise
            where = f'[Source: (String)"{text}"; line: 1, column: {place + 1}]'
            raise InvalidParameterException(f"{error.message}\n at {where}") from None


def _read(text: str, start: int) -> _Node:
    """Read the value that begins at an index of JSON without spaces."""
    if text[start] not in "[{":
        value, end = _SCALARS.raw_decode(text, start)
        return _Node(value, start + 1 if isinstance(value, str) else end, end)
    names, nodes, end = list[str](), list[_Node](), start + 1
    while text[end] not in "]}":
        end += text[end] == ","
        if text[start] == "{":
            name, end = _SCALARS.raw_decode(text, end)
            names.append(name)
            end += 1
        nodes.append(_read(text, end))
        end = nodes[-1].end
    value = dict(zip(names, nodes, strict=True)) if text[start] == "{" else nodes
    return _Node(value, start + 1, end + 1)


def _problems(members: dict[str, _Node]) -> Iterator[tuple[str, int]]:
    """Yield what may be wrong with the members of a policy, and where, in their order."""
    for name, node in members.items():
        if isinstance(node.value, dict):
            yield from _problems(node.value)
        elif not isinstance(node.value, list):
            yield f'"{name}" must be an object or an array', node.place
        elif not node.value:
            yield "Empty arrays are not allowed", node.end
        for rule in node.value if isinstance(node.value, list) else ():
            if name == "$or" and isinstance(rule.value, dict):
                yield from _problems(rule.value)
            else:
                yield from _of_rule(rule)


def _of_rule(rule: _Node) -> Iterator[tuple[str, int]]:
    if isinstance(rule.value, list):
        yield "Match value must be String, number, true, false, or null", rule.place
    if not isinstance(rule.value, dict):
        return
    for number, (operator, node) in enumerate(rule.value.items()):
        if number:
            yield "Only one key allowed in match expression", node.place
        yield from _of_match(operator, node)


def _of_match(operator: str, node: _Node) -> Iterator[tuple[str, int]]:
    if operator == "anything-but":
        for rule in node.value if isinstance(node.value, list) else ():
            yield from _of_rule(rule)
        for name, inner in node.value.items() if isinstance(node.value, dict) else ():
            yield f"Unsupported anything-but pattern: {name}", inner.place
            yield from _of_match(name, inner)
    elif operator == "numeric" and isinstance(node.value, list):
        yield from _of_numbers(node)
    elif operator == "exists":
        if not isinstance(node.value, bool):
            yield "exists match pattern must be either true or false.", node.place
    elif not isinstance(node.value, str):
        name = "prefix" if operator == "cidr" else operator
        yield f"{name} match pattern must be a string", node.place
    yield f"Unrecognized match type {operator}", node.place


def _of_numbers(node: _Node) -> Iterator[tuple[str, int]]:
    """A comparison has an operator and a number, a range two of each."""

    def at(index: int) -> int:
        return node.value[index].place if index < len(node.value) else node.end

    values = [one.value for one in node.value]
    if not values:
        yield "Invalid member in numeric match: ]", node.end
        return
    yield f"Invalid member in numeric match: {values[0]}", at(0)
    yield f"Unrecognized numeric range operator: {values[0]}", at(1)
    for index in (0, 2):
        operator, number, *_ = *values[index:], None, None
        if not isinstance(number, int | float):
            name = "equals" if operator == "=" else operator
            yield f"Value of {name} must be numeric", at(index + 1)
    yield "Too many elements in numeric expression", at(2)
    if len(values) > 2:
        yield f"Bad value in numeric range: {values[2]}", at(2)
        yield f"Bad numeric range operator: {values[2]}", node.value[2].end
    yield "Bottom must be less than top", at(4)
    yield "Too many terms in numeric range expression", at(4)

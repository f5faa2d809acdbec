"""Intrinsic functions: a template's properties, outputs and conditions once parameters have values.

What only a deployment can decide becomes Unknown.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_REFERENCE = re.compile(r"\$\{(!?)([^{}]+)\}")
_SUFFIXES = {"aws-cn": "amazonaws.com.cn"}


@dataclass(frozen=True)
class Unknown:
    """A value that is unknown here; `what` says which one it is."""

    what: str

    def __str__(self) -> str:
        return f"<{self.what}>"


@dataclass(frozen=True)
class Place:
    """Where a stack is, or is going to be."""

    region: str
    account: str
    stack_name: str
    stack_id: str | Unknown = Unknown("AWS::StackId")

    @property
    def partition(self) -> str:
        """AWS's partition that the Region belongs to."""
        for prefix, partition in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov")):
            if self.region.startswith(prefix):
                return partition
        return "aws"

    def pseudo_parameters(self) -> dict[str, Any]:
        """The pseudo parameters by name.

        Source: AWS CloudFormation User Guide, "Pseudo parameters reference".
        """
        return {
            "AWS::AccountId": self.account,
            "AWS::NotificationARNs": [],
            "AWS::NoValue": _NO_VALUE,
            "AWS::Partition": self.partition,
            "AWS::Region": self.region,
            "AWS::StackId": self.stack_id,
            "AWS::StackName": self.stack_name,
            "AWS::URLSuffix": _SUFFIXES.get(self.partition, "amazonaws.com"),
        }


_NO_VALUE = object()  # what !Ref AWS::NoValue is: the property is as if it were not there

type Reference = Callable[[str], Any]
type Attribute = Callable[[str, str], Any]


class Resolver:
    """Carries out the intrinsic functions of one template.

    `reference` gives what Ref of a resource is, `attribute` what GetAtt of one is; both may answer
    Unknown. `imports` are the exports of other stacks by name. Whatever depends on something
    Unknown, or on a name that the template does not have, is Unknown.
    """

    def __init__(
        self,
        template: Mapping[str, Any],
        parameters: Mapping[str, Any],
        place: Place,
        *,
        reference: Reference,
        attribute: Attribute,
        imports: Mapping[str, str] | None = None,
    ) -> None:
        self._template = template
        self._place = place
        self._reference, self._attribute = reference, attribute
        self._imports = imports or {}
        self._names = parameter_values(template, parameters) | place.pseudo_parameters()

    def value(self, expression: Any) -> Any:
        """`expression` without intrinsic functions; properties that have no value are gone."""
        if isinstance(expression, list):
            items = [self.value(item) for item in expression]
            return [item for item in items if item is not _NO_VALUE]
        if not isinstance(expression, dict):
            return expression
        if len(expression) == 1:
            [(name, argument)] = expression.items()
            if name in {"Ref", "Condition"} or str(name).startswith("Fn::"):
                return self._function(str(name), argument)
        values = {str(name): self.value(item) for name, item in expression.items()}
        return {name: item for name, item in values.items() if item is not _NO_VALUE}

    def holds(self, condition: str) -> bool | Unknown:
        """Whether the condition of that name is true."""
        expression = (self._template.get("Conditions") or {}).get(condition)
        answer = self.value(expression) if expression else Unknown(condition)
        return answer if isinstance(answer, bool) else Unknown(condition)

    def included(self, item: Mapping[str, Any]) -> bool:
        """Whether a resource or an output is part of the stack: its Condition is not false."""
        condition = item.get("Condition")
        return not isinstance(condition, str) or self.holds(condition) is not False

    def _function(self, name: str, argument: Any) -> Any:
        match name, argument:
            case "Ref", str():
                return self._ref(argument)
            case "Condition", str():
                return self.holds(argument)
            case "Fn::GetAtt", str() | [str(), _]:
                parts = argument.split(".", 1) if isinstance(argument, str) else argument
                return self._get_att(parts[0], self.value(parts[-1]))
            case "Fn::Sub", str():
                return self._sub(argument, {})
            case "Fn::Sub", [str(text), dict(variables)]:
                return self._sub(text, self.value(variables))
            case "Fn::If", [str(condition), yes, no]:
                holds = self.holds(condition)
                return holds if isinstance(holds, Unknown) else self.value(yes if holds else no)
            case "Fn::ImportValue", _:
                exported = self.value(argument)
                return self._imports.get(exported, Unknown(f"export {exported}"))
        given = self.value(argument)
        if unknown := _first_unknown(given):
            # A comparison with something unknown may still be decided by the rest of it.
            if name in {"Fn::And", "Fn::Or"} and isinstance(given, list):
                decisive = name == "Fn::Or"
                return decisive if decisive in given else unknown
            return unknown
        try:
            return _PURE[name](self, given)
        except (KeyError, IndexError, TypeError, ValueError):
            return Unknown(f"{name} of {json.dumps(argument, default=str)}")

    def _ref(self, name: str) -> Any:
        if name in self._names:
            return self._names[name]
        if name in self._template["Resources"]:
            return self._reference(name)
        return Unknown(name)

    def _get_att(self, logical_id: Any, attribute: Any) -> Any:
        if logical_id in self._template["Resources"] and isinstance(attribute, str):
            return self._attribute(logical_id, attribute)
        return Unknown(f"{logical_id}.{attribute}")

    def _sub(self, text: str, variables: Mapping[str, Any]) -> str | Unknown:
        missing: list[Unknown] = []

        def replacement(found: re.Match[str]) -> str:
            literal, name = found[1], found[2].strip()
            if literal:
                return f"${{{name}}}"
            if name in variables:
                value = variables[name]
            elif "." in name:
                value = self._get_att(*name.split(".", 1))
            else:
                value = self._ref(name)
            if unknown := _first_unknown(value):
                missing.append(unknown)
            return _text(value)

        result = _REFERENCE.sub(replacement, text)
        return missing[0] if missing else result

    def _find_in_map(self, argument: Sequence[Any]) -> Any:
        mapping, first, second = argument[:3]
        found = self._template["Mappings"][mapping].get(first, {}).get(second)
        if found is None:
            return argument[3]["DefaultValue"]
        return found


def parameter_values(template: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Each parameter's value: the one given, else its default, as Ref shows it."""
    values: dict[str, Any] = {}
    for name, declared in (template.get("Parameters") or {}).items():
        value = given.get(name, declared.get("Default"))
        kind = str(declared.get("Type"))
        if value is None or kind.startswith("AWS::SSM::Parameter::Value"):
            values[name] = Unknown(name)
        elif "List" in kind:
            items = value if isinstance(value, list) else str(value).split(",")
            values[name] = [str(item).strip() for item in items]
        else:
            values[name] = _text(value)
    return values


def mentions_unknown(value: Any) -> bool:
    """Whether `value` is, or contains, something Unknown."""
    return _first_unknown(value) is not None


def _first_unknown(value: Any) -> Unknown | None:
    if isinstance(value, Unknown):
        return value
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for item in items if (found := _first_unknown(item))), None)


def _text(value: Any) -> str:
    """A scalar as CloudFormation writes it where a text is needed."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _split(delimiter: str, text: str) -> list[str]:
    return text.split(delimiter)


# The functions that need nothing but their arguments.
# Source: AWS CloudFormation User Guide, "Intrinsic function reference" and "Rules syntax".
_PURE: Mapping[str, Callable[[Resolver, Any], Any]] = {
    "Fn::And": lambda _, given: all(given),
    "Fn::Or": lambda _, given: any(given),
    "Fn::Not": lambda _, given: not given[0],
    "Fn::Equals": lambda _, given: _text(given[0]) == _text(given[1]),
    "Fn::Contains": lambda _, given: given[1] in given[0],
    "Fn::EachMemberEquals": lambda _, given: all(item == given[1] for item in given[0]),
    "Fn::EachMemberIn": lambda _, given: set(given[0]) <= set(given[1]),
    "Fn::Join": lambda _, given: given[0].join(map(_text, given[1])),
    "Fn::Split": lambda _, given: _split(*given),
    "Fn::Select": lambda _, given: given[1][int(given[0])],
    "Fn::FindInMap": Resolver._find_in_map,
    "Fn::Base64": lambda _, given: base64.b64encode(given.encode()).decode(),
    "Fn::Length": lambda _, given: len(given),
    "Fn::ToJsonString": lambda _, given: json.dumps(given, separators=(",", ":")),
}

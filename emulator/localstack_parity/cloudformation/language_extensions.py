"""AWS::LanguageExtensions: Fn::ForEach, Fn::Length, Fn::ToJsonString, and more in Fn::FindInMap.

The transform needs the parameters and nothing else, so a template is rewritten before anything else
reads it; references to resources stay what they are.

AWS: CloudFormation Template Reference, "AWS::LanguageExtensions transform".
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localstack.services.cloudformation.engine.validations import ValidationError

NAME = "AWS::LanguageExtensions"
_LOOP = "Fn::ForEach::"
_VARIABLE = re.compile(r"\$\{([^!{}][^{}]*)\}")
_POLICIES = ("DeletionPolicy", "UpdateReplacePolicy")

type Bound = Mapping[str, str]


class UnresolvableError(Exception):
    """A value that the parameters do not decide."""


def is_used(template: Mapping[str, Any]) -> bool:
    """Say whether the template asks for the transform."""
    return NAME in _names(template.get("Transform"))


def expanded(template: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the template as it is without the transform; `values` are those that Ref can have."""
    rest = [name for name in _names(template.get("Transform")) if name != NAME]
    expander = _Expander(values, template.get("Mappings") or {})
    try:
        made: dict[str, Any] = expander.rewritten(
            {key: section for key, section in template.items() if key != "Transform"}, {}
        )
    except UnresolvableError as unknown:
        raise ValidationError(
            f"Template error: {unknown} cannot be resolved where AWS::LanguageExtensions needs it"
        ) from None
    return {**made, "Transform": rest} if rest else made


def _names(transform: Any) -> list[Any]:
    return transform if isinstance(transform, list) else [transform] if transform else []


@dataclass(frozen=True)
class _Expander:
    values: Mapping[str, Any]
    mappings: Mapping[str, Any]

    def rewritten(self, node: Any, bound: Bound) -> Any:
        """Return a piece of the template; `bound` are the identifiers of the loops around it."""
        match node:
            case str():
                return _filled(node, bound)
            case list():
                return [self.rewritten(item, bound) for item in node]
            case {"Ref": str(name), **rest} if name in bound and not rest:
                return bound[name]
            case {"Fn::Length": argument, **rest} if not rest:
                return self._length(argument, bound)
            case {"Fn::ToJsonString": argument, **rest} if not rest:
                return _as_json(self.rewritten(argument, bound))
            case {"Fn::FindInMap": [*arguments], **rest} if not rest:
                return self._found(arguments, bound)
            case dict():
                return self._of_object(node, bound)
        return node

    def _of_object(self, node: dict[str, Any], bound: Bound) -> Any:
        made: dict[str, Any] = {}
        for key, item in node.items():
            if str(key).startswith(_LOOP):
                made |= self._unrolled(key, item, bound, made)
            elif key in _POLICIES and isinstance(item, dict):
                made[key] = self._resolved(item, bound)
            else:
                made[_filled(key, bound)] = self.rewritten(item, bound)
        match made:
            case {"Fn::Sub": str(text), **rest} if not rest and "${" not in text:
                return text
            case {"Fn::Join": [str(separator), [*parts]], **rest} if not rest and _texts(parts):
                return separator.join(parts)
        return made

    def _unrolled(self, key: str, loop: Any, bound: Bound, beside: dict[str, Any]) -> Any:
        match loop:
            case [str(identifier), collection, dict(fragment)]:
                pass
            case _:
                raise ValidationError(f"Template error: {key} layout is incorrect")
        made: dict[str, Any] = {}
        for item in self._resolved(collection, bound):
            one = self.rewritten(fragment, {**bound, identifier: str(item)})
            if twice := sorted(one.keys() & (made.keys() | beside.keys())):
                raise ValidationError(
                    f"Template error: {key} makes the key {twice[0]} more than once"
                )
            made |= one
        return made

    def _length(self, argument: Any, bound: Bound) -> int:
        value = self._resolved(argument, bound)
        if not isinstance(value, list):
            raise ValidationError("Template error: Fn::Length needs a list")
        return len(value)

    def _found(self, arguments: list[Any], bound: Bound) -> Any:
        """Look up in a map, if map and keys are known by now; else leave it for later."""
        *keys, last = arguments
        has_default = isinstance(last, dict) and "DefaultValue" in last
        try:
            names = [self._resolved(one, bound) for one in (keys if has_default else arguments)]
        except UnresolvableError:
            return {"Fn::FindInMap": [self.rewritten(one, bound) for one in arguments]}
        value: Any = self.mappings
        for name in names:
            value = value.get(str(name)) if isinstance(value, dict) else None
        if value is None and has_default:
            return self.rewritten(last["DefaultValue"], bound)
        if value is None:
            raise ValidationError(
                f"Template error: Unable to get mapping for {'::'.join(map(str, names))}"
            )
        return value

    def _resolved(self, node: Any, bound: Bound) -> Any:
        """The value of an expression of parameters and maps."""
        match self.rewritten(node, bound):
            case {"Ref": str(name), **rest} if not rest and name in self.values:
                return self.values[name]
            case {"Fn::Split": [str(separator), text], **rest} if not rest:
                return str(self._resolved(text, bound)).split(separator)
            case {"Fn::Join": [str(separator), parts], **rest} if not rest:
                return separator.join(map(str, self._resolved(parts, bound)))
            case {"Fn::Select": [index, items], **rest} if not rest:
                return self._resolved(items, bound)[int(self._resolved(index, bound))]
            case {"Fn::Sub": str(text), **rest} if not rest:
                return _VARIABLE.sub(lambda m: str(self._value(m[1].strip())), text)
            case list() as items:
                return [self._resolved(item, bound) for item in items]
            case dict() as unknown if any(_is_function(key) for key in unknown):
                raise UnresolvableError(next(iter(unknown)))
            case known:
                return known

    def _value(self, name: str) -> Any:
        if name not in self.values:
            raise UnresolvableError(name)
        return self.values[name]


def _texts(parts: list[Any]) -> bool:
    return all(isinstance(part, str) for part in parts)


def _filled(text: Any, bound: Bound) -> Any:
    """Put the values of loops in a text: ${Name} as it is, &{Name} its letters and digits."""
    if not isinstance(text, str):
        return text
    for name, value in bound.items():
        text = text.replace(f"${{{name}}}", value)
        text = text.replace(f"&{{{name}}}", re.sub(r"[^A-Za-z0-9]", "", value))
    return text


def _is_function(key: Any) -> bool:
    return key in ("Ref", "Condition") or str(key).startswith("Fn::")


def _as_json(value: Any) -> Any:
    """Write a value as JSON; functions in it become variables of an Fn::Sub."""
    variables: dict[str, Any] = {}

    def without_functions(node: Any) -> Any:
        match node:
            case dict() if any(_is_function(key) for key in node):
                name = f"Value{len(variables)}"
                variables[name] = node
                return f"${{{name}}}"
            case dict():
                return {key: without_functions(item) for key, item in node.items()}
            case list():
                return [without_functions(item) for item in node]
            case str():
                return node.replace("${", "${!")
        return node

    plain = json.dumps(without_functions(value), separators=(",", ":"))
    if variables:
        return {"Fn::Sub": [plain, variables]}
    return plain.replace("${!", "${")

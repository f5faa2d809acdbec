"""Templates as CloudFormation reads them: texts for keys, no aliases, no endless depth.

Source: AWS CloudFormation User Guide, "Template formats", and the messages that people report.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import deepcopy
from hashlib import sha256
from typing import Any

import yaml
from localstack.services.cloudformation.engine import template_preparer, yaml_parser
from localstack.services.cloudformation.engine.validations import ValidationError
from localstack.utils.patch import patch

from localstack_parity.cloudformation.requests import BODY

# Nothing that anybody writes is half as deep; everything that reads a template calls itself for
# each level, several times.
_DEPTH = 60
_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{}\]]')

_standing_in: ContextVar[tuple[str, Any] | None] = ContextVar("standing_in", default=None)


def install() -> None:
    """Have every template read so; its text stays what GetTemplate shows."""

    @patch(template_preparer.parse_template)
    def parse_template(original: Callable[[str], Any], template: str) -> Any:
        instead = _standing_in.get()
        if instead and instead[0] == template:
            return deepcopy(instead[1])
        return read(template)

    yaml_parser.customloader.compose_node = _compose_node


@contextmanager
def standing_for(text: str, template: Any) -> Iterator[None]:
    """Within the block, `text` is read as this template, which was made of it."""
    token = _standing_in.set((text, template))
    try:
        yield
    finally:
        _standing_in.reset(token)


@contextmanager
def in_short(text: str, template: Any) -> Iterator[str]:
    """Give a text that is read as this template within the block, and never longer than it may be.

    LocalStack looks at the length alone, wherever a template comes from.
    """
    short = text if len(text) <= BODY else f"# {sha256(text.encode()).hexdigest()}"
    with standing_for(short, template):
        yield short


def read(text: str) -> Any:
    """Read a template: JSON, or else YAML, which may begin with a brace as well."""
    try:
        template = _from_json(text) if text.lstrip().startswith("{") else _from_yaml(text)
    except json.JSONDecodeError as problem:
        try:
            template = _from_yaml(text)
        except ValidationError:
            # A character that should not be there counts as read: recorded by LocalStack's test
            # test_validate_invalid_json_template_should_fail (v4.14.0).
            column = problem.colno + (problem.pos < len(text))
            raise ValidationError(
                "Template format error: JSON not well-formed. "
                f"(line {problem.lineno}, column {column})"
            ) from None
    if not isinstance(template, dict):
        raise ValidationError("Template format error: unsupported structure.")
    return _with_texts_for_keys(template, 0)


def _from_json(text: str) -> Any:
    depth = 0
    for found in _BRACKET.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found[0], 0)
        if depth > _DEPTH:
            raise _too_deep()
    return json.loads(text)


def _from_yaml(text: str) -> Any:
    try:
        return yaml_parser.parse_yaml(text)
    except ValidationError:
        raise
    except Exception:
        raise ValidationError("Template format error: YAML not well-formed.") from None


def _too_deep() -> ValidationError:
    return ValidationError(
        f"Template format error: the template is nested more than {_DEPTH} levels deep."
    )


def _compose_node(loader: Any, parent: Any, index: Any) -> Any:
    """Compose a node of YAML, unless it stands for another one or lies too deep."""
    loader.depth = getattr(loader, "depth", 0) + 1
    if loader.depth > _DEPTH:
        raise _too_deep()
    if loader.check_event(yaml.AliasEvent):
        raise ValidationError(
            "Template error: YAML aliases are not allowed in CloudFormation templates"
        )
    node = yaml.SafeLoader.compose_node(loader, parent, index)
    loader.depth -= 1
    return node


def _with_texts_for_keys(value: Any, depth: int) -> Any:
    if depth > _DEPTH:
        raise _too_deep()
    match value:
        case dict():
            return {
                _text(key): _with_texts_for_keys(item, depth + 1) for key, item in value.items()
            }
        case list():
            return [_with_texts_for_keys(item, depth + 1) for item in value]
    return value


def _text(key: Any) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)

"""``${!Literal}`` in Fn::Sub stands for ``${Literal}``; LocalStack takes it for a name.

Source: AWS CloudFormation User Guide, "Fn::Sub".
"""

import re
from collections.abc import Callable
from typing import Any

from localstack.services.cloudformation.engine import template_preparer
from localstack.utils.patch import patch

_LITERAL = re.compile(r"\$\{!([^{}]+)\}")


def install() -> None:
    """Have every template rewritten as it is parsed; its text stays what GetTemplate shows."""

    @patch(template_preparer.parse_template)
    def parse_template(original: Callable[[str], Any], template: str) -> Any:
        parsed = original(template)
        return rewritten(parsed) if "${!" in template else parsed


def rewritten(value: Any) -> Any:
    """Return a piece of a template without literals in its texts for Fn::Sub."""
    match value:
        case {"Fn::Sub": str(text), **rest} if not rest:
            return _substitution(text, {})
        case {"Fn::Sub": [str(text), dict(variables)], **rest} if not rest:
            return _substitution(text, rewritten(variables))
        case dict():
            return {key: rewritten(item) for key, item in value.items()}
        case list():
            return [rewritten(item) for item in value]
    return value


def _substitution(text: str, variables: dict[str, Any]) -> dict[str, Any]:
    literals = {f"Literal{n}": name for n, name in enumerate(_LITERAL.findall(text))}
    if not literals:
        return {"Fn::Sub": [text, variables] if variables else text}
    names = iter(literals)
    marked = _LITERAL.sub(lambda _: f"${{{next(names)}}}", text)
    values = {key: f"${{{name}}}" for key, name in literals.items()}
    return {"Fn::Sub": [marked, {**variables, **values}]}

"""Whether the parameters given for a template are such as CloudFormation takes.

LocalStack checks only that numbers are numbers and that nothing is missing.

Source: AWS CloudFormation User Guide, "CloudFormation template Parameters syntax" and "Rules".
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from localstack.services.cloudformation.engine.validations import ValidationError
from localstack.utils.numbers import is_number

type Section = Mapping[str, Any]


def check(
    template: Section, given: Sequence[Mapping[str, Any]], previous: Mapping[str, str]
) -> dict[str, Any]:
    """Raise if a parameter is unknown, missing or against its constraints, or if a rule fails.

    ``previous`` are the values that the stack has, for parameters with UsePreviousValue. Returns
    what Ref of each parameter is, a text or a list.
    """
    declared: Section = template.get("Parameters") or {}
    values: dict[str, str] = {}
    for parameter in given:
        name = parameter["ParameterKey"]
        if parameter.get("UsePreviousValue"):
            if name not in previous:
                raise ValidationError(
                    f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as "
                    "true for a parameter key not in the previous template"
                )
            values[name] = previous[name]
        elif "ParameterValue" in parameter:
            values[name] = str(parameter["ParameterValue"])
    _check_names(declared, values)
    for name, declaration in declared.items():
        values.setdefault(name, _text(declaration.get("Default")))
        _check_value(name, declaration, values[name])
    lists = _lists(declared, values)
    _check_rules(template.get("Rules") or {}, {**values, **lists})
    return {**values, **lists}


def _check_names(declared: Section, values: Mapping[str, str]) -> None:
    if values and not declared:
        raise ValidationError(
            "Parameter values specified for a template which does not require them."
        )
    if unknown := [name for name in values if name not in declared]:
        raise ValidationError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    if missing := [
        name
        for name, declaration in declared.items()
        if name not in values and declaration.get("Default") is None
    ]:
        raise ValidationError(f"Parameters: [{', '.join(missing)}] must have values")


def _check_value(name: str, declaration: Section, value: str) -> None:
    kind = str(declaration.get("Type", "String"))
    if kind.startswith("AWS::SSM::Parameter::Value"):
        return  # the constraints are those of a value that is not here
    is_list = kind == "CommaDelimitedList" or kind.startswith("List<")
    items = [item.strip() for item in value.split(",")] if is_list else [value]
    reason = next(filter(None, (_refusal(declaration, kind, item) for item in items)), None)
    if not reason:
        return
    if description := declaration.get("ConstraintDescription"):
        raise ValidationError(f"Parameter {name} failed to satisfy constraint: {description}")
    raise ValidationError(f"Parameter '{name}' {reason}")


def _refusal(declaration: Section, kind: str, value: str) -> str | None:
    """What a value would have to be that it is not; None if it is as declared."""
    numeric = kind in ("Number", "List<Number>")
    if numeric and not is_number(value):
        return "must be a number."
    allowed, pattern = declaration.get("AllowedValues"), declaration.get("AllowedPattern")
    if allowed is not None and value not in map(_text, allowed):
        return "must be one of AllowedValues"
    if pattern and not re.fullmatch(pattern, value):
        return f"must match pattern {pattern}"
    what = "Value" if numeric else "Length"
    size = float(value) if numeric else len(value)
    least, most = declaration.get(f"Min{what}"), declaration.get(f"Max{what}")
    if least is not None and size < float(least):
        return (
            f"must be a number not less than {least}"
            if numeric
            else f"must contain at least {least} characters"
        )
    if most is not None and size > float(most):
        return (
            f"must be a number not greater than {most}"
            if numeric
            else f"must contain at most {most} characters"
        )
    return None


def _lists(declared: Section, values: Mapping[str, str]) -> Mapping[str, list[str]]:
    return {
        name: [item.strip() for item in value.split(",")]
        for name, value in values.items()
        if "List" in str(declared[name].get("Type"))
    }


def _check_rules(rules: Section, values: Mapping[str, Any]) -> None:
    """Raise if an assertion of the template's rules does not hold with these parameters."""
    for name, rule in rules.items():
        if "RuleCondition" in rule and not _evaluated(rule["RuleCondition"], values):
            continue
        for assertion in rule.get("Assertions") or []:
            if not _evaluated(assertion.get("Assert"), values):
                words = assertion.get("AssertDescription") or "no description"
                raise ValidationError(f"Rule {name} does not hold: {words}")


_RULE_FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    "Fn::And": all,
    "Fn::Or": any,
    "Fn::Not": lambda given: not given[0],
    "Fn::Equals": lambda given: _text(given[0]) == _text(given[1]),
    "Fn::Contains": lambda given: given[1] in given[0],
    "Fn::EachMemberEquals": lambda given: all(member == given[1] for member in given[0]),
    "Fn::EachMemberIn": lambda given: set(given[0]) <= set(given[1]),
}


def _evaluated(expression: Any, values: Mapping[str, Any]) -> Any:
    """The value of a rule's expression; what is not emulated (Fn::RefAll, say) counts as true."""
    match expression:
        case {"Ref": str(name)}:
            return values.get(name, name)
        case dict() if len(expression) == 1:
            [(function, argument)] = expression.items()
            compute = _RULE_FUNCTIONS.get(function)
            return compute(_evaluated(argument, values)) if compute else True
        case list():
            return [_evaluated(item, values) for item in expression]
    return expression


def _text(value: Any) -> str:
    """A scalar of the template as CloudFormation writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)

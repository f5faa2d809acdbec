"""Values for a template's parameters, and whether CloudFormation accepts them.

Source: AWS CloudFormation User Guide, "CloudFormation template Parameters syntax" and "Rules".
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.problems import Problem
from harness.settings import Settings
from harness.stack.intrinsics import Place, Resolver


def deployment_values(
    template: Mapping[str, Any], settings: Settings, architecture: str, further: Mapping[str, str]
) -> dict[str, str]:
    """The values that a deployment gives: of the settings, of the target, and `further` ones.

    Problem for a parameter that the template does not have.
    """
    declared = template.get("Parameters") or {}
    if unknown := sorted(set(further) - set(declared)):
        raise Problem(
            f"The template has no parameter {unknown[0]!r}.",
            f"Its parameters are: {', '.join(declared)}.",
        )
    values = {
        "EnvironmentSuffix": settings.suffix,
        "NotificationEmail": settings.email,
        "Architecture": architecture,
        **further,
    }
    return {name: value for name, value in values.items() if name in declared}


# "Parameter type": what a value of each of these has to look like.
_FORMS: Mapping[str, re.Pattern[str]] = {
    "Number": re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?"),
}
MAX_VALUE_BYTES = 4096


def refused(template: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each parameter whose value CloudFormation refuses, with the reason."""
    declared = template.get("Parameters") or {}
    for name in given:
        if name not in declared:
            yield name, f"The template has no parameter {name}; it has: {', '.join(declared)}."
    for name, constraints in declared.items():
        value = given.get(name, constraints.get("Default"))
        if value is None:
            yield name, f"{name} has no default, so it needs a value."
            continue
        if reason := refusal(constraints, value):
            words = str(constraints.get("ConstraintDescription", "")).rstrip(".")
            yield name, f"{name}={value}: {reason}{f' ({words})' if words else ''}."


def refusal(constraints: Mapping[str, Any], value: Any) -> str | None:
    """Why a parameter declared like this does not take `value`, or None if it does."""
    kind, text = str(constraints.get("Type", "String")), str(value)
    if kind.startswith("AWS::SSM::Parameter::Value"):
        return None  # the constraints are those of a value that is not here
    items = text.split(",") if kind.startswith("List<") or kind == "CommaDelimitedList" else [text]
    form = _FORMS.get("Number" if kind == "List<Number>" else kind)
    allowed = constraints.get("AllowedValues")
    pattern = constraints.get("AllowedPattern")
    for item in map(str.strip, items) if len(items) > 1 else items:
        if form and not form.fullmatch(item):
            return f"{item!r} is not a {kind}"
        if allowed is not None and item not in map(str, allowed):
            return f"{item!r} is not one of {', '.join(map(str, allowed))}"
        if pattern and not re.fullmatch(pattern, item, re.DOTALL):
            return f"{item!r} does not match {pattern}"
    return _beyond(constraints, text, numeric=kind == "Number")


def _beyond(constraints: Mapping[str, Any], text: str, *, numeric: bool) -> str | None:
    size = float(text) if numeric else len(text)
    what = "Value" if numeric else "Length"
    least, most = constraints.get(f"Min{what}"), constraints.get(f"Max{what}")
    if least is not None and size < float(least):
        return f"less than Min{what} {least}"
    if most is not None and size > float(most):
        return f"more than Max{what} {most}"
    if len(text.encode()) > MAX_VALUE_BYTES:
        return f"longer than the {MAX_VALUE_BYTES} bytes that CloudFormation takes"
    return None


def violated_rules(
    template: Mapping[str, Any], given: Mapping[str, Any], place: Place
) -> Iterator[tuple[str, str]]:
    """Each of the template's Rules that these values break, with what it says about that."""
    resolver = Resolver(template, given, place, reference=lambda _: None, attribute=lambda *_: None)
    for name, rule in (template.get("Rules") or {}).items():
        if "RuleCondition" in rule and resolver.value(rule["RuleCondition"]) is not True:
            continue
        for assertion in rule.get("Assertions", []):
            if resolver.value(assertion.get("Assert")) is False:
                words = assertion.get("AssertDescription", "no description")
                yield name, f"The rule {name} does not hold with these parameters: {words}"

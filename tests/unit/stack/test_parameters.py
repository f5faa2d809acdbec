"""Values that CloudFormation takes for parameters, and those that it refuses."""

from typing import Any

import pytest

from harness.problems import Problem
from harness.settings import Settings
from harness.stack.parameters import deployment_values, refusal, refused


@pytest.mark.parametrize(
    ("constraints", "value", "reason"),
    [
        ({"Type": "String", "AllowedPattern": "^[a-z]+$"}, "abc", None),
        ({"Type": "String", "AllowedPattern": "[a-z]"}, "ab", "'ab' does not match [a-z]"),
        ({"Type": "String", "AllowedValues": ["a", "b"]}, "c", "'c' is not one of a, b"),
        ({"Type": "String", "MaxLength": 3}, "abcd", "more than MaxLength 3"),
        ({"Type": "String", "MinLength": 3}, "ab", "less than MinLength 3"),
        ({"Type": "Number", "MinValue": 0}, "-1", "less than MinValue 0"),
        ({"Type": "Number", "MaxValue": 10}, "10", None),
        ({"Type": "Number"}, "ten", "'ten' is not a Number"),
        ({"Type": "List<Number>"}, "1, 2", None),
        ({"Type": "List<Number>"}, "1,x", "'x' is not a List<Number>"),
        ({"Type": "CommaDelimitedList", "AllowedValues": ["a", "b"]}, "a,b", None),
        ({"Type": "String"}, "x" * 4097, "longer than the 4096 bytes that CloudFormation takes"),
        ({"Type": "AWS::SSM::Parameter::Value<String>", "MaxLength": 1}, "/path", None),
    ],
)
def test_a_constraint_refuses_what_it_says(
    constraints: dict[str, Any], value: str, reason: str | None
) -> None:
    """Each constraint refuses what it says and nothing else."""
    assert refusal(constraints, value) == reason


def test_unknown_and_missing_parameters_are_refused() -> None:
    """Unknown and missing parameters are told as well as bad values."""
    template = {
        "Parameters": {
            "A": {"Type": "String"},
            "B": {
                "Type": "Number",
                "Default": 0,
                "MinValue": 1,
                "ConstraintDescription": "one up.",
            },
        }
    }
    assert dict(refused(template, {"C": "1"})) == {
        "C": "The template has no parameter C; it has: A, B.",
        "A": "A has no default, so it needs a value.",
        "B": "B=0: less than MinValue 1 (one up).",
    }


def test_what_a_deployment_gives() -> None:
    """The settings and the target give values for the parameters that a template has."""
    names = ("EnvironmentSuffix", "Architecture", "Size")
    template: dict[str, Any] = {"Parameters": {name: {} for name in names}}
    values = deployment_values(template, Settings(suffix="qa"), "arm64", {"Size": "5"})
    assert values == {"EnvironmentSuffix": "qa", "Architecture": "arm64", "Size": "5"}
    with pytest.raises(Problem, match="no parameter 'Colour'"):
        deployment_values(template, Settings(), "arm64", {"Colour": "red"})

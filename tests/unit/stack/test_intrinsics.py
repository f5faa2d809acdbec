"""Intrinsic functions, carried out as CloudFormation does."""

from typing import Any

import pytest

from harness.stack.intrinsics import Place, Resolver, Unknown, parameter_values

TEMPLATE: dict[str, Any] = {
    "Parameters": {
        "Suffix": {"Type": "String", "Default": "dev"},
        "Count": {"Type": "Number", "Default": -1},
        "Zones": {"Type": "CommaDelimitedList", "Default": "a, b"},
        "Image": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/path"},
    },
    "Mappings": {"Sizes": {"dev": {"Memory": 256}}},
    "Conditions": {
        "IsDev": {"Fn::Equals": [{"Ref": "Suffix"}, "dev"]},
        "Reserves": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Count"}, -1]}]},
        "Both": {"Fn::And": [{"Condition": "IsDev"}, {"Condition": "Reserves"}]},
        "Either": {"Fn::Or": [{"Condition": "IsDev"}, {"Condition": "Reserves"}]},
        "Untold": {"Fn::Equals": [{"Ref": "Image"}, "x"]},
        "EitherUntold": {"Fn::Or": [{"Condition": "Untold"}, {"Condition": "IsDev"}]},
    },
    "Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}},
}


@pytest.fixture
def resolver() -> Resolver:
    """A stack with one bucket called photos."""
    return Resolver(
        TEMPLATE,
        {},
        Place("eu-west-1", "123456789012", "stack"),
        reference=lambda name: {"Bucket": "photos"}[name],
        attribute=lambda name, wanted: f"arn:{name}" if wanted == "Arn" else Unknown(wanted),
        imports={"other-Arn": "arn:imported"},
    )


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ({"Ref": "Suffix"}, "dev"),
        ({"Ref": "Count"}, "-1"),
        ({"Ref": "Zones"}, ["a", "b"]),
        ({"Ref": "Bucket"}, "photos"),
        ({"Ref": "AWS::Region"}, "eu-west-1"),
        ({"Ref": "AWS::Partition"}, "aws"),
        ({"Ref": "AWS::URLSuffix"}, "amazonaws.com"),
        ({"Fn::GetAtt": ["Bucket", "Arn"]}, "arn:Bucket"),
        ({"Fn::GetAtt": "Bucket.Arn"}, "arn:Bucket"),
        ({"Fn::Sub": "${Suffix}-${Bucket.Arn}-${!Literal}"}, "dev-arn:Bucket-${Literal}"),
        ({"Fn::Sub": ["${X}/${Bucket}", {"X": {"Ref": "Suffix"}}]}, "dev/photos"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Suffix"}, 1]]}, "a-dev-1"),
        ({"Fn::Split": ["/", "a/b"]}, ["a", "b"]),
        ({"Fn::Select": ["1", {"Ref": "Zones"}]}, "b"),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Suffix"}, "Memory"]}, 256),
        ({"Fn::FindInMap": ["Sizes", "prod", "Memory", {"DefaultValue": 1}]}, 1),
        ({"Fn::ImportValue": "other-Arn"}, "arn:imported"),
        ({"Fn::Base64": "a"}, "YQ=="),
        ({"Fn::Length": {"Ref": "Zones"}}, 2),
        ({"Fn::ToJsonString": {"a": {"Ref": "Suffix"}}}, '{"a":"dev"}'),
        ({"Fn::If": ["IsDev", "yes", "no"]}, "yes"),
        ({"a": {"Fn::If": ["Reserves", 5, {"Ref": "AWS::NoValue"}]}, "b": 1}, {"b": 1}),
        ([{"Ref": "AWS::NoValue"}, "x"], ["x"]),
        ({"Fn::Contains": [["a", "b"], "a"]}, True),
        ({"Fn::EachMemberIn": [["a"], ["a", "b"]]}, True),
        ({"Fn::EachMemberEquals": [["a", "b"], "a"]}, False),
    ],
)
def test_an_intrinsic_function_gives_what_the_reference_says(
    resolver: Resolver, expression: Any, value: Any
) -> None:
    """Each intrinsic function gives what CloudFormation's reference says."""
    assert resolver.value(expression) == value


@pytest.mark.parametrize(
    "expression",
    [
        {"Ref": "Image"},
        {"Ref": "Nothing"},
        {"Ref": "AWS::StackId"},
        {"Fn::Sub": "x-${Image}"},
        {"Fn::Join": ["-", [{"Ref": "Image"}]]},
        {"Fn::GetAtt": ["Bucket", "Size"]},
        {"Fn::GetAtt": ["Nothing", "Arn"]},
        {"Fn::Select": ["7", ["a"]]},
        {"Fn::FindInMap": ["Sizes", "prod", "Memory"]},
        {"Fn::GetAZs": ""},
        {"Fn::ImportValue": "nothing"},
        {"Fn::If": ["Untold", 1, 2]},
    ],
)
def test_what_depends_on_the_unknown_is_unknown(resolver: Resolver, expression: Any) -> None:
    """What depends on something unknown is unknown, and nothing is made up."""
    assert isinstance(resolver.value(expression), Unknown)


def test_conditions_refer_to_each_other(resolver: Resolver) -> None:
    """Conditions refer to each other; an unknown part counts only where it decides."""
    names = ("IsDev", "Reserves", "Both", "Either", "EitherUntold")
    assert [resolver.holds(name) for name in names] == [True, False, False, True, True]
    assert isinstance(resolver.holds("Untold"), Unknown)
    assert resolver.included({"Condition": "Reserves"}) is False
    assert resolver.included({"Condition": "Untold"}) is True


@pytest.mark.parametrize(
    ("region", "partition", "suffix"),
    [
        ("us-east-1", "aws", "amazonaws.com"),
        ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
    ],
)
def test_a_partition_has_its_own_name_and_domain(region: str, partition: str, suffix: str) -> None:
    """Each partition has its own name and domain."""
    pseudo = Place(region, "123456789012", "stack").pseudo_parameters()
    assert (pseudo["AWS::Partition"], pseudo["AWS::URLSuffix"]) == (partition, suffix)


def test_given_values_go_before_defaults() -> None:
    """Numbers are shown as text, lists as lists."""
    given = parameter_values(TEMPLATE, {"Count": "5", "Zones": "c,d"})
    assert (given["Count"], given["Zones"], given["Suffix"]) == ("5", ["c", "d"], "dev")

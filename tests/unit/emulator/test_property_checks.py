"""What CloudFormation says of properties, by the schemas of its registry.

The words are those that people report: https://github.com/aws/aws-cdk/issues/28984 for names,
re:Post, "How do I resolve Model Validation Failed errors in CloudFormation?" for the others.
"""

from typing import Any

import pytest

from localstack_parity.cloudformation import property_checks, resource_types
from localstack_parity.cloudformation import property_coverage as coverage

FUNCTION = {"Role": "arn:aws:iam::000000000000:role/r", "Code": {"ZipFile": "x"}}


def _problem(kind: str, properties: dict[str, Any]) -> list[str]:
    said = property_checks.problem("It", kind, properties)
    if said is None:
        return []
    first, *lines = said.split("\n")
    assert first == "Properties validation failed for resource It with message:"
    return lines


@pytest.mark.parametrize(
    ("kind", "properties", "said"),
    [
        (
            "AWS::S3::Bucket",
            {"BuckettName": "b"},
            "#: extraneous key [BuckettName] is not permitted",
        ),
        ("AWS::S3::Bucket", {"Arn": "b"}, "#: extraneous key [Arn] is not permitted"),
        (
            "AWS::SQS::Queue",
            {"VisibilityTimeOut": 3},
            "#: extraneous key [VisibilityTimeOut] is not permitted",
        ),
        (
            "AWS::Logs::LogGroup",
            {"RetentionInDay": 7},
            "#: extraneous key [RetentionInDay] is not permitted",
        ),
        (
            "AWS::S3::Bucket",
            {"LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "Expires": 3}]}},
            "#/LifecycleConfiguration/Rules/0: extraneous key [Expires] is not permitted",
        ),
        ("AWS::Lambda::Function", {"Code": FUNCTION["Code"]}, "#: required key [Role] not found"),
        (
            "AWS::Lambda::Function",
            {**FUNCTION, "Timeout": "soon"},
            "#/Timeout: expected type: Integer, found: String",
        ),
        (
            "AWS::Lambda::Function",
            {**FUNCTION, "Timeout": 0},
            "#/Timeout: failed validation constraint for keyword [minimum]",
        ),
        (
            "AWS::Lambda::Function",
            {**FUNCTION, "Layers": "l"},
            "#/Layers: expected type: JSONArray, found: String",
        ),
        (
            "AWS::Lambda::Function",
            {**FUNCTION, "Handler": "no blanks"},
            "#/Handler: failed validation constraint for keyword [pattern]",
        ),
        (
            "AWS::S3::Bucket",
            {"VersioningConfiguration": {"Status": "On"}},
            "#/VersioningConfiguration/Status: On is not a valid enum value",
        ),
    ],
)
def test_what_does_not_fit_is_named(kind: str, properties: dict[str, Any], said: str) -> None:
    """Names, required properties, types and limits, each with its place."""
    assert _problem(kind, properties) == [said]


def test_code_of_this_machine_has_to_be_uploaded_first() -> None:
    """A path where AWS wants an upload: the type is wrong, and what helps is said."""
    (said,) = _problem("AWS::Lambda::Function", {**FUNCTION, "Code": "../lambda/handler"})

    assert said.startswith("#/Code: expected type: JSONObject, found: String")
    assert "aws cloudformation package" in said


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("AWS::Lambda::Function", {**FUNCTION, "Timeout": "3", "MemorySize": 128}),
        ("AWS::SQS::Queue", {"FifoQueue": "true", "VisibilityTimeout": "30"}),
        ("AWS::S3::Bucket", {"BucketName": 12345, "Tags": [{"Key": "n", "Value": True}]}),
        ("AWS::SNS::Topic", {"DisplayName": None}),
        ("Custom::Thing", {"Anything": "goes"}),
    ],
)
def test_scalars_may_be_texts(kind: str, properties: dict[str, Any]) -> None:
    """CloudFormation takes numbers and booleans as texts, and texts as numbers."""
    assert property_checks.problem("It", kind, properties) is None


def _at(schema: Any, path: str) -> bool:
    whole = schema
    for part in path.split("/"):
        if reference := schema.get("$ref"):
            schema = whole["definitions"][reference.rsplit("/", 1)[-1]]
        if part not in schema["properties"]:
            return False
        schema = schema["properties"][part]
    return True


@pytest.mark.parametrize("kind", coverage.APPLIED)
def test_every_property_either_applies_or_is_refused(kind: str) -> None:
    """A property that AWS adds is in neither list until somebody decides."""
    schema = property_checks.schema_of(kind)
    assert schema is not None
    applied, refused = set(coverage.APPLIED[kind].split()), coverage.REFUSED.get(kind, {})
    at_top = {path for path in refused if "/" not in path}

    assert applied & at_top == set()
    assert applied | at_top == set(schema["properties"])
    assert all(_at(schema, path) for path in refused)
    assert resource_types.exists(kind)


@pytest.mark.parametrize(
    ("kind", "path", "harmless"),
    [
        (kind, path, harmless)
        for kind, refused in coverage.REFUSED.items()
        for path, harmless in refused.items()
    ],
)
def test_a_property_that_does_not_apply_is_refused(
    kind: str, path: str, harmless: tuple[Any, ...]
) -> None:
    """With one sentence; a value that changes nothing is taken."""

    def refusal(value: Any) -> str | None:
        for part in reversed(path.split("/")):
            value = {part: value}
        return coverage.refused(kind, value)

    assert refusal("something else") == path.replace("/", ".")
    assert all(refusal(value) is None for value in harmless)

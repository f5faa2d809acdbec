"""The custom resource's function as CloudFormation calls it, on buckets that others use too."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.stack.archive import archive
from tests.emulator.conftest import Emulator
from tests.emulator.functions import function_of, role_for, zipped
from tests.emulator.stacks import Stack

THEIRS = {"Id": "theirs", "Events": ["s3:ObjectRemoved:*"]}

type Properties = dict[str, Any]


@pytest.fixture(scope="module")
def function(
    emulator: Emulator, project_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The ARN of the function, with the rights that the template gives it."""
    source = project_root / "lambda" / "bucket_notifications"
    package = archive(source, tmp_path_factory.mktemp("package")).read_bytes()
    with (
        role_for(emulator, "s3:GetBucketNotification", "s3:PutBucketNotification") as role,
        function_of(emulator, package, role, Timeout=60) as arn,
    ):
        yield arn


@pytest.fixture(scope="module")
def destination(emulator: Emulator) -> Iterator[str]:
    """The ARN of a function that S3 may invoke."""
    with (
        role_for(emulator) as role,
        function_of(emulator, zipped("def handler(event, context): pass"), role) as arn,
    ):
        emulator.client("lambda").add_permission(
            FunctionName=arn,
            StatementId="s3",
            Action="lambda:InvokeFunction",
            Principal="s3.amazonaws.com",
            SourceAccount="000000000000",
        )
        yield arn


@contextmanager
def bucket_of(emulator: Emulator) -> Iterator[str]:
    """The name of a bucket."""
    s3, name = emulator.client("s3"), f"uploads-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name)
    yield name
    s3.delete_bucket(Bucket=name)


@pytest.fixture
def bucket(emulator: Emulator, destination: str) -> Iterator[str]:
    """A bucket with a notification of somebody else."""
    with bucket_of(emulator) as name:
        emulator.client("s3").put_bucket_notification_configuration(
            Bucket=name,
            NotificationConfiguration={
                "LambdaFunctionConfigurations": [{**THEIRS, "LambdaFunctionArn": destination}]
            },
        )
        yield name


@pytest.fixture
def properties(function: str, destination: str, bucket: str) -> Properties:
    """What the template says about the custom resource."""
    return {
        "ServiceToken": function,
        "ServiceTimeout": 90,
        "Bucket": bucket,
        "FunctionArn": destination,
        "IdPrefix": "stack",
        "Prefix": "uploads/",
        "Suffixes": [".jpg", ".png"],
    }


def template(properties: Properties, **changes: Any) -> dict[str, Any]:
    """A template with nothing but the custom resource."""
    resource = {"Type": "Custom::BucketNotifications", "Properties": {**properties, **changes}}
    return {"Resources": {"BucketNotifications": resource}}


@pytest.fixture
def new_stack(emulator: Emulator) -> Iterator[Callable[[], Stack]]:
    """Make stacks that are gone after the test."""
    with ExitStack() as ending:

        def make() -> Stack:
            stack = Stack(emulator.client("cloudformation"))
            ending.callback(stack.delete)
            return stack

        yield make


def ids(emulator: Emulator, bucket: str) -> list[str]:
    """The ids of the bucket's notifications."""
    found = emulator.client("s3").get_bucket_notification_configuration(Bucket=bucket)
    return sorted(entry["Id"] for entry in found.get("LambdaFunctionConfigurations", []))


def test_a_stack_adds_its_notifications_and_takes_them_away_again(
    emulator: Emulator, bucket: str, properties: Properties, new_stack: Callable[[], Stack]
) -> None:
    """Create, update and delete leave alone what others have set on the bucket."""
    stack = new_stack()
    assert stack.deploy(template(properties)) == "CREATE_COMPLETE"
    assert ids(emulator, bucket) == ["stack:.jpg", "stack:.png", "theirs"]
    assert stack.deploy(template(properties, Suffixes=[".png", ".jpeg"])) == "UPDATE_COMPLETE"
    assert ids(emulator, bucket) == ["stack:.jpeg", "stack:.png", "theirs"]
    assert stack.delete() == "DELETE_COMPLETE"
    assert ids(emulator, bucket) == ["theirs"]


def test_two_stacks_share_a_bucket(
    emulator: Emulator, bucket: str, properties: Properties, new_stack: Callable[[], Stack]
) -> None:
    """Even where the name of one begins with the name of the other."""
    one, two = new_stack(), new_stack()
    one.deploy(template(properties, Suffixes=[".jpg"]))
    two.deploy(template(properties, IdPrefix="stack2", Suffixes=[".png"]))
    assert ids(emulator, bucket) == ["stack2:.png", "stack:.jpg", "theirs"]
    one.delete()
    assert ids(emulator, bucket) == ["stack2:.png", "theirs"]


def test_an_update_to_another_bucket_moves_the_notifications(
    emulator: Emulator, bucket: str, properties: Properties, new_stack: Callable[[], Stack]
) -> None:
    """The new bucket gets them and the old one is cleaned up."""
    with bucket_of(emulator) as other:
        stack = new_stack()
        stack.deploy(template(properties))
        assert stack.deploy(template(properties, Bucket=other)) == "UPDATE_COMPLETE"
        assert ids(emulator, other) == ["stack:.jpg", "stack:.png"]
        assert ids(emulator, bucket) == ["theirs"]
        stack.delete()


def test_an_overlap_fails_the_stack_with_s3s_reason(
    emulator: Emulator, bucket: str, properties: Properties, new_stack: Callable[[], Stack]
) -> None:
    """S3 does not let two functions have the same event; the stack's events say so."""
    new_stack().deploy(template(properties))
    second = new_stack()
    assert second.deploy(template(properties, IdPrefix="late")) == "ROLLBACK_COMPLETE"
    [reason] = second.reasons("CREATE_FAILED")
    assert "InvalidArgument" in reason
    assert ids(emulator, bucket) == ["stack:.jpg", "stack:.png", "theirs"]


def test_a_missing_bucket_fails_the_stack_and_not_its_deletion(
    properties: Properties, new_stack: Callable[[], Stack]
) -> None:
    """The reason names the fault, and what was never made can be deleted."""
    stack = new_stack()
    missing = f"missing-{uuid.uuid4().hex[:8]}"
    assert stack.deploy(template(properties, Bucket=missing)) == "ROLLBACK_COMPLETE"
    [reason] = stack.reasons("CREATE_FAILED")
    assert "NoSuchBucket" in reason
    assert stack.delete() == "DELETE_COMPLETE"


def test_a_bucket_that_went_away_does_not_hold_up_the_deletion(
    emulator: Emulator, properties: Properties, new_stack: Callable[[], Stack]
) -> None:
    """No bucket, no notifications."""
    stack = new_stack()
    with bucket_of(emulator) as short_lived:
        assert stack.deploy(template(properties, Bucket=short_lived)) == "CREATE_COMPLETE"
    assert stack.delete() == "DELETE_COMPLETE"

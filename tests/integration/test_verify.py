"""The deployed stack, read back: as the template says, and after somebody has changed it."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.settings import Settings, read_settings
from harness.stack.deploy import delete_stack, deploy
from harness.stack.deployed import Stack
from harness.stack.verify import Verification, verify
from harness.targets.embedded import EmbeddedTarget
from harness.targets.target import Target

type Change = Callable[[Target, Mapping[str, str]], object]


@pytest.fixture(scope="module")
def settings(target: EmbeddedTarget) -> Settings:
    """The project's template, a state folder of its own and any free port."""
    given = {"state_dir": target.state_dir, "port": "0", "suffix": "verify"}
    return read_settings(given, env={})


@pytest.fixture
def stack(target: EmbeddedTarget, settings: Settings, project_root: Path) -> Iterator[Stack]:
    """The project's stack; a test that changes something of it puts it back."""
    deployed = deploy(target, settings)
    yield deployed
    assert _failed(verify(target, settings, deployed.name)) == []


def test_the_stack_is_what_the_template_says(
    target: Target, settings: Settings, stack: Stack
) -> None:
    """Every resource and output is verified, and what nobody can read back is said to be so."""
    verification = verify(target, settings, stack.name)
    assert verification.passed
    template = settings.template.read_text()
    verified = {reading.resource for reading in verification.readings if reading.verdict == "same"}
    assert {"UploadBucket", "ImageProcessor", "Dashboard", "BucketNotifications"} <= verified
    assert set(stack.outputs) <= verified
    assert template.count("    Type: AWS::") <= len(verified)
    assert {str(r).split()[0] for r in verification.not_verified} == {
        "BucketNotifications.ServiceToken",
        "BucketNotifications.ServiceTimeout",
    }


def _s3(operation: str, **arguments: Any) -> Change:
    return lambda target, outputs: getattr(target.client("s3"), operation)(
        Bucket=outputs["UploadBucketName"], **arguments
    )


def _function(operation: str, **arguments: Any) -> Change:
    return lambda target, outputs: getattr(target.client("lambda"), operation)(
        FunctionName=outputs["FunctionName"], **arguments
    )


def _retention(days: int) -> Change:
    return lambda target, outputs: target.client("logs").put_retention_policy(
        logGroupName=outputs["LogGroupName"], retentionInDays=days
    )


def _queue(**attributes: str) -> Change:
    return lambda target, outputs: target.client("sqs").set_queue_attributes(
        QueueUrl=outputs["FailureQueueUrl"], Attributes=attributes
    )


def _alarm(**changed: Any) -> Change:
    def change(target: Target, outputs: Mapping[str, str]) -> None:
        cloudwatch = target.client("cloudwatch")
        name = f"image-processor-errors-{outputs['FunctionName'].rsplit('-', 1)[-1]}"
        (alarm,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
        known = cloudwatch.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
        given = {key: value for key, value in alarm.items() if key in known}
        cloudwatch.put_metric_alarm(**{**given, **changed})

    return change


def _all_events_again(target: Target, outputs: Mapping[str, str]) -> None:
    """The notifications without one of their suffixes, then with it."""
    s3, bucket = target.client("s3"), outputs["UploadBucketName"]
    found = s3.get_bucket_notification_configuration(Bucket=bucket)
    entries = found["LambdaFunctionConfigurations"]
    (png,) = [entry for entry in entries if entry["Id"].endswith(".png")] or [None]
    if png:
        _LEFT_OUT.append(png)
        entries.remove(png)
    else:
        entries.append(_LEFT_OUT.pop())
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"LambdaFunctionConfigurations": entries}
    )


_LEFT_OUT: list[dict[str, Any]] = []
_BLOCKED = {
    "BlockPublicAcls": True,
    "BlockPublicPolicy": True,
    "IgnorePublicAcls": True,
    "RestrictPublicBuckets": True,
}


@pytest.mark.parametrize(
    ("change", "back", "listed"),
    [
        pytest.param(
            _s3("put_bucket_versioning", VersioningConfiguration={"Status": "Suspended"}),
            _s3("put_bucket_versioning", VersioningConfiguration={"Status": "Enabled"}),
            ["UploadBucket.VersioningConfiguration.Status altered"],
            id="versioning",
        ),
        pytest.param(
            _s3(
                "put_public_access_block",
                PublicAccessBlockConfiguration={**_BLOCKED, "BlockPublicPolicy": False},
            ),
            _s3("put_public_access_block", PublicAccessBlockConfiguration=_BLOCKED),
            ["UploadBucket.PublicAccessBlockConfiguration.BlockPublicPolicy altered"],
            id="public access",
        ),
        pytest.param(
            _all_events_again,
            _all_events_again,
            ["BucketNotifications.Suffixes[.png] ignored"],
            id="notifications",
        ),
        pytest.param(
            _retention(30),
            _retention(7),
            ["ImageProcessorLogGroup.RetentionInDays altered"],
            id="retention",
        ),
        pytest.param(
            _alarm(Threshold=50.0),
            _alarm(Threshold=5.0),
            ["ErrorAlarm.Threshold altered"],
            id="alarm",
        ),
        pytest.param(
            _alarm(ActionsEnabled=False),
            _alarm(ActionsEnabled=True),
            ["ErrorAlarm.ActionsEnabled altered"],
            id="a default",
        ),
        pytest.param(
            _function("put_function_concurrency", ReservedConcurrentExecutions=3),
            _function("delete_function_concurrency"),
            ["ImageProcessor.ReservedConcurrentExecutions added"],
            id="reserved concurrency",
        ),
        pytest.param(
            _queue(VisibilityTimeout="60"),
            _queue(VisibilityTimeout="30"),
            ["FailureQueue.VisibilityTimeout altered"],
            id="queue",
        ),
    ],
)
def test_a_changed_property_is_listed(
    target: Target,
    settings: Settings,
    stack: Stack,
    change: Change,
    back: Change,
    listed: list[str],
) -> None:
    """What somebody changes through the service's API is told by resource and property."""
    change(target, stack.outputs)
    try:
        assert _failed(verify(target, settings, stack.name)) == listed
    finally:
        back(target, stack.outputs)


def test_a_missing_lifecycle_is_listed(target: Target, settings: Settings, stack: Stack) -> None:
    """A bucket without its rules."""
    s3, bucket = target.client("s3"), stack.outputs["UploadBucketName"]
    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    s3.delete_bucket_lifecycle(Bucket=bucket)
    try:
        failed = _failed(verify(target, settings, stack.name))
        assert failed == ["UploadBucket.LifecycleConfiguration ignored"]
    finally:
        s3.put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration={"Rules": rules}
        )


def test_a_detached_policy_is_listed(target: Target, settings: Settings, stack: Stack) -> None:
    """A role without what its function needs."""
    iam = target.client("iam")
    role = _physical_id(target, stack, "ImageProcessorRole")
    policy = iam.get_role_policy(RoleName=role, PolicyName="image-processor")["PolicyDocument"]
    iam.delete_role_policy(RoleName=role, PolicyName="image-processor")
    try:
        failed = _failed(verify(target, settings, stack.name))
        assert failed == ["ImageProcessorRole.Policies ignored"]
    finally:
        iam.put_role_policy(
            RoleName=role, PolicyName="image-processor", PolicyDocument=json.dumps(policy)
        )


def test_a_further_statement_is_listed(target: Target, settings: Settings, stack: Stack) -> None:
    """A role that may more than the template says."""
    iam = target.client("iam")
    role = _physical_id(target, stack, "ImageProcessorRole")
    names = {"RoleName": role, "PolicyName": "image-processor"}
    policy = iam.get_role_policy(**names)["PolicyDocument"]
    further = {"Sid": "More", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    statements = [*policy["Statement"], further]
    iam.put_role_policy(**names, PolicyDocument=json.dumps({**policy, "Statement": statements}))
    try:
        failed = _failed(verify(target, settings, stack.name))
        assert failed == ["ImageProcessorRole.Policies[image-processor].PolicyDocument[More] added"]
    finally:
        iam.put_role_policy(**names, PolicyDocument=json.dumps(policy))


def test_a_resource_that_is_gone_is_listed(
    target: Target, settings: Settings, stack: Stack
) -> None:
    """The stack still has it in its list; the service does not."""
    client = target.client("lambda")
    name = {"FunctionName": stack.outputs["FunctionName"], "Qualifier": "$LATEST"}
    found = client.get_function_event_invoke_config(**name)
    client.delete_function_event_invoke_config(**name)
    try:
        failed = _failed(verify(target, settings, stack.name))
        assert failed == ["ImageProcessorInvokeConfig ignored"]
    finally:
        client.put_function_event_invoke_config(
            **name,
            MaximumRetryAttempts=found["MaximumRetryAttempts"],
            MaximumEventAgeInSeconds=found["MaximumEventAgeInSeconds"],
            DestinationConfig=found["DestinationConfig"],
        )


def test_what_another_template_has_more_is_listed(
    target: Target, settings: Settings, stack: Stack, tmp_path: Path
) -> None:
    """Resources and outputs that the stack lacks are listed; unknown types pass for nothing."""
    text = settings.template.read_text().replace("../build/", f"{settings.build_dir}/")
    further = """
  Table:
    Type: AWS::DynamoDB::Table
  NotificationTopic:"""
    text = text.replace("\n  NotificationTopic:", further, 1)
    text += "  Nothing:\n    Value: there is none\n"
    other = tmp_path / "template.yml"
    other.write_text(text)
    failed = _failed(verify(target, replace(settings, template=other), stack.name))
    assert failed == ["Table ignored", "Nothing.Value ignored"]


def test_an_unknown_type_is_not_verified(
    target: Target, settings: Settings, tmp_path: Path
) -> None:
    """A resource that nothing here reads is never counted as verified."""
    template = tmp_path / "template.yml"
    template.write_text(
        "Resources:\n"
        "  Topic: {Type: AWS::SNS::Topic}\n"
        "  Key: {Type: AWS::SSM::Parameter, Properties: {Type: String, Name: key, Value: x}}\n"
    )
    own = replace(settings, template=template, suffix="unknown")
    stack = deploy(target, own)
    verification = verify(target, own, stack.name)
    delete_stack(target, stack.name)
    assert [reading.resource for reading in verification.not_verified] == ["Key"]
    assert "Key (AWS::SSM::Parameter) could not be compared" in "\n".join(verification.lines())


def _failed(verification: Verification) -> list[str]:
    return [
        f"{found.resource}.{found.difference.path}".rstrip(".") + f" {found.verdict}"
        for found in verification.failed
    ]


def _physical_id(target: Target, stack: Stack, logical_id: str) -> str:
    resource = target.client("cloudformation").describe_stack_resource(
        StackName=stack.name, LogicalResourceId=logical_id
    )
    return str(resource["StackResourceDetail"]["PhysicalResourceId"])

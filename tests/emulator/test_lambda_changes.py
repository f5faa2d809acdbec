"""A function that is being created or updated: what it does meanwhile, and what it refuses.

Source: Lambda Developer Guide, "Lambda function states"; recorded in LocalStack's tests at v4.14.0,
`lambda_/test_lambda_api.py::TestLambdaFunction::test_lambda_concurrent_config_updates` and
`::test_lambda_concurrent_code_updates`.
"""

import json
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from harness.polling import wait_until
from harness.targets.emulator import EmulatorConfig, start
from tests.emulator.conftest import Emulator
from tests.emulator.functions import function_of, role_for, zipped
from tests.emulator.refused import refusal

OLD, NEW = (zipped(f"def handler(event, context): return {text!r}") for text in ("old", "new"))
COUNTING = zipped("""
import boto3
def handler(event, context):
    queue = event["Records"][0]["Sns"]["Message"]
    boto3.client("sqs").send_message(QueueUrl=queue, MessageBody="1")
""")


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory, installation: Any) -> Iterator[Emulator]:
    """An emulator whose changes take long enough to be seen on a busy machine."""
    config = EmulatorConfig(
        state_dir=tmp_path_factory.mktemp("state"),
        port=0,
        installation=installation,
        environment={"TAPSTACK_LAMBDA_UPDATE_S": "6"},
    )
    with start(config, background=False) as running:
        yield Emulator(running)


@pytest.fixture(scope="module")
def role(emulator: Emulator) -> Iterator[str]:
    with role_for(emulator, "sqs:SendMessage") as arn:
        yield arn


def _created(emulator: Emulator, role: str, code: bytes, **more: Any) -> str:
    """The ARN of a function that was created this moment."""
    arn: str = emulator.client("lambda").create_function(
        FunctionName=f"new-{uuid.uuid4().hex[:8]}",
        Role=role,
        Runtime="python3.13",
        Handler="handler.handler",
        Code={"ZipFile": code},
        **more,
    )["FunctionArn"]
    return arn


def _said(emulator: Emulator, arn: str, operation: str, **request: Any) -> str:
    return refusal(emulator, "lambda", operation, {"FunctionName": arn, **request})


def _configuration(emulator: Emulator, arn: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = emulator.client("lambda").get_function_configuration(
        FunctionName=arn
    )
    return found


def test_a_new_function_is_pending_and_can_neither_be_invoked_nor_changed(
    emulator: Emulator, role: str
) -> None:
    """Its State is Pending, then Active, which the SDKs' waiters wait for."""
    arn = _created(emulator, role, OLD)
    seen = _configuration(emulator, arn)
    refusals = {
        _said(emulator, arn, "invoke"),
        _said(emulator, arn, "update_function_configuration", Timeout=5),
        _said(emulator, arn, "update_function_code", ZipFile=NEW),
        _said(emulator, arn, "publish_version"),
    }
    client = emulator.client("lambda")
    client.get_waiter("function_active_v2").wait(FunctionName=arn)

    assert (seen["State"], seen["StateReasonCode"]) == ("Pending", "Creating")
    assert "LastUpdateStatus" not in seen
    assert refusals == {
        "ResourceConflictException: The operation cannot be performed at this time. "
        "The function is currently in the following state: Pending"
    }
    now = _configuration(emulator, arn)
    assert (now["State"], now["LastUpdateStatus"]) == ("Active", "Successful")
    assert now["RevisionId"] != seen["RevisionId"]
    assert json.load(client.invoke(FunctionName=arn)["Payload"]) == "old"


@pytest.mark.parametrize(
    ("update", "request_"),
    [
        ("update_function_code", {"ZipFile": NEW}),
        ("update_function_configuration", {"Environment": {"Variables": {"TEST": "1"}}}),
    ],
)
def test_an_updated_function_takes_no_other_change_meanwhile(
    emulator: Emulator, role: str, update: str, request_: dict[str, Any]
) -> None:
    """It is Active and runs what it was, until LastUpdateStatus is Successful."""
    client = emulator.client("lambda")
    with function_of(emulator, OLD, role) as arn:
        answer = getattr(client, update)(FunctionName=arn, **request_)
        refusals = {
            _said(emulator, arn, "update_function_configuration", Timeout=5),
            _said(emulator, arn, "update_function_code", ZipFile=NEW),
            _said(emulator, arn, "publish_version"),
            refusal(emulator, "lambda", "tag_resource", {"Resource": arn, "Tags": {"a": "b"}}),
        }
        meanwhile = json.load(client.invoke(FunctionName=arn)["Payload"])
        client.get_waiter("function_updated_v2").wait(FunctionName=arn)
        afterwards = json.load(client.invoke(FunctionName=arn)["Payload"])
        settled = _configuration(emulator, arn)

    assert (answer["State"], answer["LastUpdateStatus"]) == ("Active", "InProgress")
    assert refusals == {
        "ResourceConflictException: The operation cannot be performed at this time. "
        f"An update is in progress for resource: {arn}"
    }
    assert meanwhile == "old"
    assert afterwards == ("new" if "ZipFile" in request_ else "old")
    assert settled["LastUpdateStatus"] == "Successful"
    assert settled["Timeout"] == answer["Timeout"]


def test_an_update_that_asks_for_it_is_done_when_it_is_answered(
    emulator: Emulator, role: str
) -> None:
    """With a header that AWS does not know, as `tapstack watch` sends it."""
    client = emulator.client("lambda")
    with function_of(emulator, OLD, role) as arn:
        client.meta.events.register(
            "before-sign.lambda.UpdateFunctionCode",
            lambda request, **_: request.headers.add_header("X-Tapstack-At-Once", "1"),
        )
        client.update_function_code(FunctionName=arn, ZipFile=NEW)
        settled = _configuration(emulator, arn)
        answer = json.load(client.invoke(FunctionName=arn)["Payload"])

    assert (settled["LastUpdateStatus"], answer) == ("Successful", "new")


def test_a_function_that_is_deleted_while_it_is_created_can_be_created_again(
    emulator: Emulator, role: str
) -> None:
    """Nothing of the first one is left, and the second is Active in its own time."""
    client = emulator.client("lambda")
    arn = _created(emulator, role, OLD)
    name = arn.rpartition(":")[2]
    client.delete_function(FunctionName=name)
    client.create_function(
        FunctionName=name,
        Role=role,
        Runtime="python3.13",
        Handler="handler.handler",
        Code={"ZipFile": NEW},
    )
    client.get_waiter("function_active_v2").wait(FunctionName=name)

    assert json.load(client.invoke(FunctionName=name)["Payload"]) == "new"


def test_an_event_that_comes_while_a_function_is_created_is_not_lost(
    emulator: Emulator, role: str
) -> None:
    """Services send their events again, until the function takes them."""
    sns, sqs = emulator.client("sns"), emulator.client("sqs")
    topic = sns.create_topic(Name=f"topic-{uuid.uuid4().hex[:8]}")["TopicArn"]
    queue = sqs.create_queue(QueueName=f"queue-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    arn = _created(emulator, role, COUNTING, Timeout=20)
    emulator.client("lambda").add_permission(
        FunctionName=arn,
        StatementId="topic",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn=topic,
    )
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    sns.publish(TopicArn=topic, Message=queue)
    state = _configuration(emulator, arn)["State"]

    found = wait_until(
        lambda: sqs.receive_message(QueueUrl=queue).get("Messages", []),
        deadline_s=30,
        describe="the function to run",
    )
    assert state == "Pending"
    assert len(found) == 1


def test_a_bucket_may_notify_a_function_that_is_being_created(
    emulator: Emulator, role: str
) -> None:
    """S3 asks Lambda whether it may, and waits for the answer."""
    s3, bucket = emulator.client("s3"), f"bucket-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=bucket)
    arn = _created(emulator, role, OLD)
    emulator.client("lambda").add_permission(
        FunctionName=arn,
        StatementId="bucket",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn=f"arn:aws:s3:::{bucket}",
    )
    state = _configuration(emulator, arn)["State"]
    function = {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"LambdaFunctionConfigurations": [function]}
    )

    assert state == "Pending"
    assert "LambdaFunctionConfigurations" in s3.get_bucket_notification_configuration(Bucket=bucket)


def test_what_a_stack_changes_is_done_when_the_stack_is(emulator: Emulator, role: str) -> None:
    """CloudFormation waits, and here nobody with it; a change of somebody else it waits for."""
    cloudformation, name = emulator.client("cloudformation"), f"stack-{uuid.uuid4().hex[:8]}"
    client = emulator.client("lambda")

    def deploy(operation: str, answer: str) -> None:
        function = {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "FunctionName": name,
                "Role": role,
                "Runtime": "python3.13",
                "Handler": "index.handler",
                "Code": {"ZipFile": f"def handler(event, context): return {answer!r}\n"},
            },
        }
        body = json.dumps({"Resources": {"Function": function}})
        getattr(cloudformation, f"{operation}_stack")(StackName=name, TemplateBody=body)
        cloudformation.get_waiter(f"stack_{operation}_complete").wait(
            StackName=name, WaiterConfig={"Delay": 1}
        )

    deploy("create", "first")
    first = json.load(client.invoke(FunctionName=name)["Payload"])
    client.update_function_configuration(FunctionName=name, Description="by somebody else")
    deploy("update", "second")
    second = json.load(client.invoke(FunctionName=name)["Payload"])
    cloudformation.delete_stack(StackName=name)

    assert (first, second) == ("first", "second")

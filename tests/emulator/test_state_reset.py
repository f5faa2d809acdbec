"""An emulator that was reset is as one that has seen nothing, and works on."""

import contextlib
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.polling import wait_until
from harness.targets import own_routes
from harness.targets.emulator import EmulatorConfig, start
from tests.emulator.conftest import Emulator
from tests.emulator.functions import zipped
from tests.emulator.iam import LAMBDA, allow, document, trust

RESET = "/_localstack/state/reset"
TEMPLATE = {
    "Resources": {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "of-a-stack"}},
        "Topic": {"Type": "AWS::SNS::Topic"},
    }
}
COPIES = """
import boto3, os
def handler(event, context):
    s3 = boto3.client("s3")
    key = event["Records"][0]["s3"]["object"]["key"]
    s3.copy_object(Bucket="images", Key="done/" + key.split("/")[1],
                   CopySource={"Bucket": "images", "Key": key})
    print("copied", key)
"""
SLOW = """
import time
def handler(event, context):
    time.sleep(60)
"""


@pytest.fixture(scope="module")
def emulator(
    tmp_path_factory: pytest.TempPathFactory,
    installation: Path,
    emulator_environment: Mapping[str, str],
) -> Iterator[Emulator]:
    """One of this module's own: what is reset is nobody else's."""
    folder = tmp_path_factory.mktemp("state")
    config = EmulatorConfig(folder, 0, installation, emulator_environment)
    with start(config, background=False) as running:
        yield Emulator(running)


def reset(emulator: Emulator) -> None:
    own_routes.ask(emulator.endpoint, RESET, "POST")


def fill(emulator: Emulator) -> None:
    """Something of every service, and an upload that a function has processed."""
    client = emulator.client
    client("cloudformation").create_stack(StackName="stack", TemplateBody=json.dumps(TEMPLATE))
    client("cloudformation").get_waiter("stack_create_complete").wait(
        StackName="stack", WaiterConfig={"Delay": 1}
    )
    client("s3").create_bucket(Bucket="images")
    make_function(emulator, "copies", COPIES, allow("s3:*"))
    arn = client("lambda").get_function(FunctionName="copies")["Configuration"]["FunctionArn"]
    client("lambda").add_permission(
        FunctionName="copies",
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
    )
    client("s3").put_bucket_notification_configuration(
        Bucket="images",
        NotificationConfiguration={
            "LambdaFunctionConfigurations": [
                {
                    "LambdaFunctionArn": arn,
                    "Events": ["s3:ObjectCreated:Put"],
                    "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "up/"}]}},
                }
            ]
        },
    )
    upload(emulator, "one")
    queue = client("sqs").create_queue(QueueName="mine")["QueueUrl"]
    client("sqs").send_message(QueueUrl=queue, MessageBody="hello")
    topic = client("sns").create_topic(Name="news")["TopicArn"]
    client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")
    client("cloudwatch").put_metric_data(
        Namespace="Mine", MetricData=[{"MetricName": "Count", "Value": 1}]
    )
    client("cloudwatch").put_metric_alarm(
        AlarmName="many",
        Namespace="Mine",
        MetricName="Count",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
    )
    own_routes.ask(emulator.endpoint, "/_localstack/chaos/effects", "POST", {"latency": 1})


def make_function(emulator: Emulator, name: str, source: str, *statements: Any) -> None:
    iam = emulator.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(LAMBDA))["Role"]["Arn"]
    policy = document(allow("logs:*"), *statements)
    iam.put_role_policy(RoleName=name, PolicyName="allowed", PolicyDocument=policy)
    emulator.client("lambda").create_function(
        FunctionName=name,
        Role=role,
        Runtime="python3.13",
        Handler="handler.handler",
        Code={"ZipFile": zipped(source)},
        Timeout=120,
        MemorySize=256,
    )


def upload(emulator: Emulator, name: str) -> None:
    """Put an object, and wait until the function has copied it."""
    s3 = emulator.client("s3")
    s3.put_object(Bucket="images", Key=f"up/{name}", Body=name.encode())
    wait_until(
        lambda: any(key == f"done/{name}" for key in keys(emulator)),
        deadline_s=30,
        describe="the copy",
    )


def keys(emulator: Emulator) -> list[str]:
    found = emulator.client("s3").list_objects_v2(Bucket="images").get("Contents", [])
    return [each["Key"] for each in found]


def held(emulator: Emulator) -> dict[str, Any]:
    """What there is of each kind."""
    client = emulator.client
    mine = {"Namespace": "Mine"}
    return {
        "stacks": client("cloudformation").list_stacks()["StackSummaries"],
        "buckets": client("s3").list_buckets()["Buckets"],
        "functions": client("lambda").list_functions()["Functions"],
        "queues": client("sqs").list_queues().get("QueueUrls", []),
        "topics": client("sns").list_topics()["Topics"],
        "subscriptions": client("sns").list_subscriptions()["Subscriptions"],
        "roles": client("iam").list_roles()["Roles"],
        "groups": client("logs").describe_log_groups()["logGroups"],
        "metrics": client("cloudwatch").list_metrics(**mine)["Metrics"],
        "alarms": client("cloudwatch").describe_alarms()["MetricAlarms"],
        "mails": own_routes.ask(emulator.endpoint, "/_localstack/mail")["mails"],
        "used": own_routes.ask(emulator.endpoint, "/_tapstack/iam")["roles"],
        "faults": own_routes.ask(emulator.endpoint, "/_localstack/chaos/effects")["latency"],
    }


def test_nothing_is_left_and_everything_works_again(emulator: Emulator) -> None:
    fill(emulator)
    before = held(emulator)
    assert all(before.values()), before

    reset(emulator)

    after = held(emulator)
    assert not any(after.values()), after
    with pytest.raises(ClientError, match="NoSuchBucket"):
        emulator.client("s3").get_object(Bucket="images", Key="up/one")
    fill(emulator)
    assert all(held(emulator).values())
    assert emulator.client("logs").describe_log_groups()["logGroups"]


def test_a_function_that_runs_on_and_on_is_ended(emulator: Emulator) -> None:
    reset(emulator)
    make_function(emulator, "slow", SLOW)
    emulator.client("lambda").invoke(FunctionName="slow", InvocationType="Event")

    reset(emulator)

    assert emulator.client("lambda").list_functions()["Functions"] == []
    assert emulator.client("sqs").list_queues().get("QueueUrls", []) == []


def test_nobody_waits_for_a_message_of_a_queue_that_is_gone(emulator: Emulator) -> None:
    sqs = emulator.client("sqs")
    queue = sqs.create_queue(QueueName="empty")["QueueUrl"]
    ended = threading.Event()

    def receive() -> None:
        with contextlib.suppress(ClientError):  # the reset may have been faster
            sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)
        ended.set()

    threading.Thread(target=receive, daemon=True).start()
    time.sleep(0.5)
    reset(emulator)

    assert ended.wait(10)


def test_only_the_owner_resets(emulator: Emulator) -> None:
    request = urllib.request.Request(emulator.endpoint + RESET, method="POST")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 403
    refused.value.close()

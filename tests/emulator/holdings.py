"""An emulator that holds something of everything: filled, looked at, saved, loaded and reset."""

import json
from typing import Any

from harness.polling import wait_until
from harness.targets import own_routes
from tests.emulator.conftest import Emulator
from tests.emulator.functions import settled, zipped
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
    client("ssm").put_parameter(Name="/mine", Value="1", Type="String")
    client("secretsmanager").create_secret(Name="mine", SecretString="hidden")
    client("kms").create_alias(
        AliasName="alias/mine", TargetKeyId=client("kms").create_key()["KeyMetadata"]["KeyId"]
    )
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
    settled(emulator, name)


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
        "parameters": client("ssm").describe_parameters()["Parameters"],
        "secrets": client("secretsmanager").list_secrets()["SecretList"],
        "keys": client("kms").list_keys()["Keys"],
        "roles": client("iam").list_roles()["Roles"],
        "groups": client("logs").describe_log_groups()["logGroups"],
        "metrics": client("cloudwatch").list_metrics(**mine)["Metrics"],
        "alarms": client("cloudwatch").describe_alarms()["MetricAlarms"],
        "mails": own_routes.ask(emulator.endpoint, "/_localstack/mail")["mails"],
        "used": own_routes.ask(emulator.endpoint, "/_tapstack/iam")["roles"],
        "faults": own_routes.ask(emulator.endpoint, "/_localstack/chaos/effects")["latency"],
    }

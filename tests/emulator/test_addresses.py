"""The URLs that the emulator gives out work here and now, without DNS."""

import json
import socket
import urllib.request
import uuid
from collections.abc import Mapping
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.emulator.conftest import REGION, Emulator
from tests.emulator.functions import function_of, role_for, zipped
from tests.emulator.invocations import ANYTHING, runner
from tests.emulator.queues import create_queue
from tests.emulator.stacks import Stack

ECHO = zipped(
    "def handler(event, context): return {'path': event['rawPath'], 'q': event['rawQueryString']}"
)


def _get(url: str, headers: Mapping[str, str] | None = None) -> bytes:
    """What is at a URL whose host this machine's resolver knows."""
    host = urlsplit(url).hostname or ""
    assert socket.gethostbyname(host).startswith("127.")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(url, headers=dict(headers or {}))) as answer:
        content: bytes = answer.read()
    return content


def test_a_queues_url_leads_to_the_queue(emulator: Emulator) -> None:
    """Old SDKs send requests to the queue's URL itself, and new ones use it as an identifier."""
    sqs, name = emulator.client("sqs"), f"test-{uuid.uuid4().hex}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    try:
        assert url == f"{emulator.endpoint}/queue/{REGION}/000000000000/{name}"
        assert sqs.get_queue_url(QueueName=name)["QueueUrl"] == url
        assert url in sqs.list_queues()["QueueUrls"]
        itself = boto3.Session("test", "test", None, REGION).client("sqs", endpoint_url=url)
        itself.send_message(QueueUrl=url, MessageBody="m")
        assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "m"
    finally:
        sqs.delete_queue(QueueUrl=url)


def test_a_queues_url_in_a_function_and_in_a_stack(emulator: Emulator) -> None:
    """Both find the queue under the URL that they are given."""
    stack = Stack(emulator.client("cloudformation"))
    queue = {"Type": "AWS::SQS::Queue"}
    outputs = {"Url": {"Value": {"Ref": "Queue"}}}
    try:
        assert stack.create({"Resources": {"Queue": queue}, "Outputs": outputs}).startswith(
            "CREATE"
        )
        url = stack.outputs()["Url"]
        code = f"""
            import boto3
            sqs = boto3.client("sqs")
            sqs.send_message(QueueUrl={url!r}, MessageBody="m")
            found = sqs.get_queue_url(QueueName={url.rsplit("/", 1)[1]!r})["QueueUrl"]
            result = [it["Body"] for it in sqs.receive_message(QueueUrl=found)["Messages"]]
        """
        with role_for(emulator, "sqs:*") as role, function_of(emulator, ANYTHING, role) as arn:
            assert runner(emulator, arn)(code).payload == ["m"]
        emulator.client("sqs").purge_queue(QueueUrl=url)
    finally:
        stack.delete()


def test_the_url_in_a_notification_unsubscribes(emulator: Emulator) -> None:
    """UnsubscribeURL of a message can be followed."""
    sns, sqs = emulator.client("sns"), emulator.client("sqs")
    topic = sns.create_topic(Name=f"test-{uuid.uuid4().hex}")["TopicArn"]
    queue = create_queue(sqs, "sns")
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    arn = attributes["Attributes"]["QueueArn"]
    try:
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        sns.publish(TopicArn=topic, Message="m")
        (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=10)["Messages"]
        _get(json.loads(message["Body"])["UnsubscribeURL"])
        assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    finally:
        sqs.delete_queue(QueueUrl=queue)
        sns.delete_topic(TopicArn=topic)


def test_a_functions_url_invokes_it(emulator: Emulator) -> None:
    """A function URL is answered at its path, and the function sees what is below it."""
    functions = emulator.client("lambda")
    with role_for(emulator) as role, function_of(emulator, ECHO, role) as arn:
        created = functions.create_function_url_config(FunctionName=arn, AuthType="NONE")
        url = created["FunctionUrl"]
        assert functions.get_function_url_config(FunctionName=arn)["FunctionUrl"] == url
        assert json.loads(_get(f"{url}a/b?c=d")) == {"path": "/a/b", "q": "c=d"}
        assert json.loads(_get(url))["path"] == "/"
        assert json.loads(_get(f"{url}/a/b"))["path"] == "/a/b"
        functions.delete_function_url_config(FunctionName=arn)


def test_a_functions_url_says_who_asks_for_what(emulator: Emulator) -> None:
    """As recorded in LocalStack's tests at v4.14.0, lambda_/test_lambda.py:
    TestLambdaURL::test_lambda_url_echo_http_fixture_default.
    """
    functions = emulator.client("lambda")
    event = zipped("def handler(event, context): return event")
    with role_for(emulator) as role, function_of(emulator, event, role) as arn:
        created = functions.create_function_url_config(FunctionName=arn, AuthType="NONE")
        seen = json.loads(_get(f"{created['FunctionUrl']}pa2%25Fth/1"))

    assert seen["rawPath"] == seen["requestContext"]["http"]["path"] == "/pa2%Fth/1"
    assert seen["requestContext"]["http"]["sourceIp"] == "127.0.0.1"
    assert seen["headers"]["x-forwarded-for"] == "127.0.0.1"
    assert seen["headers"]["x-amzn-trace-id"].startswith("Root=1-")


@pytest.mark.parametrize("suffix", [".amazonaws.com", ".${AWS::URLSuffix}"])
def test_an_apis_url_of_a_stack_leads_to_the_api(emulator: Emulator, suffix: str) -> None:
    """What SAM's templates write as an output is an address that answers here."""
    integration = {
        "Type": "MOCK",
        "RequestTemplates": {"application/json": '{"statusCode": 200}'},
        "IntegrationResponses": [
            {"StatusCode": "200", "ResponseTemplates": {"application/json": '{"mine": true}'}}
        ],
    }
    api = {"Ref": "Api"}
    method = {
        **{"RestApiId": api, "HttpMethod": "GET", "AuthorizationType": "NONE"},
        "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
        "Integration": integration,
        "MethodResponses": [{"StatusCode": "200"}],
    }
    template = {
        "Resources": {
            "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "api"}},
            "Method": {"Type": "AWS::ApiGateway::Method", "Properties": method},
            "Deployment": {
                "Type": "AWS::ApiGateway::Deployment",
                "DependsOn": "Method",
                "Properties": {"RestApiId": api, "StageName": "Prod"},
            },
        },
        "Outputs": {
            "Url": {
                "Value": {"Fn::Sub": f"https://${{Api}}.execute-api.${{AWS::Region}}{suffix}/Prod/"}
            }
        },
    }
    stack = Stack(emulator.client("cloudformation"))
    try:
        assert stack.create(template) == "CREATE_COMPLETE"
        assert json.loads(_get(stack.outputs()["Url"])) == {"mine": True}
    finally:
        stack.delete()


def test_a_buckets_name_before_the_host(emulator: Emulator) -> None:
    """Clients without path style name the bucket in the host; that is the bucket, not a key."""
    s3, bucket = emulator.client("s3"), f"test-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="folder/a b", Body=b"mine")
    port = urlsplit(emulator.endpoint).port
    credentials = Credentials("test", "test")
    try:
        for path, expected in (
            ("folder/a%20b", b"mine"),
            ("?list-type=2", b"<Key>folder/a b</Key>"),
        ):
            signed = AWSRequest("GET", f"http://{bucket}.localhost:{port}/{path}")
            S3SigV4Auth(credentials, "s3", REGION).add_auth(signed)
            headers = {**signed.headers, "Host": f"{bucket}.localhost:{port}"}
            assert expected in _get(f"{emulator.endpoint}/{path}", headers)
    finally:
        s3.delete_object(Bucket=bucket, Key="folder/a b")
        s3.delete_bucket(Bucket=bucket)

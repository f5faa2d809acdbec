"""Requests that no service can take are answered with 4xx: the caller's error, which SDKs do not
repeat, and never with 500."""

import json
import resource
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.emulator.conftest import REGION, Emulator, StartEmulator
from tests.emulator.refused import code_of

DEEP = b"[" * 100_000
FORM = "application/x-www-form-urlencoded"
# What is no JSON, or not of the form that an operation's input has.
BAD_JSON = (b"null", b"{", b"[]", b'"x"', b"5", b'{"a": "\xff"}', DEEP, b"{" + b'"a":' * 100_000)
BAD_CBOR = (
    b"\xf6",
    b"\xff\xff",
    b"\x61x",
    b"\x80",
    b"\x81" * 100_000,
    b"\xa1",
    b"\x5b" + b"\xff" * 8,
)
BAD_XML = (b"{", b"<a>", b"<a/>", b"<a>\xff</a>", b"<a>" * 50_000, b"<?xml version='1.0'?>")
TARGETS = {
    "logs": "Logs_20140328",
    "sqs": "AmazonSQS",
    "monitoring": "GraniteServiceVersion20100801",
}


def _send(
    emulator: Emulator, service: str, method: str, path: str, body: bytes, **headers: str
) -> tuple[int, str]:
    """Status and body of a signed request."""
    request = AWSRequest(
        method=method,
        url=emulator.endpoint + path,
        data=body,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    signer(Credentials("test", "test"), service, REGION).add_auth(request)
    signed = request.prepare()
    raw = urllib.request.Request(signed.url, body, dict(signed.headers), method=method)
    try:
        with urllib.request.urlopen(raw, timeout=120) as answer:
            return int(answer.status), answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")


def _json(emulator: Emulator, service: str, operation: str, body: bytes) -> tuple[int, str]:
    return _send(
        emulator,
        service,
        "POST",
        "/",
        body,
        Content_Type="application/x-amz-json-1.1"
        if service == "logs"
        else "application/x-amz-json-1.0",
        X_Amz_Target=f"{TARGETS[service]}.{operation}",
    )


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("logs", "PutLogEvents"),
        ("logs", "DescribeMetricFilters"),
        ("sqs", "SendMessage"),
        ("sqs", "ListQueues"),
        ("monitoring", "PutMetricData"),
    ],
)
def test_json_that_is_none_or_has_another_form_is_malformed(
    emulator: Emulator, service: str, operation: str
) -> None:
    """Smithy, "AWS JSON protocols": a malformed request is a SerializationException."""
    for body in BAD_JSON:
        status, text = _json(emulator, service, operation, body)
        assert (status, "SerializationException" in text) == (400, True), body[:20]


@pytest.mark.parametrize(
    ("service", "operation", "request_"),
    [
        ("logs", "CreateLogGroup", {"logGroupName": 5}),
        ("logs", "CreateLogGroup", {"logGroupName": {}}),
        ("logs", "DescribeLogGroups", {"limit": 10**30}),
        ("logs", "PutLogEvents", {"logGroupName": "g", "logStreamName": "s", "logEvents": "x"}),
        ("logs", "FilterLogEvents", {"logGroupName": "g", "startTime": "yesterday"}),
        ("sqs", "SendMessage", {"QueueUrl": [], "MessageBody": "x"}),
        ("sqs", "CreateQueue", {"QueueName": "q", "Attributes": {"DelaySeconds": 5}}),
        ("sqs", "TagQueue", {"QueueUrl": "x", "Tags": []}),
        ("monitoring", "PutMetricData", {"Namespace": "n", "MetricData": [5]}),
    ],
)
def test_a_value_of_the_wrong_type_is_malformed(
    emulator: Emulator, service: str, operation: str, request_: dict[str, Any]
) -> None:
    """The type is what the service's model says."""
    status, text = _json(emulator, service, operation, json.dumps(request_).encode())
    assert (status, "SerializationException" in text) == (400, True), text


@pytest.mark.parametrize(
    ("service", "operation", "request_", "code"),
    [
        ("logs", "CreateLogGroup", {}, "InvalidParameterException"),
        ("logs", "TagResource", {"resourceArn": "x", "tags": {}}, "InvalidParameterException"),
        ("sqs", "SetQueueAttributes", {"QueueUrl": "x"}, ""),
        ("sqs", "StartMessageMoveTask", {"SourceArn": "x"}, "InvalidParameterValue"),
        ("monitoring", "PutMetricData", {"Namespace": "n"}, "Missing"),
    ],
)
def test_what_is_missing_or_means_nothing_is_named(
    emulator: Emulator, service: str, operation: str, request_: dict[str, Any], code: str
) -> None:
    """By the code that the service has for it."""
    status, text = _json(emulator, service, operation, json.dumps(request_).encode())
    assert (status, code in text) == (400, True), text


def test_malformed_cbor_is_named(emulator: Emulator) -> None:
    """Smithy RPC v2 CBOR, which current SDKs speak with CloudWatch."""
    path = "/service/GraniteServiceVersion20100801/operation/PutMetricAlarm"
    for body in BAD_CBOR:
        status, _ = _send(
            emulator,
            "monitoring",
            "POST",
            path,
            body,
            Content_Type="application/cbor",
            Smithy_Protocol="rpc-v2-cbor",
        )
        assert status == 400, body[:20]


def test_a_request_in_none_of_the_protocols_of_its_service_names_no_operation(
    emulator: Emulator,
) -> None:
    """Inferred from what Smithy says of awsJson1_0, where the target names no operation."""
    answer = _send(
        emulator,
        "monitoring",
        "POST",
        "/",
        b"{}",
        Content_Type="text/plain",
        X_Amz_Target=f"{TARGETS['monitoring']}.ListDashboards",
    )
    assert (answer[0], "UnknownOperationException" in answer[1]) == (400, True), answer


def test_what_another_service_refuses_is_no_internal_error(emulator: Emulator) -> None:
    """CloudWatch Logs API Reference, PutSubscriptionFilter: a role that cannot be assumed."""
    logs, group = emulator.client("logs"), f"refused-{uuid.uuid4().hex[:8]}"
    logs.create_log_group(logGroupName=group)
    code = code_of(
        logs.put_subscription_filter,
        logGroupName=group,
        filterName="f",
        filterPattern="",
        destinationArn=f"arn:aws:kinesis:{REGION}:000000000000:stream/none",
        roleArn="arn:aws:iam::000000000000:role/none",
    )
    logs.delete_log_group(logGroupName=group)
    assert code == "InvalidParameterException"


@pytest.mark.parametrize("service", ["sns", "iam", "sts", "cloudformation", "monitoring"])
def test_forms_that_name_no_action_or_hold_no_numbers_are_refused(
    emulator: Emulator, service: str
) -> None:
    """IAM API Reference and others, "Common errors"."""
    wrong = {
        b"": "Missing",
        b"Action=Nothing": "InvalidAction",
        b"Action=GetSessionToken&DurationSeconds=x": "MalformedInput"
        if service == "sts"
        else "Invalid",
    }
    for body, code in wrong.items():
        status, text = _send(emulator, service, "POST", "/", body, Content_Type=FORM)
        assert 400 <= status < 500, (body, text)
        assert code in text or not body, (body, text)


def test_a_queue_that_is_not_there_is_asked_at_its_url(emulator: Emulator) -> None:
    """LocalStack's tests at v4.14.0: sqs/test_sqs.py, test_get_on_deleted_queue_fails."""
    url = "/queue/us-east-1/000000000000/not-there?Action=GetQueueAttributes&AttributeName.1=All"
    status, text = _send(emulator, "sqs", "GET", url, b"")
    assert (status, "<Code>AWS.SimpleQueueService.NonExistentQueue</Code>" in text) == (400, True)


def test_an_error_of_sqs_in_xml_has_an_empty_detail(emulator: Emulator) -> None:
    """Recorded: LocalStack's tests at v4.14.0, `sqs/test_sqs.py`, all tests of [sqs_query]."""
    body = b"Action=GetQueueUrl&QueueName=not-there&Version=2012-11-05"
    status, text = _send(emulator, "sqs", "POST", "/", body, Content_Type=FORM)
    assert status == 400
    assert "<Detail />" in text or "<Detail/>" in text


def test_an_unknown_attribute_is_the_senders_fault(emulator: Emulator) -> None:
    """Recorded: sqs/test_sqs.py::TestSqsProvider::test_set_unsupported_attribute_standard."""
    body = (
        b"Action=CreateQueue&QueueName=none&Attribute.1.Name=FifoQueue&Attribute.1.Value=false"
        b"&Version=2012-11-05"
    )
    status, text = _send(emulator, "sqs", "POST", "/", body, Content_Type=FORM)
    assert (status, "<Type>Sender</Type>" in text) == (400, True), text


@pytest.fixture
def bucket(emulator: Emulator) -> Iterator[str]:
    s3, name = emulator.client("s3"), f"bad-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name)
    yield name
    s3.delete_bucket(Bucket=name)


@pytest.mark.parametrize(
    "what", ["versioning", "tagging", "lifecycle", "notification", "cors", "delete", "policy"]
)
def test_bad_documents_for_s3_are_refused(emulator: Emulator, bucket: str, what: str) -> None:
    """S3 API Reference, "Error responses": MalformedXML, MalformedPolicy."""
    method = "POST" if what == "delete" else "PUT"
    for body in (*BAD_XML, DEEP):
        status, text = _send(emulator, "s3", method, f"/{bucket}?{what}", body)
        # An empty document is one that takes something away.
        assert 400 <= status < 500 or body == b"<a/>", (body[:20], text)


@pytest.mark.parametrize(
    ("service", "form"),
    [
        ("iam", "Action=CreateUser&UserName=a%00b"),
        ("iam", "Action=CreateRole&RoleName=%01&AssumeRolePolicyDocument=x"),
        ("monitoring", "Action=PutDashboard&DashboardName=%0b&DashboardBody=%7b%7d"),
    ],
)
def test_names_that_no_answer_could_show_are_refused(
    emulator: Emulator, service: str, form: str
) -> None:
    """Else the lists of users and roles would be no XML from then on."""
    status, text = _send(emulator, service, "POST", "/", form.encode(), Content_Type=FORM)
    assert status == 400, text


def test_lambda_names_what_is_wrong(emulator: Emulator) -> None:
    """What LocalStack stumbles over, each in another place."""
    client = emulator.client("lambda")
    with pytest.raises(ClientError, match="ResourceNotFound"):
        client.delete_function_concurrency(FunctionName="none")
    with pytest.raises(ClientError, match="S3Bucket"):
        client.publish_layer_version(LayerName="layer", Content={})
    for runtime in ("x" * 3000, "../../bin"):
        path = "/2015-03-31/functions"
        body = {"FunctionName": "f", "Runtime": runtime, "Role": "r", "Code": {"ZipFile": "eA=="}}
        status, text = _send(emulator, "lambda", "POST", path, json.dumps(body).encode())
        assert status == 400, text


@pytest.fixture
def api(emulator: Emulator) -> Iterator[str]:
    client = emulator.client("apigateway")
    made: str = client.create_rest_api(name="bad")["id"]
    yield made
    client.delete_rest_api(restApiId=made)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("PATCH", "", "{}", 200, '"bad"'),
        ("PATCH", "", '{"patchOperations":[{"op":"replace"}]}', 400, "Invalid patch path null"),
        ("PATCH", "", '{"patchOperations":[{"path":"/name"}]}', 400, "Invalid patch operation"),
        ("PUT", "", "5", 400, "Invalid OpenAPI input."),
        ("PUT", "", "null", 400, "Invalid OpenAPI input."),
        ("GET", "/deployments/none", "", 404, "Invalid Deployment identifier specified"),
        ("POST", "/stages", '{"stageName":"s","deploymentId":"none"}', 400, "Invalid"),
    ],
)
def test_api_gateway_names_what_it_cannot_use(
    emulator: Emulator, api: str, method: str, path: str, body: str, status: int, said: str
) -> None:
    """In words that LocalStack's tests recorded: apigateway/mistakes.py and ranges.py name them."""
    path = f"/restapis/{api}{path}"
    answer = _send(emulator, "apigateway", method, path, body.encode(), Content_Type="text/json")
    assert (answer[0], said in answer[1]) == (status, True), answer


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("DELETE", "/usageplans/none", "", 404),
        ("POST", "/apikeys?mode=import&format=csv", "5", 400),
        ("POST", "/apikeys", '{"stageKeys":[{"stageName":"s"}]}', 400),
        ("POST", "/apikeys", "", 400),
        ("PATCH", "/account", '{"patchOperations":[{"path":"/x","value":"y"}]}', 400),
    ],
)
def test_no_mistake_is_an_internal_error_of_api_gateway(
    emulator: Emulator, method: str, path: str, body: str, status: int
) -> None:
    """API Gateway API Reference, "Common errors": the caller's are 4xx, and SDKs repeat 5xx."""
    answer = _send(emulator, "apigateway", method, path, body.encode(), Content_Type="text/json")
    assert answer[0] == status, answer


def test_no_request_is_to_blame_for_a_full_disk(start_emulator: StartEmulator) -> None:
    """It is InternalError, which SDKs repeat, and says what is full; with room it works again.

    A limit on the size of files is to the emulator what a full disk is. S3 API Reference, "Error
    responses".
    """
    emulator = start_emulator()
    s3, pid = emulator.client("s3"), emulator.running.pid
    s3.create_bucket(Bucket="full")
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE, (500_000, resource.RLIM_INFINITY))
    with pytest.raises(ClientError, match=r"InternalError.*File too large"):
        s3.put_object(Bucket="full", Key="k", Body=b"x" * 1_000_000)
    with pytest.raises(ClientError, match=r"507.*Insufficient Storage"):  # the body's file is full
        s3.put_object(Bucket="full", Key="k", Body=b"x" * 4_000_000)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
    s3.put_object(Bucket="full", Key="k", Body=b"x" * 4_000_000)


def test_deep_texts_are_texts_or_bad_input(emulator: Emulator, bucket: str) -> None:
    """However many brackets there are, nobody's stack is exhausted by them."""
    now = datetime.now(UTC)
    deep = DEEP.decode()
    cases: dict[tuple[str, str], tuple[dict[str, Any], str]] = {
        ("s3", "put_bucket_policy"): ({"Bucket": bucket, "Policy": deep}, "MalformedPolicy"),
        ("cloudwatch", "put_dashboard"): (
            {"DashboardName": "d", "DashboardBody": deep},
            "InvalidParameterInput",
        ),
        ("cloudwatch", "get_metric_data"): (
            {
                "MetricDataQueries": [{"Id": "e", "Expression": "-" * 2000 + "1"}],
                "StartTime": now - timedelta(minutes=5),
                "EndTime": now,
            },
            "ValidationError",
        ),
        ("lambda", "invoke"): (
            {"FunctionName": "none", "Payload": DEEP},
            "InvalidRequestContentException",
        ),
        ("cloudformation", "get_template_summary"): ({"TemplateURL": "none"}, "ValidationError"),
        ("cloudformation", "validate_template"): (
            {"TemplateBody": '{"Resources":' + DEEP.decode()[:50_000]},
            "ValidationError",
        ),
    }
    found = {
        which: code_of(getattr(emulator.client(which[0]), which[1]), **request)
        for which, (request, _) in cases.items()
    }
    assert found == {which: code for which, (_, code) in cases.items()}


def test_a_deep_log_event_is_a_text_and_no_json(emulator: Emulator) -> None:
    """It is stored once, and what else came with it is found and counted."""
    logs, group = emulator.client("logs"), f"deep-{uuid.uuid4().hex[:8]}"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    logs.put_metric_filter(
        logGroupName=group,
        filterName="f",
        filterPattern="{ $.a = 1 }",
        metricTransformations=[{"metricName": "m", "metricNamespace": group, "metricValue": "1"}],
    )
    now = int(datetime.now(UTC).timestamp() * 1000)
    texts = [
        '{"a": 1}',
        DEEP.decode(),
        '{"a":' * 5000 + "1" + "}" * 5000,
        '{"a": 1' + "0" * 400 + "}",
    ]
    events = [{"timestamp": now, "message": text} for text in texts]
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    stored = logs.get_log_events(logGroupName=group, logStreamName="s")["events"]
    assert len(stored) == len(texts)
    found = logs.filter_log_events(logGroupName=group, filterPattern="{ $.a = 1 }")["events"]
    assert [event["message"] for event in found] == ['{"a": 1}']
    for pattern in ("{" + "(" * 1000 + "}", "{ " + "(" * 400 + "$.a = 1" + ")" * 400 + " }"):
        refused = code_of(logs.filter_log_events, logGroupName=group, filterPattern=pattern)
        assert refused == "InvalidParameterException"
    logs.delete_log_group(logGroupName=group)


def test_stars_in_event_patterns_take_time_in_proportion(emulator: Emulator) -> None:
    """EventBridge User Guide, "Wildcard matching": five stars, and 100,000 letters to share out."""
    events = emulator.client("events")

    def matches(key: str) -> bool:
        pattern = {"detail": {"key": [{"wildcard": "*a*a*a*a*b"}]}}
        event = {"detail": {"key": key}, "source": "x", "detail-type": "x", "id": "1"}
        event |= {"account": "000000000000", "region": REGION, "resources": []}
        event["time"] = "2026-01-01T00:00:00Z"
        answer = events.test_event_pattern(
            EventPattern=json.dumps(pattern), Event=json.dumps(event)
        )
        return bool(answer["Result"])

    assert matches("x" + "axa" * 4 + "b")
    assert not matches("a" * 100_000)

"""Calls that fail or wait on purpose, as set over HTTP.

The formats of `faults` and `effects` are those of LocalStack's Chaos API:
https://docs.localstack.cloud/aws/capabilities/chaos-engineering/chaos-api/
"""

import json
import threading
import urllib.error
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError

from harness.evidence.ledger import new_run
from harness.polling import wait_until
from harness.targets import own_routes
from tests.emulator.chaos import Rule, chaos
from tests.emulator.conftest import REGION, Emulator
from tests.emulator.functions import function_of, role_for, zipped
from tests.emulator.iam import allow, session_of
from tests.emulator.observations import name_of
from tests.emulator.queues import create_queue

SLOW_DOWN = {"statusCode": 503, "code": "SlowDown"}
A_MINUTE_MS = 60_000
PUBLISHES = """
import boto3

def handler(event, context):
    boto3.client("sns").publish(TopicArn=event["topic"], Message="x")
"""
OFF = {
    **{"faults": [], "events": [], "invocations": [], "effects": {"latency": 0.0}},
    **{"time": {"lambdaRetryDelay": 60, "alarmsAhead": 0}, "seed": {"seed": 0, "disregard": ""}},
}


def ask(emulator: Emulator, method: str, path: str = "", document: Any = None) -> Any:
    """What is answered; of a refusal, its status and its sentence."""
    try:
        return own_routes.ask(emulator.endpoint, f"/_localstack/chaos{path}", method, document)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)["error"]


@pytest.fixture(autouse=True)
def _off(emulator: Emulator) -> Iterator[None]:
    ask(emulator, "DELETE")
    yield
    ask(emulator, "DELETE")


@pytest.fixture
def bucket(emulator: Emulator) -> Iterator[str]:
    s3, name = emulator.client("s3"), f"bucket-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name)
    yield name
    ask(emulator, "DELETE")
    for entry in s3.list_objects_v2(Bucket=name).get("Contents", []):
        s3.delete_object(Bucket=name, Key=entry["Key"])
    s3.delete_bucket(Bucket=name)


@pytest.fixture
def topic(emulator: Emulator) -> Iterator[str]:
    sns = emulator.client("sns")
    arn = sns.create_topic(Name=f"topic-{uuid.uuid4().hex[:8]}")["TopicArn"]
    yield arn
    ask(emulator, "DELETE")
    sns.delete_topic(TopicArn=arn)


def puts(bucket: str, **more: Any) -> Rule:
    """A rule about PutObject in a bucket."""
    return {"service": "s3", "operation": "PutObject", "resource": bucket, **more}


def refusal(call: Callable[..., Any], **parameters: Any) -> tuple[int, str]:
    """Status and code of the error that a call ends with."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response: Any = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


@contextmanager
def in_background(call: Callable[[], Any]) -> Iterator[list[Any]]:
    """Make a call meanwhile; its result, or what it raised, is in the list in the end."""
    ended: list[Any] = []

    def run() -> None:
        try:
            ended.append(call())
        except ClientError as error:
            ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield ended
    finally:
        thread.join(30)


def test_nothing_is_struck_unless_asked_for(emulator: Emulator) -> None:
    """An emulator starts with no rules, no latency, and time as it is."""
    assert ask(emulator, "GET") == OFF
    assert ask(emulator, "GET", "/journal") == []


@pytest.mark.parametrize(
    ("service", "operation", "status", "code"),
    [
        ("s3", "list_buckets", 503, "SlowDown"),
        ("sns", "list_topics", 400, "Throttling"),
        ("sns", "list_topics", 503, "ServiceUnavailable"),
        ("sqs", "list_queues", 403, "RequestThrottled"),
        ("lambda", "list_functions", 429, "TooManyRequestsException"),
        ("lambda", "list_functions", 500, "ServiceException"),
        ("cloudwatch", "list_metrics", 500, "InternalServiceFault"),
        ("logs", "describe_log_groups", 503, "ServiceUnavailableException"),
    ],
)
def test_an_error_comes_in_the_format_of_the_service(
    emulator: Emulator, service: str, operation: str, status: int, code: str
) -> None:
    """boto3 reads status and code of a fault as it reads those of AWS."""
    client = emulator.client(service)
    rule = {"service": service, "error": {"statusCode": status, "code": code}}

    with chaos(emulator, faults=[rule]):
        found = refusal(getattr(client, operation))

    assert found == (status, code)


def test_a_rule_without_an_error_answers_503(emulator: Emulator) -> None:
    """An empty rule strikes all calls from outside: ServiceUnavailable, as with LocalStack."""
    with chaos(emulator, faults=[{}]):
        assert refusal(emulator.client("sns").list_topics) == (503, "ServiceUnavailable")
        assert refusal(emulator.client("iam").list_roles) == (503, "ServiceUnavailable")


def test_botocore_retries_what_it_retries_on_aws(emulator: Emulator, bucket: str) -> None:
    """A rule that strikes twice costs boto3 two retries, and the third attempt succeeds."""
    client = boto3.Session("test", "test", None, REGION).client(
        "s3",
        endpoint_url=emulator.endpoint,
        config=Config(
            retries={"mode": "standard", "total_max_attempts": 3}, s3={"addressing_style": "path"}
        ),
    )
    with chaos(emulator, faults=[puts(bucket, error=SLOW_DOWN, times=2)]) as disturbance:
        answer = client.put_object(Bucket=bucket, Key="a", Body=b"x")

    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert [line["key"] for line in disturbance.journal()] == ["a", "a"]


def test_rules_are_replaced_added_and_removed(emulator: Emulator) -> None:
    """POST replaces, PATCH adds, DELETE removes those that are equal or, without any, all."""
    one, two, three = ({"service": name} for name in ("ses", "kms", "sts"))

    assert ask(emulator, "POST", "/faults", [one]) == [one]
    assert ask(emulator, "PATCH", "/faults", [two, three]) == [one, two, three]
    assert ask(emulator, "DELETE", "/faults", [two]) == [one, three]
    assert ask(emulator, "GET", "/faults") == [one, three]
    assert ask(emulator, "DELETE", "/faults") == []
    ask(emulator, "POST", "/faults", [one])
    assert ask(emulator, "POST", "/faults", []) == []


def test_one_call_switches_everything_off(emulator: Emulator) -> None:
    """DELETE of all sets back each setting, the seed and the journal."""
    ask(emulator, "POST", "/faults", [{"service": "sns"}])
    ask(emulator, "POST", "/events", [{"drop": True}])
    ask(emulator, "POST", "/effects", {"latency": 1})
    ask(emulator, "POST", "/time", {"lambdaRetryDelay": 2, "alarmsAhead": 60})
    ask(emulator, "POST", "/seed", {"seed": 7})
    refusal(emulator.client("sns").list_topics)
    assert len(ask(emulator, "GET", "/journal")) == 1

    assert ask(emulator, "DELETE") == OFF

    assert ask(emulator, "GET", "/journal") == []
    emulator.client("sns").list_topics()


@pytest.mark.parametrize(
    ("path", "document", "told"),
    [
        ("/faults", b"{", "not JSON"),
        ("/faults", {}, "a list of rules"),
        ("/faults", ["x"], "Rule 1 of faults is not an object"),
        ("/faults", [{}, {"servce": "s3"}], "Rule 2 of faults: there is no 'servce'"),
        ("/faults", [{"service": "s4"}], "no service 's4'"),
        ("/faults", [{"service": "s3", "operation": "putObject"}], "no operation 'putObject'"),
        ("/faults", [{"probability": 1.5}], "'probability' is a number from 0 to 1"),
        ("/faults", [{"probability": True}], "'probability' is a number"),
        ("/faults", [{"times": 0}], "'times' is a whole number from 1"),
        ("/faults", [{"error": "SlowDown"}], "'error' is an object"),
        ("/faults", [{"error": {"statusCode": 200}}], "'statusCode' is a whole number from 400"),
        ("/faults", [{"caller": 5}], "'caller' is text"),
        ("/effects", {"latency": -1}, "'latency' is a number from 0"),
        ("/effects", [], "effects is an object"),
        ("/time", {"lambdaRetry": 1}, "there is no 'lambdaRetry'"),
        ("/time", {"alarmsAhead": "1h"}, "'alarmsAhead' is a whole number"),
        ("/seed", {"seed": "x"}, "seed is an object with a whole number"),
        ("/seed", {"seed": 1, "disregard": "("}, "'disregard' is a regular expression"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(
    emulator: Emulator, path: str, document: Any, told: str
) -> None:
    """What cannot be set is answered with 400 and why, and nothing is set of it."""
    status, sentence = ask(emulator, "POST", path, document)

    assert status == 400
    assert told in sentence
    assert ask(emulator, "GET") == OFF


def test_the_same_seed_strikes_the_same_calls(emulator: Emulator, bucket: str) -> None:
    """Which objects are struck depends on the seed and not on the order of the calls."""
    s3, keys = emulator.client("s3"), [f"{number}.png" for number in range(40)]

    def struck(seed: int, order: list[str], threads: int) -> set[str]:
        rule = puts(bucket, probability=0.5, error=SLOW_DOWN)
        with chaos(emulator, faults=[rule], seed=seed), ThreadPoolExecutor(threads) as pool:
            ended = pool.map(lambda key: (key, _is_refused(s3, bucket, key)), order)
            return {key for key, refused in ended if refused}

    first = struck(1, keys, 1)
    assert 8 < len(first) < 32
    assert struck(1, keys[::-1], 8) == first
    assert struck(2, keys, 1) != first


def test_what_is_another_in_every_run_does_not_matter(emulator: Emulator, bucket: str) -> None:
    """Of two runs in folders of their own, the same objects are struck."""
    s3, keys = emulator.client("s3"), [f"{number}.png" for number in range(40)]

    def struck(run: str) -> set[str]:
        rule = puts(bucket, probability=0.5, error=SLOW_DOWN)
        with chaos(emulator, faults=[rule], seed=1):
            return {key for key in keys if _is_refused(s3, bucket, f"uploads/{run}/{key}")}

    assert struck(new_run()) == struck(new_run())


def _is_refused(s3: Any, bucket: str, key: str) -> bool:
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    except ClientError:
        return True
    return False


def test_a_probability_of_zero_strikes_nothing(emulator: Emulator, bucket: str) -> None:
    """0 is never, where 1 is always."""
    with chaos(emulator, faults=[puts(bucket, probability=0)]) as disturbance:
        emulator.client("s3").put_object(Bucket=bucket, Key="a", Body=b"x")

    assert disturbance.journal() == []


def test_the_first_rule_that_strikes_wins(emulator: Emulator, bucket: str) -> None:
    """Rules are asked in their order, and the second follows where the first does not strike."""
    first = puts(bucket, key="*.png", times=1, error={"statusCode": 500, "code": "InternalError"})
    second = puts(bucket, key="*.png", error=SLOW_DOWN)
    put = emulator.client("s3").put_object

    with chaos(emulator, faults=[first, second]):
        found = [refusal(put, Bucket=bucket, Key="a.png", Body=b"x") for _ in range(2)]
        put(Bucket=bucket, Key="a.jpg", Body=b"x")

    assert found == [(500, "InternalError"), (503, "SlowDown")]


def test_a_rule_names_an_operation_and_a_region(emulator: Emulator) -> None:
    """Other operations and other regions go on."""
    rule = {"service": "sns", "operation": "ListTopics", "region": REGION}
    sns = emulator.client("sns")

    with chaos(emulator, faults=[rule]):
        refusal(sns.list_topics)
        sns.list_subscriptions()
        emulator.client("sns", region="eu-west-1").list_topics()


def test_a_rule_names_the_caller(emulator: Emulator, bucket: str) -> None:
    """Only what this role calls is struck: found by its name, its ARN, or a part of it."""
    with session_of(emulator, allow("s3:*")) as (role, client):
        name, put = role.rsplit("/", 1)[1], client("s3").put_object
        for caller in (name, role, f"*{name[2:]}"):
            with chaos(emulator, faults=[puts(bucket, caller=caller)]) as disturbance:
                refusal(put, Bucket=bucket, Key="a", Body=b"x")
                emulator.client("s3").put_object(Bucket=bucket, Key="a", Body=b"x")
                (line,) = disturbance.journal()

            assert name in line["caller"]


def test_a_function_calls_under_its_own_name(emulator: Emulator, topic: str) -> None:
    """A rule finds a function's calls by the name of the function too, and boto3 retries them."""
    with (
        role_for(emulator, "sns:Publish") as role,
        function_of(emulator, zipped(PUBLISHES), role, Timeout=30) as function,
    ):
        rule = {"operation": "Publish", "caller": name_of(function), "times": 2}
        with chaos(emulator, faults=[rule]) as disturbance:
            answer = emulator.client("lambda").invoke(
                FunctionName=function, Payload=json.dumps({"topic": topic})
            )
            struck = [line["resource"] for line in disturbance.journal()]

    assert "FunctionError" not in answer
    assert struck == [topic.rsplit(":", 1)[1]] * 2


def test_calls_of_services_are_struck_only_by_name(emulator: Emulator, topic: str) -> None:
    """SNS delivers to SQS whatever fails outside, unless the rule names sns.amazonaws.com."""
    sns, sqs = emulator.client("sns"), emulator.client("sqs")
    queue = create_queue(sqs, "sns")
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"])
    sends = {"service": "sqs", "operation": "SendMessage"}
    try:
        with chaos(emulator, faults=[sends]):
            refusal(sqs.send_message, QueueUrl=queue, MessageBody="x")
            sns.publish(TopicArn=topic, Message="delivered")
            received = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
        with chaos(emulator, faults=[{**sends, "caller": "sns.amazonaws.com"}]) as disturbance:
            sns.publish(TopicArn=topic, Message="in vain")
            wait_until(disturbance.journal, deadline_s=30, describe="the delivery to fail")
    finally:
        sqs.delete_queue(QueueUrl=queue)

    assert "delivered" in received[0]["Body"]


def test_a_message_is_known_by_the_key_in_it(emulator: Emulator, topic: str) -> None:
    """A rule about a key strikes what is published about that object."""
    publish = emulator.client("sns").publish
    about = [json.dumps({"source": {"key": f"uploads/{name}"}}) for name in ("a.png", "b.png")]

    with chaos(emulator, faults=[{"operation": "Publish", "key": "*/a.png"}]):
        refusal(publish, TopicArn=topic, Message=about[0])
        publish(TopicArn=topic, Message=about[1])
        publish(TopicArn=topic, Message="plain")


def test_a_call_can_wait_and_then_go_on(emulator: Emulator, bucket: str) -> None:
    """With a latency and no error the call succeeds late; others do not wait with it."""
    s3 = emulator.client("s3")
    put = partial(s3.put_object, Bucket=bucket, Key="late", Body=b"x")
    rule = puts(bucket, key="late", latency=A_MINUTE_MS)

    with chaos(emulator, faults=[rule]) as disturbance, in_background(put) as ended:
        wait_until(disturbance.journal, deadline_s=30, describe="the call to wait")
        s3.put_object(Bucket=bucket, Key="other", Body=b"x")
        assert not ended
        disturbance.off()

    (line,) = disturbance.journal()
    assert (line["kind"], line["key"]) == ("latency", "late")
    assert s3.get_object(Bucket=bucket, Key="late")["Body"].read() == b"x"


def test_a_call_can_wait_and_then_fail(emulator: Emulator, bucket: str) -> None:
    """With a latency and an error the call fails late, and has done nothing."""
    s3 = emulator.client("s3")
    put = partial(s3.put_object, Bucket=bucket, Key="late", Body=b"x")
    rule = puts(bucket, latency=A_MINUTE_MS, error=SLOW_DOWN)

    with chaos(emulator, faults=[rule]) as disturbance, in_background(put) as ended:
        wait_until(disturbance.journal, deadline_s=30, describe="the call to wait")
        assert not ended
        disturbance.off()

    (error,) = ended
    assert error.response["Error"]["Code"] == "SlowDown"
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_all_calls_can_wait(emulator: Emulator) -> None:
    """The latency of `effects` is for every call: a client that waits a second gives up."""
    hasty = boto3.Session("test", "test", None, REGION).client(
        "sns",
        endpoint_url=emulator.endpoint,
        config=Config(read_timeout=1, retries={"total_max_attempts": 1}),
    )
    with chaos(emulator, latency_ms=A_MINUTE_MS), pytest.raises(ReadTimeoutError):
        hasty.list_topics()

    emulator.client("sns").list_topics()

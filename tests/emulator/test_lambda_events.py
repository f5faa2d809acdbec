"""Asynchronous invocations: order, retries, concurrency, and what is told of those that fail."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.polling import wait_until
from harness.targets.emulator import EmulatorConfig, start
from tests.emulator.conftest import Emulator
from tests.emulator.functions import function_of, role_for, zipped
from tests.emulator.observations import await_logs, await_metric, log_group_of, name_of, statistics
from tests.emulator.queues import create_queue

SOURCE = """
import json, time

def handler(event, context):
    print("HANDLED", context.aws_request_id, json.dumps(event))
    time.sleep(event.get("pause", 0))
    if event.get("fail"):
        raise ValueError("no such picture")
    return {"done": True}
"""


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory, installation: Path) -> Iterator[Emulator]:
    """An emulator in which a retry follows after one second instead of sixty."""
    config = EmulatorConfig(
        state_dir=tmp_path_factory.mktemp("events"),
        port=0,
        installation=installation,
        environment={"LAMBDA_RETRY_BASE_DELAY": "1", "TAPSTACK_LAMBDA_CONCURRENCY": "3"},
    )
    with start(config, background=False) as running:
        yield Emulator(running)


@pytest.fixture(scope="module")
def role(emulator: Emulator) -> Iterator[str]:
    with role_for(emulator, "sqs:SendMessage", "sns:Publish", "lambda:InvokeFunction") as arn:
        yield arn


@pytest.fixture
def function(emulator: Emulator, role: str) -> Iterator[str]:
    with function_of(emulator, zipped(SOURCE), role) as arn:
        yield arn


@pytest.fixture
def queue(emulator: Emulator) -> Iterator[str]:
    """The ARN of an empty queue."""
    sqs = emulator.client("sqs")
    url = create_queue(sqs, "sns")
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    yield attributes["QueueArn"]
    sqs.delete_queue(QueueUrl=url)


def _send(emulator: Emulator, function: str, event: dict[str, Any]) -> str:
    """Invoke asynchronously; returns the request id."""
    answer = emulator.client("lambda").invoke(
        FunctionName=function, InvocationType="Event", Payload=json.dumps(event)
    )
    assert answer["StatusCode"] == 202
    return str(answer["ResponseMetadata"]["RequestId"])


def _message(emulator: Emulator, queue: str) -> dict[str, Any]:
    sqs = emulator.client("sqs")
    url = sqs.get_queue_url(QueueName=name_of(queue))["QueueUrl"]
    messages = wait_until(
        lambda: sqs.receive_message(
            QueueUrl=url,
            WaitTimeSeconds=1,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["AWSTraceHeader"],
        ).get("Messages", []),
        deadline_s=30,
        describe="a message in the queue",
    )
    return dict(messages[0])


def _handled(messages: list[str]) -> Counter[str]:
    """How often the function was entered, by request id."""
    return Counter(m.split()[1] for m in messages if m.startswith("HANDLED"))


def _of(function: str) -> dict[str, str]:
    return {"FunctionName": name_of(function)}


def test_a_backlog_is_worked_off_once(emulator: Emulator, function: str) -> None:
    """However many events wait, each runs once, and no more at a time than is configured."""
    sent = {_send(emulator, function, {"pause": 0.1}) for _ in range(40)}
    events = await_logs(
        emulator, log_group_of(function), lambda messages: len(_handled(messages)) == len(sent)
    )
    assert _handled([event["message"] for event in events]) == Counter(sent)
    await_metric(emulator, "Invocations", _of(function), lambda found: found.get("Sum", 0) >= 40)
    assert statistics(emulator, "ConcurrentExecutions", _of(function))["Maximum"] == 3
    assert statistics(emulator, "AsyncEventsReceived", _of(function))["Sum"] == 40


def test_a_failing_event_is_tried_three_times(
    emulator: Emulator, function: str, queue: str
) -> None:
    """An event is retried twice under its request id; then OnFailure gets AWS's record."""
    emulator.client("lambda").put_function_event_invoke_config(
        FunctionName=function, DestinationConfig={"OnFailure": {"Destination": queue}}
    )
    request_id = _send(emulator, function, {"fail": True})
    message = _message(emulator, queue)
    record = json.loads(message["Body"])
    assert message["Attributes"]["AWSTraceHeader"].startswith("Root=1-")
    assert record.pop("timestamp").endswith("Z")
    assert record.pop("responsePayload")["errorType"] == "ValueError"
    assert record == {
        "version": "1.0",
        "requestContext": {
            "requestId": request_id,
            "functionArn": f"{function}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"fail": True},
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
    }
    events = await_logs(
        emulator, log_group_of(function), lambda messages: _handled(messages).total() == 3
    )
    assert _handled([event["message"] for event in events]) == {request_id: 3}


def test_the_number_of_retries_is_configurable(
    emulator: Emulator, function: str, queue: str
) -> None:
    """With MaximumRetryAttempts 0 the first failure is the last."""
    emulator.client("lambda").put_function_event_invoke_config(
        FunctionName=function,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": queue}},
    )
    _send(emulator, function, {"fail": True})
    record = json.loads(_message(emulator, queue)["Body"])
    assert record["requestContext"]["approximateInvokeCount"] == 1


def test_a_success_is_recorded_at_a_function(emulator: Emulator, function: str, role: str) -> None:
    """OnSuccess with a function invokes it asynchronously with AWS's record."""
    with function_of(emulator, zipped(SOURCE), role) as listener:
        emulator.client("lambda").put_function_event_invoke_config(
            FunctionName=function, DestinationConfig={"OnSuccess": {"Destination": listener}}
        )
        request_id = _send(emulator, function, {"picture": "ä"})
        events = await_logs(
            emulator,
            log_group_of(listener),
            lambda messages: any(request_id in m for m in messages),
        )
    message = next(event["message"] for event in events if request_id in event["message"])
    record = json.loads(message.split(" ", 2)[2])
    assert record["requestContext"]["condition"] == "Success"
    assert record["requestPayload"] == {"picture": "ä"}
    assert record["responsePayload"] == {"done": True}
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}


def test_a_record_can_go_to_a_topic(emulator: Emulator, function: str, queue: str) -> None:
    """OnFailure with a topic publishes the record as the message."""
    sns = emulator.client("sns")
    topic = sns.create_topic(Name=name_of(function))["TopicArn"]
    sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"}
    )
    emulator.client("lambda").put_function_event_invoke_config(
        FunctionName=function,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": topic}},
    )
    request_id = _send(emulator, function, {"fail": True})
    record = json.loads(_message(emulator, queue)["Body"])
    assert record["requestContext"]["requestId"] == request_id


def test_a_dead_letter_is_the_event_with_its_request_id(
    emulator: Emulator, role: str, queue: str
) -> None:
    """The dead-letter queue gets the event as it was; the attributes say what happened."""
    with function_of(
        emulator, zipped(SOURCE), role, DeadLetterConfig={"TargetArn": queue}
    ) as function:
        emulator.client("lambda").put_function_event_invoke_config(
            FunctionName=function, MaximumRetryAttempts=0
        )
        request_id = _send(emulator, function, {"fail": True})
        message = _message(emulator, queue)
    assert json.loads(message["Body"]) == {"fail": True}
    assert {n: a["StringValue"] for n, a in message["MessageAttributes"].items()} == {
        "RequestID": request_id,
        "ErrorCode": "200",
        "ErrorMessage": "no such picture",
    }


def test_a_lost_record_is_counted(emulator: Emulator, function: str, queue: str) -> None:
    """A destination that cannot be reached is a DestinationDeliveryFailure."""
    emulator.client("lambda").put_function_event_invoke_config(
        FunctionName=function,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": queue}},
    )
    sqs = emulator.client("sqs")
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName=name_of(queue))["QueueUrl"])
    _send(emulator, function, {"fail": True})
    found = await_metric(emulator, "DestinationDeliveryFailures", _of(function))
    sqs.create_queue(QueueName=name_of(queue))
    assert found["Sum"] == 1


@pytest.mark.parametrize(("age_s", "attempts"), [(60, 1), (179, 2)])
def test_an_event_that_is_too_old_is_given_up(
    emulator: Emulator, function: str, queue: str, age_s: int, attempts: int
) -> None:
    """A retry that AWS would make after MaximumEventAgeInSeconds is not made, soon as it is here.

    AWS: Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous
    invocation": a minute before the first retry, two before the second; the condition
    EventAgeExceeded in "Capturing records of Lambda asynchronous invocations".
    """
    emulator.client("lambda").put_function_event_invoke_config(
        FunctionName=function,
        MaximumEventAgeInSeconds=age_s,
        DestinationConfig={"OnFailure": {"Destination": queue}},
    )
    _send(emulator, function, {"fail": True})
    record = json.loads(_message(emulator, queue)["Body"])

    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == attempts
    dropped = await_metric(
        emulator, "AsyncEventsDropped", _of(function), lambda found: found.get("Sum")
    )
    assert dropped["Sum"] == 1


def test_without_concurrency_an_event_fails_at_once(
    emulator: Emulator, function: str, queue: str
) -> None:
    """With a reserved concurrency of 0 the event goes to OnFailure and the function never runs."""
    client = emulator.client("lambda")
    client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    client.put_function_event_invoke_config(
        FunctionName=function, DestinationConfig={"OnFailure": {"Destination": queue}}
    )
    _send(emulator, function, {})
    record = json.loads(_message(emulator, queue)["Body"])
    assert record["requestContext"]["condition"] == "ZeroReservedConcurrency"
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert "responsePayload" not in record


def test_throttled_events_run_later(emulator: Emulator, function: str) -> None:
    """Events beyond the reserved concurrency are throttled, counted, and run in the end."""
    emulator.client("lambda").put_function_concurrency(
        FunctionName=function, ReservedConcurrentExecutions=1
    )
    sent = {_send(emulator, function, {"pause": 0.3}) for _ in range(5)}
    await_metric(emulator, "Invocations", _of(function), lambda found: found.get("Sum") == 5)
    assert statistics(emulator, "Throttles", _of(function))["Sum"] > 0
    assert statistics(emulator, "ConcurrentExecutions", _of(function))["Maximum"] == 1
    events = await_logs(
        emulator, log_group_of(function), lambda messages: len(_handled(messages)) == len(sent)
    )
    assert _handled([event["message"] for event in events]) == Counter(sent)


def test_throttled_events_wait_longer_each_time(emulator: Emulator, function: str) -> None:
    """A throttled event is tried again after 1 s, 2 s, 4 s and so on, not all the time.

    AWS: Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous
    invocation": "the retry interval increases exponentially from 1 second".
    """
    emulator.client("lambda").put_function_concurrency(
        FunctionName=function, ReservedConcurrentExecutions=1
    )
    for _ in range(2):
        _send(emulator, function, {"pause": 2})

    await_metric(emulator, "Invocations", _of(function), lambda found: found.get("Sum") == 2)

    # After 0 and 1 s while the first one runs; perhaps after 3 s, if that takes long to end.
    assert 1 <= statistics(emulator, "Throttles", _of(function))["Sum"] <= 3


def test_events_survive_an_update(emulator: Emulator, function: str) -> None:
    """Events that wait or run while the code is replaced are each handled once."""
    sent = {_send(emulator, function, {"pause": 0.4}) for _ in range(12)}
    await_logs(emulator, log_group_of(function), _handled)
    client = emulator.client("lambda")
    client.update_function_code(FunctionName=function, ZipFile=zipped(SOURCE + "# new\n"))
    client.get_waiter("function_updated_v2").wait(FunctionName=function)
    await_metric(emulator, "Invocations", _of(function), lambda found: found.get("Sum") == 12)
    events = await_logs(
        emulator, log_group_of(function), lambda messages: _handled(messages).total() >= 12
    )
    assert _handled([event["message"] for event in events]) == Counter(sent)

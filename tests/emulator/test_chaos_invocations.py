"""Invocations that crash, hang or run out of memory in mid-flight, on purpose."""

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from harness.faults.injection import compressed
from harness.polling import wait_until
from harness.problems import Problem
from harness.targets.target import Target
from tests.emulator.chaos import Rule, chaos
from tests.emulator.conftest import Emulator, StartEmulator
from tests.emulator.functions import function_of, role_for, zipped
from tests.emulator.invocations import Invocation, invoke
from tests.emulator.observations import await_logs, await_metric, log_group_of, name_of
from tests.emulator.queues import create_queue

# Waits and writes objects as it is told to, says how far it came, and counts its process's calls.
SOURCE = zipped(
    """
import boto3, time

s3 = boto3.client("s3")
calls = 0

def handler(event, context):
    global calls
    calls += 1
    print("BEGUN")
    time.sleep(event.get("pause", 0))
    for key in event.get("write", []):
        s3.put_object(Bucket=event["bucket"], Key=key, Body=b"x")
    print("DONE")
    return calls
"""
)
HASTE_S = 4
FAULTS = ["crash", "timeout", "out-of-memory"]
CRASHED = "Runtime exited with error: signal: killed"


@pytest.fixture(scope="module")
def role(emulator: Emulator) -> Iterator[str]:
    with role_for(emulator, "s3:PutObject", "sqs:SendMessage") as arn:
        yield arn


@pytest.fixture
def function(emulator: Emulator, role: str) -> Iterator[str]:
    with function_of(emulator, SOURCE, role, Timeout=20) as arn:
        yield arn


@pytest.fixture
def hasty_function(emulator: Emulator, role: str) -> Iterator[str]:
    """A function for the tests that wait for its time-out."""
    with function_of(emulator, SOURCE, role, Timeout=HASTE_S) as arn:
        yield arn


@pytest.fixture(scope="module")
def bucket(emulator: Emulator) -> Iterator[str]:
    s3, name = emulator.client("s3"), f"test-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=name)
    yield name
    for entry in s3.list_objects_v2(Bucket=name).get("Contents", []):
        s3.delete_object(Bucket=name, Key=entry["Key"])
    s3.delete_bucket(Bucket=name)


def _about(function: str, /, **rule: Any) -> list[Rule]:
    return [{"function": name_of(function)} | rule]


def _told_of(key: str, **event: Any) -> dict[str, Any]:
    """An event as S3 sends it for `key`, encoded already, and what else the function is to do."""
    return {"Records": [{"s3": {"object": {"key": key}}}], **event}


def _written(emulator: Emulator, bucket: str, key: str) -> bool:
    try:
        emulator.client("s3").head_object(Bucket=bucket, Key=key)
    except ClientError:
        return False
    return True


def _fault(answer: Invocation) -> str:
    """What the caller is told of the fault, without the request id."""
    message = str(answer.payload["errorMessage"])
    return message.removeprefix(f"RequestId: {answer.request_id} Error: ")


# What is seen of each


def test_a_crash_is_a_killed_runtime(emulator: Emulator, function: str) -> None:
    """The caller gets Runtime.ExitError, REPORT an error; what came later was not done."""
    with chaos(emulator, invocations=_about(function, fault="crash", after=300)):
        answer = invoke(emulator, function, {"pause": 10})

    assert answer.error == "Unhandled"
    assert answer.payload["errorType"] == "Runtime.ExitError"
    assert _fault(answer) == CRASHED
    assert "BEGUN" in answer.lines
    assert "DONE" not in answer.lines
    assert answer.report["Status"] == "error"
    assert answer.report["Error Type"] == "Runtime.ExitError"
    assert float(answer.report["Duration"]) >= 300


def test_a_time_out_lasts_until_the_functions_own(emulator: Emulator, hasty_function: str) -> None:
    """The function stands still until its time is up: Sandbox.Timedout, all its time reported."""
    with chaos(emulator, invocations=_about(hasty_function, fault="timeout", after=300)):
        answer = invoke(emulator, hasty_function, {"pause": 2})

    assert answer.error == "Unhandled"
    assert answer.payload["errorType"] == "Sandbox.Timedout"
    assert _fault(answer) == f"Task timed out after {HASTE_S}.00 seconds"
    assert "DONE" not in answer.lines
    assert answer.report["Status"] == "timeout"
    assert float(answer.report["Duration"]) == HASTE_S * 1000


def test_out_of_memory_is_reported_at_the_limit(emulator: Emulator, function: str) -> None:
    """The caller gets Runtime.OutOfMemory; REPORT has all the memory in use."""
    with chaos(emulator, invocations=_about(function, fault="out-of-memory", after=300)):
        answer = invoke(emulator, function, {"pause": 10})

    assert answer.error == "Unhandled"
    assert answer.payload["errorType"] == "Runtime.OutOfMemory"
    assert _fault(answer) == CRASHED
    assert "DONE" not in answer.lines
    assert answer.report["Status"] == "error"
    assert answer.report["Error Type"] == "Runtime.OutOfMemory"
    assert answer.report["Max Memory Used"] == answer.report["Memory Size"] == "256"


@pytest.mark.parametrize("fault", FAULTS)
def test_before_a_call_means_that_it_is_not_executed(
    emulator: Emulator, function: str, hasty_function: str, bucket: str, fault: str
) -> None:
    """The invocation is struck when it makes the call, which has no effect; the next one works."""
    function = hasty_function if fault == "timeout" else function
    key = f"{fault}.png"
    event = {"bucket": bucket, "write": [key]}
    with chaos(
        emulator, invocations=_about(function, fault=fault, before="s3:PutObject", times=1)
    ) as disturbance:
        struck = invoke(emulator, function, event)
        left_behind = _written(emulator, bucket, key)
        after = invoke(emulator, function, event)
        (line,) = disturbance.journal()

    assert struck.error == "Unhandled"
    assert "BEGUN" in struck.lines
    assert "DONE" not in struck.lines
    assert not left_behind
    assert line["requestId"] == struck.request_id
    assert after.payload == 1  # the first call of a new process
    assert _written(emulator, bucket, key)


def test_faults_do_not_depend_on_namespaces(start_emulator: StartEmulator) -> None:
    """Where the kernel refuses to isolate functions they are struck in the same way."""
    emulator = start_emulator(TAPSTACK_FUNCTION_ISOLATION="off")
    with role_for(emulator) as role, function_of(emulator, SOURCE, role, Timeout=8) as function:
        types = []
        for fault in FAULTS:
            with chaos(emulator, invocations=_about(function, fault=fault, after=300)):
                types.append(invoke(emulator, function, {"pause": 6}).payload["errorType"])
        after = invoke(emulator, function)

    assert types == ["Runtime.ExitError", "Sandbox.Timedout", "Runtime.OutOfMemory"]
    assert after.payload == 1


def test_each_fault_is_one_invocation_and_one_error(
    emulator: Emulator, function: str, bucket: str
) -> None:
    """Every struck invocation is one of Invocations and one of Errors."""
    rules = _about(function, fault="crash", before="s3:PutObject", times=2)
    with chaos(emulator, invocations=rules):
        for _ in range(3):
            invoke(emulator, function, {"bucket": bucket, "write": ["counted.png"]})

    of = {"FunctionName": name_of(function)}
    await_metric(emulator, "Invocations", of, lambda found: found.get("Sum") == 3)
    await_metric(emulator, "Errors", of, lambda found: found.get("Sum") == 2)


# Attempts of a request


def _reports(messages: list[str]) -> list[dict[str, Any]]:
    lines = [json.loads(message) for message in messages if message.startswith("{")]
    return [line["record"] for line in lines if line.get("type") == "platform.report"]


def _send(emulator: Emulator, function: str, event: dict[str, Any]) -> str:
    """Invoke asynchronously; the request id."""
    answer = emulator.client("lambda").invoke(
        FunctionName=function, InvocationType="Event", Payload=json.dumps(event)
    )
    return str(answer["ResponseMetadata"]["RequestId"])


@pytest.mark.parametrize(
    ("fault", "status", "error_type"),
    [
        ("crash", "error", "Runtime.ExitError"),
        ("timeout", "timeout", None),
        ("out-of-memory", "error", "Runtime.OutOfMemory"),
    ],
)
def test_a_first_attempt_that_is_struck_is_retried(
    emulator: Emulator, role: str, bucket: str, fault: str, status: str, error_type: str | None
) -> None:
    """Lambda retries under the same request id; with "attempt" 1 that goes well."""
    key = f"retried/{fault}.png"
    with (
        function_of(
            emulator,
            SOURCE,
            role,
            Timeout=HASTE_S if fault == "timeout" else 20,
            LoggingConfig={"LogFormat": "JSON"},
        ) as function,
        compressed(cast(Target, emulator), lambda_retry_s=0.1),
        chaos(
            emulator,
            invocations=_about(function, fault=fault, before="s3:PutObject", attempt=1),
        ),
    ):
        request_id = _send(emulator, function, {"bucket": bucket, "write": [key]})
        events = await_logs(
            emulator,
            log_group_of(function),
            lambda messages: len(_reports(messages)) == 2,
        )
        first, second = _reports([event["message"] for event in events])

    assert first["requestId"] == second["requestId"] == request_id
    assert first["status"] == status
    assert first.get("errorType") == error_type
    assert second["status"] == "success"
    assert _written(emulator, bucket, key)


def test_an_event_that_is_struck_each_time_reaches_the_failure_destination(
    emulator: Emulator, function: str, bucket: str
) -> None:
    """After three attempts the destination gets the event and what became of the last one."""
    sqs = emulator.client("sqs")
    queue = create_queue(sqs, "lambda")
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    emulator.client("lambda").put_function_event_invoke_config(
        FunctionName=function, DestinationConfig={"OnFailure": {"Destination": arn["QueueArn"]}}
    )
    event = {"bucket": bucket, "write": ["never.png"]}
    with (
        compressed(cast(Target, emulator), lambda_retry_s=0.1),
        chaos(
            emulator, invocations=_about(function, fault="crash", before="s3:PutObject")
        ) as disturbance,
    ):
        request_id = _send(emulator, function, event)
        (message,) = wait_until(
            lambda: sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", []),
            deadline_s=30,
            describe="a record in the failure destination",
        )
        attempts = [line["attempt"] for line in disturbance.journal()]
    sqs.delete_queue(QueueUrl=queue)

    record = json.loads(message["Body"])
    assert record["requestContext"]["requestId"] == request_id
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["requestPayload"] == event
    assert record["responsePayload"]["errorType"] == "Runtime.ExitError"
    assert attempts == ["1", "2", "3"]
    assert not _written(emulator, bucket, "never.png")


# Whom a rule is about


def test_a_call_strikes_the_invocation_that_makes_it(
    emulator: Emulator, function: str, bucket: str
) -> None:
    """Of invocations at the same time only the one that works on the named object is struck."""
    names = ["a b", "c+d", "e", "f"]
    encoded = {"a b": "a+b", "c+d": "c%2Bd", "e": "e", "f": "f"}
    rule = {"key": "at once/c+d", "fault": "crash", "before": "s3:PutObject"}

    def one(name: str) -> Invocation:
        event = _told_of(
            f"at+once/{encoded[name]}", pause=0.5, bucket=bucket, write=[f"at once/{name}"]
        )
        return invoke(emulator, function, event)

    with (
        chaos(emulator, invocations=_about(function, **rule)) as disturbance,
        ThreadPoolExecutor(len(names)) as pool,
    ):
        answers = dict(zip(names, pool.map(one, names), strict=True))
        (line,) = disturbance.journal()

    assert [name for name in names if answers[name].error] == ["c+d"]
    assert [name for name in names if not _written(emulator, bucket, f"at once/{name}")] == ["c+d"]
    assert line["key"] == "at once/c+d"
    assert line["requestId"] == answers["c+d"].request_id


def test_only_the_named_call_counts(emulator: Emulator, function: str, bucket: str) -> None:
    """A rule about a call that the function does not make strikes nothing."""
    with chaos(
        emulator, invocations=_about(function, fault="crash", before="s3:DeleteObject")
    ) as disturbance:
        answer = invoke(emulator, function, {"bucket": bucket, "write": ["kept.png"]})
        assert disturbance.journal() == []

    assert answer.error is None
    assert _written(emulator, bucket, "kept.png")


@pytest.mark.parametrize(
    "rule",
    [{"function": "another-*"}, {"key": "other/*"}, {"attempt": 2}, {"probability": 0}],
)
def test_what_no_rule_is_about_goes_its_way(emulator: Emulator, function: str, rule: Rule) -> None:
    """Another function, another object, another attempt, or no luck: nothing is struck."""
    with chaos(emulator, invocations=_about(function, **{"fault": "crash", "after": 0, **rule})):
        answer = invoke(emulator, function, _told_of("uploads/a.png", pause=0.3))

    assert answer.error is None


def test_an_invocation_that_is_over_in_time_is_not_struck(
    emulator: Emulator, function: str
) -> None:
    """What was to happen after so long does not hit the next invocation in the environment."""
    with chaos(emulator, invocations=_about(function, fault="crash", after=3000)) as disturbance:
        first = invoke(emulator, function, {"pause": 0})
        assert first.error is None
        assert disturbance.journal() == []
    second = invoke(emulator, function, {"pause": 3.5})

    assert second.payload == 2


def _struck(emulator: Emulator, function: str, bucket: str, keys: list[str], seed: int) -> set[str]:
    rules = _about(function, fault="crash", before="s3:PutObject", probability=0.5)
    with chaos(emulator, invocations=rules, seed=seed) as disturbance:
        for key in keys:
            invoke(emulator, function, _told_of(key, bucket=bucket, write=[key]))
        return {line["key"] for line in disturbance.journal()}


def test_the_seed_decides_who_is_struck(emulator: Emulator, role: str, bucket: str) -> None:
    """With a seed the same objects' invocations are struck, in whatever order they come."""
    keys = [f"{number}.png" for number in range(12)]
    with function_of(emulator, SOURCE, role, Timeout=20) as function:
        first = _struck(emulator, function, bucket, keys, seed=3)
        again = _struck(emulator, function, bucket, keys[::-1], seed=3)

    assert 0 < len(first) < len(keys)
    assert again == first


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({"after": 1}, "give a 'fault'"),
        ({"fault": "explode", "after": 1}, "'fault' is one of crash, timeout, out-of-memory"),
        ({"fault": "crash"}, "give one of 'after' and 'before'"),
        ({"fault": "crash", "after": 1, "before": "s3:PutObject"}, "give one of 'after'"),
        ({"fault": "crash", "after": -1}, "'after' is a number"),
        ({"fault": "crash", "before": "s3"}, "s3 has no operation ''"),
        ({"fault": "crash", "before": "s3:Put"}, "s3 has no operation 'Put'"),
        ({"fault": "crash", "before": "s4:PutObject"}, "there is no service 's4'"),
        ({"fault": "crash", "after": 1, "attempt": 0}, "'attempt' is a whole number"),
        ({"fault": "crash", "after": 1, "bucket": "b"}, "there is no 'bucket'"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(
    emulator: Emulator, rule: Rule, sentence: str
) -> None:
    """What is wrong with the rule is said in one sentence; nothing is in force."""
    with pytest.raises(Problem, match=sentence), chaos(emulator, invocations=[rule]):
        pass

"""Wiring of the function: alarms, failure queue and bucket notifications, read or changed."""

import json
import operator
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from harness.alarms import Alarm, alarms_of, on_function
from harness.faults.function_settings import environment
from harness.run.probe import Broken, Probe
from harness.stack.abandoned import api_call, take
from harness.stack.template import references
from harness.targets.undo_log import note

type Request = Mapping[str, Any]

CUSTOM_RESOURCE = "Custom::BucketNotifications"
_COMPARISONS = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


def resources(probe: Probe, kind: str) -> dict[str, str]:
    """Physical ids of the stack's resources of a type, by logical id."""
    pages = probe.target.client("cloudformation").get_paginator("list_stack_resources")
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for page in pages.paginate(StackName=probe.stack.name)
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == kind
    }


# --- Alarms -------------------------------------------------------------------------------------


# What every invocation of a function has a datapoint of, and the metrics of the function's own that
# a good and a bad image make. Others have some only when there is reason for it.
_ALWAYS_MEASURED = frozenset(
    {"Invocations", "Errors", "Duration", "Throttles", "ConcurrentExecutions"}
    | {"ImagesProcessed", "ImagesRejected"}
)
_FUNCTION_DIMENSIONS = ("functionname", "function_name")


def alarms(probe: Probe) -> list[Alarm]:
    """The stack's alarms on one metric each."""
    if not (found := alarms_of(probe.target, probe.stack)):
        raise Broken("the stack has no alarm")
    return found


def measured_alarms(probe: Probe) -> list[Alarm]:
    """The alarms on what is measured whenever the image processor has a good and a bad image.

    Those that name no function are among them: they watch all functions, or were to watch this one.
    """
    return [
        alarm
        for alarm in alarms(probe)
        if alarm["MetricName"] in _ALWAYS_MEASURED
        and (on_function(probe.stack, alarm) or not _names_function(alarm))
    ]


def _names_function(alarm: Alarm) -> bool:
    return any(each["Name"].lower() in _FUNCTION_DIMENSIONS for each in alarm["Dimensions"])


def set_states(probe: Probe, states: Mapping[str, str]) -> None:
    """Put alarms into states, by name, as if their metrics had done it."""
    for name, state in states.items():
        probe.target.client("cloudwatch").set_alarm_state(
            AlarmName=name, StateValue=state, StateReason="TapStack tries the alarm's actions."
        )


def datapoints(probe: Probe, alarm: Alarm, statistic: str, period_s: int) -> list[float]:
    """What an alarm watches, since the run began, one value for each period."""
    unit = {"Unit": alarm["Unit"]} if "Unit" in alarm else {}
    found = probe.target.client("cloudwatch").get_metric_statistics(
        Namespace=alarm["Namespace"],
        MetricName=alarm["MetricName"],
        Dimensions=alarm["Dimensions"],
        StartTime=datetime.fromtimestamp(probe.seen.started // period_s * period_s, UTC),
        EndTime=datetime.fromtimestamp((time.time() // period_s + 1) * period_s, UTC),
        Period=period_s,
        Statistics=[statistic],
        **unit,
    )
    return [point[statistic] for point in found["Datapoints"]]


def breached(probe: Probe, alarm: Alarm) -> bool:
    """Whether what an alarm watches has passed its threshold since the run began."""
    beyond = _COMPARISONS[alarm["ComparisonOperator"]]
    if "Statistic" not in alarm:
        return False  # of percentiles nothing is said here
    values = datapoints(probe, alarm, alarm["Statistic"], alarm["Period"])
    return any(beyond(value, alarm["Threshold"]) for value in values)


# --- Failures -----------------------------------------------------------------------------------


@contextmanager
def without_retries(probe: Probe) -> Iterator[None]:
    """Let Lambda give an event up after one attempt: the other two take three minutes."""
    lambda_, function = probe.target.client("lambda"), probe.stack.function
    before = lambda_.get_function_event_invoke_config(FunctionName=function)
    undo = api_call(
        f"the retries of {function}",
        *("lambda", "update_function_event_invoke_config"),
        FunctionName=function,
        MaximumRetryAttempts=before.get("MaximumRetryAttempts", 2),
    )
    undone = note(probe.target, undo)
    try:
        lambda_.update_function_event_invoke_config(FunctionName=function, MaximumRetryAttempts=0)
        yield
    finally:
        take(probe.target, undo)
        undone()


def invoke(probe: Probe, event: Mapping[str, Any]) -> str:
    """Hand the function an event as S3 does, without waiting for it; the id of the request."""
    answer = probe.target.client("lambda").invoke(
        FunctionName=probe.stack.function,
        InvocationType="Event",
        Payload=json.dumps(event).encode(),
    )
    return str(answer["ResponseMetadata"]["RequestId"])


def failure(probe: Probe, request: str) -> dict[str, Any] | None:
    """The record of a failed request, taken from the failure queue; others are left there."""
    sqs, queue = probe.target.client("sqs"), probe.stack.failure_queue
    answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=5)
    for message in answer.get("Messages", []):
        record: dict[str, Any] = json.loads(message["Body"])
        if record.get("requestContext", {}).get("requestId") == request:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            return record
    return None


@contextmanager
def topic_missing(probe: Probe) -> Iterator[None]:
    """Let the function's TOPIC_ARN be that of a topic that does not exist."""
    topic = f"{probe.stack.topic}-elsewhere"
    with environment(probe.target, probe.stack.function, TOPIC_ARN=topic):
        yield


def failed(probe: Probe, event: Mapping[str, Any]) -> str:
    """Hand the function an event that it must raise over; the id of the request."""
    answer = probe.target.client("lambda").invoke(
        FunctionName=probe.stack.function, Payload=json.dumps(event).encode()
    )
    if not answer.get("FunctionError"):
        raise Broken("the function said that all is well with what it could not announce")
    return str(answer["ResponseMetadata"]["RequestId"])


def logged(probe: Probe, text: str) -> list[str]:
    """The lines of the function's log since the run began that hold `text`."""
    pages = (
        probe.target.client("logs")
        .get_paginator("filter_log_events")
        .paginate(
            logGroupName=probe.stack.log_group,
            startTime=int(probe.seen.started * 1000),
            filterPattern=f'"{text}"',
        )
    )
    return [event["message"] for page in pages for event in page["events"]]


# --- The bucket's notifications -----------------------------------------------------------------


def notifications(probe: Probe) -> dict[str, Any]:
    """The upload bucket's notification configuration."""
    bucket = probe.stack.upload_bucket
    found = probe.target.client("s3").get_bucket_notification_configuration(Bucket=bucket)
    return {name: value for name, value in found.items() if name != "ResponseMetadata"}


@contextmanager
def notifications_restored(probe: Probe) -> Iterator[None]:
    """Put the bucket's notifications back at the end, if they are not as they were."""
    before, bucket = notifications(probe), probe.stack.upload_bucket
    undo = api_call(
        f"the notifications of {bucket}",
        *("s3", "put_bucket_notification_configuration"),
        Bucket=bucket,
        NotificationConfiguration=before,
    )
    undone = note(probe.target, undo)
    try:
        yield
    finally:
        if notifications(probe) != before:
            take(probe.target, undo)
        undone()


@contextmanager
def never_without(probe: Probe, owner: str) -> Iterator[None]:
    """Broken if a look, of as many as there is time for, finds no notification of `owner`.

    S3 sends no event for what is uploaded meanwhile. A gap shorter than a look may be missed.
    """
    ended, gaps = threading.Event(), []

    def look() -> None:
        while not ended.is_set():
            entries = notifications(probe).get("LambdaFunctionConfigurations", [])
            if not any(owner in entry["Id"] for entry in entries):
                gaps.append(time.time())

    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(look)
        try:
            yield
        finally:
            ended.set()
        looking.result()
    if gaps:
        raise Broken("the notifications were gone for a while: uploads at that time are lost")


def asked_by(probe: Probe) -> str:
    """The function behind the custom resource that sets notifications; "" if there is none.

    It is the one whose ServiceToken leads to a function of the stack's own.
    """
    template = probe.target.client("cloudformation").get_template(StackName=probe.stack.name)
    functions = resources(probe, "AWS::Lambda::Function")
    for resource in template["TemplateBody"]["Resources"].values():
        if resource["Type"] == CUSTOM_RESOURCE:
            for name in references(resource["Properties"]["ServiceToken"]):
                if name in functions:
                    return functions[name]
    return ""


def ask(probe: Probe, request: Request) -> Mapping[str, Any]:
    """Ask the custom resource's function as CloudFormation does; what it answered.

    Like CloudFormation's, the ResponseURL is one to which S3 lets anybody write who has it (AWS:
    "Custom resource request objects").
    """
    s3, bucket = probe.target.client("s3"), probe.stack.upload_bucket
    key = f"other/{probe.folder}/{request['RequestType']}-{time.time_ns()}.json"
    where = {"Bucket": bucket, "Key": key}
    function = asked_by(probe)
    asked = {
        "ServiceToken": function,
        "ResponseURL": probe.target.for_functions(
            s3.generate_presigned_url("put_object", where, ExpiresIn=300)
        ),
        "StackId": f"arn:aws:cloudformation:{probe.target.region}:0:stack/{probe.folder}/1",
        "RequestId": key,
        "LogicalResourceId": "Contract",
        "ResourceType": CUSTOM_RESOURCE,
        **request,
    }
    done = probe.target.client("lambda").invoke(
        FunctionName=function, Payload=json.dumps(asked).encode()
    )
    said = done["Payload"].read().decode()
    if done.get("FunctionError"):
        raise Broken(f"{request['RequestType']}: {function} raised {said[:500]}")
    try:
        answer: dict[str, Any] = json.loads(s3.get_object(**where)["Body"].read())
    except s3.exceptions.NoSuchKey:
        raise Broken(f"{request['RequestType']}: {function} did not answer") from None
    answers = s3.list_object_versions(Bucket=bucket, Prefix=key)["Versions"]
    if len(answers) > 1:  # CloudFormation goes by the first one
        raise Broken(f"{request['RequestType']}: {function} answered {len(answers)} times")
    for name in ("StackId", "RequestId", "LogicalResourceId"):
        if answer.get(name) != asked[name]:
            raise Broken(f"the answer has {name} {answer.get(name)!r}, not {asked[name]!r}")
    return answer

"""What connects the function with the rest of the stack, and what watches over it, tried out.

Arrange: one stack. Drive: let an event fail for good, put the alarms on and off, ask the custom
resource as CloudFormation does. Expect: whoever has to hear of it does, and nothing else changes.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from harness.evidence import checks
from harness.evidence.check import Check
from harness.evidence.observations import Run
from harness.images.awkward import picture
from harness.run.probe import EARLIER, UNTOLD, Broken, Probe, no_picture
from harness.run.promises import promise, try_all
from harness.run.scenario import Context
from harness.trouble.surroundings import (
    Alarm,
    alarms,
    ask,
    breached,
    datapoints,
    failed,
    failure,
    invoke,
    logged,
    never_without,
    notifications,
    notifications_restored,
    set_states,
    topic_missing,
    without_retries,
)

TITLE = "what connects and watches the function, tried out"
GATE = 3

_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/"
_CLOUDWATCH = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/"
_CLOUDFORMATION = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/"

# What other stacks and people build on.
OUTPUTS = (
    "UploadBucketName",
    "UploadBucketArn",
    "ProcessedBucketName",
    "ProcessedBucketArn",
    "NotificationTopicArn",
    "FunctionName",
    "FunctionArn",
    "LogGroupName",
    "FailureQueueUrl",
    "FailureQueueArn",
    "DashboardUrl",
)


def run(context: Context) -> tuple[Run, list[Check]]:
    """Try every promise, one after the other, and judge what was seen meanwhile."""
    alone = [metrics, alarm_actions, failures, told_later, bucket_notifications, secrets]
    finished, kept = try_all(context, [connected], [exports], alone)
    return finished, [*kept, checks.structured_logs(finished)]


@promise("connected", f"{_LAMBDA}with-s3.html")
def connected(probe: Probe) -> str:
    """S3 tells the function of an upload, and the topic tells of its output."""
    probe.prove([picture("plain.jpg")])
    return "it did"


@promise("exports", f"{_CLOUDFORMATION}using-cfn-stack-exports.html")
def exports(probe: Probe) -> str:
    """Every output is there, and exported under the name of the stack and its own."""
    pages = probe.target.client("cloudformation").get_paginator("list_exports").paginate()
    found = {export["Name"]: export["Value"] for page in pages for export in page["Exports"]}
    wrong = [
        name
        for name in OUTPUTS
        if not probe.outputs.get(name)
        or found.get(f"{probe.stack.name}-{name}") != probe.outputs[name]
    ]
    if wrong:
        raise Broken(f"missing or with another value: {', '.join(wrong)}")
    return f"{len(OUTPUTS)} outputs"


@promise("metrics", f"{_CLOUDWATCH}cloudwatch_concepts.html")
def metrics(probe: Probe) -> str:
    """Every alarm watches a metric that is there, and only those of faults are passed."""
    bad = probe.put("bad.jpg", b"not a picture", no_picture("rejected"))
    probe.hear(bad)
    for alarm in alarms(probe):
        what = f"a datapoint of {alarm['Namespace']} {alarm['MetricName']} as the alarm has it"
        probe.wait(what, partial(datapoints, probe, alarm, "SampleCount", 60))
    by_metric = {alarm["MetricName"]: alarm for alarm in alarms(probe)}
    rejected = by_metric["ImagesRejected"]
    probe.wait("the alarm for rejected images to be passed", partial(breached, probe, rejected))
    wrong = [
        a["AlarmName"] for a in by_metric.values() if breached(probe, a) and not _due(probe, a)
    ]
    if wrong:
        raise Broken(f"passed without a reason: {', '.join(wrong)}")
    return f"{len(by_metric)} alarms; the one for rejected images was passed"


def _due(probe: Probe, alarm: Alarm) -> bool:
    """Whether there were as many faults as an alarm on faults allows, here or in a run before."""
    faults = sum(datapoints(probe, alarm, "Sum", alarm["Period"]))
    counts_faults = alarm["MetricName"] in {"Errors", "Throttles", "ImagesRejected"}
    return counts_faults and faults > alarm["Threshold"]


@promise("alarm-actions", f"{_CLOUDWATCH}Notify_Users_Alarm_Changes.html")
def alarm_actions(probe: Probe) -> str:
    """Every alarm, off and on, reaches the topic."""
    found = {alarm["AlarmName"]: alarm for alarm in alarms(probe)}
    set_states(probe, dict.fromkeys(found, "INSUFFICIENT_DATA"))  # only changes are told
    for state in ("OK", "ALARM"):
        set_states(probe, dict.fromkeys(found, state))
        what = f"every alarm to tell that it is {state}"
        probe.wait(what, partial(_all_told, probe, f"alarm {state}", set(found)))
    set_states(probe, {name: "OK" for name, alarm in found.items() if not breached(probe, alarm)})
    return f"{len(found)} alarms"


def _all_told(probe: Probe, status: str, names: set[str]) -> bool:
    return names <= {notice.body["AlarmName"] for notice in probe.notices(status)}


@promise("failures", f"{_LAMBDA}invocation-async-retain-records.html")
def failures(probe: Probe) -> str:
    """What fails for good ends in the failure queue and is announced."""
    sent = probe.put(f"failure/a b+c{UNTOLD}", b"never read", no_picture("failed"))
    event = probe.event(sent, EARLIER, bucket=probe.elsewhere)
    with without_retries(probe):
        request = invoke(probe, event)
        told = probe.hear(sent)
        record = probe.wait("the record in the failure queue", partial(failure, probe, request))
    if told["requestId"] != request or (record or {}).get("requestPayload") != event:
        raise Broken(f"it was announced as {told}, and kept as {record}")
    return f"as {told.get('condition')}"


@promise("told-later", f"{_LAMBDA}invocation-async-error-handling.html")
def told_later(probe: Probe) -> str:
    """What could not be announced is announced when its event is sent again."""
    photo = picture(f"later/photo{UNTOLD}", 1)
    sent = probe.put_picture(photo)
    event = probe.event(sent, EARLIER)
    with topic_missing(probe):
        request = failed(probe, event)
    probe.tell({**event, "redriveOf": request})
    probe.expect(sent, photo)
    return "it raised without a topic, and was told of once there was one"


@promise("bucket-notifications", f"{_CLOUDFORMATION}crpg-ref.html")
def bucket_notifications(probe: Probe) -> str:
    """The custom resource sets, changes and removes its own notifications, and no others."""
    before = notifications(probe)
    properties = {
        "Bucket": probe.outputs["UploadBucketName"],
        "FunctionArn": probe.outputs["FunctionArn"],
        "IdPrefix": probe.folder,
        "Prefix": f"other/{probe.folder}/",
        "Suffixes": [".one"],
    }
    changed = {**properties, "Suffixes": [".one", ".two"]}
    with notifications_restored(probe):
        create = {"RequestType": "Create", "ResourceProperties": properties}
        made = _succeed(probe, create)
        own = {"PhysicalResourceId": made, "ResourceProperties": changed}
        _require(probe, before, 1)
        update = {"RequestType": "Update", "OldResourceProperties": properties, **own}
        with never_without(probe, probe.folder):
            updated = _succeed(probe, update)
        if updated != made:
            raise Broken("an update gave another physical id: CloudFormation would replace it")
        _require(probe, before, 2)
        # Under another owner's name it is another resource; CloudFormation then deletes the former.
        renamed = {**changed, "IdPrefix": f"{probe.folder}-renamed"}
        taken_over = {**own, "ResourceProperties": renamed, "OldResourceProperties": changed}
        other = _succeed(probe, {"RequestType": "Update", **taken_over})
        if other == made:
            raise Broken("another owner's notifications have the same physical id")
        _succeed(probe, {"RequestType": "Delete", **own})
        _require(probe, before, 2)
        own = {"PhysicalResourceId": other, "ResourceProperties": renamed}
        _succeed(probe, {"RequestType": "Delete", **own})
        _require(probe, before, 0)
        refused = ask(
            probe,
            {
                **create,
                "ResourceProperties": {**properties, "Prefix": "uploads/", "Suffixes": ["g"]},
            },
        )
        if refused["Status"] != "FAILED" or not refused.get("Reason"):
            raise Broken(f"S3 refused a filter that overlaps, and the answer was {refused}")
        _succeed(
            probe,
            {
                **create,
                "RequestType": "Delete",
                "PhysicalResourceId": refused["PhysicalResourceId"],
            },
        )
        _require(probe, before, 0)
    return "create, update, another owner, delete, and a refusal"


@promise("secrets", f"{_LAMBDA}configuration-envvars.html")
def secrets(probe: Probe) -> str:
    """No log line has the name of a credential in it."""
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        if found := logged(probe, name):
            raise Broken(f"{len(found)} lines of the log have {name} in them")
    return "none"


def _succeed(probe: Probe, request: Mapping[str, Any]) -> str:
    answer = ask(probe, request)
    if answer["Status"] != "SUCCESS":
        raise Broken(f"{request['RequestType']} failed: {answer.get('Reason')}")
    return str(answer["PhysicalResourceId"])


def _require(probe: Probe, before: Mapping[str, Any], own: int) -> None:
    """The bucket has `own` notifications of the probe's, and all that it had before."""
    now = notifications(probe)
    theirs = before.get("LambdaFunctionConfigurations", [])
    left = [e for e in now.get("LambdaFunctionConfigurations", []) if probe.folder not in e["Id"]]
    count = len(now.get("LambdaFunctionConfigurations", [])) - len(left)
    if count != own or sorted(map(str, left)) != sorted(map(str, theirs)):
        raise Broken(
            f"the bucket has {count} of {own} of them, and {len(left)} of {len(theirs)} others"
        )

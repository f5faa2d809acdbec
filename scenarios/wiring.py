"""What connects the function with the rest of the stack, and what watches over it, tried out.

Arrange: one stack. Drive: let an event fail for good, put the alarms on and off, ask the custom
resource as CloudFormation does. Expect: who has to be notified is, and nothing else changes.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

from harness.alarms import actions_of, topics_of
from harness.evidence import checks
from harness.evidence.check import Check
from harness.evidence.ledger import Notice
from harness.evidence.observations import Run
from harness.images.edge_cases import picture
from harness.run.contracts import guarantee, try_all
from harness.run.mails import confirmed_address, mails_about, notified_unconfirmed
from harness.run.notifications import subscribed
from harness.run.probe import EARLIER, NO_EVENT, Broken, Probe, no_picture
from harness.run.scenario import Context
from harness.run.wiring import (
    alarms,
    ask,
    asked_by,
    breached,
    datapoints,
    failed,
    failure,
    invoke,
    logged,
    measured_alarms,
    never_without,
    notifications,
    notifications_restored,
    set_states,
    topic_missing,
    without_retries,
)

TITLE = "what connects and watches the function, tried out"
GATE = 3
OPTIONS = ()  # what it sends is its own

_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/"
_CLOUDWATCH = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/"
_SNS = "https://docs.aws.amazon.com/sns/latest/dg/"
_CLOUDFORMATION = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/"


def run(context: Context) -> tuple[Run, list[Check]]:
    """Try every guarantee, one after the other, and judge what was seen meanwhile."""
    alone = [metrics, alarm_actions, mails, failures, reported_later, bucket_notifications, secrets]
    finished, kept = try_all(context, [connected], [exports], alone)
    return finished, [*kept, checks.structured_logs(finished)]


@guarantee("connected", f"{_LAMBDA}with-s3.html")
def connected(probe: Probe) -> str:
    """S3 notifies the function of an upload, and the topic notifies of its output."""
    probe.prove([picture("plain.jpg")])
    return "it did"


@guarantee("exports", f"{_CLOUDFORMATION}using-cfn-stack-exports.html")
def exports(probe: Probe) -> str:
    """Every output has a value, which an export of the template's has too."""
    cloudformation = probe.target.client("cloudformation")
    pages = cloudformation.get_paginator("list_exports").paginate()
    found = {export["Name"]: export["Value"] for page in pages for export in page["Exports"]}
    outputs = cloudformation.describe_stacks(StackName=probe.stack.name)["Stacks"][0]["Outputs"]
    wrong = [
        each["OutputKey"]
        for each in outputs
        if not each["OutputValue"]
        or found.get(each.get("ExportName"), each["OutputValue"]) != each["OutputValue"]
        or ("ExportName" in each and each["ExportName"] not in found)
    ]
    if wrong:
        raise Broken(f"without a value, or exported with another: {', '.join(wrong)}")
    return f"{sum('ExportName' in each for each in outputs)} of {len(outputs)} are exported"


@guarantee("metrics", f"{_CLOUDWATCH}cloudwatch_concepts.html")
def metrics(probe: Probe) -> str:
    """Every alarm on the function watches a metric that is there, and faults pass it."""
    bad = probe.put("bad.jpg", b"not a picture", no_picture("rejected"))
    probe.await_notice(bad)
    measured = measured_alarms(probe)
    for alarm in measured:
        what = f"a datapoint of {alarm['Namespace']} {alarm['MetricName']} as the alarm has it"
        probe.wait(what, partial(datapoints, probe, alarm, "SampleCount", 60))
    rejected = [a for a in measured if a["MetricName"] == "ImagesRejected" and a["Threshold"] < 1]
    for alarm in rejected:
        what = f"{alarm['AlarmName']} to be passed by a rejected image"
        probe.wait(what, partial(breached, probe, alarm))
    others = len(alarms(probe)) - len(measured)
    return f"{len(measured)} alarms, {len(rejected)} of them passed" + (
        f"; {others} on what is not measured with every image" if others else ""
    )


@guarantee("alarm-actions", f"{_CLOUDWATCH}Notify_Users_Alarm_Changes.html")
def alarm_actions(probe: Probe) -> str:
    """Every alarm, off and on, reaches the topics that it is to notify."""
    found = {alarm["AlarmName"]: alarm for alarm in alarms(probe)}
    notices: list[tuple[str, Notice]] = []
    with ExitStack() as listening:
        for number, topic in enumerate(topics_of(found.values())):
            name = f"{probe.stack.name}-{probe.folder}-{number}"
            listen = listening.enter_context(subscribed(probe.target, topic, name))
            listen(partial(_keep, notices, topic))
        set_states(probe, dict.fromkeys(found, "INSUFFICIENT_DATA"))  # only changes are notified
        for state in ("OK", "ALARM"):
            set_states(probe, dict.fromkeys(found, state))
            due = {(t, name) for name, alarm in found.items() for t in actions_of(alarm, state)}
            what = f"every alarm to notify its topics that it is {state}"
            probe.wait(what, partial(_all_notified, due, notices, f"alarm {state}"))
        set_states(probe, {n: "OK" for n, alarm in found.items() if not breached(probe, alarm)})
    return f"{len(found)} alarms"


def _keep(notices: list[tuple[str, Notice]], topic: str, notice: Notice) -> None:
    notices.append((topic, notice))


def _all_notified(
    due: set[tuple[str, str]], notices: Sequence[tuple[str, Notice]], status: str
) -> bool:
    came = {(topic, n.body["AlarmName"]) for topic, n in list(notices) if n.status == status}
    return due <= came


@guarantee("mails", f"{_SNS}sns-email-notifications.html")
def mails(probe: Probe) -> str:
    """A confirmed address gets one mail a notification, others nothing but the question."""
    photos = [picture("mail/photo.jpg", 1), picture("mail/drawing.png", 2)]
    with confirmed_address(probe) as address:
        sent = [probe.put_picture(photo) for photo in photos]
        bad = probe.put("mail/bad.jpg", b"not a picture", no_picture("rejected"))
        for entry, photo in zip(sent, photos, strict=True):
            probe.expect(entry, photo)
        probe.await_notice(bad)
        sent.append(bad)
        for entry in sent:
            probe.wait(f"a mail about {entry.key}", partial(mails_about, probe, address, entry))
        for entry in sent:
            notified, mailed = len(probe.notices_of(entry)), len(mails_about(probe, address, entry))
            if mailed != 1:
                raise Broken(
                    f"{mailed} mails about {entry.key}, of which {notified} notifications came"
                )
    if unasked := notified_unconfirmed(probe):
        raise Broken(f"notified without having confirmed: {', '.join(unasked)}")
    return f"{len(sent)} notifications, each mailed once"


@guarantee("failures", f"{_LAMBDA}invocation-async-retain-records.html")
def failures(probe: Probe) -> str:
    """What fails for good ends in the failure queue and is announced."""
    sent = probe.put(f"failure/a b+c{NO_EVENT}", b"never read", no_picture("failed"))
    with probe.forbidden_bucket() as bucket, without_retries(probe):
        event = probe.event(sent, EARLIER, bucket=bucket)
        request = invoke(probe, event)
        notified = probe.await_notice(sent)
        record = probe.wait("the record in the failure queue", partial(failure, probe, request))
    if notified["requestId"] != request or (record or {}).get("requestPayload") != event:
        raise Broken(f"it was announced as {notified}, and kept as {record}")
    return f"as {notified.get('condition')}"


@guarantee("reported-later", f"{_LAMBDA}invocation-async-error-handling.html")
def reported_later(probe: Probe) -> str:
    """What could not be announced is announced when its event is sent again."""
    photo = picture(f"later/photo{NO_EVENT}", 1)
    sent = probe.put_picture(photo)
    event = probe.event(sent, EARLIER)
    with topic_missing(probe):
        request = failed(probe, event)
    probe.must_handle({**event, "redriveOf": request})
    probe.expect(sent, photo)
    return "it raised without a topic, and was notified once there was one"


@guarantee("bucket-notifications", f"{_CLOUDFORMATION}crpg-ref.html")
def bucket_notifications(probe: Probe) -> str:
    """The custom resource sets, changes and removes its own notifications, and no others."""
    if not asked_by(probe):
        return "the template has no such custom resource"
    before, theirs = notifications(probe), probe.filters()[0]
    properties = {
        "Bucket": probe.stack.upload_bucket,
        "FunctionArn": probe.stack.function_arn,
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
                "ResourceProperties": {
                    **properties,
                    "Prefix": theirs.prefix,
                    "Suffixes": [theirs.suffix[-1:]],
                },
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


@guarantee("secrets", f"{_LAMBDA}configuration-envvars.html")
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

"""What the page Resources shows: the stack as it is deployed, its objects and its logs.

Everything is read, nothing changed, and nothing that is not of the stack is shown.
"""

import time
from collections.abc import Mapping
from typing import Any

from harness.console import pictures
from harness.console.view import Place
from harness.evidence.logs import LogEvent, readable
from harness.problems import Problem

EVENTS = 100  # of the stack, the newest
OBJECTS = 100  # of a bucket, at a time
LINES = 300  # of a log group, the newest
_BACK_S = 900  # how far back a log is shown
_BUCKET, _FUNCTION = "AWS::S3::Bucket", "AWS::Lambda::Function"
_QUEUE, _LOG_GROUP = "AWS::SQS::Queue", "AWS::Logs::LogGroup"
_QUEUE_FACTS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


def overview(place: Place) -> dict[str, Any]:
    """Outputs, resources and events of the stack, its functions and its queues."""
    cloudformation = place.target.client("cloudformation")
    resources = _resources(place)
    events = cloudformation.describe_stack_events(StackName=place.stack.name)["StackEvents"]
    return {
        "outputs": dict(sorted(place.stack.outputs.items())),
        "resources": [
            {
                "id": each["LogicalResourceId"],
                "type": each["ResourceType"],
                "name": each["PhysicalResourceId"],
                "status": each["ResourceStatus"],
            }
            for each in resources
        ],
        "events": [
            {
                "at": each["Timestamp"].timestamp(),
                "id": each["LogicalResourceId"],
                "status": each["ResourceStatus"],
                "why": each.get("ResourceStatusReason", ""),
            }
            for each in events[:EVENTS]
        ],
        "functions": [_function(place, name) for name in _of_type(resources, _FUNCTION)],
        "queues": [_queue(place, url) for url in _of_type(resources, _QUEUE)],
        "buckets": _of_type(resources, _BUCKET),
        "groups": _of_type(resources, _LOG_GROUP),
    }


def objects(place: Place, bucket: str, prefix: str, after: str) -> dict[str, Any]:
    """Folders and objects of a bucket below `prefix`, in the order of their keys."""
    _require(place, _BUCKET, bucket)
    answer = place.target.client("s3").list_objects_v2(
        Bucket=bucket, Prefix=prefix, Delimiter="/", MaxKeys=OBJECTS, StartAfter=after
    )
    found = [
        {"key": each["Key"], "bytes": each["Size"], "at": each["LastModified"].timestamp()}
        for each in answer.get("Contents", ())
    ]
    return {
        "folders": [each["Prefix"] for each in answer.get("CommonPrefixes", ())],
        "objects": found,
        "more": found[-1]["key"] if answer["IsTruncated"] and found else "",
    }


def lines(place: Place, group: str, pattern: str) -> dict[str, Any]:
    """The newest lines of a log group that match CloudWatch's filter pattern `pattern`."""
    _require(place, _LOG_GROUP, group)
    since_ms = int((time.time() - _BACK_S) * 1000)
    pages = place.target.client("logs").get_paginator("filter_log_events")
    given = {"filterPattern": pattern} if pattern else {}
    found = [
        LogEvent("", event["timestamp"], group, event["message"].rstrip())
        for page in pages.paginate(logGroupName=group, startTime=since_ms, **given)
        for event in page["events"]
    ]
    found.sort(key=lambda event: event.time_ms)
    shown = [readable(event) for event in found[-LINES:]]
    return {"lines": shown, "total": len(found), "minutes": _BACK_S // 60}


def picture(place: Place, bucket: str, key: str, version: str) -> bytes:
    """An object of one of the stack's buckets, as WebP. Raises pictures.NotShown."""
    _require(place, _BUCKET, bucket)
    return pictures.picture(place.target.client("s3"), bucket, key, version)


def _resources(place: Place) -> list[Mapping[str, Any]]:
    pages = place.target.client("cloudformation").get_paginator("list_stack_resources")
    return [
        each
        for page in pages.paginate(StackName=place.stack.name)
        for each in page["StackResourceSummaries"]
    ]


def _of_type(resources: list[Mapping[str, Any]], type_: str) -> list[str]:
    return sorted(each["PhysicalResourceId"] for each in resources if each["ResourceType"] == type_)


def _require(place: Place, type_: str, name: str) -> None:
    if name not in _of_type(_resources(place), type_):
        raise Problem(f"{place.stack.name} has no {name!r}.", "Open the page again.")


def _function(place: Place, name: str) -> dict[str, Any]:
    known = place.target.client("lambda").get_function_configuration(FunctionName=name)
    return {
        "name": name,
        "facts": f"{known.get('Runtime', 'image')}, {known['MemorySize']} MB, "
        f"{known['Timeout']} s, {known.get('State', 'Active')}, changed {known['LastModified']}",
    }


def _queue(place: Place, url: str) -> dict[str, Any]:
    answer = place.target.client("sqs").get_queue_attributes(
        QueueUrl=url, AttributeNames=list(_QUEUE_FACTS)
    )["Attributes"]
    waiting, taken = (int(answer[name]) for name in _QUEUE_FACTS)
    name = url.rsplit("/", 1)[-1]
    return {"name": name, "facts": f"{waiting} messages wait, {taken} are being handled"}

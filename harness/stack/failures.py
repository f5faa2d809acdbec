"""Deployment failures: which resource failed first, why, and what a person can do about it.

CloudFormation reports a failure as a list of events; the first resource that failed by itself is
the cause, all that follows is its consequence.
"""

import errno
import os
from collections.abc import Mapping, Sequence
from typing import Any

from harness.problems import Problem

type Event = Mapping[str, Any]


class DeploymentFailed(Problem):
    """The stack did not become what the template says: the fault is in what is being tested."""

    exit_code = 1


def deployment_failure(
    name: str, status: str, template: Mapping[str, Any], events: Sequence[Event], log: str
) -> DeploymentFailed:
    """What went wrong first, and which log has more of it."""
    if not (first := _first_failure(name, events)):
        return DeploymentFailed(f"{name} became {status}.", f"Read {log}.")
    logical_id = first["LogicalResourceId"]
    resource = template["Resources"].get(logical_id, {})
    token = resource.get("Properties", {}).get("ServiceToken", {})
    if os.strerror(errno.ENOSPC) in _reason(first):
        where = f"Free some space there, or inodes (`df -h`, `df -i`); see {log}."
    elif isinstance(token, dict) and "Fn::GetAtt" in token:
        where = f"Read what {token['Fn::GetAtt'][0]} wrote: `tapstack logs`; also {log}."
    else:
        place = "the template" if logical_id == name else f"{logical_id} in the template"
        where = f"Correct {place}; see {log}."
    return DeploymentFailed(
        f"{name} became {status}: {logical_id} ({first['ResourceType']}): {_reason(first)}.", where
    )


def validation_findings(cloudformation: Any, change_set: str) -> list[str]:
    """What CloudFormation found in a template before deploying it: place and reason of each.

    AWS: CloudFormation User Guide, "Validate stack deployments".
    """
    pages = cloudformation.get_paginator("describe_events").paginate(ChangeSetName=change_set)
    return [
        f"{event['ValidationPath']}: {event['ValidationStatusReason'].rstrip('.')}"
        for page in pages
        for event in reversed(page["OperationEvents"])
        if event["EventType"] == "VALIDATION_ERROR" and event["ValidationFailureMode"] == "FAIL"
    ]


def deletion_failure(name: str, events: Sequence[Event], log: str) -> DeploymentFailed:
    """What of a stack stays, and how it can go."""
    if not (first := _first_failure(name, events)):
        return DeploymentFailed(f"{name} became DELETE_FAILED.", f"Read {log}.")
    kind, reason = first["ResourceType"], _reason(first)
    # Not every event has one ("StackEvent" of the CloudFormation API Reference).
    physical_id = first.get("PhysicalResourceId") or first["LogicalResourceId"]
    if kind == "AWS::S3::Bucket" and "empty" in reason:
        remedy = f"Empty {physical_id}, with all versions of its objects, and delete it again."
    else:
        remedy = f"Remove what keeps {physical_id}, and delete it again; see {log}."
    what = f"{first['LogicalResourceId']} ({kind}) {physical_id}"
    return DeploymentFailed(f"{name} became DELETE_FAILED: {what}: {reason}.", remedy)


def _first_failure(name: str, events: Sequence[Event]) -> Event | None:
    """The event of the first resource that failed by itself; the stack's own is the last resort.

    What is wrong with the stack itself, such as an export, is the reason why it is rolled back.
    """
    failed = [
        event
        for event in events
        if event["ResourceStatus"].endswith(("_FAILED", "ROLLBACK_IN_PROGRESS"))
        and "cancelled" not in event.get("ResourceStatusReason", "")
    ]
    failed.sort(key=lambda event: event["LogicalResourceId"] == name)
    return failed[0] if failed else None


def _reason(event: Event) -> str:
    return str(event.get("ResourceStatusReason", "no reason was given")).rstrip(". ")

"""Removal of an environment with all that it holds: its stack, and what stacks have left behind.

CloudFormation deletes no bucket that holds something and keeps what the template says to retain.
Both are right for a stack in use, and leave a developer with orphans that are in the way of the
next deployment under the same names.
"""

from dataclasses import dataclass

from harness.alive import OnProgress
from harness.settings import Settings
from harness.stack.deploy import delete_stack
from harness.stack.deployment_lock import deployment_lock
from harness.stack.in_the_way import orphans
from harness.stack.intrinsics import Place
from harness.stack.orphans import BUCKET, Found, empty_bucket, found_of_kind, remove
from harness.stack.parameters import deployment_values
from harness.stack.status import find_stack_status
from harness.stack.template import load_template
from harness.targets.target import Target


@dataclass(frozen=True)
class Environment:
    """What there is of an environment: its stack's status, "" without one; buckets; orphans."""

    status: str
    buckets: list[str]
    orphans: list[Found]

    def __bool__(self) -> bool:
        return bool(self.status or self.orphans)


def environment(target: Target, settings: Settings) -> Environment:
    """What there is of the environment of these settings; orphans by the names of the template."""
    cloudformation = target.client("cloudformation")
    template = load_template(settings.template)
    account = str(target.client("sts").get_caller_identity()["Account"])
    values = deployment_values(template, settings, target.architecture, {})
    place = Place(target.region, account, settings.stack_name)
    status = find_stack_status(cloudformation, settings.stack_name)
    buckets = []
    if status:
        there = {found.physical_id for found in found_of_kind(target, BUCKET)}
        pages = cloudformation.get_paginator("list_stack_resources")
        buckets = [
            resource["PhysicalResourceId"]
            for page in pages.paginate(StackName=settings.stack_name)
            for resource in page["StackResourceSummaries"]
            if resource["ResourceType"] == BUCKET and resource.get("PhysicalResourceId") in there
        ]
    return Environment(status, buckets, orphans(target, template, values, place))


def destroy(target: Target, settings: Settings, on_progress: OnProgress) -> list[str]:
    """Remove all of it; what could not be removed, and why."""
    with deployment_lock(settings, on_progress):
        there = environment(target, settings)
        if there.status:
            for bucket in there.buckets:
                empty_bucket(target.client("s3"), bucket)
                on_progress(f"{bucket}: emptied")
            delete_stack(target, settings.stack_name, on_progress=on_progress)
        left = environment(target, settings).orphans
        stayed = remove(target, left)
        for found in left:
            on_progress(f"{found}: removed, which no stack had any more")
        return stayed

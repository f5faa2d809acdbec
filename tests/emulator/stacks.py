"""CloudFormation stacks for the tests: deployed through change sets, as the harness does it."""

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from harness.polling import wait_until


@dataclass
class Stack:
    """A stack in the emulator; `deploy` creates or updates it from a template."""

    cloudformation: Any
    name: str = field(default_factory=lambda: f"test-{uuid.uuid4().hex}")
    arn: str = ""

    def deploy(self, template: dict[str, Any], **parameters: str) -> str:
        """Deploy a template and return the status in which the stack ends."""
        change_set = f"c{uuid.uuid4().hex}"
        created = self.cloudformation.create_change_set(
            StackName=self.name,
            ChangeSetName=change_set,
            ChangeSetType="UPDATE" if self._status() else "CREATE",
            TemplateBody=json.dumps(template),
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
            ],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        )
        self.arn = created["StackId"]
        self.cloudformation.execute_change_set(StackName=self.name, ChangeSetName=change_set)
        return self.settled()

    def create(self, template: dict[str, Any], **request: Any) -> str:
        """Create the stack directly, without a change set; return the status in which it ends."""
        created = self.cloudformation.create_stack(
            StackName=self.name, TemplateBody=json.dumps(template), **request
        )
        self.arn = created["StackId"]
        return self.settled()

    def update(self, template: dict[str, Any], **request: Any) -> str:
        """Update the stack directly, without a change set; return the status in which it ends."""
        self.cloudformation.update_stack(
            StackName=self.name, TemplateBody=json.dumps(template), **request
        )
        return self.settled()

    def delete(self) -> str | None:
        """Delete the stack and return the status in which it ends; None if there is none."""
        if not self._status():
            return None
        self.cloudformation.delete_stack(StackName=self.name)
        return self.settled()

    def outputs(self) -> dict[str, str]:
        """Return the stack's outputs."""
        stack = self.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}

    def resource(self, logical_id: str) -> str:
        """Return the physical id of a resource."""
        found = self.cloudformation.describe_stack_resource(
            StackName=self.name, LogicalResourceId=logical_id
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def reasons(self, status: str) -> list[str]:
        """Return the reasons of all events with a status such as CREATE_FAILED."""
        events = self.cloudformation.describe_stack_events(StackName=self.arn)["StackEvents"]
        return [
            event["ResourceStatusReason"]
            for event in events
            if event["ResourceStatus"] == status and event.get("ResourceStatusReason")
        ]

    def statuses(self, logical_id: str) -> list[str]:
        """Return the statuses that a resource has had, the newest first."""
        events = self.cloudformation.describe_stack_events(StackName=self.arn)["StackEvents"]
        return [
            event["ResourceStatus"] for event in events if event["LogicalResourceId"] == logical_id
        ]

    def events(self) -> list[tuple[str, str]]:
        """Return logical id and status of all events, the oldest first."""
        events = self.cloudformation.describe_stack_events(StackName=self.arn)["StackEvents"]
        return [(event["LogicalResourceId"], event["ResourceStatus"]) for event in reversed(events)]

    def _status(self) -> str | None:
        try:  # by name: a deleted stack is found by its ARN only
            found = self.cloudformation.describe_stacks(StackName=self.name)["Stacks"]
        except ClientError:
            return None
        return str(found[0]["StackStatus"])

    def settled(self) -> str:
        """Wait for the end of what is going on; by ARN, which means the stack even when deleted."""

        def status() -> str:
            stack = self.cloudformation.describe_stacks(StackName=self.arn)["Stacks"][0]
            return str(stack["StackStatus"])

        return wait_until(
            status,
            until=lambda seen: not seen.endswith("_IN_PROGRESS"),
            deadline_s=120,
            interval_s=0.1,
            describe=f"the end of the operation on stack {self.name}",
        )

"""Operations on stacks that are interrupted, stuck or late.

AWS: CloudFormation API Reference, and User Guide, "Delete a stack", "Cancel a stack update",
"Continue rolling back an update".
"""

import json
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.polling import wait_until
from tests.emulator.conftest import Emulator
from tests.emulator.queues import create_queue
from tests.emulator.stack_lifecycle.requests import QUEUE, bucket_of, error_of
from tests.emulator.stacks import Stack


@dataclass
class Provider:
    """Whoever answers for custom resources: the requests reach it through a topic."""

    emulator: Emulator
    topic: str
    queue: str

    def resource(self, **properties: str) -> dict[str, Any]:
        """A custom resource that waits for an answer from here."""
        return {
            "Type": "Custom::Thing",
            "Properties": {"ServiceToken": self.topic, "ServiceTimeout": "120", **properties},
        }

    def next(self) -> dict[str, Any]:
        """Wait for the next request."""
        sqs = self.emulator.client("sqs")
        found = wait_until(
            lambda: sqs.receive_message(QueueUrl=self.queue, WaitTimeSeconds=5).get("Messages"),
            until=bool,
            deadline_s=60,
            interval_s=0,
            describe="a request to the custom resource",
        )
        assert found
        sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=found[0]["ReceiptHandle"])
        request: dict[str, Any] = json.loads(json.loads(found[0]["Body"])["Message"])
        return request

    def answer(self, request: dict[str, Any], status: str = "SUCCESS") -> None:
        """Answer a request."""
        told = {name: request[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
        body = {**told, "Status": status, "PhysicalResourceId": "thing", "Reason": "as asked"}
        put = urllib.request.Request(
            request["ResponseURL"], json.dumps(body).encode(), {"Content-Type": ""}, method="PUT"
        )
        urllib.request.urlopen(put).read()

    def expect(self, kind: str, status: str = "SUCCESS") -> dict[str, Any]:
        """Wait for a request of this kind and answer it."""
        request = self.next()
        assert request["RequestType"] == kind
        self.answer(request, status)
        return request


@pytest.fixture
def provider(emulator: Emulator) -> Iterator[Provider]:
    sns, sqs = emulator.client("sns"), emulator.client("sqs")
    topic = sns.create_topic(Name=f"test-{uuid.uuid4().hex}")["TopicArn"]
    url = create_queue(sqs, "sns")
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"])
    yield Provider(emulator, topic, url)
    sns.delete_topic(TopicArn=topic)
    sqs.delete_queue(QueueUrl=url)


def _begin(stack: Stack, resources: dict[str, Any], **request: Any) -> None:
    """Begin to create a stack, without waiting for the end."""
    body = json.dumps({"Resources": resources})
    made = stack.cloudformation.create_stack(StackName=stack.name, TemplateBody=body, **request)
    stack.arn = made["StackId"]


def _begin_update(stack: Stack, resources: dict[str, Any], **request: Any) -> None:
    body = json.dumps({"Resources": resources})
    stack.cloudformation.update_stack(StackName=stack.name, TemplateBody=body, **request)


# Interrupted


def test_a_stack_is_deleted_while_it_is_created(
    emulator: Emulator, stack: Stack, provider: Provider
) -> None:
    """Creation stops, what is there goes, nothing else is made; DELETE_COMPLETE is the last event.

    The custom resource whose creation was given up is asked to clean up.
    """
    after = {"DependsOn": "Thing", **QUEUE}
    thing = {**provider.resource(), "DependsOn": "Bucket"}
    _begin(stack, {"Bucket": bucket_of(stack.name), "Thing": thing, "After": after})
    assert provider.next()["RequestType"] == "Create"

    stack.cloudformation.delete_stack(StackName=stack.name)
    provider.expect("Delete")

    assert stack.settled() == "DELETE_COMPLETE"
    assert stack.statuses("After") == []
    assert stack.statuses("Bucket")[0] == "DELETE_COMPLETE"
    assert [status for name, status in stack.events() if name == stack.name] == [
        "CREATE_IN_PROGRESS",
        "DELETE_IN_PROGRESS",
        "DELETE_COMPLETE",
    ]
    assert stack.events()[-1] == (stack.name, "DELETE_COMPLETE")
    with pytest.raises(ClientError, match="404"):
        emulator.client("s3").head_bucket(Bucket=stack.name)


def test_an_update_is_cancelled(stack: Stack, provider: Provider) -> None:
    """CancelUpdateStack gives up what is being done and goes back, at the user's wish."""
    _begin(stack, {"Thing": provider.resource(V="1")})
    provider.expect("Create")
    stack.settled()
    _begin_update(
        stack, {"Thing": provider.resource(V="2"), "New": {**QUEUE, "DependsOn": "Thing"}}
    )
    assert provider.next()["RequestType"] == "Update"

    stack.cloudformation.cancel_update_stack(StackName=stack.name)
    back = provider.expect("Update")

    assert stack.settled() == "UPDATE_ROLLBACK_COMPLETE"
    assert back["ResourceProperties"]["V"] == "1"
    assert stack.statuses("New") == []
    assert stack.reasons("UPDATE_ROLLBACK_IN_PROGRESS") == ["User Initiated"]
    stack.cloudformation.delete_stack(StackName=stack.name)
    provider.expect("Delete")


def test_a_creation_has_its_time(stack: Stack, provider: Provider) -> None:
    """TimeoutInMinutes ends a creation that takes longer, and nothing more is begun."""
    resources = {"Thing": provider.resource(), "After": {"DependsOn": "Thing", **QUEUE}}
    _begin(stack, resources, TimeoutInMinutes=1, OnFailure="DELETE")
    assert provider.next()["RequestType"] == "Create"

    provider.expect("Delete")

    assert stack.settled() == "DELETE_COMPLETE"
    assert stack.statuses("After") == []
    assert stack.reasons("DELETE_IN_PROGRESS") == [
        "Stack creation time exceeded the specified timeout. Delete requested by user."
    ]


def test_an_update_is_not_interrupted_by_deletion(stack: Stack, provider: Provider) -> None:
    """DeleteStack while a stack is updated is refused."""
    _begin(stack, {"Thing": provider.resource(V="1")})
    provider.expect("Create")
    stack.settled()
    _begin_update(stack, {"Thing": provider.resource(V="2")})
    update = provider.next()

    refusal = error_of(stack.cloudformation.delete_stack, StackName=stack.name)

    assert refusal == (
        "ValidationError",
        f"Stack [{stack.name}] cannot be deleted while in status UPDATE_IN_PROGRESS",
    )
    provider.answer(update)
    assert stack.settled() == "UPDATE_COMPLETE"
    stack.cloudformation.delete_stack(StackName=stack.name)
    provider.expect("Delete")


# Stuck


def test_a_stack_whose_rollback_failed_goes_on(stack: Stack, provider: Provider) -> None:
    """ContinueUpdateRollback tries again what could not be restored, or skips it."""
    _begin(stack, {"Thing": provider.resource(V="1")})
    provider.expect("Create")
    stack.settled()
    bad = {**bucket_of("not..a.bucket"), "DependsOn": "Thing"}
    _begin_update(stack, {"Thing": provider.resource(V="2"), "Bad": bad})
    provider.expect("Update")
    provider.expect("Update", "FAILED")
    assert stack.settled() == "UPDATE_ROLLBACK_FAILED"
    again = stack.cloudformation.continue_update_rollback

    unknown = error_of(again, StackName=stack.name, ResourcesToSkip=["Bad"])
    again(StackName=stack.name)
    second = provider.expect("Update", "FAILED")
    still = stack.settled()
    again(StackName=stack.name, ResourcesToSkip=["Thing"])

    assert unknown[0] == "ValidationError"
    assert second["ResourceProperties"]["V"] == "1"
    assert second["OldResourceProperties"]["V"] == "2"
    assert still == "UPDATE_ROLLBACK_FAILED"
    assert stack.settled() == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.statuses("Thing")[0] == "UPDATE_COMPLETE"
    stack.cloudformation.delete_stack(StackName=stack.name)
    provider.expect("Delete")


def test_a_stack_that_cannot_be_deleted_is_forced(emulator: Emulator, stack: Stack) -> None:
    """FORCE_DELETE_STACK leaves behind what cannot be deleted; only from DELETE_FAILED."""
    s3, delete = emulator.client("s3"), stack.cloudformation.delete_stack
    stack.create({"Resources": {"Bucket": bucket_of(stack.name), "Queue": QUEUE}})
    s3.put_object(Bucket=stack.name, Key="k", Body=b"precious")
    forced = {"StackName": stack.name, "DeletionMode": "FORCE_DELETE_STACK"}
    assert error_of(delete, **forced)[0] == "ValidationError"
    assert stack.delete() == "DELETE_FAILED"
    (described,) = stack.cloudformation.describe_stacks(StackName=stack.name)["Stacks"]
    assert described["StackStatusReason"] == (
        "The following resource(s) failed to delete: [Bucket]. "
    )

    delete(**forced)

    assert stack.settled() == "DELETE_COMPLETE"
    assert stack.statuses("Bucket")[0] == "DELETE_SKIPPED"
    s3.delete_object(Bucket=stack.name, Key="k")
    s3.delete_bucket(Bucket=stack.name)

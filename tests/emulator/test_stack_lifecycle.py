"""Stacks that are interrupted, stuck, or asked for twice; and what cannot be asked for here.

AWS: CloudFormation API Reference, and User Guide, "Delete a stack", "Cancel a stack update",
"Continue rolling back an update".
"""

import json
import urllib.request
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.polling import wait_until
from tests.emulator.conftest import Emulator
from tests.emulator.queues import create_queue
from tests.emulator.stacks import Stack

QUEUE = {"Type": "AWS::SQS::Queue"}


@pytest.fixture
def stack(emulator: Emulator) -> Iterator[Stack]:
    """A stack of its own, deleted at the end."""
    one = Stack(emulator.client("cloudformation"))
    yield one
    one.delete()


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


def _error(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refusal:
        call(**request)
    error = refusal.value.response["Error"]
    return error["Code"], error["Message"]


def _bucket(name: str) -> dict[str, Any]:
    return {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}}


# Interrupted


def test_a_stack_is_deleted_while_it_is_created(
    emulator: Emulator, stack: Stack, provider: Provider
) -> None:
    """Creation stops, what is there goes, nothing else is made; DELETE_COMPLETE is the last event.

    The custom resource whose creation was given up is asked to clean up.
    """
    after = {"DependsOn": "Thing", **QUEUE}
    thing = {**provider.resource(), "DependsOn": "Bucket"}
    _begin(stack, {"Bucket": _bucket(stack.name), "Thing": thing, "After": after})
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

    refusal = _error(stack.cloudformation.delete_stack, StackName=stack.name)

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
    bad = {**_bucket("not..a.bucket"), "DependsOn": "Thing"}
    _begin_update(stack, {"Thing": provider.resource(V="2"), "Bad": bad})
    provider.expect("Update")
    provider.expect("Update", "FAILED")
    assert stack.settled() == "UPDATE_ROLLBACK_FAILED"
    again = stack.cloudformation.continue_update_rollback

    unknown = _error(again, StackName=stack.name, ResourcesToSkip=["Bad"])
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
    stack.create({"Resources": {"Bucket": _bucket(stack.name), "Queue": QUEUE}})
    s3.put_object(Bucket=stack.name, Key="k", Body=b"precious")
    forced = {"StackName": stack.name, "DeletionMode": "FORCE_DELETE_STACK"}
    assert _error(delete, **forced)[0] == "ValidationError"
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


# Asked for twice


def test_a_repeated_request_is_the_same_request(stack: Stack) -> None:
    """With its token a request is repeated and gets the same answer; events carry the token."""
    cloudformation = stack.cloudformation
    template = json.dumps({"Resources": {"Queue": QUEUE}})
    create = {"StackName": stack.name, "TemplateBody": template, "ClientRequestToken": "create"}
    stack.arn = cloudformation.create_stack(**create)["StackId"]
    assert cloudformation.create_stack(**create)["StackId"] == stack.arn
    stack.settled()
    assert cloudformation.create_stack(**create)["StackId"] == stack.arn
    template = json.dumps({"Resources": {"Queue": QUEUE, "Second": QUEUE}})
    update = {"StackName": stack.name, "TemplateBody": template, "ClientRequestToken": "update"}
    assert cloudformation.update_stack(**update)["StackId"] == stack.arn
    stack.settled()
    assert cloudformation.update_stack(**update)["StackId"] == stack.arn

    other = _error(cloudformation.update_stack, **{**update, "ClientRequestToken": "create"})
    events = cloudformation.describe_stack_events(StackName=stack.arn)["StackEvents"]

    assert other[0] == "TokenAlreadyExistsException"
    assert {event["ClientRequestToken"] for event in events} == {"create", "update"}
    assert len([e for e in stack.events() if e == (stack.name, "UPDATE_COMPLETE")]) == 1
    for _ in range(2):
        cloudformation.delete_stack(StackName=stack.name, ClientRequestToken="delete")
    assert stack.settled() == "DELETE_COMPLETE"
    assert stack.statuses(stack.name).count("DELETE_IN_PROGRESS") == 1


def test_requests_without_a_token_are_new_ones(stack: Stack) -> None:
    """A second CreateStack, UpdateStack or ExecuteChangeSet is an error; DeleteStack is none."""
    cloudformation, template = stack.cloudformation, {"Resources": {"Queue": QUEUE}}
    stack.create(template)
    body = json.dumps(template)
    one = {"StackName": stack.name, "TemplateBody": body}

    assert _error(cloudformation.create_stack, **one)[0] == "AlreadyExistsException"
    assert _error(cloudformation.update_stack, **one) == (
        "ValidationError",
        "No updates are to be performed.",
    )
    assert stack.delete() == "DELETE_COMPLETE"
    cloudformation.delete_stack(StackName=stack.name)


def test_two_change_sets_make_one_stack(stack: Stack) -> None:
    """Whoever comes second shares the stack under review; one change set is executed, once.

    The others of the stack are no longer valid, and gone when it has been executed.
    """
    cloudformation = stack.cloudformation
    body = json.dumps({"Resources": {"Queue": QUEUE}})

    def create(name: str) -> str:
        made = cloudformation.create_change_set(
            StackName=stack.name, ChangeSetName=name, ChangeSetType="CREATE", TemplateBody=body
        )
        stack.arn = made["StackId"]
        return str(made["StackId"])

    def execute(name: str) -> str:
        try:
            cloudformation.execute_change_set(StackName=stack.name, ChangeSetName=name)
        except ClientError as refusal:
            return str(refusal.response["Error"]["Code"])
        return "OK"

    names = ["a", "b", "c", "d"]
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(create, names))) == 1
        outcomes = sorted(pool.map(execute, names))

    assert outcomes.count("OK") == 1
    assert set(outcomes) <= {"OK", "InvalidChangeSetStatus", "ChangeSetNotFound"}
    assert stack.settled() == "CREATE_COMPLETE"
    assert cloudformation.list_change_sets(StackName=stack.name)["Summaries"] == []
    assert _error(
        cloudformation.create_change_set,
        StackName=stack.name,
        ChangeSetName="late",
        ChangeSetType="CREATE",
        TemplateBody=body,
    ) == (
        "ValidationError",
        f"Stack [{stack.name}] already exists and cannot be created again with the changeSet "
        "[late].",
    )


def test_many_create_one_stack_at_once(emulator: Emulator, stack: Stack) -> None:
    """One makes the stack, the others are told that it exists."""
    body = json.dumps({"Resources": {"Queue": QUEUE}})

    def create(_: int) -> str:
        try:
            made = stack.cloudformation.create_stack(StackName=stack.name, TemplateBody=body)
        except ClientError as refusal:
            return str(refusal.response["Error"]["Code"])
        stack.arn = made["StackId"]
        return "OK"

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(create, range(4)))

    assert outcomes == ["AlreadyExistsException"] * 3 + ["OK"]
    assert stack.settled() == "CREATE_COMPLETE"


def test_a_name_is_given_to_one_change_set(stack: Stack) -> None:
    """CreateChangeSet again is AlreadyExists, unless it is the same request by its token."""
    request = {
        "StackName": stack.name,
        "ChangeSetName": "c",
        "ChangeSetType": "CREATE",
        "TemplateBody": json.dumps({"Resources": {"Queue": QUEUE}}),
        "ClientToken": "once",
    }
    create = stack.cloudformation.create_change_set
    first = create(**request)
    stack.arn = first["StackId"]

    assert create(**request)["Id"] == first["Id"]
    assert _error(create, **{**request, "ClientToken": "twice"})[0] == "AlreadyExistsException"


def test_an_executed_change_set_gives_its_name_away(stack: Stack) -> None:
    """It is still described by its ARN, also when its stack is gone; so recorded on AWS."""
    cloudformation = stack.cloudformation

    def make(kind: str, **resources: Any) -> str:
        made = cloudformation.create_change_set(
            StackName=stack.name,
            ChangeSetName="same",
            ChangeSetType=kind,
            TemplateBody=json.dumps({"Resources": resources}),
        )
        stack.arn = made["StackId"]
        cloudformation.execute_change_set(ChangeSetName=made["Id"])
        assert stack.settled() == f"{kind}_COMPLETE"
        return str(made["Id"])

    first = make("CREATE", Queue=QUEUE)
    second = make("UPDATE", Queue=QUEUE, Other=QUEUE)
    stack.delete()

    described = [cloudformation.describe_change_set(ChangeSetName=id_) for id_ in (first, second)]
    assert [one["ExecutionStatus"] for one in described] == ["EXECUTE_COMPLETE"] * 2


# What is described


def test_what_a_stack_has_not_is_not_described(stack: Stack) -> None:
    """DescribeStacks leaves out outputs, change set and time of update; so recorded on AWS."""
    stack.create({"Resources": {"Queue": QUEUE}})

    (described,) = stack.cloudformation.describe_stacks(StackName=stack.name)["Stacks"]

    assert described.keys().isdisjoint({"Outputs", "ChangeSetId", "LastUpdatedTime"})


def test_events_are_told_by_operation(stack: Stack) -> None:
    """DescribeEvents tells the events of all operations, of one, or only those of failures."""
    stack.create({"Resources": {"Bucket": _bucket("not..a.bucket")}})
    describe = stack.cloudformation.describe_events

    found = describe(StackName=stack.name)["OperationEvents"]
    failures = describe(StackName=stack.name, Filters={"FailedEvents": True})["OperationEvents"]
    rollback = describe(StackName=stack.name, OperationId=found[0]["OperationId"])

    ends = [
        (event["OperationType"], event["OperationStatus"])
        for event in found
        if event["EventType"] == "STACK_EVENT"
    ]
    assert ends == [
        ("ROLLBACK", "SUCCEEDED"),
        ("ROLLBACK", "IN_PROGRESS"),
        ("CREATE_STACK", "FAILED"),
        ("CREATE_STACK", "IN_PROGRESS"),
    ]
    assert rollback["OperationEvents"] == found[: len(rollback["OperationEvents"])]
    assert [event["LogicalResourceId"] for event in failures] == ["Bucket"]
    assert failures[0]["EventType"] == "PROVISIONING_ERROR"


# What cannot be asked for


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("cancel_update_stack", {}),
        ("continue_update_rollback", {}),
        ("rollback_stack", {}),
        (
            "signal_resource",
            {"LogicalResourceId": "Queue", "UniqueId": "1", "Status": "SUCCESS"},
        ),
    ],
)
def test_what_the_state_does_not_allow_is_a_validation_error(
    stack: Stack, operation: str, request_: dict[str, str]
) -> None:
    """An operation that makes no sense in a stack's state is refused, and so without a stack."""
    call = getattr(stack.cloudformation, operation)
    code, message = _error(call, StackName=stack.name, **request_)
    assert (code, message) == ("ValidationError", f"Stack [{stack.name}] does not exist")
    stack.create({"Resources": {"Queue": QUEUE}})

    code, message = _error(call, StackName=stack.name, **request_)

    assert code == "ValidationError"
    assert "state" in message or "status" in message


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("set_stack_policy", {"StackName": "any", "StackPolicyBody": "{}"}),
        ("detect_stack_drift", {"StackName": "any"}),
        ("describe_stack_resource_drifts", {"StackName": "any"}),
        ("estimate_template_cost", {"TemplateBody": "{}"}),
        ("describe_type", {"Type": "RESOURCE", "TypeName": "AWS::S3::Bucket"}),
    ],
)
def test_what_is_not_emulated_is_refused(
    emulator: Emulator, operation: str, request_: dict[str, str]
) -> None:
    """One sentence, and not an error for which SDKs try again."""
    cloudformation = emulator.client("cloudformation")
    code, message = _error(getattr(cloudformation, operation), **request_)

    assert code == "ValidationError"
    assert (
        message == f"{cloudformation.meta.method_to_api_mapping[operation]} is not emulated here."
    )


@pytest.mark.parametrize(
    "more",
    [
        {"StackPolicyBody": "{}"},
        {
            "RollbackConfiguration": {
                "RollbackTriggers": [{"Arn": "arn", "Type": "AWS::CloudWatch::Alarm"}]
            }
        },
    ],
)
def test_what_would_be_ignored_is_refused(stack: Stack, more: dict[str, Any]) -> None:
    """A parameter without effect here is no silent success."""
    code, message = _error(
        stack.cloudformation.create_stack,
        StackName=stack.name,
        TemplateBody=json.dumps({"Resources": {"Queue": QUEUE}}),
        **more,
    )

    assert code == "ValidationError"
    assert "not emulated here" in message


def test_resource_types_limit_a_template(stack: Stack) -> None:
    """A type that ResourceTypes does not name is refused."""
    template = json.dumps({"Resources": {"Queue": QUEUE}})
    create = stack.cloudformation.create_stack
    request = {"StackName": stack.name, "TemplateBody": template}

    code, message = _error(create, ResourceTypes=["AWS::S3::*"], **request)

    assert code == "ValidationError"
    assert "AWS::SQS::Queue" in message
    stack.arn = create(ResourceTypes=["AWS::SQS::*"], **request)["StackId"]
    assert stack.settled() == "CREATE_COMPLETE"


def test_account_limits_are_the_usual_ones(emulator: Emulator) -> None:
    """DescribeAccountLimits names the quotas of a new account."""
    limits = emulator.client("cloudformation").describe_account_limits()["AccountLimits"]

    assert {"Name": "StackLimit", "Value": 2000} in limits

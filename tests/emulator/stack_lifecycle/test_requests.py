"""Requests about stacks: repeated, simultaneous, and refused.

AWS: CloudFormation API Reference, and User Guide, "Delete a stack", "Cancel a stack update",
"Continue rolling back an update".
"""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator
from tests.emulator.stack_lifecycle.requests import QUEUE, bucket_of, error_of
from tests.emulator.stacks import Stack

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

    other = error_of(cloudformation.update_stack, **{**update, "ClientRequestToken": "create"})
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

    assert error_of(cloudformation.create_stack, **one)[0] == "AlreadyExistsException"
    assert error_of(cloudformation.update_stack, **one) == (
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
    assert error_of(
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
    assert error_of(create, **{**request, "ClientToken": "twice"})[0] == "AlreadyExistsException"


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


def test_events_are_listed_by_operation(stack: Stack) -> None:
    """DescribeEvents tells the events of all operations, of one, or only those of failures."""
    stack.create({"Resources": {"Bucket": bucket_of("not..a.bucket")}})
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
    code, message = error_of(call, StackName=stack.name, **request_)
    assert (code, message) == ("ValidationError", f"Stack [{stack.name}] does not exist")
    stack.create({"Resources": {"Queue": QUEUE}})

    code, message = error_of(call, StackName=stack.name, **request_)

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
    code, message = error_of(getattr(cloudformation, operation), **request_)

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
    code, message = error_of(
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

    code, message = error_of(create, ResourceTypes=["AWS::S3::*"], **request)

    assert code == "ValidationError"
    assert "AWS::SQS::Queue" in message
    stack.arn = create(ResourceTypes=["AWS::SQS::*"], **request)["StackId"]
    assert stack.settled() == "CREATE_COMPLETE"


def test_account_limits_are_the_usual_ones(emulator: Emulator) -> None:
    """DescribeAccountLimits names the quotas of a new account."""
    limits = emulator.client("cloudformation").describe_account_limits()["AccountLimits"]

    assert {"Name": "StackLimit", "Value": 2000} in limits


@pytest.mark.parametrize("asked", ["IncludeNestedStacks", "ImportExistingResources"])
def test_what_concerns_nothing_in_a_template_is_taken(stack: Stack, asked: str) -> None:
    """CDK asks for both; without nested stacks and resources to import they do nothing."""
    made = stack.cloudformation.create_change_set(
        StackName=stack.name,
        ChangeSetName="one",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps({"Resources": {"Queue": QUEUE}}),
        **{asked: True},
    )
    stack.arn = made["StackId"]
    stack.cloudformation.execute_change_set(ChangeSetName=made["Id"])
    assert stack.settled() == "CREATE_COMPLETE"


def test_change_sets_of_nested_stacks_are_refused(stack: Stack) -> None:
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "any"}}
    code, message = error_of(
        stack.cloudformation.create_change_set,
        StackName=stack.name,
        ChangeSetName="one",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps({"Resources": {"Nested": nested}}),
        IncludeNestedStacks=True,
    )
    assert (code, "IncludeNestedStacks is not emulated here" in message) == (
        "ValidationError",
        True,
    )


def test_what_would_be_imported_fails_and_says_so(emulator: Emulator, stack: Stack) -> None:
    """On AWS a resource that is there already, by its name, would become the stack's."""
    name = f"taken-{stack.name}"
    emulator.client("iam").create_user(UserName=name)
    user = {
        "Type": "AWS::IAM::User",
        "DeletionPolicy": "Retain",
        "Properties": {"UserName": name},
    }
    made = stack.cloudformation.create_change_set(
        StackName=stack.name,
        ChangeSetName="one",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps({"Resources": {"User": user}}),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        ImportExistingResources=True,
    )
    stack.arn = made["StackId"]
    stack.cloudformation.execute_change_set(ChangeSetName=made["Id"])
    assert stack.settled() == "ROLLBACK_COMPLETE"
    events = stack.cloudformation.describe_stack_events(StackName=stack.arn)["StackEvents"]
    reasons = [event.get("ResourceStatusReason", "") for event in events]
    assert any("Importing what is there already is not emulated here" in one for one in reasons)
    emulator.client("iam").delete_user(UserName=name)

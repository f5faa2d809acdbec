"""Templates are validated before anything is deployed, by AWS's own validator.

AWS: CloudFormation User Guide, "Validate stack deployments". The events of a creation that is
refused are as recorded on AWS on 30 September 2026 (radkawar/stackd, testdata/aws/cloudformation/
function_resource_policy_validation.json).
"""

import json
import threading
from typing import Any

import psutil
import pytest
from botocore.exceptions import ClientError

from harness.polling import wait_until
from tests.emulator.conftest import Emulator
from tests.emulator.stacks import Stack

MISTYPED = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayNam": "x"}}
NEGATIVE = {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": {"Ref": "Delay"}}}
SOUND = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
FAILED_AFTER_VALIDATION = "Validation failed with {} error(s). Call DescribeEvents to retrieve "


def _wrong(delay: int = -1) -> dict[str, Any]:
    return {
        "Parameters": {"Delay": {"Type": "Number", "Default": delay}},
        "Resources": {"Topic": MISTYPED, "Queue": NEGATIVE},
    }


def test_a_creation_fails_with_all_findings(stack: Stack) -> None:
    """Nothing is created; DescribeEvents tells where in the template each mistake is."""
    assert stack.create(_wrong()) == "ROLLBACK_COMPLETE"

    events = stack.cloudformation.describe_events(StackName=stack.arn)["OperationEvents"]
    told = [(one["EventType"], one.get("OperationType"), _status(one)) for one in events]
    assert told == [
        ("STACK_EVENT", "ROLLBACK", "SUCCEEDED"),
        ("PROGRESS", None, "ROLLBACK_COMPLETE"),
        ("PROGRESS", None, "ROLLBACK_IN_PROGRESS"),
        ("STACK_EVENT", "ROLLBACK", "IN_PROGRESS"),
        ("STACK_EVENT", "CREATE_STACK", "FAILED"),
        ("PROVISIONING_ERROR", None, "CREATE_FAILED"),
        ("VALIDATION_ERROR", "CREATE_STACK", "FAILED"),
        ("VALIDATION_ERROR", "CREATE_STACK", "FAILED"),
        ("PROGRESS", None, "CREATE_IN_PROGRESS"),
        ("STACK_EVENT", "CREATE_STACK", "IN_PROGRESS"),
    ]
    assert events[2]["ResourceStatusReason"] == (
        "Validation failure detected. See the operation's FAILED event for details."
    )
    assert events[5]["DetailedStatus"] == "VALIDATION_FAILED"
    assert events[5]["ResourceStatusReason"].startswith(FAILED_AFTER_VALIDATION.format(2))
    by_resource = {one["LogicalResourceId"]: one for one in events[6:8]}
    found = by_resource["Topic"]
    assert found["ValidationPath"] == "/Resources/Topic/Properties/DisplayNam"
    assert "'DisplayNam' was unexpected" in found["ValidationStatusReason"]
    assert {found["ValidationName"], found["ValidationFailureMode"], found["ResourceType"]} == {
        *("PROPERTY_VALIDATION", "FAIL", "AWS::SNS::Topic")
    }
    assert by_resource["Queue"]["ValidationPath"] == "/Resources/Queue/Properties/DelaySeconds"


def test_an_update_fails_before_it_changes_anything(stack: Stack) -> None:
    """The stack goes back at once, and no resource has an event of it."""
    stack.create(SOUND)
    before = stack.statuses("Topic")

    assert stack.update(_wrong()) == "UPDATE_ROLLBACK_COMPLETE"

    assert stack.statuses("Topic") == before
    assert stack.reasons("UPDATE_FAILED")[0].startswith(FAILED_AFTER_VALIDATION.format(2))


def test_a_change_set_fails_and_cannot_be_executed(stack: Stack) -> None:
    """Its reason says what to call, and that tells the findings of this change set."""
    client = stack.cloudformation
    made = client.create_change_set(
        StackName=stack.name,
        ChangeSetName="wrong",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps(_wrong()),
    )
    stack.arn = made["StackId"]
    described = client.describe_change_set(ChangeSetName=made["Id"])
    events = client.describe_events(ChangeSetName=made["Id"])["OperationEvents"]
    with pytest.raises(ClientError, match="InvalidChangeSetStatus"):
        client.execute_change_set(ChangeSetName=made["Id"])

    assert (described["Status"], described["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert described["StatusReason"].startswith(
        "The following hook(s)/validation failed: [AWS::EarlyValidation::PropertyValidation]."
    )
    assert {one["LogicalResourceId"] for one in events} == {"Topic", "Queue"}
    assert {one["OperationType"] for one in events} == {"CREATE_CHANGESET"}


def test_values_of_parameters_count(stack: Stack) -> None:
    """What a parameter is given is judged, and its default only if it is given nothing."""
    template = {**_wrong(), "Resources": {"Queue": NEGATIVE}}
    given = [{"ParameterKey": "Delay", "ParameterValue": "5"}]

    assert stack.create(template, Parameters=given) == "CREATE_COMPLETE"
    assert stack.update(template) == "UPDATE_ROLLBACK_COMPLETE"


def test_validation_can_be_left_out(stack: Stack) -> None:
    """With DisableValidation a resource fails when its turn comes, and what was made goes."""
    assert stack.create(_wrong(), DisableValidation=True) == "ROLLBACK_COMPLETE"
    (reason,) = stack.reasons("CREATE_FAILED")
    assert reason.startswith("Properties validation failed for resource ")


def test_the_validator_is_a_process_that_may_end(emulator: Emulator, stack: Stack) -> None:
    """Its memory is not the emulator's, and what ends it does not end validation."""
    assert stack.create(_wrong()) == "ROLLBACK_COMPLETE"
    (validator,) = _validators(emulator)
    validator.kill()
    stack.delete()

    assert stack.create(_wrong(delay=-2)) == "ROLLBACK_COMPLETE"

    assert stack.reasons("CREATE_FAILED")[0].startswith(FAILED_AFTER_VALIDATION.format(2))


def test_a_validator_that_dies_while_it_is_asked_is_replaced(
    emulator: Emulator, stack: Stack
) -> None:
    """The template is validated all the same, by the next process."""
    assert stack.create(_wrong()) == "ROLLBACK_COMPLETE"
    stack.delete()
    (validator,) = _validators(emulator)
    validator.suspend()
    killing = threading.Timer(2, validator.kill)
    killing.start()

    assert stack.create(_wrong(delay=-3)) == "ROLLBACK_COMPLETE"
    killing.join()

    assert stack.reasons("CREATE_FAILED")[0].startswith(FAILED_AFTER_VALIDATION.format(2))


def test_the_validator_ends_with_the_emulator(start_emulator: Any) -> None:
    """Nobody has to stop it."""
    one = start_emulator()
    stack = Stack(one.client("cloudformation"))
    assert stack.create(_wrong()) == "ROLLBACK_COMPLETE"
    (validator,) = _validators(one)

    one.running.stop()

    wait_until(
        validator.is_running,
        until=lambda running: not running,
        deadline_s=10,
        interval_s=0.05,
        describe="the validator to end",
    )


def _status(event: dict[str, Any]) -> str:
    kinds = ("OperationStatus", "ResourceStatus", "ValidationStatus")
    return str(next(event[kind] for kind in kinds if kind in event))


def _validators(emulator: Emulator) -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process(emulator.running.pid).children(recursive=True)
        if any("cloudformation.validator" in argument for argument in child.cmdline())
    ]


def test_what_conditions_leave_out_is_wrong_in_nothing(stack: Stack) -> None:
    """A branch of Fn::If and a resource, by a list that is empty: CDK's bootstrap asks so."""
    policies = {"Ref": "Policies"}
    role = {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "sts:AssumeRole",
                    "Principal": {"Service": "cloudformation.amazonaws.com"},
                }
            ],
        },
        "ManagedPolicyArns": {"Fn::If": ["Has", policies, {"Ref": "AWS::NoValue"}]},
    }
    given = {"Fn::Not": [{"Fn::Equals": ["", {"Fn::Join": ["", policies]}]}]}
    template = {
        "Parameters": {"Policies": {"Type": "CommaDelimitedList", "Default": ""}},
        "Conditions": {"Has": given},
        "Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": role},
            "Topic": {**MISTYPED, "Condition": "Has"},
        },
    }
    assert stack.create(template, Capabilities=["CAPABILITY_IAM"]) == "CREATE_COMPLETE"

    wrong = {**template, "Resources": {**template["Resources"], "Other": MISTYPED}}  # type: ignore[dict-item]
    assert stack.update(wrong, Capabilities=["CAPABILITY_IAM"]) == "UPDATE_ROLLBACK_COMPLETE"

"""A stack waits for signals that are sent to the URL of a wait condition's handle.

Source: CloudFormation User Guide, "Create wait conditions in a CloudFormation template". Recorded:
LocalStack's tests at v4.14.0, cloudformation/resources/test_cloudformation.py, test_waitcondition
(what Ref gives). The reasons of failures are what people report.
"""

import json
import time
import urllib.request
from typing import Any
from urllib.error import HTTPError

import pytest
from botocore.exceptions import ClientError

from harness.polling import wait_until
from tests.emulator.conftest import Emulator
from tests.emulator.stacks import Stack


def _template(**properties: Any) -> dict[str, Any]:
    """A handle, a condition that is named before what publishes the handle, and outputs."""
    condition = {"Handle": {"Ref": "Handle"}, "Timeout": "60", **properties}
    return {
        "Resources": {
            "Condition": {
                "Type": "AWS::CloudFormation::WaitCondition",
                "Properties": condition,
            },
            "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
            "Published": {
                "Type": "AWS::SSM::Parameter",
                "Properties": {
                    "Name": {"Fn::Sub": "/${AWS::StackName}/handle"},
                    "Type": "String",
                    "Value": {"Ref": "Handle"},
                },
            },
        },
        "Outputs": {
            "Ref": {"Value": {"Ref": "Condition"}},
            "Data": {"Value": {"Fn::GetAtt": ["Condition", "Data"]}},
        },
    }


def _begin(stack: Stack, template: dict[str, Any], **request: Any) -> None:
    stack.arn = stack.cloudformation.create_stack(
        StackName=stack.name, TemplateBody=json.dumps(template), **request
    )["StackId"]


def _handle(emulator: Emulator, stack: Stack) -> str:
    """The handle's URL, as soon as the stack has published it."""

    def published() -> str:
        try:
            found = emulator.client("ssm").get_parameter(Name=f"/{stack.name}/handle")
        except ClientError:
            return ""
        return str(found["Parameter"]["Value"])

    return wait_until(
        published, until=bool, deadline_s=30, interval_s=0.1, describe="the handle's URL"
    )


def _signal(url: str, body: dict[str, str] | str) -> int:
    data = body if isinstance(body, str) else json.dumps(body)
    request = urllib.request.Request(url, data.encode(), method="PUT")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except HTTPError as refused:
        return refused.code


def _success(unique_id: str, data: str = "") -> dict[str, str]:
    return {"Status": "SUCCESS", "UniqueId": unique_id, "Data": data, "Reason": "-"}


def test_a_stack_waits_for_all_signals(emulator: Emulator, stack: Stack) -> None:
    """A repeated signal counts once; what needs no signal is made meanwhile."""
    _begin(stack, _template(Count=2))
    url = _handle(emulator, stack)
    statuses = [_signal(url, _success("a", "first")), _signal(url, _success("a", "again"))]
    time.sleep(1)
    (waiting,) = stack.cloudformation.describe_stacks(StackName=stack.name)["Stacks"]

    statuses.append(_signal(url, _success("b", "second")))

    assert waiting["StackStatus"] == "CREATE_IN_PROGRESS"
    assert (stack.settled(), statuses) == ("CREATE_COMPLETE", [200, 200, 200])
    outputs = stack.outputs()
    assert json.loads(outputs["Data"]) == {"a": "first", "b": "second"}
    assert outputs["Ref"] == f"{stack.arn}/Handle"


@pytest.mark.parametrize(
    ("signals", "properties", "reason"),
    [
        (
            [{"Status": "FAILURE", "UniqueId": "i-1", "Reason": "no disk", "Data": ""}],
            {},
            "WaitCondition received failed message: 'no disk' for uniqueId: i-1",
        ),
        (
            [_success("a")],
            {"Count": 2, "Timeout": "2"},
            "WaitCondition timed out. Received 1 conditions when expecting 2",
        ),
    ],
    ids=["a failure", "no signal in time"],
)
def test_a_wait_that_comes_to_nothing_fails_the_stack(
    emulator: Emulator,
    stack: Stack,
    signals: list[dict[str, str]],
    properties: dict[str, Any],
    reason: str,
) -> None:
    _begin(stack, _template(**properties))
    for body in signals:
        _signal(_handle(emulator, stack), body)

    assert stack.settled() == "ROLLBACK_COMPLETE"
    assert stack.reasons("CREATE_FAILED") == [reason]


def test_a_signal_has_a_form_and_a_handle(emulator: Emulator, stack: Stack) -> None:
    """What is no signal is refused, and everything when the stack is gone."""
    _begin(stack, _template())
    url = _handle(emulator, stack)
    no_id = {"Status": "SUCCESS"}
    statuses = [_signal(url, body) for body in ("junk", "[]", {"Status": "DONE"}, no_id)]
    _signal(url, _success("a"))
    stack.settled()
    stack.delete()

    assert statuses == [400, 400, 400, 400]
    assert _signal(url, _success("b")) == 403


def test_a_cancelled_stack_does_not_wait_on(emulator: Emulator, stack: Stack) -> None:
    """DeleteStack ends the wait."""
    _begin(stack, _template(Timeout="3600"))
    _handle(emulator, stack)

    assert stack.delete() == "DELETE_COMPLETE"


def test_a_wait_condition_is_not_updated(emulator: Emulator, stack: Stack) -> None:
    """What was waited for is past."""
    _begin(stack, _template())
    _signal(_handle(emulator, stack), _success("a"))
    stack.settled()

    assert stack.update(_template(Count=2)) == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.reasons("UPDATE_FAILED") == [
        "Update to resource type AWS::CloudFormation::WaitCondition is not supported."
    ]

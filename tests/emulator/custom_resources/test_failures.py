"""Custom resources that fail, answer wrongly or not at all."""

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.emulator.conftest import Emulator, StartEmulator
from tests.emulator.custom_resources.thing import FUNCTION, Thing, function_of
from tests.emulator.stacks import Stack


def test_a_missing_attribute_fails_the_resource_that_wants_it(thing: Thing) -> None:
    """Fn::GetAtt of what the answer's Data does not hold ends the creation, not as "unknown".

    The words are those that AWS reports in https://github.com/aws/aws-cdk/issues/29949.
    """
    topic = {
        "Type": "AWS::SNS::Topic",
        "Properties": {"DisplayName": {"Fn::GetAtt": ["Thing", "Size"]}},
    }

    status = thing.stack.deploy({"Resources": {"Topic": topic, "Thing": thing.resource()}})

    assert status == "ROLLBACK_COMPLETE"
    (reason,) = thing.stack.reasons("CREATE_FAILED")
    assert reason.startswith(
        "CustomResource attribute error: Vendor response doesn't contain Size attribute in object "
        f"{thing.stack.arn}|Thing"
    )
    assert ("Topic", "CREATE_FAILED") in thing.stack.events()


def test_an_output_without_a_value_fails_the_stack(thing: Thing) -> None:
    """An output that cannot be resolved rolls the stack back, although all resources are there."""
    status = thing.stack.deploy(
        {
            "Resources": {"Thing": thing.resource()},
            "Outputs": {"Size": {"Value": {"Fn::GetAtt": ["Thing", "Size"]}}},
        }
    )

    assert status == "ROLLBACK_COMPLETE"
    (reason,) = thing.stack.reasons("ROLLBACK_IN_PROGRESS")
    assert "doesn't contain Size attribute" in reason
    assert thing.kinds() == ["Create", "Delete"]


def test_a_failed_create_fails_the_stack_with_the_reason(thing: Thing) -> None:
    """FAILED fails the stack, its events say why, and rollback sends a Delete."""
    assert thing.deploy(FailOn=["Create"]) == "ROLLBACK_COMPLETE"

    create, delete = thing.requests()
    assert (create["RequestType"], delete["RequestType"]) == ("Create", "Delete")
    assert delete["PhysicalResourceId"] == "thing-1"
    assert thing.stack.reasons("CREATE_FAILED") == [
        "Received response status [FAILED] from custom resource. Message returned: "
        f"because I say so (RequestId: {create['RequestId']})"
    ]


def test_a_failed_update_fails_the_update(thing: Thing) -> None:
    """FAILED on an update is UPDATE_FAILED; rollback sends an Update with the old properties."""
    thing.deploy(Size=1)
    thing.requests()

    assert thing.deploy(Size=2, FailOn=["Update"]) == "UPDATE_ROLLBACK_COMPLETE"

    (reason,) = thing.stack.reasons("UPDATE_FAILED")
    assert "Message returned: because I say so" in reason
    there, back = thing.requests()
    assert there["ResourceProperties"]["Size"] == back["OldResourceProperties"]["Size"] == "2"
    assert there["OldResourceProperties"]["Size"] == back["ResourceProperties"]["Size"] == "1"
    assert thing.stack.resource("Thing") == "thing-1"


def test_a_failed_delete_is_seen_in_the_events(thing: Thing) -> None:
    """FAILED on a delete is DELETE_FAILED with the reason."""
    thing.deploy(FailOn=["Delete"])

    thing.stack.delete()

    _of_the_stack, reason = thing.stack.reasons("DELETE_FAILED")
    assert "Message returned: because I say so" in reason


def test_no_answer_fails_after_the_service_timeout(thing: Thing) -> None:
    """Without an answer within ServiceTimeout the resource fails as on AWS."""
    assert thing.deploy(SilentOn=["Create"], ServiceTimeout=2) == "ROLLBACK_COMPLETE"

    create, delete = thing.requests()
    (reason,) = thing.stack.reasons("CREATE_FAILED")
    assert reason.startswith(
        "CloudFormation did not receive a response from your Custom Resource. Please check your "
        f"logs for requestId [{create['RequestId']}]."
    )
    assert delete["PhysicalResourceId"].startswith(f"{thing.stack.name}-Thing-")


def test_a_function_that_always_fails_ends_the_wait(start_emulator: StartEmulator) -> None:
    """Once Lambda gives up the request, the resource fails with the function's error."""
    emulator = start_emulator(LAMBDA_RETRY_BASE_DELAY="1")
    with function_of(emulator, "def handler(event, context):\n    raise KeyError('oops')") as token:
        template = {
            "Resources": {"Thing": {"Type": "Custom::Thing", "Properties": {"ServiceToken": token}}}
        }
        stack = Stack(emulator.client("cloudformation"))

        assert stack.deploy(template) == "ROLLBACK_COMPLETE"

    (reason,) = stack.reasons("CREATE_FAILED")
    assert reason.startswith("CloudFormation did not receive a response")
    assert reason.endswith("(The function failed: KeyError: 'oops' (RetriesExhausted))")


def test_an_answer_with_a_content_type_is_refused(thing: Thing) -> None:
    """The ResponseURL is signed for a request without one, so S3 answers 403."""
    end = thing.deploy(ContentType="application/json", ServiceTimeout=2)

    assert end == "ROLLBACK_COMPLETE"


def test_a_late_answer_changes_nothing(thing: Thing) -> None:
    """The ResponseURL of a request that timed out refuses the answer."""

    thing.deploy(SilentOn=["Create"], ServiceTimeout=1)
    late = urllib.request.Request(thing.requests()[0]["ResponseURL"], data=b"{}", method="PUT")

    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(late)


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"Answer": {"PhysicalResourceId": ""}}, "Invalid PhysicalResourceId"),
        ({"Answer": {"PhysicalResourceId": None}}, "Invalid PhysicalResourceId"),
        ({"Answer": {"PhysicalResourceId": "x" * 1025}}, "Invalid PhysicalResourceId"),
        (
            {"Answer": {"Status": "DONE"}},
            "Invalid Response object: 'DONE' is not a valid ResponseStatus",
        ),
        ({"Answer": {"RequestId": "other"}}, "Invalid Response object: RequestId"),
        ({"Answer": {"StackId": "other"}}, "Invalid Response object: StackId"),
        ({"Answer": {"LogicalResourceId": "other"}}, "Invalid Response object: LogicalResourceId"),
        ({"Answer": {"Data": {"Colour": "x" * 4096}}}, "Response object is too long."),
        ({"Body": "no json"}, "Invalid Response object: it is not a JSON object"),
    ],
)
def test_an_answer_that_breaks_the_rules_fails(
    thing: Thing, properties: dict[str, Any], reason: str
) -> None:
    """An answer that CloudFormation would not accept fails the resource and says why."""
    if "Answer" in properties:
        properties = {"Answer": json.dumps(properties["Answer"])}

    assert thing.deploy(**properties) == "ROLLBACK_COMPLETE"

    (seen,) = thing.stack.reasons("CREATE_FAILED")
    assert seen.startswith(reason)


def test_a_missing_function_fails_at_once(thing: Thing) -> None:
    """A ServiceToken that names no function fails the resource with Lambda's reason."""
    thing.token += "-missing"

    assert thing.deploy() == "ROLLBACK_COMPLETE"

    (reason,) = thing.stack.reasons("CREATE_FAILED")
    assert "Function not found" in reason


def test_another_service_token_is_refused(emulator: Emulator, thing: Thing) -> None:
    """A custom resource stays with the function that made it; the update is rolled back.

    AWS: CloudFormation Template Reference, AWS::CloudFormation::CustomResource, ServiceToken:
    "Updates are not supported"; the event says so in these words.
    """
    thing.deploy(Size=1)
    thing.requests()
    with function_of(emulator, FUNCTION) as other:
        status = thing.deploy(Size=2, ServiceToken=other)

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert thing.stack.reasons("UPDATE_FAILED") == ["Modifying service token is not allowed."]
    asked = [(one["ServiceToken"], one["ResourceProperties"]["Size"]) for one in thing.requests()]
    assert set(asked) <= {(thing.token, "1")}
    assert thing.stack.resource("Thing") == "thing-1"

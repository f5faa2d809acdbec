"""Custom resources run, and their answers decide about the stack."""

import io
import json
import urllib.error
import urllib.request
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from harness.polling import wait_until
from tests.emulator.conftest import Emulator, StartEmulator
from tests.emulator.queues import create_queue
from tests.emulator.stacks import Stack

# Tells the queue what it was asked, then does what the properties say: `Answer` replaces fields of
# the response, `FailOn` and `SilentOn` name request types, `Repeat` answers more than once.
FUNCTION = """
import json
import urllib.request

import boto3

def handler(event, context):
    properties = event["ResourceProperties"]
    kind = event["RequestType"]
    told = boto3.client("sqs")
    told.send_message(QueueUrl=properties["Queue"], MessageBody=json.dumps(event))
    if kind in properties.get("SilentOn", []):
        return
    answer = {
        "Status": "FAILED" if kind in properties.get("FailOn", []) else "SUCCESS",
        "Reason": "because I say so",
        "PhysicalResourceId": event.get("PhysicalResourceId", "thing-1"),
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        **(json.loads(properties.get("Answer", "{}")) if kind != "Delete" else {}),
    }
    body = properties.get("Body", json.dumps(answer)).encode() if kind != "Delete" else b""
    body = body or json.dumps(answer).encode()
    content_type = properties.get("ContentType", "") if kind == "Create" else ""
    request = urllib.request.Request(
        event["ResponseURL"], data=body, method="PUT", headers={"Content-Type": content_type}
    )
    urllib.request.urlopen(request).read()
"""

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
MAY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "sqs:SendMessage",
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:PutLogEvents",
            ],
            "Resource": "*",
        }
    ],
}


def _answer(physical_id: str) -> str:
    return json.dumps({"PhysicalResourceId": physical_id, "Data": {"Colour": "red", "Count": 7}})


@pytest.fixture(scope="module")
def function(emulator: Emulator) -> Iterator[str]:
    """The function behind the custom resources; its ARN."""
    with _function(emulator, FUNCTION) as arn:
        yield arn


@contextmanager
def _function(emulator: Emulator, code: str) -> Iterator[str]:
    iam, functions = emulator.client("iam"), emulator.client("lambda")
    name = f"test-{uuid.uuid4().hex}"
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
    iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=json.dumps(MAY))
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("function.py", code)
    created = functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="function.handler",
        Role=role["Arn"],
        Code={"ZipFile": package.getvalue()},
        Timeout=30,
    )
    yield created["FunctionArn"]
    functions.delete_function(FunctionName=name)
    iam.delete_role_policy(RoleName=name, PolicyName="may")
    iam.delete_role(RoleName=name)


@dataclass
class Thing:
    """A stack with one custom resource, and what its function was asked."""

    stack: Stack
    sqs: Any
    queue: str
    token: str

    def resource(self, *, type_: str = "Custom::Thing", **properties: Any) -> dict[str, Any]:
        return {
            "Type": type_,
            "Properties": {"ServiceToken": self.token, "Queue": self.queue, **properties},
        }

    def deploy(self, *, type_: str = "Custom::Thing", **properties: Any) -> str:
        resource = self.resource(type_=type_, **properties)
        return self.stack.deploy(
            {
                "Resources": {"Thing": resource},
                "Outputs": {
                    "Ref": {"Value": {"Ref": "Thing"}},
                    "Colour": {"Value": {"Fn::GetAtt": ["Thing", "Colour"]}},
                    "Count": {"Value": {"Fn::GetAtt": ["Thing", "Count"]}},
                },
            }
            if "Answer" in properties
            else {"Resources": {"Thing": resource}}
        )

    def requests(self) -> list[dict[str, Any]]:
        """Return what the function has been asked since the last call, in order."""
        asked: list[dict[str, Any]] = []
        while received := self.sqs.receive_message(
            QueueUrl=self.queue, MaxNumberOfMessages=10, AttributeNames=["SentTimestamp"]
        ).get("Messages"):
            for message in received:
                body = json.loads(message["Body"])
                asked.append({**body, "At": int(message["Attributes"]["SentTimestamp"])})
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return sorted(asked, key=lambda request: request["At"])

    def kinds(self) -> list[str]:
        return [request["RequestType"] for request in self.requests()]


@pytest.fixture
def thing(emulator: Emulator, function: str) -> Iterator[Thing]:
    sqs = emulator.client("sqs")
    queue = create_queue(sqs, "sns")
    stack = Stack(emulator.client("cloudformation"))
    yield Thing(stack, sqs, queue, function)
    stack.delete()
    sqs.delete_queue(QueueUrl=queue)


def test_create_sends_what_aws_sends(thing: Thing) -> None:
    """The function gets AWS's request object; booleans and numbers arrive as text."""
    assert thing.deploy(Flag=True, Number=3, Nested={"List": [1, False, "x"]}) == "CREATE_COMPLETE"

    (request,) = thing.requests()
    assert request["RequestType"] == "Create"
    assert request["ResourceType"] == "Custom::Thing"
    assert request["LogicalResourceId"] == "Thing"
    assert request["StackId"].startswith("arn:aws:cloudformation:us-east-1:")
    assert request["StackId"].split("/")[1] == thing.stack.name
    assert request["ServiceToken"] == thing.token
    assert "PhysicalResourceId" not in request
    assert request["ResourceProperties"] == {
        "ServiceToken": thing.token,
        "Queue": thing.queue,
        "Flag": "true",
        "Number": "3",
        "Nested": {"List": ["1", "false", "x"]},
    }


def test_ref_and_getatt_read_the_answer(thing: Thing) -> None:
    """Ref is the PhysicalResourceId and GetAtt reads Data, also with NoEcho."""
    answer = {
        "PhysicalResourceId": "my-thing",
        "Data": {"Colour": "red", "Count": 7},
        "NoEcho": True,
    }

    assert thing.deploy(Answer=json.dumps(answer)) == "CREATE_COMPLETE"

    assert thing.stack.outputs() == {"Ref": "my-thing", "Colour": "red", "Count": "7"}
    assert thing.stack.resource("Thing") == "my-thing"


def test_the_generic_type_runs_too(thing: Thing) -> None:
    """AWS::CloudFormation::CustomResource is a custom resource like Custom::*."""
    assert thing.deploy(type_="AWS::CloudFormation::CustomResource") == "CREATE_COMPLETE"

    assert thing.requests()[0]["ResourceType"] == "AWS::CloudFormation::CustomResource"


def test_update_sends_old_and_new_properties(thing: Thing) -> None:
    """An update tells the physical id, the new properties and the old ones."""
    thing.deploy(Size=1)
    thing.requests()

    assert thing.deploy(Size=2) == "UPDATE_COMPLETE"

    (request,) = thing.requests()
    assert request["RequestType"] == "Update"
    assert request["PhysicalResourceId"] == "thing-1"
    assert request["ResourceProperties"]["Size"] == "2"
    assert request["OldResourceProperties"]["Size"] == "1"


def test_an_unchanged_resource_is_left_alone(thing: Thing) -> None:
    """No request is sent for a resource whose properties did not change."""
    thing.deploy(Size=1)
    thing.requests()
    template = {
        "Resources": {
            "Thing": {
                "Type": "Custom::Thing",
                "Properties": {"ServiceToken": thing.token, "Queue": thing.queue, "Size": 1},
            },
            "Topic": {"Type": "AWS::SNS::Topic"},
        }
    }

    assert thing.stack.deploy(template) == "UPDATE_COMPLETE"

    assert thing.requests() == []


def test_a_new_physical_id_replaces_the_resource(thing: Thing) -> None:
    """When an update answers with another id, the old one is sent a Delete with its properties."""
    thing.deploy(Size=1)
    thing.requests()

    assert thing.deploy(Size=2, Answer=_answer("thing-2")) == "UPDATE_COMPLETE"

    update, delete = thing.requests()
    assert (update["RequestType"], delete["RequestType"]) == ("Update", "Delete")
    assert delete["PhysicalResourceId"] == "thing-1"
    assert delete["ResourceProperties"]["Size"] == "1"
    assert thing.stack.resource("Thing") == "thing-2"


def test_the_replaced_resource_is_deleted_last(thing: Thing) -> None:
    """The Delete of the old id waits until the rest of the stack has been updated.

    AWS: CloudFormation User Guide, "Custom resource request types reference", Update: when the
    returned PhysicalResourceId differs, a Delete follows as part of the cleanup.
    """
    thing.deploy(Size=1)
    later = {"Type": "AWS::SNS::Topic", "DependsOn": "Thing"}
    thing.stack.deploy(
        {"Resources": {"Thing": thing.resource(Size=2, Answer=_answer("thing-2")), "Later": later}}
    )

    events = thing.stack.events()
    assert events.index(("Thing", "DELETE_COMPLETE")) > events.index(("Later", "CREATE_COMPLETE"))
    assert thing.stack.resource("Thing") == "thing-2"


def test_a_replacement_is_taken_back(thing: Thing) -> None:
    """A failed update sends the new id an Update with the old properties, then a Delete.

    AWS: CloudFormation User Guide, "Custom resource request types reference": a rollback is an
    update, too, and its new PhysicalResourceId replaces the one before.
    """
    thing.deploy(Size=1, Answer=_answer("thing-1"))
    thing.requests()
    fails = {
        "Type": "AWS::CloudWatch::Dashboard",
        "DependsOn": "Thing",
        "Properties": {"DashboardBody": "{"},
    }

    status = thing.stack.deploy(
        {"Resources": {"Thing": thing.resource(Size=2, Answer=_answer("thing-2")), "Fails": fails}}
    )

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    asked = [(one["RequestType"], one["PhysicalResourceId"]) for one in thing.requests()]
    assert asked == [("Update", "thing-1"), ("Update", "thing-2"), ("Delete", "thing-2")]
    assert thing.stack.resource("Thing") == "thing-1"
    thing.stack.delete()
    assert [one["PhysicalResourceId"] for one in thing.requests()] == ["thing-1"]


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


def test_deleting_the_stack_sends_delete(thing: Thing) -> None:
    """The function is asked to delete what it created."""
    thing.deploy(Size=1)
    thing.requests()

    assert thing.stack.delete() == "DELETE_COMPLETE"

    (request,) = thing.requests()
    assert request["RequestType"] == "Delete"
    assert request["PhysicalResourceId"] == "thing-1"
    assert request["ResourceProperties"]["Size"] == "1"


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
    with _function(emulator, "def handler(event, context):\n    raise KeyError('oops')") as token:
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


def test_a_topic_can_be_the_service(emulator: Emulator, thing: Thing) -> None:
    """With a topic as ServiceToken the request is published, and whoever reads it answers."""

    sns = emulator.client("sns")
    topic = sns.create_topic(Name=f"test-{uuid.uuid4().hex}")["TopicArn"]
    queue_arn = thing.sqs.get_queue_attributes(QueueUrl=thing.queue, AttributeNames=["QueueArn"])
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=queue_arn["Attributes"]["QueueArn"],
        Attributes={"RawMessageDelivery": "true"},
    )
    thing.token = topic
    template = {
        "Resources": {"Thing": {"Type": "Custom::Thing", "Properties": {"ServiceToken": topic}}}
    }
    cloudformation = thing.stack.cloudformation
    created = cloudformation.create_stack(
        StackName=thing.stack.name, TemplateBody=json.dumps(template)
    )
    thing.stack.arn = created["StackId"]

    (request,) = wait_until(thing.requests, deadline_s=20, interval_s=0.1, describe="the request")
    answer = {
        "Status": "SUCCESS",
        "PhysicalResourceId": "from-the-topic",
        **{name: request[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    urllib.request.urlopen(
        urllib.request.Request(
            request["ResponseURL"],
            data=json.dumps(answer).encode(),
            method="PUT",
            headers={"Content-Type": ""},
        )
    ).read()

    cloudformation.get_waiter("stack_create_complete").wait(
        StackName=thing.stack.name, WaiterConfig={"Delay": 1, "MaxAttempts": 20}
    )
    assert thing.stack.resource("Thing") == "from-the-topic"
    sns.delete_topic(TopicArn=topic)  # nobody answers the Delete; without its topic it fails fast


def test_another_service_token_is_refused(emulator: Emulator, thing: Thing) -> None:
    """A custom resource stays with the function that made it; the update is rolled back.

    AWS: CloudFormation Template Reference, AWS::CloudFormation::CustomResource, ServiceToken:
    "Updates are not supported"; the event says so in these words.
    """
    thing.deploy(Size=1)
    thing.requests()
    with _function(emulator, FUNCTION) as other:
        status = thing.deploy(Size=2, ServiceToken=other)

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert thing.stack.reasons("UPDATE_FAILED") == ["Modifying service token is not allowed."]
    asked = [(one["ServiceToken"], one["ResourceProperties"]["Size"]) for one in thing.requests()]
    assert set(asked) <= {(thing.token, "1")}
    assert thing.stack.resource("Thing") == "thing-1"

"""What a custom resource's function is asked, and what becomes of its answer."""

import json
import urllib.error
import urllib.request
import uuid

from harness.polling import wait_until
from tests.emulator.conftest import Emulator
from tests.emulator.custom_resources.thing import Thing


def _answer(physical_id: str) -> str:
    return json.dumps({"PhysicalResourceId": physical_id, "Data": {"Colour": "red", "Count": 7}})


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


def test_deleting_the_stack_sends_delete(thing: Thing) -> None:
    """The function is asked to delete what it created."""
    thing.deploy(Size=1)
    thing.requests()

    assert thing.stack.delete() == "DELETE_COMPLETE"

    (request,) = thing.requests()
    assert request["RequestType"] == "Delete"
    assert request["PhysicalResourceId"] == "thing-1"
    assert request["ResourceProperties"]["Size"] == "1"


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

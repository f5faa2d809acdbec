"""A change set says what changes in each resource, why, and what becomes of the resource.

AWS: CloudFormation API Reference, ResourceChange and ResourceChangeDetail. Recorded in LocalStack's
tests at v4.14.0, `cloudformation/test_change_set_ref.py` and `test_change_set_fn_get_attr.py`:
`test_immutable_property_update_causes_resource_replacement`, `test_direct_attribute_value_change`.
"""

import copy
import json
from typing import Any

from tests.emulator.conftest import Emulator
from tests.emulator.stacks import Stack

KNOWN_LATER = "{{changeSet:KNOWN_AFTER_APPLY}}"


def _topics(name: str) -> dict[str, Any]:
    """A topic with a name and a title, and two that take theirs from it."""
    properties = {"TopicName": f"{name}-a", "DisplayName": {"Ref": "Title"}}
    by_name = {"DisplayName": {"Fn::GetAtt": ["A", "TopicName"]}}
    return {
        "Parameters": {"Title": {"Type": "String", "Default": "first"}},
        "Resources": {
            "A": {"Type": "AWS::SNS::Topic", "Properties": properties},
            "ByName": {"Type": "AWS::SNS::Topic", "Properties": by_name},
            "ByArn": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "A"}}},
            "Other": {"Type": "AWS::SNS::Topic"},
        },
    }


def _changes(
    stack: Stack, template: dict[str, Any], *, values: bool, **parameters: str
) -> dict[str, dict[str, Any]]:
    """What a change set that is made now changes, by logical ids; it is deleted again."""
    client, given = stack.cloudformation, {"StackName": stack.name, "ChangeSetName": "planned"}
    client.create_change_set(
        **given,
        TemplateBody=json.dumps(template),
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
    )
    client.get_waiter("change_set_create_complete").wait(**given)
    described = client.describe_change_set(**given, IncludePropertyValues=values)
    client.delete_change_set(**given)
    changes = [one["ResourceChange"] for one in described["Changes"]]
    return {one["LogicalResourceId"]: one for one in changes}


def _reasons(change: dict[str, Any]) -> set[tuple[str, str, str, str]]:
    return {
        (
            one["Target"]["Name"],
            one["ChangeSource"],
            one.get("CausingEntity", ""),
            one["Evaluation"],
        )
        for one in change["Details"]
    }


def test_a_changed_parameter_is_why_a_property_changes(stack: Stack) -> None:
    template = _topics(stack.name)
    assert stack.deploy(template) == "CREATE_COMPLETE"
    change = _changes(stack, template, values=True, Title="second")["A"]
    assert _reasons(change) == {
        ("DisplayName", "ParameterReference", "Title", "Static"),
        ("DisplayName", "DirectModification", "", "Dynamic"),
    }
    assert (change["Replacement"], change["Scope"]) == ("False", ["Properties"])
    assert "PolicyAction" not in change
    assert change["Details"][0]["Target"] == {
        "Attribute": "Properties",
        "Name": "DisplayName",
        "Path": "/Properties/DisplayName",
        "RequiresRecreation": "Never",
        "AttributeChangeType": "Modify",
        "BeforeValue": "first",
        "AfterValue": "second",
    }


def test_a_stored_value_that_changed_is_no_change_of_the_parameter(
    emulator: Emulator, stack: Stack
) -> None:
    """The stack's parameter is the name in the Parameter Store, which stays. Recorded:

    `cloudformation/v2/test_dynamic_resolving.py`, `test_update_parameter_between_deployments`.
    """
    ssm = emulator.client("ssm")
    ssm.put_parameter(Name=stack.name, Value="first", Type="String")
    template = _topics(stack.name)
    template["Parameters"]["Title"]["Type"] = "AWS::SSM::Parameter::Value<String>"
    assert stack.deploy(template, Title=stack.name) == "CREATE_COMPLETE"
    ssm.put_parameter(Name=stack.name, Value="second", Type="String", Overwrite=True)
    change = _changes(stack, template, values=True, Title=stack.name)["A"]
    ssm.delete_parameter(Name=stack.name)
    assert _reasons(change) == {("DisplayName", "DirectModification", "", "Static")}
    assert change["Details"][0]["Target"]["AfterValue"] == "second"


def test_what_refers_to_a_resource_that_is_replaced_changes_too(stack: Stack) -> None:
    template = _topics(stack.name)
    assert stack.deploy(template) == "CREATE_COMPLETE"
    renamed = copy.deepcopy(template)
    renamed["Resources"]["A"]["Properties"]["TopicName"] += "2"
    renamed["Resources"]["A"]["UpdateReplacePolicy"] = "Retain"
    changes = _changes(stack, renamed, values=True)
    assert changes.keys() == {"A", "ByName", "ByArn"}
    assert changes["A"]["Replacement"] == "True"
    assert changes["A"]["PolicyAction"] == "ReplaceAndRetain"
    assert ("DisplayName", "ResourceReference", "A", "Static") in _reasons(changes["ByArn"])
    assert ("DisplayName", "ResourceAttribute", "A.TopicName", "Static") in _reasons(
        changes["ByName"]
    )
    after = json.loads(changes["ByArn"]["AfterContext"])["Properties"]
    assert after == {"DisplayName": KNOWN_LATER}


def test_without_values_what_asks_a_changed_resource_may_change(stack: Stack) -> None:
    """A topic's ARN and name stay when its title changes: with values AWS knows that."""
    template = _topics(stack.name)
    assert stack.deploy(template) == "CREATE_COMPLETE"
    changes = _changes(stack, template, values=False, Title="second")
    assert list(changes) == ["A", "ByName"]
    assert _reasons(changes["ByName"]) == {
        ("DisplayName", "ResourceAttribute", "A.TopicName", "Dynamic")
    }
    assert not {"BeforeContext", "AfterContext"} & changes["A"].keys()
    assert _changes(stack, template, values=True, Title="second").keys() == {"A"}


def test_what_is_added_and_removed_has_no_details(stack: Stack) -> None:
    template = _topics(stack.name)
    assert stack.deploy(template) == "CREATE_COMPLETE"
    changed = copy.deepcopy(template)
    changed["Resources"]["New"] = changed["Resources"].pop("Other")
    changes = _changes(stack, changed, values=False)
    assert {name: change["Action"] for name, change in changes.items()} == {
        "New": "Add",
        "Other": "Remove",
    }
    assert all(change["Details"] == change["Scope"] == [] for change in changes.values())
    assert changes["Other"]["PolicyAction"] == "Delete"


def test_a_resource_without_properties_gets_one(stack: Stack) -> None:
    template = {"Resources": {"Other": {"Type": "AWS::SNS::Topic"}}}
    assert stack.deploy(template) == "CREATE_COMPLETE"
    titled = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "t"}}
    change = _changes(stack, {"Resources": {"Other": titled}}, values=True)["Other"]
    target = change["Details"][0]["Target"]
    assert (target["AttributeChangeType"], target["AfterValue"]) == ("Add", "t")


def test_a_stack_names_the_change_set_that_led_to_its_state(stack: Stack) -> None:
    """cloudformation/api/test_stacks.py, test_stack_description_lifecycle: not under review."""
    client = stack.cloudformation
    stack.arn = client.create_change_set(
        StackName=stack.name,
        ChangeSetName="first",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps(_topics(stack.name)),
    )["StackId"]
    reviewed = client.describe_stacks(StackName=stack.name)["Stacks"][0]
    assert (reviewed["StackStatus"], reviewed.get("ChangeSetId")) == ("REVIEW_IN_PROGRESS", None)
    client.execute_change_set(StackName=stack.name, ChangeSetName="first")
    assert stack.settled() == "CREATE_COMPLETE"
    assert client.describe_stacks(StackName=stack.name)["Stacks"][0]["ChangeSetId"]

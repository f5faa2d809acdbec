"""Exports, imports and other outputs.

AWS: CloudFormation User Guide, "Choose how to handle failures when provisioning resources",
"Understand update behaviors of stack resources", "DeletionPolicy attribute".
"""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator
from tests.emulator.stacks import Stack


def _exporting(name: str, value: Any = "v") -> dict[str, Any]:
    return {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"Out": {"Value": value, "Export": {"Name": name}}},
    }


def _importing(name: str) -> dict[str, Any]:
    properties = {"DisplayName": {"Fn::ImportValue": {"Fn::Sub": name}}}
    return {"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": properties}}}


@pytest.fixture
def importer(emulator: Emulator, stack: Stack) -> Iterator[Stack]:
    """A stack that imports the export of `stack`, which has the stack's name."""
    stack.create(_exporting(stack.name))
    one = Stack(emulator.client("cloudformation"))
    assert one.create(_importing(stack.name)) == "CREATE_COMPLETE"
    yield one
    one.delete()


def test_an_export_in_use_stays(stack: Stack, importer: Stack) -> None:
    """It cannot be changed or removed, nor its stack deleted, until nobody imports it any more.

    AWS: re:Post, "Remediating Cannot delete/update export <EXPORT_NAME> as it is in use by
    <IMPORTING_STACK>", and the status that https://github.com/rlister/stax/issues/40 reports.
    """
    imports = stack.cloudformation.list_imports(ExportName=stack.name)["Imports"]
    assert imports == [importer.name]
    in_use = f"export {stack.name} as it is in use by {importer.name}."

    for template, verb in (
        (_exporting(stack.name, "other"), "update"),
        (_exporting(f"{stack.name}-other"), "delete"),
    ):
        assert stack.update(template) == "UPDATE_ROLLBACK_COMPLETE"
        assert stack.reasons("UPDATE_ROLLBACK_IN_PROGRESS")[0] == f"Cannot {verb} {in_use}"
    assert stack.delete() == "UPDATE_ROLLBACK_COMPLETE"
    assert f"Delete canceled. Cannot delete {in_use}" in stack.reasons("UPDATE_ROLLBACK_COMPLETE")

    importer.delete()
    with pytest.raises(ClientError, match="is not imported by any stack"):
        stack.cloudformation.list_imports(ExportName=stack.name)
    assert stack.update(_exporting(stack.name, "other")) == "UPDATE_COMPLETE"
    assert stack.delete() == "DELETE_COMPLETE"


def test_a_name_is_exported_once(emulator: Emulator, stack: Stack) -> None:
    """A second stack with the same export name is rolled back.

    AWS: CloudFormation User Guide, "Outputs section": export names are unique within a Region.
    """
    stack.create(_exporting(stack.name))
    second = Stack(emulator.client("cloudformation"))

    assert second.create(_exporting(stack.name)) == "ROLLBACK_COMPLETE"

    assert second.reasons("ROLLBACK_IN_PROGRESS") == [
        f"Export with name {stack.name} is already exported by stack {stack.name}"
    ]
    second.delete()


def test_a_template_exports_a_name_once(stack: Stack) -> None:
    """Two outputs of one stack cannot have the same export name."""
    template = _exporting(stack.name)
    template["Outputs"]["Second"] = template["Outputs"]["Out"]

    assert stack.create(template) == "ROLLBACK_COMPLETE"

    assert stack.reasons("ROLLBACK_IN_PROGRESS") == [f"Duplicate Export names: [{stack.name}]"]


def test_an_import_needs_an_export(stack: Stack) -> None:
    """Fn::ImportValue of what nobody exports fails the resource that wants it."""
    assert stack.create(_importing("nobody-exports-this")) == "ROLLBACK_COMPLETE"

    assert stack.reasons("CREATE_FAILED") == ["No export named nobody-exports-this found."]


def test_outputs_keep_their_descriptions(stack: Stack) -> None:
    """DescribeStacks tells what the template says about each output."""
    template = _exporting(stack.name)
    template["Outputs"]["Out"]["Description"] = "what it is"
    stack.create(template)

    (described,) = stack.cloudformation.describe_stacks(StackName=stack.name)["Stacks"]

    assert described["Outputs"][0]["Description"] == "what it is"
    assert "DeletionTime" not in described

"""Proof that a stack is what its template says.

A deployed stack's name and outputs and the template come in; what is missing goes out. deploy asks,
for LocalStack's CREATE_COMPLETE is no proof: it says so of a stack without resources, leaves out
outputs that it could not resolve, and puts "unknown" for an attribute that does not exist.
"""

from collections.abc import Mapping

from harness.targets import Target
from harness.template import Template, resource_types

_NOTHING = {None, "", "unknown"}


def missing_from(
    target: Target, template: Template, stack_name: str, outputs: Mapping[str, str]
) -> list[str]:
    """Names of the template's resources and outputs that the stack does not have.

    What depends on a condition may be missing.
    """
    pages = target.client("cloudformation").get_paginator("list_stack_resources")
    there = {
        resource["LogicalResourceId"]
        for page in pages.paginate(StackName=stack_name)
        for resource in page["StackResourceSummaries"]
        if resource["ResourceStatus"] in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
        and resource.get("PhysicalResourceId") not in _NOTHING
    }
    promised = [
        name
        for name, output in (template.get("Outputs") or {}).items()
        if "Condition" not in output
    ]
    return [
        *(name for name in resource_types(template) if name not in there),
        *(name for name in promised if outputs.get(name) in _NOTHING),
    ]

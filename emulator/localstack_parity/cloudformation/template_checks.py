"""What CloudFormation refuses before it creates anything, by looking at the template alone.

Source: AWS CloudFormation User Guide, "Template anatomy", "Intrinsic function reference" and
"Acknowledging IAM resources in CloudFormation templates".
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from localstack.aws.api.cloudformation import InsufficientCapabilitiesException
from localstack.services.cloudformation.engine.validations import (
    ValidationError,
    outputs_have_values,
    resources_top_level_keys,
)

from localstack_parity.cloudformation import forms, resource_types, transforms
from localstack_parity.cloudformation.references import (
    Reference,
    references_of,
    references_of_item,
)

type Template = Mapping[str, Any]

_SECTIONS = {
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
}
_PSEUDO_PARAMETERS = {
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
}

# The name that makes a resource one with a custom name; None where there is no such property.
_IAM_NAMES = {
    "AWS::IAM::AccessKey": None,
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Policy": None,
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::UserToGroupAddition": None,
}


def check(template: Template) -> None:
    """Raise what AWS answers to a template that cannot be deployed.

    Of a template with macros little is checked: what it says is not known before they have run.
    """
    is_serverless = transforms.SERVERLESS in transforms.names(template)
    sections = _SECTIONS | ({"Globals"} if is_serverless else set())
    if unknown := [section for section in template if section not in sections]:
        raise ValidationError(
            f"Invalid template property or properties [{', '.join(map(str, unknown))}]"
        )
    if template.get("Hooks"):
        raise ValidationError("The section Hooks is not emulated here: leave it out.")
    forms.check_sections(template)
    if not template.get("Resources"):
        raise ValidationError(
            "Template format error: At least one Resources member must be defined."
        )
    if not has_macros(template):
        forms.check_resources(template["Resources"])
        forms.check_functions(template)
        resources_top_level_keys(template)
        outputs_have_values(template)
        _check_types(template["Resources"])
        _check_references(template)
        _check_cycles(template["Resources"])


def check_types_stay(before: Template, after: Template) -> None:
    """Raise if an update gives a resource another type under the same name."""
    changed = [
        name
        for name, resource in _resources(after).items()
        if name in (had := _resources(before)) and had[name].get("Type") != resource.get("Type")
    ]
    if changed:
        raise ValidationError(
            "Update of resource type is not permitted. The new template modifies resource type of "
            f"the following resources: [{', '.join(changed)}]"
        )


def has_macros(template: Template) -> bool:
    """Say whether a template is to be changed by macros."""
    return any(transforms.names(template))


def _check_types(resources: Template) -> None:
    types = dict.fromkeys(str(resource["Type"]) for resource in resources.values())
    if unknown := [name for name in types if not resource_types.exists(name)]:
        raise ValidationError(
            f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]"
        )


def _check_references(template: Template) -> None:
    """Raise if something refers to a resource, parameter, attribute or condition that is not."""
    resources, conditions = template["Resources"], template.get("Conditions") or {}
    named = _PSEUDO_PARAMETERS | set(template.get("Parameters") or {})
    if missing := [
        reference.name
        for reference in references_of(conditions)
        if not reference.is_condition and reference.name not in named
    ]:
        raise ValidationError(
            f"Template format error: Unresolved dependencies {_listed(missing)}. Cannot reference "
            "resources in the Conditions block of the template"
        )
    for block in ("Resources", "Outputs"):
        found = [
            reference
            for item in (template.get(block) or {}).values()
            for reference in references_of_item(item)
        ]
        for reference in found:
            if reference.function == "Fn::If" and reference.name not in conditions:
                raise ValidationError(
                    f"Template error: unresolved condition dependency {reference.name} in Fn::If"
                )
            if reference.is_condition and reference.name not in conditions:
                raise ValidationError(
                    f"Template format error: Unresolved condition dependency {reference.name} "
                    f"in the {block} block of the template"
                )
        if missing := [
            reference.name
            for reference in found
            if reference.is_plain and reference.name not in named | resources.keys()
        ]:
            raise ValidationError(
                f"Template format error: Unresolved resource dependencies {_listed(missing)} "
                f"in the {block} block of the template"
            )
        for reference in found:
            if reference.attribute is not None:
                _check_attribute(reference, resources)


def _check_attribute(reference: Reference, resources: Template) -> None:
    name, attribute = reference.name, reference.attribute
    if not name or not attribute:
        raise ValidationError(
            "Template error: every Fn::GetAtt object requires two non-empty parameters, "
            "the resource name and the resource attribute"
        )
    if name not in resources:
        raise ValidationError(
            f"Template error: instance of Fn::Sub references invalid resource attribute "
            f"{name}.{attribute}"
            if reference.function == "Fn::Sub"
            else f"Template error: instance of Fn::GetAtt references undefined resource {name}"
        )
    if not resource_types.has_attribute(str(resources[name]["Type"]), attribute):
        raise ValidationError(
            f"Template error: resource {name} does not support attribute type {attribute} "
            "in Fn::GetAtt"
        )


def _listed(names: Sequence[str]) -> str:
    return f"[{', '.join(dict.fromkeys(names))}]"


def _check_cycles(resources: Template) -> None:
    """Raise if resources wait for each other, directly or around several corners."""
    waits_for = {
        name: {
            reference.name
            for reference in references_of_item(resource)
            if not reference.is_condition and reference.name in resources
        }
        for name, resource in resources.items()
    }
    circle = [name for name in resources if name in _reached_from(waits_for[name], waits_for)]
    if circle:
        raise ValidationError(f"Circular dependency between resources: [{', '.join(circle)}]")


def _reached_from(start: set[str], waits_for: Mapping[str, set[str]]) -> Iterator[str]:
    """Every resource that these, or those they wait for, wait for."""
    seen, ahead = set[str](), list(start)
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            yield name
            ahead.extend(waits_for[name])


def check_capabilities(template: Template, given: Sequence[str]) -> None:
    """Raise if the template makes IAM resources and nobody has acknowledged that."""
    needed = needed_capability(template)
    if needed == "CAPABILITY_IAM" and "CAPABILITY_NAMED_IAM" in given:
        return
    if needed and needed not in given:
        raise InsufficientCapabilitiesException(f"Requires capabilities : [{needed}]")


def needed_capability(template: Template) -> str | None:
    """Return the capability that the template asks for, if any."""
    of_iam = [one for one in _resources(template).values() if one.get("Type") in _IAM_NAMES]
    if any(_IAM_NAMES[one["Type"]] in (one.get("Properties") or {}) for one in of_iam):
        return "CAPABILITY_NAMED_IAM"
    return "CAPABILITY_IAM" if of_iam else None


def _resources(template: Template) -> dict[str, dict[str, Any]]:
    """The resources, without what only a macro can read."""
    found = template.get("Resources") or {}
    return {name: one for name, one in found.items() if isinstance(one, dict)}

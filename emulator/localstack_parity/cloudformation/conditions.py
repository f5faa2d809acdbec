"""What a template's conditions leave out must not be referred to.

Known only with the values of the parameters, and refused before anything is created.

Source: messages recorded on AWS: "Template format error: Unresolved resource dependencies [Absent]
in the Outputs block of the template". CloudFormation User Guide, "Conditions": a resource or output
whose condition is false is not there, and of Fn::If only the branch that is taken counts.
"""

from collections.abc import Callable, Mapping
from typing import Any

from localstack.services.cloudformation.engine.v2.change_set_model_preproc import (
    ChangeSetModelPreproc,
)
from localstack.services.cloudformation.engine.validations import ValidationError
from localstack.services.cloudformation.v2.entities import ChangeSet

from localstack_parity.cloudformation.references import references_of_item

type Template = Mapping[str, Any]


def check(change_set: ChangeSet, template: Template) -> None:
    """Raise if something that is to be made refers to a resource that is not."""
    holds = _holding(change_set)
    absent = {
        name
        for name, resource in template["Resources"].items()
        if "Condition" in resource and not holds(resource["Condition"])
    }
    if not absent:
        return
    for block in ("Resources", "Outputs"):
        for item in (template.get(block) or {}).values():
            if "Condition" in item and not holds(item["Condition"]):
                continue
            needed = {
                reference.name
                for reference in references_of_item(_taken(item, holds))
                if not reference.is_condition and reference.function != "DependsOn"
            }
            if missing := sorted(needed & absent):
                raise ValidationError(
                    f"Template format error: Unresolved resource dependencies "
                    f"[{', '.join(missing)}] in the {block} block of the template"
                )


def deletion_policies(change_set: ChangeSet, template: Template) -> dict[str, Any]:
    """Return the DeletionPolicy of each resource that has one, which may depend on a condition."""
    holds = _holding(change_set)
    return {
        name: _taken(resource["DeletionPolicy"], holds)
        for name, resource in template["Resources"].items()
        if "DeletionPolicy" in resource
    }


def in_force(change_set: ChangeSet, template: Template) -> dict[str, Any]:
    """Return the template without what its conditions leave out."""
    holds = _holding(change_set)
    resources = {
        name: _taken(resource, holds)
        for name, resource in template["Resources"].items()
        if "Condition" not in resource or holds(resource["Condition"])
    }
    return {**template, "Resources": resources}


def _holding(change_set: ChangeSet) -> Callable[[str], bool]:
    """Return how a condition comes out with the change set's parameters."""
    evaluating = ChangeSetModelPreproc(change_set)
    evaluating._setup_runtime_cache()

    def holds(name: str) -> bool:
        return bool(evaluating._resolve_condition(name).after)

    return holds


def _taken(value: Any, holds: Callable[[str], bool]) -> Any:
    """Return a piece of a template with only those branches of Fn::If that are taken."""
    match value:
        case {"Fn::If": [str(condition), then, otherwise], **rest} if not rest:
            return _taken(then if holds(condition) else otherwise, holds)
        case dict():
            return {key: _taken(item, holds) for key, item in value.items()}
        case list():
            return [_taken(item, holds) for item in value]
    return value

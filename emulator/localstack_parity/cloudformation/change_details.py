"""What a change set says of each change: which properties, why, and what becomes of the resource.

AWS: CloudFormation API Reference, ResourceChange, ResourceChangeDetail, ResourceTargetDefinition.
Recorded in LocalStack's tests at v4.14.0, such as
`cloudformation/test_change_set_ref.py`, `test_change_set_fn_get_attr.py` and
`test_change_set_parameters.py`. LocalStack names the resource and whether it is replaced.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from localstack.services.cloudformation.engine.v2.change_set_model import is_nothing
from localstack.services.cloudformation.engine.v2.change_set_model_describer import (
    CHANGESET_KNOWN_AFTER_APPLY,
    ChangeSetModelDescriber,
)
from localstack.services.cloudformation.engine.v2.change_set_model_preproc import (
    PreprocProperties,
)
from localstack.services.cloudformation.v2.entities import ChangeSet
from localstack.utils.patch import patch

from localstack_parity.cloudformation.change_reasons import (
    Change,
    Situation,
    contexts,
    details_of,
    recreation_of,
    replacement_of,
    sources_of,
)


def install() -> None:
    """Have LocalStack describe resources without properties, too, with values."""

    @patch(ChangeSetModelDescriber._register_resource_change)
    def register(
        original: Callable[..., None],
        describer: ChangeSetModelDescriber,
        *,
        before_properties: Any,
        after_properties: Any,
        **more: Any,
    ) -> None:
        sides = (
            PreprocProperties(properties={}) if is_nothing(side) else side
            for side in (before_properties, after_properties)
        )
        before, after = sides
        original(describer, before_properties=before, after_properties=after, **more)


def described(
    change_set: ChangeSet, changes: Sequence[Change], *, with_values: bool
) -> list[Change]:
    """Return a change set's changes with all that AWS says of them.

    `changes` are LocalStack's, with the values of properties, which stay if they are asked for.
    Without values AWS does not look at them: a resource that refers to an attribute of one that
    changes may change, too.
    """
    template = change_set.processed_template or {}
    former = getattr(change_set, "former_template", None) or {}
    situation = Situation(
        former.get("Resources") or {},
        template.get("Resources") or {},
        _changed_parameters(change_set),
        {},
        with_values,
    )
    for one in changes:
        _note(one["ResourceChange"], situation)
    found = [one for one in changes if _describe(one["ResourceChange"], situation)]
    return _in_order([*found, *_following(change_set, found, situation)], situation)


def _note(change: Change, situation: Situation) -> None:
    """Note whether a resource that is modified is replaced, which others have to know."""
    if change["Action"] == "Modify":
        before, after = contexts(change)
        situation.replaced[change["LogicalResourceId"]] = any(
            before.get(key) != after.get(key)
            and recreation_of(key, change["ResourceType"], before.get(key), after.get(key))
            == "Always"
            for key in {*before, *after}
        )


def _describe(change: Change, situation: Situation) -> bool:
    """Complete a change of LocalStack's; say whether it is one.

    A value that is known after an update alone is supposed to stay if what it is asked of stays.
    """
    name, details = change["LogicalResourceId"], list[Change]()
    before, after = contexts(change)
    if change["Action"] == "Modify":
        if situation.with_values:
            after = _foreseen(name, before, after, situation)
            change["AfterContext"] = json.dumps({"Properties": after})
        details = list(details_of(name, change["ResourceType"], before, after, situation))
        change["Replacement"] = replacement_of(details)
        if change["Replacement"] == "True":
            kept = situation.after.get(name, {}).get("UpdateReplacePolicy", "Delete")
            change["PolicyAction"] = f"ReplaceAnd{kept}"
    elif change["Action"] == "Remove":
        change["PolicyAction"] = situation.before.get(name, {}).get("DeletionPolicy", "Delete")
    if not situation.with_values:
        for context in ("BeforeContext", "AfterContext"):
            change.pop(context, None)
    change["Details"] = details
    change["Scope"] = sorted({one["Target"]["Attribute"] for one in details})
    return bool(details) or change["Action"] != "Modify"


def _foreseen(
    name: str, before: Mapping[str, Any], after: Mapping[str, Any], situation: Situation
) -> dict[str, Any]:
    """The values of a resource's properties after a change, as far as AWS foresees them.

    What is asked of a resource that is replaced is known after the update alone; what is asked of
    one that changes is supposed to stay.
    """
    foreseen = dict(after)
    for key, value in after.items():
        old, new = (
            side.get(name, {}).get("Properties", {}).get(key)
            for side in (situation.before, situation.after)
        )
        sources = list(sources_of(new, situation))
        certain = {one["ChangeSource"] for one in sources if one["Evaluation"] == "Static"}
        if old != new or key not in before or not sources:
            continue
        if not certain:
            foreseen[key] = before[key]
        elif certain <= {"ResourceReference", "ResourceAttribute"} and isinstance(value, str):
            foreseen[key] = CHANGESET_KNOWN_AFTER_APPLY
    return foreseen


def _following(
    change_set: ChangeSet, changes: Sequence[Change], situation: Situation
) -> Iterator[Change]:
    """Yield a change for each resource that follows from those of others, and so on."""
    listed = {one["ResourceChange"]["LogicalResourceId"] for one in changes}
    waiting = [name for name in situation.after if name in situation.before and name not in listed]
    found = True
    while found:
        found = False
        for name in list(waiting):
            known = change_set.stack.resolved_resources.get(name, {})
            if "PhysicalResourceId" not in known:
                continue
            change = _of_references(name, known, situation)
            if change["Details"]:
                found = True
                waiting.remove(name)
                situation.replaced[name] = False
                yield {"Type": "Resource", "ResourceChange": change}


def _of_references(name: str, known: Mapping[str, Any], situation: Situation) -> Change:
    """The change of a resource whose template stays, by what it refers to; maybe without details.

    `known` is LocalStack's record of the resource as it is.
    """
    resource_type = situation.after[name]["Type"]
    change = {
        "Action": "Modify",
        "LogicalResourceId": name,
        "PhysicalResourceId": known["PhysicalResourceId"],
        "ResourceType": resource_type,
    }
    declared = situation.after[name].get("Properties") or {}
    values = known.get("Properties") or {}
    before = {key: values[key] for key in declared if key in values}
    after = before
    if situation.with_values:
        after = _foreseen(name, before, before, situation)
        change["BeforeContext"] = json.dumps({"Properties": before})
        change["AfterContext"] = json.dumps({"Properties": after})
    details = [
        one
        for one in details_of(name, resource_type, before, after, situation)
        if one["Target"]["Attribute"] == "Properties"
    ]
    return {
        **change,
        "Replacement": replacement_of(details),
        "Details": details,
        "Scope": ["Properties"],
    }


def _in_order(changes: Sequence[Change], situation: Situation) -> list[Change]:
    """Put changes in the order of the template; what is gone from it comes last."""
    order = {name: number for number, name in enumerate(situation.after)}
    return sorted(
        changes,
        key=lambda it: order.get(it["ResourceChange"]["LogicalResourceId"], len(order)),
    )


def _changed_parameters(change_set: ChangeSet) -> frozenset[str]:
    """The parameters whose value is another than before, and those that were not there.

    One that names a parameter of the Parameter Store has the name as its value: what is stored may
    change without it (recorded: `cloudformation/v2/test_dynamic_resolving.py`).
    """
    former = getattr(change_set, "former_parameters", None) or {}
    now = change_set.resolved_parameters or {}
    return frozenset(name for name in now if _value(former.get(name)) != _value(now[name]))


def _value(parameter: Mapping[str, Any] | None) -> Any:
    for kind in ("given_value", "default_value"):
        if parameter and parameter.get(kind) is not None:
            return parameter[kind]
    return None

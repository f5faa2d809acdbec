"""A template that AWS::Serverless becomes the same again is no change for a change set.

LocalStack takes every template with a transform for changed. On AWS such a change set fails as any
other that changes nothing: SAM Developer Guide, `sam deploy`, --no-fail-on-empty-changeset. But
UpdateStack updates: recorded by LocalStack's test (v4.14.0, cloudformation/api/test_stacks.py)
test_update_stack_with_same_template_withoutchange_transformation.
Whether a macro of the account would return the same again is not known, so it still counts.
"""

from collections.abc import Mapping
from typing import Any

from localstack.aws.api.cloudformation import ChangeSetStatus, ExecutionStatus
from localstack.services.cloudformation.engine.v2.change_set_model import ChangeType
from localstack.services.cloudformation.v2.entities import ChangeSet

from localstack_parity.cloudformation import transforms

_REASON = (
    "The submitted information didn't contain changes. "
    "Submit different information to create a change set."
)


def settle(change_set: ChangeSet, template: Mapping[str, Any]) -> None:
    """Fail a change set of a stack that exists if nothing but its transform counts as changed."""
    if set(transforms.names(template)) != {transforms.SERVERLESS} or not change_set.has_changes():
        return
    root = change_set.update_model.node_template
    parts = (root.mappings, root.parameters, root.conditions, root.resources, root.outputs)
    if all(part.change_type == ChangeType.UNCHANGED for part in parts):
        root.change_type = ChangeType.UNCHANGED
        change_set.set_change_set_status(ChangeSetStatus.FAILED)
        change_set.set_execution_status(ExecutionStatus.UNAVAILABLE)
        change_set.status_reason = _REASON

"""How stacks are described, where LocalStack leaves something out or makes it up."""

from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.cloudformation import DescribeStacksOutput, ListImportsOutput
from localstack.services.cloudformation.engine.validations import ValidationError
from localstack.services.cloudformation.v2.entities import Stack
from localstack.services.cloudformation.v2.provider import CloudformationProviderV2

from localstack_parity.cloudformation import exports, identity
from localstack_parity.cloudformation.options import options_of
from localstack_parity.cloudformation.stacks import store_of

# States that no change set led to. Recorded in LocalStack's tests at v4.14.0, for example in
# cloudformation/api/test_stacks.py::TestStacksApi::test_stack_description_lifecycle.
_OF_NO_CHANGE_SET = ("REVIEW", "ROLLBACK", "DELETE")


class DescriptionProvider(CloudformationProviderV2):
    """CloudFormation that describes its stacks as AWS does."""

    @handler("ListImports")
    def list_imports(
        self, context: RequestContext, export_name: str, next_token: str | None = None, **_: Any
    ) -> ListImportsOutput:
        """Name the stacks that import an export."""
        stacks = store_of(context).stacks_v2.values()
        names = [
            stack.stack_name
            for stack in stacks
            if stack.is_active() and export_name in exports.imports_of(stack)
        ]
        if not names:
            raise ValidationError(f"Export '{export_name}' is not imported by any stack.")
        return ListImportsOutput(Imports=names)

    @handler("DescribeStacks")
    def describe_stacks(
        self, context: RequestContext, stack_name: str | None = None, **more: Any
    ) -> DescribeStacksOutput:
        """Describe one stack, or all but the deleted ones."""
        if stack_name:
            return super().describe_stacks(context, stack_name, **more)
        stacks = list(store_of(context).stacks_v2.values())
        return DescribeStacksOutput(
            Stacks=[self._describe_stack(stack) for stack in stacks if stack.is_active()]
        )

    def _describe_stack(self, stack: Stack) -> Any:
        """Describe a stack; LocalStack leaves out or makes up some of it."""
        described = super()._describe_stack(stack)
        if not str(stack.status).startswith(("DELETE", "ROLLBACK")):
            described.pop("DeletionTime", None)
        described.pop("LastUpdatedTime", None)
        if updated_at := getattr(stack, "updated_at", None):
            described["LastUpdatedTime"] = updated_at
        if getattr(stack, "direct", False) or str(stack.status).startswith(_OF_NO_CHANGE_SET):
            described.pop("ChangeSetId", None)  # CreateStack and UpdateStack have none either
        if not stack.is_active():
            described.pop("EnableTerminationProtection", None)
        described["DisableRollback"] = options_of(stack).on_failure == "DO_NOTHING"
        if role := identity.role_of(stack):
            described["RoleARN"] = role
        if operations := getattr(stack, "last_operations", None):
            described["LastOperations"] = operations
        described["NotificationARNs"] = getattr(stack, "notification_arns", [])
        declared = (stack.processed_template or stack.template or {}).get("Outputs") or {}
        if stack.resolved_outputs:
            described["Outputs"] = [
                {**output, "Description": text}
                if (text := declared.get(output["OutputKey"], {}).get("Description"))
                else output
                for output in stack.resolved_outputs
            ]
        return described

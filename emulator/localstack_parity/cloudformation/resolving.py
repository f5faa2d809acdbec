"""What references mean while a change set is carried out.

The executor is built on this class.
"""

from typing import Any

from localstack.services.cloudformation.engine.v2.change_set_model import NodeIntrinsicFunction
from localstack.services.cloudformation.engine.v2.change_set_model_executor import (
    ChangeSetModelExecutor,
)
from localstack.services.cloudformation.engine.v2.change_set_model_preproc import (
    PreprocEntityDelta,
)
from localstack.services.cloudformation.stores import exports_map
from localstack.services.cloudformation.v2.entities import ChangeSet
from localstack.utils.objects import get_value_from_path

from localstack_parity.cloudformation import resource_types


class UnresolvedError(Exception):
    """A reference without a value. No RuntimeError: LocalStack passes over those."""


class StrictResolver(ChangeSetModelExecutor):
    """An executor that never makes a value up."""

    def __init__(self, change_set: ChangeSet) -> None:
        super().__init__(change_set)
        self.imports: set[str] = set()

    def _resolve_attribute(self, arguments: str | list[str], select_before: bool) -> Any:
        value = super()._resolve_attribute(arguments, select_before)
        if value is None and not select_before:
            parts = arguments.split(".") if isinstance(arguments, str) else arguments
            raise UnresolvedError(self._no_attribute(parts[0], ".".join(parts[1:])))
        return value

    def _after_deployed_property_value_of(
        self, resource_logical_id: str, property_name: str
    ) -> Any:
        """Return an attribute of a resource that exists by now, None if it has no such one."""
        self._get_node_resource_for(
            resource_logical_id, self._change_set.update_model.node_template
        )
        properties = self.resources[resource_logical_id].get("Properties") or {}
        value = properties.get(property_name, get_value_from_path(properties, property_name))
        if isinstance(value, bool):
            return str(value).lower()
        return str(value) if isinstance(value, (int, float)) else value

    def _no_attribute(self, name: str, attribute: str) -> str:
        stack, resource = self._change_set.stack, self.resources[name]
        if not resource_types.is_custom(resource["Type"]):
            return f"{attribute} of {name} is not emulated here ({resource['Type']})"
        # AWS's text; it names the object in which it has kept the answer.
        return (
            f"CustomResource attribute error: Vendor response doesn't contain {attribute} attribute"
            f" in object {stack.stack_id}|{name} in S3 bucket "
            f"cloudformation-custom-resource-storage-{stack.region_name.replace('-', '')}"
        )

    def visit_node_intrinsic_function_fn_import_value(
        self, node_intrinsic_function: NodeIntrinsicFunction
    ) -> PreprocEntityDelta:
        """Resolve an import, and remember it: what is imported cannot be deleted."""
        name = self.visit(node_intrinsic_function.arguments).after
        if isinstance(name, str):
            exports = exports_map(self._change_set.account_id, self._change_set.region_name)
            if name not in exports:
                raise UnresolvedError(f"No export named {name} found.")
            self.imports.add(name)
        return super().visit_node_intrinsic_function_fn_import_value(node_intrinsic_function)

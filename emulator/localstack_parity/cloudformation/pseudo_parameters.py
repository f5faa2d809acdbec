"""Pseudo parameters with AWS's values, wherever they are resolved: in stacks and in change sets.

AWS: CloudFormation Template Reference, "Get AWS values using pseudo parameters". LocalStack's
AWS::URLSuffix is its own host, and it does not know AWS::NotificationARNs. A property that refers
to a parameter with the value AWS::NoValue is left out; recorded in LocalStack's tests at v4.14.0,
`cloudformation/resources/test_logs.py::test_cfn_handle_log_group_resource`.
"""

from collections.abc import Callable
from typing import Any

from localstack.services.cloudformation.engine.v2.change_set_model import (
    NodeIntrinsicFunction,
    NodeProperty,
    Nothing,
)
from localstack.services.cloudformation.engine.v2.change_set_model_preproc import (
    ChangeSetModelPreproc,
    PreprocEntityDelta,
)
from localstack.utils.patch import patch


def install() -> None:
    """Resolve them so from now on."""

    @patch(ChangeSetModelPreproc._resolve_pseudo_parameter)
    def resolve(known: Callable[..., Any], engine: Any, pseudo_parameter_name: str) -> Any:
        stack = engine._change_set.stack
        match pseudo_parameter_name:
            case "AWS::URLSuffix":
                return (
                    "amazonaws.com.cn" if stack.region_name.startswith("cn-") else "amazonaws.com"
                )
            case "AWS::NotificationARNs":
                return getattr(stack, "notification_arns", [])
        return known(engine, pseudo_parameter_name)

    @patch(ChangeSetModelPreproc.visit_node_property)
    def visit_node_property(
        visit: Callable[..., PreprocEntityDelta], engine: Any, node_property: NodeProperty
    ) -> PreprocEntityDelta:
        found, value = visit(engine, node_property), node_property.value
        if isinstance(value, NodeIntrinsicFunction) and value.intrinsic_function == "Ref":
            return PreprocEntityDelta(
                before=_or_nothing(found.before), after=_or_nothing(found.after)
            )
        return found


def _or_nothing(value: Any) -> Any:
    return Nothing if value == "AWS::NoValue" else value

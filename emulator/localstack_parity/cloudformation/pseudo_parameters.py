"""Pseudo parameters with AWS's values, wherever they are resolved: in stacks and in change sets.

AWS: CloudFormation Template Reference, "Get AWS values using pseudo parameters". LocalStack's
AWS::URLSuffix is its own host, and it does not know AWS::NotificationARNs.
"""

from collections.abc import Callable
from typing import Any

from localstack.services.cloudformation.engine.v2.change_set_model_preproc import (
    ChangeSetModelPreproc,
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

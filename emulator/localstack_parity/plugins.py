"""Every extension point that this distribution plugs into LocalStack: the table of contents.

LocalStack finds these names through the entry points in ``pyproject.toml``.
"""

from localstack.runtime import hooks
from localstack.services.cloudformation.resource_provider import (
    CloudFormationResourceProviderPlugin,
    ResourceProvider,
)


@hooks.on_infra_start()
def on_start() -> None:
    """Run once, before LocalStack answers requests."""


class CustomResourcePlugin(CloudFormationResourceProviderPlugin):
    """``Custom::*`` and ``AWS::CloudFormation::CustomResource`` call their function."""

    name = "AWS::CloudFormation::CustomResource"
    factory: type[ResourceProvider]

    def load(self) -> None:
        """Give the class that handles the type."""
        from localstack_parity.cloudformation.custom_resources import CustomResourceProvider

        self.factory = CustomResourceProvider

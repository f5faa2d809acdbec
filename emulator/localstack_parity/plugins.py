"""Every extension point that this distribution plugs into LocalStack: the table of contents.

LocalStack finds these names through the entry points in ``pyproject.toml``.
"""

import sys
from typing import TYPE_CHECKING

from localstack import config
from localstack.runtime import hooks
from localstack.services.cloudformation.resource_provider import (
    CloudFormationResourceProviderPlugin,
    ResourceProvider,
)
from localstack.services.lambda_ import hooks as lambda_hooks
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.plugins import Service, aws_provider

if TYPE_CHECKING:
    from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor
    from localstack.services.lambda_.invocation.version_manager import LambdaVersionManager
    from localstack.services.lambda_.provider import LambdaProvider


@hooks.on_infra_start()
def on_start() -> None:
    """Run once, before LocalStack answers requests."""
    from localstack.runtime.current import get_current_runtime

    from localstack_parity import bad_requests, nesting
    from localstack_parity.server import (
        idle_handlers,
        listening,
        object_calls,
        repeated_work,
        scopes,
        xml_answers,
    )

    listening.install(get_current_runtime())
    idle_handlers.install(get_current_runtime())
    scopes.install(get_current_runtime())
    repeated_work.install()
    xml_answers.install()
    object_calls.install()
    nesting.install()
    bad_requests.install()
    for service in ("cloudformation", "cloudwatch", "lambda", "logs", "s3", "sns", "sqs"):
        config.SERVICE_PROVIDER_CONFIG.set_provider_if_not_exists(service, "parity")
    from localstack.aws import handlers

    from localstack_parity import addresses, ranges, refusals
    from localstack_parity.authentication import gate
    from localstack_parity.chaos import api as chaos
    from localstack_parity.cloudformation import template_urls
    from localstack_parity.events import patterns
    from localstack_parity.iam import (
        deletions,
        federation,
        managed_policies,
        sessions,
        simulation,
    )
    from localstack_parity.iam import guard as iam_guard
    from localstack_parity.lambda_runtime import arguments, debugging, guard, isolation, limits
    from localstack_parity.sns import inbox
    from localstack_parity.state import api as state

    addresses.install()
    gate.install()
    handlers.serve_custom_service_request_handlers.append(sessions.refuse_unusable)
    federation.install()
    simulation.install()
    refusals.install()
    guard.install()
    handlers.serve_custom_service_request_handlers.append(ranges.enforce)
    handlers.serve_custom_service_request_handlers.append(arguments.check)
    handlers.serve_custom_service_request_handlers.append(guard.refuse_unsupported)
    handlers.serve_custom_service_request_handlers.append(limits.enforce)
    patterns.install()
    handlers.serve_custom_service_request_handlers.append(deletions.refuse_what_is_in_use)
    iam_guard.install()
    managed_policies.install()
    handlers.serve_custom_service_request_handlers.append(template_urls.read)
    isolation.install()
    debugging.install()
    inbox.serve()
    state.install()
    chaos.install()  # last: what is refused anyway does not fail by a fault
    _go_on_from_what_was_saved()


def _go_on_from_what_was_saved() -> None:
    from localstack_parity.state import persistence
    from localstack_parity.state.files import Unusable

    try:
        persistence.begin()
    except Unusable as problem:
        print(problem, file=sys.stderr, flush=True)
        raise SystemExit(2) from problem


@hooks.on_infra_ready()
def on_ready() -> None:
    """Run once, when LocalStack answers requests."""
    from localstack_parity import startup

    startup.settle()


@hooks.on_infra_shutdown()
def on_stop() -> None:
    """Run once, when the emulator is asked to stop."""
    from localstack_parity.cloudwatch import measurements
    from localstack_parity.lambda_runtime import executor, logs
    from localstack_parity.state import persistence

    persistence.end()  # first: what is under way needs everything to end
    executor.stop_all()
    logs.flush()
    measurements.close()


@aws_provider(api="cloudformation", name="parity")
def cloudformation() -> Service:
    """CloudFormation that validates, rolls back and protects as AWS does."""
    from localstack_parity.cloudformation import (
        acting,
        change_details,
        events,
        executor,
        literals,
        notifications,
        properties,
        pseudo_parameters,
        reading,
        signals,
        stacks,
        template_addresses,
    )
    from localstack_parity.cloudformation.provider import ParityCloudformationProvider

    template_addresses.install()
    executor.install()
    acting.install()
    change_details.install()
    events.install()
    reading.install()
    stacks.install()
    literals.install()
    notifications.install()
    properties.install()
    pseudo_parameters.install()
    signals.install()
    return Service.for_provider(ParityCloudformationProvider())


@aws_provider(api="cloudwatch", name="parity")
def cloudwatch() -> Service:
    """CloudWatch metrics with exact dimensions."""
    from localstack_parity.cloudwatch.provider import ParityCloudwatchProvider

    return Service.for_provider(ParityCloudwatchProvider())


@aws_provider(api="ecr", name="default")
def ecr() -> Service:
    """ECR that has the repositories of stacks."""
    from localstack_parity import ecr

    return ecr.service()


@aws_provider(api="lambda", name="parity")
def lambda_() -> Service:
    """Lambda whose functions can be deleted whatever became of them, with AWS's words."""
    from localstack_parity.lambda_runtime.provider import ParityLambdaProvider

    return Service.for_provider(ParityLambdaProvider())


@aws_provider(api="logs", name="parity")
def logs() -> Service:
    """CloudWatch Logs whose filter patterns hold, and whose events become metrics."""
    from localstack.services.moto import MotoFallbackDispatcher

    from localstack_parity.logs.provider import ParityLogsProvider

    return Service.for_provider(ParityLogsProvider(), dispatch_table_factory=MotoFallbackDispatcher)


@aws_provider(api="s3", name="parity")
def s3() -> Service:
    """S3 with objects on disk, atomic conditional writes and AWS's event notifications."""
    from localstack_parity.s3 import storage_metrics
    from localstack_parity.s3.provider import ParityS3Provider

    storage_metrics.install()
    return Service.for_provider(ParityS3Provider())


@aws_provider(api="sns", name="parity")
def sns() -> Service:
    """SNS that validates subjects and addresses, counts, and sends to nobody unconfirmed."""
    from localstack_parity.sns.provider import ParitySnsProvider

    return Service.for_provider(ParitySnsProvider())


@aws_provider(api="sqs", name="parity")
def sqs() -> Service:
    """SQS that reports to CloudWatch what happens to messages and how deep its queues are."""
    from localstack_parity.sqs.provider import ParitySqsProvider

    return Service.for_provider(ParitySqsProvider())


class CustomResourcePlugin(CloudFormationResourceProviderPlugin):
    """``Custom::*`` and ``AWS::CloudFormation::CustomResource`` call their function."""

    name = "AWS::CloudFormation::CustomResource"
    factory: type[ResourceProvider]

    def load(self) -> None:
        """Give the class that handles the type."""
        from localstack_parity.cloudformation.custom_resources import CustomResourceProvider

        self.factory = CustomResourceProvider


class DashboardPlugin(CloudFormationResourceProviderPlugin):
    """``AWS::CloudWatch::Dashboard`` makes dashboards."""

    name = "AWS::CloudWatch::Dashboard"
    factory: type[ResourceProvider]

    def load(self) -> None:
        """Give the class that handles the type."""
        from localstack_parity.cloudformation.properties.dashboard import Provider

        self.factory = Provider


class LogsResourcePolicyPlugin(CloudFormationResourceProviderPlugin):
    """``AWS::Logs::ResourcePolicy`` makes resource policies of log groups."""

    name = "AWS::Logs::ResourcePolicy"
    factory: type[ResourceProvider]

    def load(self) -> None:
        """Give the class that handles the type."""
        from localstack_parity.cloudformation.properties.logs_resource_policy import Provider

        self.factory = Provider


class ProcessExecutorPlugin(RuntimeExecutorPlugin):
    """``LAMBDA_RUNTIME_EXECUTOR=process``: functions as local processes."""

    name = "process"

    def load(self) -> "type[RuntimeExecutor]":
        """Give the class that runs an execution environment."""
        from localstack_parity.lambda_runtime.executor import ProcessExecutor

        return ProcessExecutor


@lambda_hooks.inject_layer_fetcher()
def on_lambda_provider(provider: "LambdaProvider") -> None:
    """Layers of other accounts are refused: nothing is fetched from AWS."""
    from localstack_parity.lambda_runtime.layers import NoForeignLayers

    provider.layer_fetcher = NoForeignLayers()


@lambda_hooks.inject_ldm_provisioner()
def on_function_version(version_manager: "LambdaVersionManager") -> None:
    """Each new function version: logs and metrics as AWS has them, written in batches."""
    from localstack_parity.lambda_runtime import invoking

    invoking.install(version_manager)

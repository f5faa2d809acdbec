"""Resource types whose properties LocalStack drops or never updates: one module per type.

Each module here defines ``Provider``; ``install`` is called once, when the emulator starts.
"""

from importlib import import_module
from typing import Any

from localstack.services.cloudformation.resource_provider import (
    CloudFormationResourceProviderPlugin,
    plugin_manager,
)
from plux import PluginLifecycleListener

_MODULES = {
    "AWS::ApiGateway::Deployment": "deployment",
    "AWS::ApiGateway::RestApi": "rest_api",
    "AWS::CloudFormation::Stack": "nested_stack",
    "AWS::CloudFormation::WaitCondition": "wait_condition",
    "AWS::CloudFormation::WaitConditionHandle": "wait_condition_handle",
    "AWS::CloudWatch::Alarm": "alarm",
    "AWS::IAM::ManagedPolicy": "managed_policy",
    "AWS::IAM::Role": "role",
    "AWS::IAM::User": "user",
    "AWS::Lambda::EventInvokeConfig": "event_invoke_config",
    "AWS::Lambda::Function": "function",
    "AWS::Lambda::Permission": "permission",
    "AWS::Logs::LogGroup": "log_group",
    "AWS::S3::Bucket": "bucket",
    "AWS::S3::BucketPolicy": "bucket_policy",
    "AWS::SNS::Subscription": "subscription",
    "AWS::SNS::Topic": "topic",
    "AWS::SNS::TopicPolicy": "topic_policy",
    "AWS::SQS::Queue": "queue",
}


def install() -> None:
    """Put our providers in the place of LocalStack's, type by type, when each is loaded.

    A second plugin of the same name would win or lose by the order of the path.
    """
    plugin_manager.add_listener(_Replacing())


class _Replacing(PluginLifecycleListener):
    def on_load_after(
        self,
        plugin_spec: Any,
        plugin: CloudFormationResourceProviderPlugin,
        load_result: Any = None,
    ) -> None:
        """Replace the provider of the type that was just loaded, if we have a better one."""
        if module := _MODULES.get(plugin.name):
            plugin.factory = import_module(f"{__name__}.{module}").Provider

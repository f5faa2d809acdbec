"""AWS::SNS::Topic: updates change every attribute, and a topic without a TopicName stays the same.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topic.html
"""

import json
from typing import Any

from botocore.exceptions import ClientError
from localstack.services.cloudformation.provider_utils import generate_default_name
from localstack.services.cloudformation.resource_provider import ProgressEvent, ResourceRequest
from localstack.services.sns.resource_providers.aws_sns_topic import SNSTopicProvider
from localstack.utils.aws.arns import sns_topic_arn

from localstack_parity.cloudformation.properties.models import (
    Model,
    as_text,
    done,
    exists_already,
    tag_changes,
    updated,
)

# What SetTopicAttributes takes, and what an attribute is when the template has it no more.
_DEFAULTS = {
    "ArchivePolicy": "{}",
    "ContentBasedDeduplication": "false",
    "DisplayName": "",
    "FifoThroughputScope": "Topic",
    "KmsMasterKeyId": "",
    "SignatureVersion": "1",
    "TracingConfig": "PassThrough",
}
_LOGGING = "DeliveryStatusLogging"
# What the names of a protocol's attributes begin with.
_PROTOCOLS = {
    **{"http/s": "HTTP", "sqs": "SQS", "lambda": "Lambda"},
    **{"firehose": "Firehose", "application": "Application"},
}


class Provider(SNSTopicProvider):
    """Topics that are never made anew only because something about them changes."""

    def create(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Create the topic, under a name like those of all other resources if it has none."""
        model = request.desired_state
        if (name := model.get("TopicName")) and _exists(request, name):
            return exists_already(request, name)
        if not model.get("TopicName"):
            name = generate_default_name(request.stack_name, request.logical_resource_id)
            fifo = as_text(model.get("FifoTopic", False)) == "true"
            model["TopicName"] = f"{name}.fifo" if fifo else name
        # LocalStack takes every property for an attribute of the topic.
        attributes, logging = _logging_attributes(model), model.pop(_LOGGING, None)
        model |= attributes
        progress = super().create(request)
        for name in attributes:
            del model[name]
        if logging is not None:
            model[_LOGGING] = logging
        return progress

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Change attributes, subscriptions and tags of the topic."""
        before = request.previous_state or {}
        model = updated(request, "TopicName", "TopicArn")
        sns, topic = request.aws_client_factory.sns, model["TopicArn"]
        for name, default in _DEFAULTS.items():
            wanted = model.get(name, default)
            if wanted != before.get(name, default):
                text = json.dumps(wanted) if isinstance(wanted, dict) else as_text(wanted)
                sns.set_topic_attributes(TopicArn=topic, AttributeName=name, AttributeValue=text)
        had, wanted = _logging_attributes(before), _logging_attributes(model)
        for name in sorted({*had, *wanted}):
            if had.get(name) != wanted.get(name):
                sns.set_topic_attributes(
                    TopicArn=topic, AttributeName=name, AttributeValue=wanted.get(name, "")
                )
        _subscribe(sns, topic, before.get("Subscription") or [], model.get("Subscription") or [])
        added, gone = tag_changes(before, model)
        if added:
            sns.tag_resource(ResourceArn=topic, Tags=added)
        if gone:
            sns.untag_resource(ResourceArn=topic, TagKeys=gone)
        return done(model)


def _logging_attributes(model: Model) -> dict[str, str]:
    """Return the attributes that DeliveryStatusLogging stands for."""
    return {
        f"{_PROTOCOLS.get(one['Protocol'], one['Protocol'])}{name}": as_text(value)
        for one in model.get(_LOGGING) or []
        for name, value in one.items()
        if name != "Protocol"
    }


def _exists(request: ResourceRequest[Model], name: str) -> bool:
    arn = sns_topic_arn(name, request.account_id, request.region_name)
    try:
        request.aws_client_factory.sns.get_topic_attributes(TopicArn=arn)
    except ClientError:
        return False
    return True


def _subscribe(sns: Any, topic: str, before: list[Model], after: list[Model]) -> None:
    """Subscribe the endpoints that are new; CloudFormation leaves those that are gone."""
    known = {json.dumps(subscription, sort_keys=True) for subscription in before}
    for subscription in after:
        if json.dumps(subscription, sort_keys=True) not in known:
            sns.subscribe(TopicArn=topic, **subscription)

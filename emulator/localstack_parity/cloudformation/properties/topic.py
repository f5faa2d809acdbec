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
    "ContentBasedDeduplication": "false",
    "DisplayName": "",
    "FifoThroughputScope": "Topic",
    "KmsMasterKeyId": "",
    "SignatureVersion": "1",
    "TracingConfig": "PassThrough",
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
        return super().create(request)

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Change attributes, subscriptions and tags of the topic."""
        before = request.previous_state or {}
        model = updated(request, "TopicName", "TopicArn")
        sns, topic = request.aws_client_factory.sns, model["TopicArn"]
        for name, default in _DEFAULTS.items():
            wanted = model.get(name, default)
            if wanted != before.get(name, default):
                sns.set_topic_attributes(
                    TopicArn=topic, AttributeName=name, AttributeValue=as_text(wanted)
                )
        _subscribe(sns, topic, before.get("Subscription") or [], model.get("Subscription") or [])
        added, gone = tag_changes(before, model)
        if added:
            sns.tag_resource(ResourceArn=topic, Tags=added)
        if gone:
            sns.untag_resource(ResourceArn=topic, TagKeys=gone)
        return done(model)


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

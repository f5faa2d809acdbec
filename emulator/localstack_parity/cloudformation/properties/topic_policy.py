"""AWS::SNS::TopicPolicy: updates apply.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topicpolicy.html
"""

import json

from localstack.services.cloudformation.resource_provider import ProgressEvent, ResourceRequest
from localstack.services.sns.resource_providers.aws_sns_topicpolicy import SNSTopicPolicyProvider
from localstack.services.sns.utils import create_default_topic_policy

from localstack_parity.cloudformation.properties.models import Model, done, updated


class Provider(SNSTopicPolicyProvider):
    """Topic policies that are replaced when they change."""

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Set the policy of the topics, and the default one of those no longer named."""
        model = updated(request, "Id")
        policy = json.dumps(model["PolicyDocument"])
        policies = {
            topic: create_default_topic_policy(topic)
            for topic in (request.previous_state or {}).get("Topics", [])
        }
        policies |= dict.fromkeys(model["Topics"], policy)
        for topic, document in policies.items():
            request.aws_client_factory.sns.set_topic_attributes(
                TopicArn=topic, AttributeName="Policy", AttributeValue=document
            )
        return done(model)

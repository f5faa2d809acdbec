"""Properties of deployed resources, read back through each service's API.

A module for each service holds a function for each resource type; READERS lists them all. They
return all that can be read, under the template's names, with None or nothing in it for what the
resource does not have.
"""

from collections.abc import Callable, Mapping

from harness.stack.live import cloudwatch, custom, iam, lambda_, s3, sns, sqs
from harness.stack.live.common import Properties
from harness.targets.target import Target

type Reader = Callable[[Target, str, Properties], Properties]

READERS: Mapping[str, Reader] = {
    "AWS::CloudWatch::Alarm": cloudwatch.alarm,
    "AWS::CloudWatch::Dashboard": cloudwatch.dashboard,
    "AWS::IAM::ManagedPolicy": iam.managed_policy,
    "AWS::IAM::Policy": iam.inline_policy,
    "AWS::IAM::Role": iam.role,
    "AWS::Lambda::EventInvokeConfig": lambda_.event_invoke_config,
    "AWS::Lambda::Function": lambda_.function,
    "AWS::Lambda::Permission": lambda_.permission,
    "AWS::Logs::LogGroup": cloudwatch.log_group,
    "AWS::S3::Bucket": s3.bucket,
    "AWS::S3::BucketPolicy": s3.bucket_policy,
    "AWS::SNS::Subscription": sns.subscription,
    "AWS::SNS::Topic": sns.topic,
    "AWS::SNS::TopicPolicy": sns.topic_policy,
    "AWS::SQS::Queue": sqs.queue,
    "AWS::SQS::QueuePolicy": sqs.queue_policy,
    "Custom::BucketNotifications": custom.bucket_notifications,
}

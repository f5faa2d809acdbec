"""Fixtures of the tests in this folder."""

import json
from collections.abc import Iterator
from types import ModuleType
from uuid import uuid4

import pytest

from tests.emulator.conftest import REGION, Emulator
from tests.emulator.image_processor.pipeline import Pipeline
from tests.functions import load_handler


@pytest.fixture(scope="module")
def processor(emulator: Emulator) -> Iterator[ModuleType]:
    """The handler's module, with its clients made for the emulator."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in {
            "AWS_ENDPOINT_URL": emulator.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_LAMBDA_FUNCTION_NAME": "image-processor-test",
            "POWERTOOLS_SERVICE_NAME": "image-processor",
            "POWERTOOLS_METRICS_NAMESPACE": "TapStack",
            "PROCESSED_BUCKET": "set by each test",
            "TOPIC_ARN": "set by each test",
        }.items():
            environment.setenv(name, value)
        yield load_handler("image_processor")


@pytest.fixture
def pipeline(
    processor: ModuleType, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> Pipeline:
    """A pipeline with buckets, topic and queue of its own."""
    s3, sns, sqs = (emulator.client(service) for service in ("s3", "sns", "sqs"))
    name = uuid4().hex[:12]
    for bucket in (f"uploads-{name}", f"processed-{name}"):
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    topic = sns.create_topic(Name=f"topic-{name}")["TopicArn"]
    queue = sqs.create_queue(QueueName=f"queue-{name}")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    queue_arn = attributes["Attributes"]["QueueArn"]
    policy = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue_arn,
        },
    }
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
    raw = {"RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn, Attributes=raw)
    monkeypatch.setattr(processor, "PROCESSED_BUCKET", f"processed-{name}")
    monkeypatch.setattr(processor, "TOPIC_ARN", topic)
    return Pipeline(processor, emulator, f"uploads-{name}", f"processed-{name}", queue)

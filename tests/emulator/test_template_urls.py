"""The URL of a template means an object of S3, which is read with the rights of who asks.

AWS: CloudFormation API Reference, CreateStack, TemplateURL.
"""

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator
from tests.emulator.iam import allow, bucket_of, session_of
from tests.emulator.stacks import Stack

TEMPLATE = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})


def error_of(call: Any, **parameters: Any) -> str:
    """The message of a ValidationError."""
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    error = refused.value.response
    assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]) == (
        "ValidationError",
        400,
    )
    return str(error["Error"]["Message"])


def all_of(stacks: Any, url: str) -> list[str]:
    """The messages of all operations that take a URL."""
    name = f"stack-{uuid.uuid4().hex[:8]}"
    return [
        error_of(stacks.validate_template, TemplateURL=url),
        error_of(stacks.get_template_summary, TemplateURL=url),
        error_of(stacks.create_stack, StackName=name, TemplateURL=url),
        error_of(
            stacks.create_change_set,
            StackName=name,
            ChangeSetName="c",
            ChangeSetType="CREATE",
            TemplateURL=url,
        ),
    ]


@pytest.mark.parametrize(
    "url",
    [
        *("file:///etc/hostname", "ftp://host/bucket/key", "https://example.com/bucket/key"),
        *("{endpoint}/_localstack/health", "{endpoint}//_localstack/health"),
        *("{endpoint}/%5Flocalstack/health", "{endpoint}/_aws/ses", "{endpoint}/", "http://[::1"),
        "https://169.254.169.254/latest/meta-data",
    ],
)
def test_other_places_are_none_for_a_template(emulator: Emulator, url: str) -> None:
    """Neither files, nor other hosts, nor what the emulator has besides S3."""
    written = url.format(endpoint=emulator.endpoint)
    for message in all_of(emulator.client("cloudformation"), written):
        assert message == "TemplateURL must be a supported URL."


@pytest.mark.parametrize(
    "url",
    [
        "https://s3.amazonaws.com/no-such-bucket-here/key",
        "https://no-such-bucket-here.s3.eu-west-1.amazonaws.com/key",
        "{endpoint}/no-such-bucket-here/key",
    ],
)
def test_a_template_that_is_not_there(emulator: Emulator, url: str) -> None:
    written = url.format(endpoint=emulator.endpoint)
    for message in all_of(emulator.client("cloudformation"), written):
        assert message.startswith("S3 error: The specified bucket does not exist")


def test_each_way_to_write_an_objects_address_leads_to_it(emulator: Emulator) -> None:
    stacks = emulator.client("cloudformation")
    with bucket_of(emulator) as bucket:
        emulator.client("s3").put_object(Bucket=bucket, Key="a b/t.json", Body=TEMPLATE)
        for url in (
            f"{emulator.endpoint}/{bucket}/a%20b/t.json",
            f"http://{bucket}.s3.localhost/a%20b/t.json",
            f"https://s3.us-east-1.amazonaws.com/{bucket}/a%20b/t.json",
            f"https://{bucket}.s3.amazonaws.com/a%20b/t.json",
            f"https://{bucket}.s3-us-west-2.amazonaws.com/a%20b/t.json",
        ):
            summary = stacks.get_template_summary(TemplateURL=url)
            assert summary["ResourceTypes"] == ["AWS::SNS::Topic"], url


def test_a_template_is_read_with_the_rights_of_who_asks(emulator: Emulator) -> None:
    with bucket_of(emulator) as bucket:
        emulator.client("s3").put_object(Bucket=bucket, Key="t.json", Body=TEMPLATE)
        url = f"{emulator.endpoint}/{bucket}/t.json"
        with session_of(emulator, allow("cloudformation:*")) as (_, client):
            for message in all_of(client("cloudformation"), url):
                assert message.startswith("S3 error: "), message
        with session_of(emulator, allow(["cloudformation:*", "s3:GetObject"])) as (_, client):
            assert client("cloudformation").validate_template(TemplateURL=url)
        other = emulator.client("cloudformation", key="222222222222")
        for message in all_of(other, url):
            assert message == (
                "S3 error: Access Denied\nFor more information check "
                "http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"
            )


def test_a_template_has_one_source(emulator: Emulator) -> None:
    url = "https://s3.amazonaws.com/bucket/key"
    validate = emulator.client("cloudformation").validate_template
    assert "exactly one of" in error_of(validate, TemplateBody=TEMPLATE, TemplateURL=url)


@pytest.mark.parametrize(
    "operation",
    [
        *("describe_stacks", "get_template", "describe_stack_events", "list_stack_resources"),
        *("describe_stack_resources", "get_template_summary", "update_stack"),
    ],
)
def test_an_arn_that_no_stack_has_is_unknown(emulator: Emulator, operation: str) -> None:
    call = getattr(emulator.client("cloudformation"), operation)
    arn = f"arn:aws:cloudformation:us-east-1:000000000000:stack/none/{uuid.uuid4()}"
    more = {"TemplateBody": TEMPLATE} if operation == "update_stack" else {}
    assert "does not exist" in error_of(call, StackName=arn, **more)


def test_a_template_in_a_bucket_may_be_long(emulator: Emulator) -> None:
    """Up to 1 MB, where one in a request has 51,200 bytes; and it is what GetTemplate shows."""
    s3, bucket = emulator.client("s3"), f"long-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=bucket)
    topic = {"Type": "AWS::SNS::Topic", "Metadata": {"Why": "x" * 60_000}}
    text = json.dumps({"Resources": {"Topic": topic}})
    s3.put_object(Bucket=bucket, Key="t.json", Body=text)
    stack = Stack(emulator.client("cloudformation"))
    url = f"https://{bucket}.s3.us-east-1.amazonaws.com/t.json"
    stack.cloudformation.validate_template(TemplateURL=url)
    made = stack.cloudformation.create_stack(StackName=stack.name, TemplateURL=url)
    stack.arn = made["StackId"]

    assert stack.settled() == "CREATE_COMPLETE"
    shown = stack.cloudformation.get_template(StackName=stack.name)["TemplateBody"]
    assert shown == json.loads(text)
    assert stack.delete() == "DELETE_COMPLETE"
    s3.delete_object(Bucket=bucket, Key="t.json")
    s3.delete_bucket(Bucket=bucket)

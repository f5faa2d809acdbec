"""Policies ask about requests: the keys that conditions compare have values, as on AWS."""

import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.emulator.conftest import REGION, Emulator
from tests.emulator.iam import allow, bucket_of, deny, document
from tests.emulator.refused import code_of

OBJECT = "one"


@pytest.fixture
def bucket(emulator: Emulator) -> Iterator[str]:
    with bucket_of(emulator) as name:
        emulator.client("s3").put_object(Bucket=name, Key=OBJECT, Body=b"x", Tagging="Scan=CLEAN")
        yield name


class User:
    """A user with an access key, who may do everything that is not denied."""

    def __init__(self, emulator: Emulator, *denials: dict[str, Any], **more: Any) -> None:
        self.iam, self.name = emulator.client("iam"), f"user-{uuid.uuid4().hex[:8]}"
        self.arn = self.iam.create_user(UserName=self.name, **more)["User"]["Arn"]
        self.endpoint = emulator.endpoint
        self.iam.put_user_policy(
            UserName=self.name, PolicyName="p", PolicyDocument=document(allow("*"), *denials)
        )
        self.key = self.iam.create_access_key(UserName=self.name)["AccessKey"]

    def client(self, service: str, **config: Any) -> Any:
        session = boto3.Session(self.key["AccessKeyId"], self.key["SecretAccessKey"], None, REGION)
        s3 = {"addressing_style": "path"}
        config = {"retries": {"total_max_attempts": 1}, "s3": s3, "proxies": {}, **config}
        return session.client(service, endpoint_url=self.endpoint, config=Config(**config))

    def remove(self) -> None:
        self.iam.delete_access_key(UserName=self.name, AccessKeyId=self.key["AccessKeyId"])
        self.iam.delete_user_policy(UserName=self.name, PolicyName="p")
        self.iam.delete_user(UserName=self.name)


@pytest.fixture
def user(emulator: Emulator) -> Iterator[User]:
    one = User(emulator, Tags=[{"Key": "Team", "Value": "web"}])
    yield one
    one.remove()


GET = {"Key": OBJECT}
PUT = {"Key": "new", "Body": b"x"}
TAG = "s3:ExistingObjectTag/Scan"


@pytest.mark.parametrize(
    ("operation", "request_", "condition", "code"),
    [
        ("get_object", GET, {"StringNotEquals": {TAG: "CLEAN"}}, "OK"),
        (
            "get_object",
            GET,
            {"StringEquals": {"s3:existingobjecttag/SCAN": "CLEAN"}},
            "AccessDenied",
        ),
        ("get_object", GET, {"StringEquals": {TAG: "clean"}}, "OK"),
        ("get_object", GET, {"StringLike": {"aws:userid": "?*"}}, "AccessDenied"),
        ("get_object", GET, {"StringEquals": {"aws:PrincipalTag/team": "web"}}, "AccessDenied"),
        (
            "get_object",
            GET,
            {"StringEquals": {"s3:signatureversion": "AWS4-HMAC-SHA256"}},
            "AccessDenied",
        ),
        ("get_object", GET, {"NumericGreaterThan": {"s3:signatureAge": "600000"}}, "OK"),
        ("get_object", GET, {"NumericLessThan": {"s3:signatureAge": "600000"}}, "AccessDenied"),
        ("get_object", GET, {"NumericLessThan": {"s3:TlsVersion": "1.2"}}, "OK"),
        ("get_object", GET, {"Null": {"aws:MultiFactorAuthPresent": "true"}}, "AccessDenied"),
        (
            "put_object",
            {**PUT, "Tagging": "Bad=1"},
            {"ForAnyValue:StringEquals": {"s3:RequestObjectTagKeys": ["Bad"]}},
            "AccessDenied",
        ),
        (
            "put_object",
            {**PUT, "SSECustomerAlgorithm": "AES256", "SSECustomerKey": b"k" * 32},
            {"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "false"}},
            "AccessDenied",
        ),
    ],
)
def test_conditions_of_a_bucket_policy(
    emulator: Emulator,
    bucket: str,
    user: User,
    operation: str,
    request_: dict[str, Any],
    condition: dict[str, Any],
    code: str,
) -> None:
    """Service Authorization Reference, "Condition keys for Amazon S3"; IAM's global keys."""
    denial = deny(
        ["s3:GetObject", "s3:PutObject"],
        f"arn:aws:s3:::{bucket}/*",
        Principal={"AWS": user.arn},
        Condition=condition,
    )
    emulator.client("s3").put_bucket_policy(Bucket=bucket, Policy=document(denial))
    assert code_of(getattr(user.client("s3"), operation), Bucket=bucket, **request_) == code


def test_presigned_urls_can_be_kept_out(emulator: Emulator, bucket: str, user: User) -> None:
    """S3 API Reference, "Signature Version 4 Authentication Specific Policy Keys"."""

    def status(referer: str) -> int:
        s3 = user.client("s3", signature_version="s3v4")
        url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": OBJECT})
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers={"Referer": referer})):
                return 200
        except urllib.error.HTTPError as error:
            return error.code

    for condition, allowed in (
        ({"StringNotLike": {"aws:Referer": "https://mine/*"}}, True),
        ({"StringNotEquals": {"s3:authType": "REST-HEADER"}}, False),
        ({"StringEquals": {"s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD"}}, False),
    ):
        denial = deny(
            "s3:GetObject",
            f"arn:aws:s3:::{bucket}/*",
            Principal={"AWS": user.arn},
            Condition=condition,
        )
        emulator.client("s3").put_bucket_policy(Bucket=bucket, Policy=document(denial))
        assert status("https://mine/page") == (200 if allowed else 403)
        assert code_of(user.client("s3").get_object, Bucket=bucket, Key=OBJECT) == (
            "AccessDenied" if "aws:Referer" in str(condition) else "OK"
        )


def test_tags_of_requests_and_resources(emulator: Emulator) -> None:
    """SQS Developer Guide, "Attribute-based access control for Amazon SQS", and its siblings."""
    tagged = {"StringEquals": {"aws:ResourceTag/Env": "prod"}}
    one = User(
        emulator,
        deny(
            "sqs:CreateQueue", Condition={"ForAnyValue:StringEquals": {"aws:TagKeys": ["Secret"]}}
        ),
        deny("sqs:SendMessage", Condition=tagged),
        deny("sns:Publish", Condition=tagged),
        deny("logs:PutRetentionPolicy", Condition=tagged),
    )
    name = f"keys-{uuid.uuid4().hex[:8]}"
    sqs, sns, logs = (emulator.client(service) for service in ("sqs", "sns", "logs"))
    queues = [
        sqs.create_queue(QueueName=f"{name}-{env}", tags={"Env": env})["QueueUrl"]
        for env in ("prod", "test")
    ]
    topics = [
        sns.create_topic(Name=f"{name}-{env}", Tags=[{"Key": "env", "Value": env}])["TopicArn"]
        for env in ("prod", "test")
    ]
    for env in ("prod", "test"):
        logs.create_log_group(logGroupName=f"{name}-{env}", tags={"Env": env})
    mine = {service: one.client(service) for service in ("sqs", "sns", "logs")}
    assert "Denied" in code_of(mine["sqs"].create_queue, QueueName=name, tags={"Secret": "1"})
    assert code_of(mine["sqs"].create_queue, QueueName=f"{name}-3", tags={"secret": "1"}) == "OK"
    sent = [code_of(mine["sqs"].send_message, QueueUrl=url, MessageBody="x") for url in queues]
    assert ["Denied" in code for code in sent] == [True, False]
    published = [code_of(mine["sns"].publish, TopicArn=arn, Message="x") for arn in topics]
    assert published == ["AuthorizationError", "OK"]
    kept = [
        code_of(mine["logs"].put_retention_policy, logGroupName=f"{name}-{env}", retentionInDays=7)
        for env in ("prod", "test")
    ]
    assert kept == ["AccessDeniedException", "OK"]
    one.remove()

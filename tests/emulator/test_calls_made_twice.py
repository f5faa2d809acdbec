"""A call is made again when its answer was lost: what AWS lets be repeated can be, and what it
names as an error is one.

Sources: the API reference of each service; for CompleteMultipartUpload what S3 has been seen to do.
"""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from harness.polling import wait_until
from tests.emulator.conftest import Emulator
from tests.emulator.functions import function_of, role_for, zipped
from tests.emulator.refused import code_of
from tests.emulator.stacks import Stack


@pytest.fixture
def name() -> str:
    return f"twice-{uuid.uuid4().hex[:12]}"


# --- S3 ---------------------------------------------------------------------------------------


@pytest.fixture(params=["plain", "versioned"])
def bucket(emulator: Emulator, name: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty bucket, with and without versions."""
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket=name)
    if request.param == "versioned":
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    yield name
    found = s3.list_object_versions(Bucket=name)
    for version in [*found.get("Versions", []), *found.get("DeleteMarkers", [])]:
        s3.delete_object(Bucket=name, Key=version["Key"], VersionId=version["VersionId"])
    s3.delete_bucket(Bucket=name)


def test_an_upload_is_completed_twice(emulator: Emulator, bucket: str) -> None:
    """The second time has the answer of the first, and writes nothing; other parts are refused."""
    s3 = emulator.client("s3")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"x")
    asked = {"Bucket": bucket, "Key": "k", "UploadId": upload}
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}

    answers = [s3.complete_multipart_upload(**asked, MultipartUpload=parts) for _ in range(2)]

    for answer in answers:
        del answer["ResponseMetadata"]
    assert answers[0] == answers[1]
    assert len(s3.list_object_versions(Bucket=bucket)["Versions"]) == 1
    other = {"Parts": [{"PartNumber": 2, "ETag": part["ETag"]}]}
    for operation, more in (("complete", {"MultipartUpload": other}), ("abort", {})):
        call = getattr(s3, f"{operation}_multipart_upload")
        assert code_of(call, **asked, **more) == "NoSuchUpload"


def test_a_conditional_deletion_is_made_twice(emulator: Emulator, bucket: str) -> None:
    """If-Match deletes what was seen and nothing else, one by one and many at a time."""
    s3 = emulator.client("s3")
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    asked = {"Bucket": bucket, "Key": "k"}

    assert code_of(s3.delete_object, **asked, IfMatch='"other"') == "PreconditionFailed"
    assert code_of(s3.delete_object, **asked, IfMatch=etag) == "OK"
    again = code_of(s3.delete_object, **asked, IfMatch=etag)
    assert again in ("NoSuchKey", "PreconditionFailed")
    assert code_of(s3.delete_object, **{**asked, "Key": "none"}, IfMatch="*") == "NoSuchKey"

    for key in ("a", "b"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    entries = [{"Key": "a", "ETag": etag}, {"Key": "b", "ETag": '"other"'}]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": entries})
    assert [it["Key"] for it in answer["Deleted"]] == ["a"]
    assert [(it["Key"], it["Code"]) for it in answer["Errors"]] == [("b", "PreconditionFailed")]


def test_s3_takes_a_repeated_deletion(emulator: Emulator, bucket: str) -> None:
    """What is gone can be deleted again: objects, versions and the parts of a configuration."""
    s3 = emulator.client("s3")
    version = s3.put_object(Bucket=bucket, Key="k", Body=b"x").get("VersionId")
    exactly = {"VersionId": version} if version else {}
    for operation, more in (
        ("delete_object", {"Key": "k", **exactly}),
        ("delete_bucket_policy", {}),
        ("delete_bucket_cors", {}),
        ("delete_bucket_lifecycle", {}),
        ("delete_bucket_tagging", {}),
        ("delete_public_access_block", {}),
    ):
        for _ in range(2):
            assert code_of(getattr(s3, operation), Bucket=bucket, **more) == "OK"
    assert "Versions" not in s3.list_object_versions(Bucket=bucket)


# --- SQS and SNS ------------------------------------------------------------------------------


@pytest.fixture
def fifo(emulator: Emulator, name: str) -> Iterator[str]:
    """The URL of a FIFO queue."""
    sqs = emulator.client("sqs")
    url = sqs.create_queue(QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    yield url
    sqs.delete_queue(QueueUrl=url)


def test_sqs_takes_calls_again(emulator: Emulator, name: str) -> None:
    """A queue is created again if nothing differs, and what is deleted can be deleted again."""
    sqs = emulator.client("sqs")
    queue = {"QueueName": name, "Attributes": {"VisibilityTimeout": "60"}}
    urls = {sqs.create_queue(**queue)["QueueUrl"] for _ in range(2)}
    (url,) = {*urls, sqs.create_queue(QueueName=name)["QueueUrl"]}
    other = {**queue, "Attributes": {"VisibilityTimeout": "61"}}
    assert code_of(sqs.create_queue, **other) == "QueueAlreadyExists"

    sqs.send_message(QueueUrl=url, MessageBody="m")
    handle = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    for _ in range(2):
        assert code_of(sqs.delete_message, QueueUrl=url, ReceiptHandle=handle) == "OK"
    assert code_of(sqs.purge_queue, QueueUrl=url) == "OK"
    assert "PurgeQueueInProgress" in code_of(sqs.purge_queue, QueueUrl=url)
    assert code_of(sqs.delete_queue, QueueUrl=url) == "OK"
    assert "NonExistentQueue" in code_of(sqs.delete_queue, QueueUrl=url)


def test_a_fifo_queue_takes_a_message_once(emulator: Emulator, fifo: str) -> None:
    """The same deduplication id again has the same id and number, and adds nothing."""
    sqs = emulator.client("sqs")
    message = {"MessageBody": "m", "MessageGroupId": "g", "MessageDeduplicationId": "d"}

    sent = [sqs.send_message(QueueUrl=fifo, **message) for _ in range(2)]

    assert len({(it["MessageId"], it["SequenceNumber"]) for it in sent}) == 1
    received = sqs.receive_message(QueueUrl=fifo, MaxNumberOfMessages=10)["Messages"]
    assert len(received) == 1
    sqs.delete_message(QueueUrl=fifo, ReceiptHandle=received[0]["ReceiptHandle"])
    sqs.send_message(QueueUrl=fifo, **message)
    assert "Messages" not in sqs.receive_message(QueueUrl=fifo)


def test_a_receive_is_repeated(emulator: Emulator, fifo: str) -> None:
    """With the id of an attempt its messages come again under the same handles, until one goes."""
    sqs = emulator.client("sqs")
    for n in ("1", "2"):
        sqs.send_message(QueueUrl=fifo, MessageBody=n, MessageGroupId="g", MessageDeduplicationId=n)
    asked = {"QueueUrl": fifo, "MaxNumberOfMessages": 10, "ReceiveRequestAttemptId": "attempt"}

    attempts = [sqs.receive_message(**asked)["Messages"] for _ in range(2)]

    assert attempts[0] == attempts[1]
    assert [message["Body"] for message in attempts[0]] == ["1", "2"]
    other = {**asked, "ReceiveRequestAttemptId": "other"}
    assert "Messages" not in sqs.receive_message(**other)
    sqs.delete_message(QueueUrl=fifo, ReceiptHandle=attempts[0][0]["ReceiptHandle"])
    assert "Messages" not in sqs.receive_message(**asked)


def test_sns_takes_calls_again(emulator: Emulator, name: str) -> None:
    """Topics and subscriptions are created again if nothing differs; what is gone can go again."""
    sns, sqs = emulator.client("sns"), emulator.client("sqs")
    topic = {"Name": name, "Attributes": {"DisplayName": "a"}}
    (arn,) = {sns.create_topic(**topic)["TopicArn"] for _ in range(2)}
    other = {**topic, "Attributes": {"DisplayName": "b"}}
    assert code_of(sns.create_topic, **other) == "InvalidParameter"
    assert code_of(sns.create_topic, Name=name, Tags=[{"Key": "k", "Value": "v"}]) == (
        "InvalidParameter"
    )
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    asked = {"TopicArn": arn, "Protocol": "sqs", "Endpoint": found["Attributes"]["QueueArn"]}
    (subscription,) = {sns.subscribe(**asked)["SubscriptionArn"] for _ in range(2)}
    raw = {"RawMessageDelivery": "true"}
    assert code_of(sns.subscribe, **asked, Attributes=raw) == "InvalidParameter"

    for _ in range(2):
        assert code_of(sns.unsubscribe, SubscriptionArn=subscription) == "OK"
    for _ in range(2):
        assert code_of(sns.delete_topic, TopicArn=arn) == "OK"
    sqs.delete_queue(QueueUrl=queue)


# --- CloudWatch Logs --------------------------------------------------------------------------


def test_logs_name_what_is_there_and_what_is_gone(emulator: Emulator, name: str) -> None:
    """Groups and streams are created once; what is deleted is not found; events come twice."""
    logs = emulator.client("logs")
    group = {"logGroupName": name}
    stream = {**group, "logStreamName": "s"}
    metric = {"metricName": "m", "metricNamespace": name, "metricValue": "1"}
    there, gone = "ResourceAlreadyExistsException", "ResourceNotFoundException"
    assert [code_of(logs.create_log_group, **group) for _ in range(2)] == ["OK", there]
    assert [code_of(logs.create_log_stream, **stream) for _ in range(2)] == ["OK", there]
    with pytest.raises(ClientError, match="The specified log stream already exists"):
        logs.create_log_stream(**stream)
    event = {"timestamp": 1000 * _now(), "message": "m"}
    for _ in range(2):
        logs.put_log_events(**stream, logEvents=[event])
        logs.put_metric_filter(
            **group, filterName="f", filterPattern="x", metricTransformations=[metric]
        )
    assert len(logs.get_log_events(**stream)["events"]) == 2
    for call, request in (
        (logs.delete_metric_filter, {**group, "filterName": "f"}),
        (logs.delete_log_stream, stream),
        (logs.delete_log_group, group),
    ):
        assert [code_of(call, **request) for _ in range(2)] == ["OK", gone]


def _now() -> int:
    return int(datetime.now(UTC).timestamp())


# --- IAM --------------------------------------------------------------------------------------

ALLOWED = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
    }
)
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


def test_iam_names_what_is_there_and_what_is_gone(emulator: Emulator, name: str) -> None:
    """What exists is EntityAlreadyExists, what is gone NoSuchEntity; attaching can be repeated."""
    iam = emulator.client("iam")
    policy = f"arn:aws:iam::000000000000:policy/{name}"
    role, user, group = {"RoleName": name}, {"UserName": name}, {"GroupName": name}
    there, gone = ["OK", "EntityAlreadyExists"], ["OK", "NoSuchEntity"]
    for call, request, codes in (
        (iam.create_role, {**role, "AssumeRolePolicyDocument": TRUST}, there),
        (iam.create_user, user, there),
        (iam.create_group, group, there),
        (iam.create_policy, {"PolicyName": name, "PolicyDocument": ALLOWED}, there),
        (iam.create_login_profile, {**user, "Password": "Abc-12345-xyz"}, there),
        (iam.attach_role_policy, {**role, "PolicyArn": policy}, ["OK", "OK"]),
        (iam.put_role_policy, {**role, "PolicyName": "p", "PolicyDocument": ALLOWED}, ["OK", "OK"]),
        (iam.add_user_to_group, {**group, **user}, ["OK", "OK"]),
        (iam.delete_role, role, ["DeleteConflict"] * 2),
        (iam.detach_role_policy, {**role, "PolicyArn": policy}, gone),
        (iam.delete_role_policy, {**role, "PolicyName": "p"}, gone),
        (iam.remove_user_from_group, {**group, **user}, gone),
        (iam.delete_login_profile, user, gone),
        (iam.delete_policy, {"PolicyArn": policy}, gone),
        (iam.delete_group, group, gone),
        (iam.delete_user, user, gone),
        (iam.delete_role, role, gone),
    ):
        assert (call.__name__, [code_of(call, **request) for _ in range(2)]) == (
            call.__name__,
            codes,
        )


def test_what_is_in_use_is_not_deleted(emulator: Emulator, name: str) -> None:
    """Users, groups and policies stay until nothing depends on them: DeleteConflict."""
    iam = emulator.client("iam")
    user, group = {"UserName": name}, {"GroupName": name}
    iam.create_user(**user)
    iam.create_group(**group)
    policy = iam.create_policy(PolicyName=name, PolicyDocument=ALLOWED)["Policy"]["Arn"]
    attached = {**group, "PolicyArn": policy}
    targets = {"user": user, "group": group, "policy": {"PolicyArn": policy}}
    member = {**user, **group}
    for use, end, blocked, request in (
        (iam.add_user_to_group, iam.remove_user_from_group, "user", member),
        (iam.add_user_to_group, iam.remove_user_from_group, "group", member),
        (iam.attach_group_policy, iam.detach_group_policy, "group", attached),
        (iam.attach_group_policy, iam.detach_group_policy, "policy", attached),
    ):
        use(**request)
        assert code_of(getattr(iam, f"delete_{blocked}"), **targets[blocked]) == "DeleteConflict"
        end(**request)
    key = iam.create_access_key(**user)["AccessKey"]["AccessKeyId"]
    assert code_of(iam.delete_user, **user) == "DeleteConflict"
    iam.delete_access_key(**user, AccessKeyId=key)
    version = iam.create_policy_version(PolicyArn=policy, PolicyDocument=ALLOWED)["PolicyVersion"]
    assert code_of(iam.delete_policy, PolicyArn=policy) == "DeleteConflict"
    iam.delete_policy_version(PolicyArn=policy, VersionId=version["VersionId"])
    iam.delete_policy(PolicyArn=policy)
    iam.delete_group(**group)
    iam.delete_user(**user)


def test_a_user_of_a_stack_goes_with_all_that_the_template_gave_it(
    emulator: Emulator, name: str
) -> None:
    """Its memberships and policies are removed before it is deleted."""
    stack = Stack(emulator.client("cloudformation"))
    document = json.loads(ALLOWED)
    user = {
        "Groups": [{"Ref": "Group"}],
        "ManagedPolicyArns": [{"Ref": "Policy"}],
        "Policies": [{"PolicyName": "p", "PolicyDocument": document}],
    }
    resources = {
        "Group": {"Type": "AWS::IAM::Group"},
        "Policy": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {"PolicyDocument": document},
        },
        "User": {"Type": "AWS::IAM::User", "Properties": user},
    }
    try:
        created = stack.create({"Resources": resources}, Capabilities=["CAPABILITY_IAM"])
        assert created == "CREATE_COMPLETE"
    finally:
        assert stack.delete() == "DELETE_COMPLETE"


# --- Lambda -----------------------------------------------------------------------------------


def test_lambda_names_what_is_there_and_what_is_gone(emulator: Emulator, name: str) -> None:
    """Permissions, mappings, aliases and URLs are made once; what is deleted is not found."""
    functions, sqs = emulator.client("lambda"), emulator.client("sqs")
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    there, gone = ["OK", "ResourceConflictException"], ["OK", "ResourceNotFoundException"]
    with (
        role_for(emulator, "sqs:*") as role,
        function_of(emulator, zipped("def handler(event, context): pass"), role) as arn,
    ):
        of_it = {"FunctionName": arn}
        statement = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "*"}
        mapping = {**of_it, "EventSourceArn": found["Attributes"]["QueueArn"]}
        for call, request, codes in (
            (functions.add_permission, {**of_it, **statement}, there),
            (functions.remove_permission, {**of_it, "StatementId": "s"}, gone),
            (functions.create_event_source_mapping, mapping, there),
            (functions.publish_version, of_it, ["OK", "OK"]),
            (functions.create_alias, {**of_it, "Name": "a", "FunctionVersion": "1"}, there),
            (functions.create_function_url_config, {**of_it, "AuthType": "NONE"}, there),
            (functions.delete_function_url_config, of_it, gone),
            (
                functions.put_function_event_invoke_config,
                {**of_it, "MaximumRetryAttempts": 1},
                ["OK", "OK"],
            ),
            (functions.delete_function_event_invoke_config, of_it, gone),
            (functions.delete_function_concurrency, of_it, ["OK", "OK"]),
        ):
            assert (call.__name__, [code_of(call, **request) for _ in range(2)]) == (
                call.__name__,
                codes,
            )
        (made,) = functions.list_event_source_mappings(**of_it)["EventSourceMappings"]
        functions.delete_event_source_mapping(UUID=made["UUID"])
        wait_until(
            lambda: code_of(functions.get_event_source_mapping, UUID=made["UUID"]),
            deadline_s=30,
            interval_s=0.2,
            describe="the mapping to be gone",
        )
    sqs.delete_queue(QueueUrl=queue)
    assert code_of(functions.delete_function, **of_it) == "ResourceNotFoundException"

"""Callers with a role, a user's key or neither get what IAM's policies give them."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator, StartEmulator
from tests.emulator.functions import zipped
from tests.emulator.iam import (
    ACCOUNT,
    LAMBDA,
    allow,
    bucket_of,
    deny,
    document,
    role_of,
    session_of,
    set_policy,
    trust,
)


@pytest.fixture
def bucket(emulator: Emulator) -> Iterator[str]:
    with bucket_of(emulator) as name:
        emulator.client("s3").put_object(Bucket=name, Key="in/one", Body=b"x")
        yield name


def refused(call: Any, **parameters: Any) -> tuple[str, int, str]:
    """Call what is to be refused; return the error's code, its status and its message."""
    with pytest.raises(ClientError) as error:
        call(**parameters)
    response = error.value.response
    status = response["ResponseMetadata"]["HTTPStatusCode"]
    return response["Error"]["Code"], status, response["Error"]["Message"]


def test_a_role_may_do_what_its_policy_allows_and_nothing_else(
    emulator: Emulator, bucket: str
) -> None:
    """AWS: IAM User Guide, "Policy evaluation logic"; the message: "Troubleshoot access denied
    error messages"."""
    with session_of(emulator, allow("s3:GetObject", f"arn:aws:s3:::{bucket}/in/*")) as (
        role,
        client,
    ):
        s3 = client("s3")
        assert s3.get_object(Bucket=bucket, Key="in/one")["Body"].read() == b"x"
        session = f"{role.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/test"
        assert refused(s3.put_object, Bucket=bucket, Key="in/two", Body=b"y") == (
            "AccessDenied",
            403,
            f"User: {session} is not authorized to perform: s3:PutObject on resource:"
            f' "arn:aws:s3:::{bucket}/in/two" because no identity-based policy allows the'
            " s3:PutObject action",
        )


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "code", "status"),
    [
        ("s3", "list_buckets", {}, "AccessDenied", 403),
        ("sns", "create_topic", {"Name": "t"}, "AuthorizationError", 403),
        ("sqs", "create_queue", {"QueueName": "q"}, "AccessDenied", 403),
        ("lambda", "list_functions", {}, "AccessDeniedException", 403),
        ("logs", "create_log_group", {"logGroupName": "g"}, "AccessDeniedException", 400),
        ("iam", "list_roles", {}, "AccessDenied", 403),
        ("cloudformation", "list_stacks", {}, "AccessDenied", 403),
    ],
)
def test_each_service_refuses_in_its_own_way(
    emulator: Emulator,
    service: str,
    operation: str,
    parameters: dict[str, str],
    code: str,
    status: int,
) -> None:
    """AWS: "Common errors" in the API reference of each service."""
    with session_of(emulator) as (_, client):
        seen = refused(getattr(client(service), operation), **parameters)
        assert seen[:2] == (code, status)


def test_an_explicit_deny_wins_and_is_named(emulator: Emulator, bucket: str) -> None:
    """AWS: IAM User Guide, "The difference between explicit and implicit denies"."""
    with session_of(emulator, allow("s3:*"), deny("s3:DeleteObject")) as (_, client):
        _, _, message = refused(client("s3").delete_object, Bucket=bucket, Key="in/one")
        assert message.endswith("with an explicit deny in an identity-based policy")


def test_a_changed_policy_counts_for_sessions_that_exist(emulator: Emulator, bucket: str) -> None:
    """AWS: IAM User Guide, "Methods to assume a role": a session has the role's permissions as
    they are, not as they were."""
    with session_of(emulator, allow("s3:GetObject")) as (role, client):
        s3 = client("s3")
        s3.get_object(Bucket=bucket, Key="in/one")
        set_policy(emulator, role, allow("s3:ListBucket"))
        assert refused(s3.get_object, Bucket=bucket, Key="in/one")[0] == "AccessDenied"
        s3.list_objects_v2(Bucket=bucket)


def test_tags_and_conditions_of_a_write_need_their_own_permissions(
    emulator: Emulator, bucket: str
) -> None:
    """AWS: S3 User Guide, "Required permissions for Amazon S3 API operations" and "How to prevent
    object overwrites with conditional writes"."""
    with session_of(emulator, allow("s3:PutObject")) as (role, client):
        s3, target = client("s3"), {"Bucket": bucket, "Key": "in/one"}
        etag = s3.put_object(**target)["ETag"]
        assert "s3:PutObjectTagging" in refused(s3.put_object, **target, Tagging="a=b")[2]
        assert "s3:GetObject" in refused(s3.put_object, **target, IfMatch=etag)[2]
        set_policy(emulator, role, allow(["s3:PutObject", "s3:PutObjectTagging", "s3:GetObject"]))
        s3.put_object(**target, Tagging="a=b", IfMatch=etag)


def test_what_is_missing_is_forbidden_to_those_who_may_not_list(
    emulator: Emulator, bucket: str
) -> None:
    """AWS: S3 API Reference, GetObject and HeadObject, "Permissions": without s3:ListBucket the
    error is 403, with it 404."""
    with session_of(emulator, allow("s3:GetObject")) as (role, client):
        s3, missing = client("s3"), {"Bucket": bucket, "Key": "none"}
        assert refused(s3.get_object, **missing)[:2] == ("AccessDenied", 403)
        assert refused(s3.head_object, **missing)[:2] == ("403", 403)
        set_policy(emulator, role, allow(["s3:GetObject", "s3:ListBucket"]))
        assert refused(s3.get_object, **missing)[:2] == ("NoSuchKey", 404)
        assert refused(s3.head_object, **missing)[:2] == ("404", 404)


def test_conditions_look_at_the_request(emulator: Emulator, bucket: str) -> None:
    """AWS: S3 User Guide, "Bucket policy examples using condition keys": s3:prefix."""
    only_in = {"StringLike": {"s3:prefix": "in/*"}}
    with session_of(emulator, allow("s3:ListBucket", Condition=only_in)) as (_, client):
        assert client("s3").list_objects_v2(Bucket=bucket, Prefix="in/")["KeyCount"] == 1
        assert refused(client("s3").list_objects_v2, Bucket=bucket)[1] == 403


def test_a_permissions_boundary_limits_a_role(emulator: Emulator, bucket: str) -> None:
    """AWS: IAM User Guide, "Permissions boundaries for IAM entities"."""
    iam, name = emulator.client("iam"), f"boundary-{uuid.uuid4().hex[:8]}"
    boundary = iam.create_policy(PolicyName=name, PolicyDocument=document(allow("s3:Get*")))
    arn = boundary["Policy"]["Arn"]
    with session_of(emulator, allow("s3:*")) as (role, client):
        short = role.rsplit("/", 1)[1]
        iam.put_role_permissions_boundary(RoleName=short, PermissionsBoundary=arn)
        client("s3").get_object(Bucket=bucket, Key="in/one")
        _, _, message = refused(client("s3").delete_object, Bucket=bucket, Key="in/one")
        assert message.endswith("because no permissions boundary allows the s3:DeleteObject action")
        iam.delete_role_permissions_boundary(RoleName=short)
    iam.delete_policy(PolicyArn=arn)


def test_a_permissions_boundary_is_a_policy_that_is_there(emulator: Emulator) -> None:
    """Otherwise it would limit nothing."""
    iam, name = emulator.client("iam"), f"boundary-{uuid.uuid4().hex[:8]}"
    nowhere = {"PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/none"}
    expected = (
        "NoSuchEntity",
        404,
        f"Policy arn:aws:iam::{ACCOUNT}:policy/none does not exist or is not attachable.",
    )
    of_role = {"RoleName": name, "AssumeRolePolicyDocument": trust(LAMBDA)}
    assert refused(iam.create_role, **of_role, **nowhere) == expected
    assert refused(iam.create_user, UserName=name, **nowhere) == expected
    with role_of(emulator) as role:
        short = role.rsplit("/", 1)[1]
        put = iam.put_role_permissions_boundary
        assert refused(put, RoleName=short, **nowhere) == expected


def test_a_permissions_boundary_limits_a_user(emulator: Emulator, bucket: str) -> None:
    """The same holds for users and their keys."""
    iam, name = emulator.client("iam"), f"limited-{uuid.uuid4().hex[:8]}"
    boundary = iam.create_policy(PolicyName=name, PolicyDocument=document(allow("s3:Get*")))
    arn = boundary["Policy"]["Arn"]
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=document(allow("*")))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    s3 = emulator.client("s3", key=key["AccessKeyId"], secret=key["SecretAccessKey"])
    try:
        s3.put_object(Bucket=bucket, Key="in/two", Body=b"y")
        iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=arn)
        s3.get_object(Bucket=bucket, Key="in/two")
        _, _, message = refused(s3.delete_object, Bucket=bucket, Key="in/two")
        assert message.endswith("because no permissions boundary allows the s3:DeleteObject action")
    finally:
        emulator.client("s3").delete_object(Bucket=bucket, Key="in/two")
        iam.delete_user_permissions_boundary(UserName=name)
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        iam.delete_user_policy(UserName=name, PolicyName="all")
        iam.delete_user(UserName=name)
        iam.delete_policy(PolicyArn=arn)


def test_a_user_has_the_policies_of_its_groups_too(emulator: Emulator, bucket: str) -> None:
    """AWS: IAM User Guide, "Identity-based policies": those of a group apply to its users."""
    iam, name = emulator.client("iam"), f"user-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    iam.create_group(GroupName=name)
    try:
        key = iam.create_access_key(UserName=name)["AccessKey"]
        s3 = emulator.client("s3", key=key["AccessKeyId"], secret=key["SecretAccessKey"])
        _, _, message = refused(s3.get_object, Bucket=bucket, Key="in/one")
        assert message.startswith(f"User: arn:aws:iam::{ACCOUNT}:user/{name} is not authorized")
        iam.put_group_policy(
            GroupName=name, PolicyName="p", PolicyDocument=document(allow("s3:GetObject"))
        )
        iam.add_user_to_group(GroupName=name, UserName=name)
        s3.get_object(Bucket=bucket, Key="in/one")
        iam.remove_user_from_group(GroupName=name, UserName=name)
        iam.delete_group_policy(GroupName=name, PolicyName="p")
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    finally:
        iam.delete_group(GroupName=name)
        iam.delete_user(UserName=name)


def test_a_role_is_assumed_only_by_those_it_trusts(emulator: Emulator) -> None:
    """AWS: IAM User Guide, "Role trust policies": even the account's root is refused, and a role
    that does not exist looks the same."""
    sts = emulator.client("sts")
    with role_of(emulator, trusting=trust(LAMBDA)) as role:
        for arn in (role, f"{role}-missing"):
            assert refused(sts.assume_role, RoleArn=arn, RoleSessionName="test") == (
                "AccessDenied",
                403,
                f"User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform: sts:AssumeRole on"
                f" resource: {arn}",
            )


@pytest.mark.parametrize(
    ("arn", "name", "message"),
    [
        ("arn:aws::::role/of-no-service", "test", "arn:aws::::role/of-no-service is invalid"),
        ("arn:aws:iam:::role/any", "one:two", "Value 'one:two' at 'roleSessionName' failed"),
    ],
)
def test_a_malformed_request_to_assume_a_role_is_no_question_of_trust(
    emulator: Emulator, arn: str, name: str, message: str
) -> None:
    """Recorded on AWS: LocalStack's tests, v4.14.0, test_sts_invalid_parameters."""
    with pytest.raises(ClientError) as refused:
        emulator.client("sts").assume_role(RoleArn=arn, RoleSessionName=name)

    assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert message in refused.value.response["Error"]["Message"]


def test_who_am_i_needs_no_permission(emulator: Emulator) -> None:
    """AWS: STS API Reference, GetCallerIdentity: "No permissions are required"."""
    with session_of(emulator, deny("*")) as (role, client):
        name = role.rsplit("/", 1)[1]
        identity = client("sts").get_caller_identity()
        assert identity["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/test"


def test_keys_that_were_never_given_out_are_refused(emulator: Emulator, bucket: str) -> None:
    """AWS: S3 API Reference, "Error responses": InvalidAccessKeyId; elsewhere
    InvalidClientTokenId."""
    unknown = {"key": "LSIAQAAAAAAAAAAAAAAA", "secret": "s", "token": "t"}
    s3, sns = emulator.client("s3", **unknown), emulator.client("sns", **unknown)
    assert refused(s3.get_object, Bucket=bucket, Key="in/one")[0] == "InvalidAccessKeyId"
    assert refused(sns.list_topics)[0] == "InvalidClientTokenId"


def test_passing_a_role_on_needs_permission(emulator: Emulator) -> None:
    """AWS: IAM User Guide, "Grant a user permissions to pass a role to an AWS service"."""
    with role_of(emulator) as passed, session_of(emulator, allow("lambda:*")) as (_, client):
        _, _, message = refused(
            client("lambda").create_function,
            FunctionName="any",
            Role=passed,
            Runtime="python3.13",
            Handler="handler.handler",
            Code={"ZipFile": zipped("def handler(event, context): pass")},
        )
        assert f"perform: iam:PassRole on resource: {passed}" in message


def test_enforcement_can_be_switched_off(start_emulator: StartEmulator) -> None:
    """TAPSTACK_IAM=off is LocalStack as it was, for comparison."""
    emulator = start_emulator(TAPSTACK_IAM="off")
    with session_of(emulator) as (_, client):
        client("s3").list_buckets()

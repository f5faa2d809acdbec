"""Bucket policies and public access: who is let in, and who is kept out."""

import urllib.error
import urllib.request
from collections.abc import Iterator

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator, StartEmulator
from tests.emulator.iam import Statement, allow, bucket_of, deny, document, session_of

EVERYONE = {"Principal": "*"}
WITHOUT_TLS = {"Bool": {"aws:SecureTransport": "false"}}


@pytest.fixture
def bucket(emulator: Emulator) -> Iterator[str]:
    with bucket_of(emulator) as name:
        emulator.client("s3").put_object(Bucket=name, Key="one", Body=b"x")
        yield name


def set_policy(emulator: Emulator, bucket: str, *statements: Statement) -> None:
    emulator.client("s3").put_bucket_policy(Bucket=bucket, Policy=document(*statements))


def anonymous_get(emulator: Emulator, bucket: str) -> int:
    """The status of a GET without credentials."""
    try:
        with urllib.request.urlopen(f"{emulator.endpoint}/{bucket}/one") as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_bucket_policy_can_let_a_role_in(emulator: Emulator, bucket: str) -> None:
    """AWS: IAM User Guide, "Policy evaluation for requests within a single account": the bucket's
    policy alone is enough for a role that it names."""
    with session_of(emulator) as (role, client):
        with pytest.raises(ClientError, match="AccessDenied"):
            client("s3").get_object(Bucket=bucket, Key="one")
        objects = f"arn:aws:s3:::{bucket}/*"
        set_policy(emulator, bucket, allow("s3:GetObject", objects, Principal={"AWS": role}))
        client("s3").get_object(Bucket=bucket, Key="one")


def test_an_explicit_deny_keeps_even_root_out_but_not_from_the_policy(
    emulator: Emulator, bucket: str
) -> None:
    """AWS: S3 User Guide, "Policies and permissions in Amazon S3": root can always read, replace
    and delete the policy of its bucket."""
    s3 = emulator.client("s3")
    set_policy(emulator, bucket, deny("s3:*", f"arn:aws:s3:::{bucket}/*", **EVERYONE))
    with pytest.raises(ClientError, match="explicit deny in a resource-based policy"):
        s3.get_object(Bucket=bucket, Key="one")
    s3.get_bucket_policy(Bucket=bucket)
    s3.delete_bucket_policy(Bucket=bucket)
    s3.get_object(Bucket=bucket, Key="one")


def test_plain_http_counts_as_tls_unless_it_is_asked_for(start_emulator: StartEmulator) -> None:
    """AWS: IAM User Guide, "aws:SecureTransport". Clients of AWS use TLS, those of the emulator do
    not: TAPSTACK_IAM_TLS=strict shows what a policy would do to a client without."""
    emulator = start_emulator(TAPSTACK_IAM_TLS="strict")
    s3 = emulator.client("s3")
    with bucket_of(emulator) as bucket:
        only_tls = deny("s3:*", f"arn:aws:s3:::{bucket}/*", Condition=WITHOUT_TLS, **EVERYONE)
        set_policy(emulator, bucket, only_tls)
        with pytest.raises(ClientError, match="explicit deny"):
            s3.put_object(Bucket=bucket, Key="one")


def test_a_tls_only_policy_lets_local_clients_in(emulator: Emulator, bucket: str) -> None:
    """AWS: S3 User Guide, "Bucket policy examples": the template's own policy."""
    only_tls = deny("s3:*", f"arn:aws:s3:::{bucket}/*", Condition=WITHOUT_TLS, **EVERYONE)
    set_policy(emulator, bucket, only_tls)
    emulator.client("s3").get_object(Bucket=bucket, Key="one")


def test_nobody_reads_without_credentials(emulator: Emulator, bucket: str) -> None:
    """AWS: S3 User Guide, "Access control in Amazon S3": "all resources are private"."""
    assert anonymous_get(emulator, bucket) == 403


def test_a_public_policy_needs_a_bucket_that_does_not_block_it(
    emulator: Emulator, bucket: str
) -> None:
    """AWS: S3 User Guide, "Blocking public access": BlockPublicPolicy refuses the policy,
    RestrictPublicBuckets keeps the public out in spite of it."""
    s3 = emulator.client("s3")
    public = allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*", **EVERYONE)
    with pytest.raises(ClientError, match="AccessDenied"):
        set_policy(emulator, bucket, public)
    s3.delete_public_access_block(Bucket=bucket)
    set_policy(emulator, bucket, public)
    assert anonymous_get(emulator, bucket) == 200
    s3.put_public_access_block(
        Bucket=bucket, PublicAccessBlockConfiguration={"RestrictPublicBuckets": True}
    )
    assert anonymous_get(emulator, bucket) == 403


def test_a_policy_that_is_none_is_refused(emulator: Emulator, bucket: str) -> None:
    """AWS: S3 API Reference, "Error responses": MalformedPolicy."""
    unknown = allow("s3:GetObject", Condition={"StringMatches": {"a": "b"}}, **EVERYONE)
    for statement in (allow("s3:GetObject"), unknown):
        with pytest.raises(ClientError, match="MalformedPolicy"):
            set_policy(emulator, bucket, statement)
    for text, message in (
        ("", "Policies must be valid JSON and the first byte must be '{'"),
        ("[]", "Policies must be valid JSON and the first byte must be '{'"),
        ("{", "Policies must be valid JSON and the first byte must be '{'"),
        ("{}", "Missing required field Statement"),
    ):
        with pytest.raises(ClientError, match=message):
            emulator.client("s3").put_bucket_policy(Bucket=bucket, Policy=text)


def test_a_presigned_url_has_the_rights_of_its_signer(emulator: Emulator, bucket: str) -> None:
    """AWS: S3 User Guide, "Download and upload objects with presigned URLs"."""
    target = {"Bucket": bucket, "Key": "one"}
    with session_of(emulator, allow("s3:GetObject")) as (_, client):
        readable = client("s3").generate_presigned_url("get_object", Params=target)
        writable = client("s3").generate_presigned_url("put_object", Params=target)
        with urllib.request.urlopen(readable) as answer:
            assert answer.read() == b"x"
        writing = urllib.request.Request(writable, data=b"y", method="PUT")
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(writing)


def test_of_many_deletions_those_that_are_forbidden_are_errors(emulator: Emulator) -> None:
    """S3 API Reference, DeleteObjects: 200, with an error for each key that was not deleted."""
    with bucket_of(emulator) as bucket:
        mine = f"arn:aws:s3:::{bucket}/mine/*"
        with session_of(emulator, allow("s3:DeleteObject", mine)) as (_, client):
            owner = emulator.client("s3")
            for key in ("mine/a", "theirs/b"):
                owner.put_object(Bucket=bucket, Key=key, Body=b"x")
            keys = [{"Key": "mine/a"}, {"Key": "theirs/b"}, {"Key": "mine/c", "VersionId": "null"}]
            answer = client("s3").delete_objects(Bucket=bucket, Delete={"Objects": keys})
            assert [one["Key"] for one in answer["Deleted"]] == ["mine/a"]
            refused = {one["Key"]: one for one in answer["Errors"]}
            assert {key: one["Code"] for key, one in refused.items()} == {
                "theirs/b": "AccessDenied",
                "mine/c": "AccessDenied",
            }
            assert "s3:DeleteObject on resource" in refused["theirs/b"]["Message"]
            assert "s3:DeleteObjectVersion on resource" in refused["mine/c"]["Message"]
            answer = client("s3").delete_objects(
                Bucket=bucket, Delete={"Objects": [{"Key": "theirs/b"}], "Quiet": True}
            )
            assert [one["Key"] for one in answer["Errors"]] == ["theirs/b"]
            listed = owner.list_objects_v2(Bucket=bucket)["Contents"]
            assert [one["Key"] for one in listed] == ["theirs/b"]


def test_who_may_write_to_everyones_bucket_may_do_so_without_credentials(
    emulator: Emulator, bucket: str
) -> None:
    """S3 User Guide, "Mapping of ACL permissions and access policy permissions"; ACLs count only
    while neither the bucket's ownership nor its public access block stops them."""
    s3 = emulator.client("s3")
    anybody = boto3.client(
        "s3",
        endpoint_url=emulator.endpoint,
        region_name="us-east-1",
        config=Config(signature_version=UNSIGNED, s3={"addressing_style": "path"}, proxies={}),
    )
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_ownership_controls(
        Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )
    with pytest.raises(ClientError, match="AccessDenied"):
        anybody.put_object(Bucket=bucket, Key="mine", Body=b"x")
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read-write")
    anybody.put_object(Bucket=bucket, Key="mine", Body=b"x")
    listed = anybody.list_objects_v2(Bucket=bucket)["Contents"]
    assert [one["Key"] for one in listed] == ["mine", "one"]
    named = ["Owner" in who.list_objects(Bucket=bucket)["Contents"][0] for who in (s3, anybody)]
    assert named == [True, False]
    with pytest.raises(ClientError, match="AccessDenied"):  # the object's own list says no
        anybody.get_object(Bucket=bucket, Key="one")
    deleted = anybody.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "mine"}]})
    assert [one["Key"] for one in deleted["Deleted"]] == ["mine"]
    s3.put_public_access_block(
        Bucket=bucket, PublicAccessBlockConfiguration={"IgnorePublicAcls": True}
    )
    with pytest.raises(ClientError, match="AccessDenied"):
        anybody.list_objects_v2(Bucket=bucket)

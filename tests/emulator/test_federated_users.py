"""GetFederationToken gives out sessions that may do what policies of resources let them do.

Source: STS API Reference, GetFederationToken; IAM User Guide, "Permissions for GetFederationToken".
Recorded: LocalStack's tests at v4.14.0, sts/test_sts.py, test_get_federation_token.
"""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator
from tests.emulator.iam import ACCOUNT, allow, bucket_of, document, session_of


@pytest.fixture
def name() -> str:
    return f"federated-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def user(emulator: Emulator, name: str) -> Iterator[Any]:
    """A client of STS for a user who may do everything, with the federated user's name."""
    iam = emulator.client("iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=document(allow("*")))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    yield emulator.client("sts", key=key["AccessKeyId"], secret=key["SecretAccessKey"])
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName=name, PolicyName="all")
    iam.delete_user(UserName=name)


def _client(emulator: Emulator, given: dict[str, Any], service: str) -> Any:
    credentials = given["Credentials"]
    return emulator.client(
        service,
        key=credentials["AccessKeyId"],
        secret=credentials["SecretAccessKey"],
        token=credentials["SessionToken"],
    )


def test_a_federated_user_is_known_by_its_name(emulator: Emulator, user: Any, name: str) -> None:
    """And its keys can be used."""
    given = user.get_federation_token(Name=name, DurationSeconds=900)

    arn = f"arn:aws:sts::{ACCOUNT}:federated-user/{name}"
    assert given["FederatedUser"] == {"Arn": arn, "FederatedUserId": f"{ACCOUNT}:{name}"}
    identity = _client(emulator, given, "sts").get_caller_identity()
    assert (identity["Arn"], identity["UserId"]) == (arn, f"{ACCOUNT}:{name}")
    lasts = given["Credentials"]["Expiration"] - datetime.now(UTC)
    assert 600 < lasts.total_seconds() <= 900


def test_a_federated_user_may_do_what_a_resource_lets_it(
    emulator: Emulator, user: Any, name: str
) -> None:
    """Nothing else, whatever the user may do who asked for it, and whose name it has."""
    given = user.get_federation_token(Name=name)
    s3 = _client(emulator, given, "s3")
    with bucket_of(emulator) as bucket:
        owner = emulator.client("s3")
        owner.put_object(Bucket=bucket, Key="a", Body=b"a")
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.get_object(Bucket=bucket, Key="a")
        principal = {"AWS": given["FederatedUser"]["Arn"]}
        condition = {"StringEquals": {"aws:PrincipalType": "FederatedUser"}}
        statement = allow(
            "s3:GetObject", f"arn:aws:s3:::{bucket}/*", Principal=principal, Condition=condition
        )
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        owner.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))

        assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"a"
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.put_object(Bucket=bucket, Key="a", Body=b"b")


def test_a_session_of_root_lasts_an_hour_at_most(emulator: Emulator, name: str) -> None:
    given = emulator.client("sts").get_federation_token(Name=name, DurationSeconds=7200)

    lasts = given["Credentials"]["Expiration"] - datetime.now(UTC)
    assert 3300 < lasts.total_seconds() <= 3600


def test_a_session_gets_none(emulator: Emulator, name: str) -> None:
    """Only users and root may ask for it, and session policies are not emulated."""
    with session_of(emulator, allow("sts:*")) as (_, client), pytest.raises(ClientError) as refused:
        client("sts").get_federation_token(Name=name)
    error = refused.value.response["Error"]
    assert (error["Code"], error["Message"]) == (
        "AccessDenied",
        "Cannot call GetFederationToken with session credentials",
    )
    with pytest.raises(ClientError, match="not emulated here with Policy"):
        emulator.client("sts").get_federation_token(Name=name, Policy=document(allow("*")))

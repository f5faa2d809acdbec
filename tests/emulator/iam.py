"""Roles for the length of a test, and clients that call with one."""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.emulator.conftest import Emulator

ACCOUNT = "000000000000"
LAMBDA = {"Service": "lambda.amazonaws.com"}

type Statement = dict[str, Any]
type Clients = Callable[[str], Any]


def allow(action: str | list[str], resource: Any = "*", **more: Any) -> Statement:
    """A statement that allows; `more` are its further elements."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str | list[str], resource: Any = "*", **more: Any) -> Statement:
    """A statement that denies."""
    return {**allow(action, resource, **more), "Effect": "Deny"}


def document(*statements: Statement) -> str:
    """A policy as JSON."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(principal: Any, **more: Any) -> str:
    """A trust policy as JSON."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}
    return document(statement)


@contextmanager
def role_of(
    emulator: Emulator, *statements: Statement, trusting: str | None = None
) -> Iterator[str]:
    """The ARN of a role with one policy; Lambda may assume it unless `trusting` says otherwise."""
    iam, name = emulator.client("iam"), f"role-{uuid.uuid4().hex[:8]}"
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusting or trust(LAMBDA))
    if statements:
        set_policy(emulator, role["Role"]["Arn"], *statements)
    try:
        yield role["Role"]["Arn"]
    finally:
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        iam.delete_role(RoleName=name)


def set_policy(emulator: Emulator, role: str, *statements: Statement) -> None:
    """Replace what a role may do."""
    emulator.client("iam").put_role_policy(
        RoleName=role.rsplit("/", 1)[1], PolicyName="test", PolicyDocument=document(*statements)
    )


@contextmanager
def session_of(emulator: Emulator, *statements: Statement) -> Iterator[tuple[str, Clients]]:
    """A role that the account may assume, and what makes clients of services for a session."""
    with role_of(emulator, *statements, trusting=trust({"AWS": ACCOUNT})) as role:
        given = emulator.client("sts").assume_role(RoleArn=role, RoleSessionName="test")
        credentials = given["Credentials"]

        def client(service: str) -> Any:
            return emulator.client(
                service,
                key=credentials["AccessKeyId"],
                secret=credentials["SecretAccessKey"],
                token=credentials["SessionToken"],
            )

        yield role, client


@contextmanager
def bucket_of(emulator: Emulator) -> Iterator[str]:
    """The name of a bucket, which is emptied in the end whatever its policy says."""
    s3, name = emulator.client("s3"), f"bucket-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name)
    try:
        yield name
    finally:
        s3.delete_bucket_policy(Bucket=name)
        for entry in s3.list_objects_v2(Bucket=name).get("Contents", []):
            s3.delete_object(Bucket=name, Key=entry["Key"])
        s3.delete_bucket(Bucket=name)

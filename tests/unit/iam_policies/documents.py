"""Short ways to write policies and requests for the tests."""

import json
from typing import Any

from iam_policies.evaluation import Caller, Callers, Request
from iam_policies.policies import Policy, parse_identity_policy, parse_resource_policy

ACCOUNT = "111122223333"
BUCKET = "arn:aws:s3:::bucket"
OBJECT = f"{BUCKET}/uploads/one.jpg"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/worker"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/now"
WORKER = Caller(Callers.IDENTITY, ACCOUNT, SESSION, (SESSION, ROLE))
ROOT = Caller(
    Callers.ROOT, ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", (f"arn:aws:iam::{ACCOUNT}:root",)
)
S3 = Caller(Callers.SERVICE, names=("s3.amazonaws.com",))
ANYBODY = Caller(Callers.ANONYMOUS)

type Fields = dict[str, Any]


def document(*statements: Fields, version: str = "2012-10-17") -> str:
    """A policy document as JSON."""
    return json.dumps({"Version": version, "Statement": list(statements)})


def statement(effect: str, action: Any, resource: Any = "*", **more: Any) -> Fields:
    """A statement of an identity's policy."""
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def allow(action: Any, resource: Any = "*", **more: Any) -> Fields:
    """A statement that allows."""
    return statement("Allow", action, resource, **more)


def deny(action: Any, resource: Any = "*", **more: Any) -> Fields:
    """A statement that denies."""
    return statement("Deny", action, resource, **more)


def identity(*statements: Fields) -> list[Policy]:
    """The policies of an identity."""
    return [parse_identity_policy(document(*statements))]


def of_resource(*statements: Fields) -> Policy:
    """The policy of a resource."""
    return parse_resource_policy(document(*statements))


def request(
    caller: Caller = WORKER,
    action: str = "s3:GetObject",
    resource: str = OBJECT,
    account: str = ACCOUNT,
    **context: str | tuple[str, ...],
) -> Request:
    """A request; keys of the context are written with __ for the colon."""
    keys = {key.replace("__", ":").lower(): value for key, value in context.items()}
    return Request(caller, action, resource, account, keys)

"""Condition keys: each that AWS has is supplied or listed as absent, and has AWS's value."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from iam_policies import keys
from iam_policies.evaluation import Caller, Callers
from iam_policies.facts import Value

ACCOUNT = "111122223333"
USER = Caller(
    Callers.IDENTITY,
    ACCOUNT,
    f"arn:aws:iam::{ACCOUNT}:user/ann",
    (f"arn:aws:iam::{ACCOUNT}:user/ann",),
)
SESSION = Caller(
    Callers.IDENTITY,
    ACCOUNT,
    f"arn:aws:sts::{ACCOUNT}:assumed-role/maker/now",
    (f"arn:aws:sts::{ACCOUNT}:assumed-role/maker/now", f"arn:aws:iam::{ACCOUNT}:role/maker"),
)
ROOT = Caller(
    Callers.ROOT, ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", (f"arn:aws:iam::{ACCOUNT}:root",)
)
SERVICE = Caller(
    Callers.SERVICE, "", "s3.amazonaws.com", ("s3.amazonaws.com", "s3.us-east-1.amazonaws.com")
)
ANYBODY = Caller(Callers.ANONYMOUS)

PACKAGE = Path(keys.__file__).parent
# Whose every key is looked at.
SERVICES = ("cloudformation", "cloudwatch", "iam", "lambda", "logs", "s3", "sns", "sqs", "sts")
# IAM User Guide, "AWS global condition context keys".
GLOBAL = (
    *("PrincipalArn", "PrincipalAccount", "PrincipalOrgPaths", "PrincipalOrgID", "PrincipalTag/k"),
    *("PrincipalIsAWSService", "PrincipalServiceName", "PrincipalServiceNamesList"),
    *("PrincipalType", "userid", "username", "AssumedRoot", "FederatedProvider"),
    *("TokenIssueTime", "MultiFactorAuthAge", "MultiFactorAuthPresent", "ChatbotSourceArn"),
    *("Ec2InstanceSourceVpc", "Ec2InstanceSourcePrivateIPv4", "SourceIdentity", "SourceIp"),
    *("SourceVpc", "SourceVpcArn", "SourceVpce", "VpceAccount", "VpceOrgID", "VpceOrgPaths"),
    *("VpcSourceIp", "ResourceAccount", "ResourceOrgID", "ResourceOrgPaths", "ResourceTag/k"),
    *("CalledVia", "CalledViaFirst", "CalledViaLast", "ViaAWSService", "CurrentTime", "EpochTime"),
    *("Referer", "RequestedRegion", "RequestTag/k", "TagKeys", "SecureTransport", "SourceAccount"),
    *("SourceArn", "SourceOrgID", "SourceOrgPaths", "UserAgent", "IsMcpServiceAction"),
)


@dataclass
class Asked:
    """A request as the keys see it."""

    caller: Caller = USER
    parameters: Mapping[str, Any] = field(default_factory=dict)
    owner: str = ACCOUNT
    region: str = "us-east-1"
    service: str = "s3"
    operation: str = "GetObject"
    source_arn: str = ""
    source_account: str = ""
    signed: tuple[str, str, int | None] = ("REST-HEADER", "AWS4-HMAC-SHA256", 10)
    headers: Mapping[str, str] = field(default_factory=dict)
    temporary: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    def header(self, name: str) -> str:
        return self.headers.get(name, "")

    def argument(self, name: str) -> str:
        return ""

    def address(self) -> str:
        return "127.0.0.1"

    def encrypted(self) -> bool:
        return True

    def signature(self) -> tuple[str, str, int | None]:
        return self.signed

    def unique_id(self) -> str:
        return "AIDA"

    def issued(self) -> str:
        return self.temporary

    def function_arn(self) -> str:
        return ""

    def principal_tags(self) -> Mapping[str, str]:
        return self.tags

    def resource_tags(self) -> Mapping[str, str]:
        return self.tags

    def object_tags(self) -> Mapping[str, str]:
        return self.tags

    def boundary(self) -> str:
        return ""


def _of_reference() -> set[str]:
    known = json.loads((PACKAGE / "reference.json").read_text())["services"]
    written = {
        key.lower()
        for service in SERVICES
        for action in known[service]["actions"].values()
        for key in action.get("keys", ())
    }
    return {key.partition("/")[0] + "/k" if "/" in key else key for key in written}


def test_every_key_is_supplied_or_listed_as_absent() -> None:
    """A key that is in neither list would make a policy mean something else without a word."""
    every = _of_reference() | {f"aws:{name.lower()}" for name in GLOBAL}
    supplied = {key for key in every if keys.is_supplied(key)}
    absent = {key for key in every if keys.why_absent(key)}
    assert every - supplied - absent == set()
    assert supplied & absent == set()


def test_what_is_listed_as_absent_stands_in_fidelity_md(project_root: Path) -> None:
    """Who reads the table knows what a policy may not ask for."""
    text = (project_root / "emulator" / "FIDELITY.md").read_text(encoding="utf-8")
    (row,) = [line for line in text.splitlines() if line.startswith("| 71 |")]
    assert [pattern for pattern in keys.ABSENT if f"`{pattern}`" not in row] == []


def test_a_key_without_a_value_is_named_in_the_log_once(caplog: pytest.LogCaptureFixture) -> None:
    """Also one that AWS does not have: a typing error in a policy shows nowhere else."""
    with caplog.at_level(logging.WARNING):
        for key in ("aws:sourcevpce", "aws:sourcevpce", "s3:prefx", "s3:prefix"):
            keys.read(Asked(), "s3:ListBucket", key)
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2
    assert "aws:sourcevpce" in said[0]
    assert "VPC endpoints" in said[0]
    assert "s3:prefx" in said[1]


@pytest.mark.parametrize(
    ("caller", "key", "value"),
    [
        (USER, "aws:userid", "AIDA"),
        (SESSION, "aws:userid", "AIDA:now"),
        (ROOT, "aws:userid", ACCOUNT),
        (ANYBODY, "aws:userid", "anonymous"),
        (SERVICE, "aws:userid", None),
        (USER, "aws:username", "ann"),
        (SESSION, "aws:username", None),
        (ANYBODY, "aws:username", "anonymous"),
        (SESSION, "aws:principalarn", f"arn:aws:iam::{ACCOUNT}:role/maker"),
        (SESSION, "aws:principaltype", "AssumedRole"),
        (SERVICE, "aws:principalservicename", "s3.amazonaws.com"),
        (SERVICE, "aws:principalservicenameslist", SERVICE.names),
        (USER, "aws:principalservicename", None),
        (SERVICE, "aws:sourceip", None),
    ],
)
def test_keys_say_who_asks(caller: Caller, key: str, value: Value) -> None:
    """IAM User Guide, "Variables and tags": what each kind of principal has for them."""
    assert keys.read(Asked(caller), "s3:GetObject", key) == value


def test_only_temporary_credentials_say_whether_there_was_mfa() -> None:
    """ "The key is not present in long-term credentials": BoolIfExists lets them pass."""
    asked = Asked(SESSION, temporary="2026-01-01T00:00:00Z")
    assert keys.read(asked, "s3:GetObject", "aws:multifactorauthpresent") == "false"
    assert keys.read(asked, "s3:GetObject", "aws:tokenissuetime") == "2026-01-01T00:00:00Z"
    assert keys.read(Asked(USER), "s3:GetObject", "aws:multifactorauthpresent") is None


def test_tags_are_found_in_any_case_and_their_keys_keep_theirs() -> None:
    """ "Tag keys in names of condition keys are not case-sensitive"; values are."""
    asked = Asked(parameters={"Tags": [{"Key": "Team", "Value": "Web"}]}, tags={"Env": "prod"})
    assert keys.read(asked, "sqs:CreateQueue", "aws:requesttag/team") == "Web"
    assert keys.read(asked, "sqs:CreateQueue", "aws:tagkeys") == ("Team",)
    assert keys.read(asked, "sqs:SendMessage", "aws:resourcetag/env") == "prod"
    assert keys.read(asked, "sqs:SendMessage", "aws:principaltag/env") == "prod"
    assert keys.read(asked, "sqs:SendMessage", "aws:principaltag/other") is None
    removal = Asked(parameters={"TagKeys": ["Team"]})
    assert keys.read(removal, "sqs:UntagQueue", "aws:tagkeys") == ("Team",)
    written = Asked(parameters={"Tagging": "Bad=1&empty="})
    assert keys.read(written, "s3:PutObject", "s3:requestobjecttagkeys") == ("Bad", "empty")
    assert keys.read(written, "s3:PutObject", "s3:requestobjecttag/bad") == "1"


def test_a_key_of_a_service_exists_for_the_actions_that_have_it() -> None:
    """Service Authorization Reference: s3:prefix is of listings."""
    asked = Asked(parameters={"Prefix": "a/"})
    assert keys.read(asked, "s3:ListBucket", "s3:prefix") == "a/"
    assert keys.read(asked, "s3:GetObject", "s3:prefix") is None


@pytest.mark.parametrize(
    ("signed", "headers", "values"),
    [
        (
            ("REST-HEADER", "AWS4-HMAC-SHA256", 1500),
            {"x-amz-content-sha256": "abc"},
            ("REST-HEADER", "AWS4-HMAC-SHA256", "1500", "abc"),
        ),
        (
            ("REST-QUERY-STRING", "AWS4-HMAC-SHA256", 7),
            {},
            ("REST-QUERY-STRING", "AWS4-HMAC-SHA256", "7", "UNSIGNED-PAYLOAD"),
        ),
        (("REST-QUERY-STRING", "AWS", None), {}, ("REST-QUERY-STRING", "AWS", None, None)),
        (("POST", "AWS4-HMAC-SHA256", 7), {}, ("POST", "AWS4-HMAC-SHA256", "7", None)),
        (("", "", None), {}, (None, None, None, None)),
    ],
)
def test_how_a_request_is_signed(
    signed: tuple[str, str, int | None], headers: Mapping[str, str], values: tuple[str | None, ...]
) -> None:
    """S3 API Reference, "Signature Version 4 Authentication Specific Policy Keys"."""
    names = ("s3:authtype", "s3:signatureversion", "s3:signatureage", "s3:x-amz-content-sha256")
    asked = Asked(signed=signed, headers=headers)
    assert tuple(keys.read(asked, "s3:GetObject", name) for name in names) == values


def test_object_lock_counts_the_days_that_are_left() -> None:
    """A started day is a day."""
    until = datetime.now(UTC) + timedelta(days=2, hours=1)
    for parameters in (
        {"ObjectLockRetainUntilDate": until, "ObjectLockMode": "GOVERNANCE"},
        {"Retention": {"RetainUntilDate": until, "Mode": "GOVERNANCE"}},
    ):
        asked = Asked(parameters=parameters)
        days = keys.read(asked, "s3:PutObjectRetention", "s3:object-lock-remaining-retention-days")
        assert days == "3"
        assert keys.read(asked, "s3:PutObjectRetention", "s3:object-lock-mode") == "GOVERNANCE"

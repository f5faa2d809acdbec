"""SimulatePrincipalPolicy says what a request would be answered.

Source: IAM API Reference, SimulatePrincipalPolicy. Recorded: LocalStack's tests at v4.14.0,
iam/test_iam.py, test_simulate_principle_policy.
"""

import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator
from tests.emulator.iam import allow, deny, document, role_of

BUCKET = "arn:aws:s3:::some"


def _decisions(iam: Any, arn: str, *actions: str, **request: Any) -> dict[str, str]:
    found = iam.simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=list(actions), **{"ResourceArns": [BUCKET], **request}
    )
    return {one["EvalActionName"]: one["EvalDecision"] for one in found["EvaluationResults"]}


def test_what_is_allowed_denied_and_not_mentioned(emulator: Emulator) -> None:
    """With wildcards, and whichever statement comes first."""
    iam = emulator.client("iam")
    with role_of(emulator, allow("s3:Put*"), deny("s3:PutBucketPolicy")) as role:
        assert _decisions(iam, role, "s3:PutObject", "s3:PutBucketPolicy", "s3:GetObject") == {
            "s3:PutObject": "allowed",
            "s3:PutBucketPolicy": "explicitDeny",
            "s3:GetObject": "implicitDeny",
        }


def test_a_decision_names_its_policy(emulator: Emulator) -> None:
    """And has the members that AWS was recorded to answer, positions left out."""
    with role_of(emulator, allow("s3:PutObject")) as role:
        (found,) = emulator.client("iam").simulate_principal_policy(
            PolicySourceArn=role, ActionNames=["s3:PutObject"], ResourceArns=[BUCKET]
        )["EvaluationResults"]

    matched = [{"SourcePolicyId": "test", "SourcePolicyType": "IAM Policy"}]
    assert found == {
        "EvalActionName": "s3:PutObject",
        "EvalResourceName": BUCKET,
        "EvalDecision": "allowed",
        "EvalDecisionDetails": {},
        "MatchedStatements": matched,
        "MissingContextValues": [],
        "OrganizationsDecisionDetail": {"AllowedByOrganizations": True},
        "ResourceSpecificResults": [
            {
                "EvalResourceName": BUCKET,
                "EvalResourceDecision": "allowed",
                "MatchedStatements": matched,
                "MissingContextValues": [],
            }
        ],
    }


def test_a_condition_is_judged_by_the_context_that_is_given(emulator: Emulator) -> None:
    """By the context that the request gives; a key that it lacks is named."""
    iam = emulator.client("iam")
    statement = allow("s3:PutObject", Condition={"StringEquals": {"aws:username": "ann"}})
    entry = {"ContextKeyName": "aws:username", "ContextKeyType": "string"}
    with role_of(emulator, statement) as role:
        decisions = [
            _decisions(
                iam, role, "s3:PutObject", ContextEntries=[{**entry, "ContextKeyValues": [name]}]
            )["s3:PutObject"]
            for name in ("ann", "bob")
        ]
        (found,) = iam.simulate_principal_policy(
            PolicySourceArn=role, ActionNames=["s3:PutObject"], ResourceArns=[BUCKET]
        )["EvaluationResults"]

    assert decisions == ["allowed", "implicitDeny"]
    assert found["MissingContextValues"] == ["aws:username"]


def test_policies_of_groups_and_of_the_request(emulator: Emulator) -> None:
    iam, name = emulator.client("iam"), f"group-{uuid.uuid4().hex[:8]}"
    arn = iam.create_group(GroupName=name)["Group"]["Arn"]
    policy = document(allow("s3:PutObject"))
    iam.put_group_policy(GroupName=name, PolicyName="p", PolicyDocument=policy)
    more = document(allow("s3:GetObject"))
    try:
        decisions = _decisions(iam, arn, "s3:PutObject", "s3:GetObject", PolicyInputList=[more])
    finally:
        iam.delete_group_policy(GroupName=name, PolicyName="p")
        iam.delete_group(GroupName=name)

    assert decisions == {"s3:PutObject": "allowed", "s3:GetObject": "allowed"}


def test_what_is_not_there_and_not_emulated_is_refused(emulator: Emulator) -> None:
    iam, nobody = emulator.client("iam"), "arn:aws:iam::000000000000:role/nobody"
    with pytest.raises(ClientError, match="NoSuchEntity"):
        _decisions(iam, nobody, "s3:PutObject")
    with pytest.raises(ClientError, match="not emulated here with ResourcePolicy"):
        _decisions(iam, nobody, "s3:PutObject", ResourcePolicy=document(allow("s3:*")))

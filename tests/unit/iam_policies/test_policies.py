"""Which documents are policies."""

import json
from typing import Any

import pytest

from iam_policies.policies import (
    InvalidPolicy,
    parse_identity_policy,
    parse_resource_policy,
)
from tests.unit.iam_policies.documents import allow, document

# Source of all: IAM User Guide, "Grammar of the IAM JSON policy language".


def test_a_single_statement_needs_no_list() -> None:
    """Nor does a single action or resource."""
    policy = parse_identity_policy(json.dumps({"Statement": allow("s3:GetObject")}))
    assert [statement.allows for statement in policy.statements] == [True]


@pytest.mark.parametrize(
    "statement",
    [
        {},
        {**allow("s3:GetObject"), "Effect": "allow"},
        {**allow("s3:GetObject"), "Actions": "s3:PutObject"},
        {**allow("s3:GetObject"), "NotAction": "s3:PutObject"},
        {**allow("s3:GetObject"), "NotResource": "*"},
        {**allow("s3:GetObject"), "Principal": "*"},
        {**allow("s3:GetObject"), "Condition": {"Like": {"k": "a"}}},
        {"Effect": "Allow", "Action": "s3:GetObject"},
        {"Effect": "Allow", "Resource": "*"},
        allow("GetObject"),
        allow("s3.GetObject"),
        allow([]),
        allow("s3:GetObject", "bucket/*"),
        allow("s3:GetObject", 1),
        "Allow",
    ],
)
def test_a_policy_of_an_identity_that_iam_refuses(statement: Any) -> None:
    """Missing, unknown, contradictory and ill-formed fields."""
    with pytest.raises(InvalidPolicy):
        parse_identity_policy(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"Version": "2012-10-18", "Statement": []}', '{"Statment": []}'],
)
def test_what_is_no_policy_at_all(text: str) -> None:
    """Not JSON, no object, no statement, an unknown version, an unknown field."""
    with pytest.raises(InvalidPolicy):
        parse_identity_policy(text)


def test_statement_ids_are_unique() -> None:
    """ "The Sid value must be unique within a JSON policy." """
    with pytest.raises(InvalidPolicy, match="SID"):
        parse_identity_policy(document(allow("s3:*", Sid="A"), allow("sqs:*", Sid="A")))


@pytest.mark.parametrize(
    "principal",
    [{}, [], "arn:aws:iam::1:root", {"Aws": "*"}, {"AWS": "arn:aws:iam::1:role/*"}, {"AWS": []}],
)
def test_a_principal_that_aws_refuses(principal: Any) -> None:
    """ "You cannot use a wildcard to match part of a principal name or ARN." """
    statement = allow("s3:GetObject", Principal=principal)
    with pytest.raises(InvalidPolicy):
        parse_resource_policy(document(statement))


def test_a_policy_of_a_resource_names_principals() -> None:
    """And a trust policy no resources."""
    with pytest.raises(InvalidPolicy, match="Principal"):
        parse_resource_policy(document(allow("s3:GetObject")))
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "x"}}
    [statement] = parse_resource_policy(document(trust)).statements
    assert statement.covers("arn:aws:iam::1:role/any", {})


def test_the_same_document_is_parsed_once() -> None:
    """Policies are looked up for every request."""
    text = document(allow("s3:GetObject"))
    assert parse_identity_policy(text) is parse_identity_policy(text)

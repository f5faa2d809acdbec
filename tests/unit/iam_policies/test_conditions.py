"""Operators of the Condition element."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iam_policies.conditions import InvalidCondition, parse

# Source of all: IAM User Guide, "IAM JSON policy elements: Condition operators" and "Set operators
# for multivalued context keys".

type Keys = dict[str, str | tuple[str, ...]]


def met(block: dict[str, Any], context: Keys) -> bool:
    return all(condition.met(context) for condition in parse(block, variables=True))


@pytest.mark.parametrize(
    ("operator", "expected", "actual", "result"),
    [
        ("StringEquals", "a", "a", True),
        ("StringEquals", ["b", "a"], "a", True),
        ("StringEquals", "a*", "ab", False),
        ("StringEquals", "A", "a", False),
        ("StringEqualsIgnoreCase", "A", "a", True),
        ("StringNotEqualsIgnoreCase", "A", "a", False),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringNotEquals", ["a", "b"], "c", True),
        ("StringLike", "a?c*", "abcd", True),
        ("StringNotLike", "a*", "abcd", False),
        ("stringequals", "a", "a", True),
        ("NumericLessThanEquals", "10", "10", True),
        ("NumericGreaterThan", 10, "9.5", False),
        ("NumericEquals", "1", "one", False),
        ("DateGreaterThan", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", True),
        ("DateLessThan", "2026-01-01T00:00:00Z", "1767225601", False),
        ("Bool", "true", "true", True),
        ("Bool", False, "true", False),
        ("IpAddress", "203.0.113.0/24", "203.0.113.7", True),
        ("IpAddress", "2001:db8::/32", "203.0.113.7", False),
        ("NotIpAddress", "203.0.113.0/24", "198.51.100.1", True),
        ("ArnLike", "arn:aws:sns:*:1:t", "arn:aws:sns:us-east-1:1:t", True),
        ("ArnEquals", "arn:aws:sns:*:1:t", "arn:aws:sns:us-east-1:1:t", True),
        ("ArnNotLike", "arn:aws:sns:*:1:t", "arn:aws:sns:us-east-1:2:t", True),
    ],
)
def test_an_operator_compares_one_value(
    operator: str, expected: Any, actual: str, result: bool
) -> None:
    """Several values in the policy mean any of them, or none of them if the operator is negated."""
    assert met({operator: {"k": expected}}, {"k": actual}) is result


def test_a_missing_key_meets_only_negated_operators_and_if_exists() -> None:
    """ "If the key is not present … evaluate the condition element as true" with IfExists."""
    assert not met({"StringEquals": {"k": "a"}}, {})
    assert met({"StringNotEquals": {"k": "a"}}, {})
    assert met({"StringEqualsIfExists": {"k": "a"}}, {})
    assert not met({"StringEqualsIfExists": {"k": "a"}}, {"k": "b"})
    assert not met({"Bool": {"aws:SecureTransport": "false"}}, {})


def test_null_asks_whether_a_key_is_there() -> None:
    """ "true" means that it is not."""
    assert met({"Null": {"k": "true"}}, {})
    assert not met({"Null": {"k": "true"}}, {"k": "a"})
    assert met({"Null": {"k": False}}, {"k": "a"})


def test_set_operators_ask_for_any_or_all_of_the_requests_values() -> None:
    """ForAllValues is true of no values at all, ForAnyValue is not."""
    anyone: dict[str, Any] = {"ForAnyValue:StringEquals": {"k": ["a", "b"]}}
    everyone: dict[str, Any] = {"ForAllValues:StringEquals": {"k": ["a", "b"]}}
    assert met(anyone, {"k": ("a", "x")})
    assert not met(anyone, {"k": ("x",)})
    assert not met(anyone, {})
    assert met(everyone, {"k": ("a", "b")})
    assert not met(everyone, {"k": ("a", "x")})
    assert met(everyone, {})
    assert met(everyone, {"k": ("",)})


def test_negated_set_operators_ask_for_values_that_do_not_match() -> None:
    """ForAnyValue:…Not… is true if one value matches nothing, ForAllValues if none matches."""
    assert met({"ForAnyValue:StringNotEquals": {"k": ["a"]}}, {"k": ("a", "x")})
    assert not met({"ForAnyValue:StringNotEquals": {"k": ["a"]}}, {"k": ("a",)})
    assert met({"ForAllValues:StringNotEquals": {"k": ["a"]}}, {"k": ("x", "y")})
    assert not met({"ForAllValues:StringNotEquals": {"k": ["a"]}}, {"k": ("a", "y")})


def test_keys_are_found_in_any_case_and_all_conditions_count() -> None:
    """ "Condition context key names are not case-sensitive"; several conditions are AND."""
    block = {"StringEquals": {"AWS:SourceAccount": "1"}, "ArnLike": {"aws:SourceArn": "arn:*"}}
    both: Keys = {"aws:sourceaccount": "1", "aws:sourcearn": "arn:aws:s3:::b"}
    assert met(block, both)
    assert not met(block, {"aws:sourceaccount": "1"})


def test_variables_work_in_values() -> None:
    """Strings and ARNs of a condition may hold policy variables."""
    block = {"StringLike": {"s3:prefix": "home/${aws:username}/*"}}
    assert met(block, {"s3:prefix": "home/ann/x", "aws:username": "ann"})
    assert not met(block, {"s3:prefix": "home/bob/x", "aws:username": "ann"})


@pytest.mark.parametrize(
    "block",
    [
        {"StringMatches": {"k": "a"}},
        {"ForSomeValues:StringEquals": {"k": "a"}},
        {"StringEquals": "a"},
        {"StringEquals": {"k": {"a": 1}}},
        {"NumericEquals": {"k": "many"}},
        {"IpAddress": {"k": "nowhere"}},
        {"Null": {"k": "maybe"}},
        {"NullIfExists": {"k": "true"}},
        [],
    ],
)
def test_what_iam_refuses_is_refused(block: Any) -> None:
    """Unknown operators and values that they cannot compare."""
    with pytest.raises(InvalidCondition):
        parse(block, variables=True)


_TEXT = st.text("ab*", max_size=3)


@given(
    st.sampled_from(["String{}Equals", "String{}Like", "String{}EqualsIgnoreCase"]),
    st.lists(_TEXT, min_size=1, max_size=3),
    _TEXT,
)
def test_a_negated_operator_is_the_opposite(
    operator: str, expected: list[str], actual: str
) -> None:
    """Of a key that has one value."""
    context: Keys = {"k": actual}
    positive = met({operator.format(""): {"k": expected}}, context)
    negative = met({operator.format("Not"): {"k": expected}}, context)
    assert positive is not negative

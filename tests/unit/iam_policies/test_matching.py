"""Wildcards, segments of ARNs and policy variables."""

import re
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iam_policies import matching
from iam_policies.matching import Kind, Pattern

# Source of all: IAM User Guide, "IAM JSON policy elements: Resource", "… Action", "Variables".


@pytest.mark.parametrize(
    ("pattern", "action", "matches"),
    [
        ("s3:GetObject", "s3:GetObject", True),
        ("S3:getobject", "s3:GetObject", True),
        ("s3:Get*", "s3:GetObjectTagging", True),
        ("s3:Get?bject", "s3:GetObject", True),
        ("s3:GetObject", "s3:GetObjectTagging", False),
        ("*", "sqs:SendMessage", True),
        ("s3:*", "sqs:SendMessage", False),
    ],
)
def test_actions_match_in_any_case(pattern: str, action: str, matches: bool) -> None:
    """ "The prefix and the action name are case insensitive." """
    assert Pattern(pattern, Kind.ACTION).matches(action, {}) is matches


@pytest.mark.parametrize(
    ("pattern", "arn", "matches"),
    [
        ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/a/b:c", True),
        ("arn:aws:s3:::bucket", "arn:aws:s3:::bucket/a", False),
        ("arn:aws:s3:::Bucket", "arn:aws:s3:::bucket", False),
        ("arn:aws:sqs:us-?ast-1:*:queue", "arn:aws:sqs:us-east-1:111122223333:queue", True),
        ("arn:aws:sqs:*", "arn:aws:sqs:us-east-1:111122223333:queue", True),
        ("arn:aws:sqs", "arn:aws:sqs:us-east-1:111122223333:queue", True),
        ("arn:aws:sqs:us*1:1:queue", "arn:aws:sqs:us-east-1:1:queue", True),
        ("arn:aws:sqs:u*1:queue", "arn:aws:sqs:us-east-1:1:queue", False),
        ("arn:aws:sqs:?:1:queue", "arn:aws:sqs:::1:queue", False),
        ("arn:aws:logs:r:1:log-group:/g:*", "arn:aws:logs:r:1:log-group:/g:log-stream:s", True),
        ("arn:aws:logs:r:1:log-group:/g", "arn:aws:logs:r:1:log-group:/g:log-stream:s", False),
        ("*", "*", True),
        ("arn:aws:s3:::*", "*", False),
    ],
)
def test_wildcards_of_arns_keep_to_their_segment(pattern: str, arn: str, matches: bool) -> None:
    """Unless a star ends the segment; what is missing at the end matches everything."""
    assert Pattern(pattern, Kind.ARN).matches(arn, {}) is matches


def test_a_variable_takes_its_value_from_the_request() -> None:
    """Its key in any case; a wildcard in the value is no wildcard."""
    pattern = Pattern("arn:aws:s3:::b/${aws:UserName}/*", Kind.ARN, variables=True)
    assert pattern.matches("arn:aws:s3:::b/ann/x", {"aws:username": "ann"})
    assert not pattern.matches("arn:aws:s3:::b/bob/x", {"aws:username": "ann"})
    assert not pattern.matches("arn:aws:s3:::b/bob/x", {"aws:username": "*"})


def test_a_variable_without_a_value_matches_nothing_or_its_default() -> None:
    """A default stands in quotes behind a comma."""
    assert not Pattern("${aws:username}*", Kind.LIKE, variables=True).matches("x", {})
    pattern = Pattern("${aws:PrincipalTag/team, 'all'}", Kind.LIKE, variables=True)
    assert pattern.matches("all", {})
    assert not pattern.matches("all", {"aws:principaltag/team": "web"})


def test_special_characters_are_written_as_variables() -> None:
    """${*}, ${?} and ${$} mean the characters."""
    pattern = Pattern("a${*}b${?}c${$}", Kind.LIKE, variables=True)
    assert pattern.matches("a*b?c$", {})
    assert not pattern.matches("axbyc$", {})


def test_without_version_2012_a_variable_is_plain_text() -> None:
    """ "Variables such as ${aws:username} … are treated as literal strings." """
    assert Pattern("${aws:username}", Kind.LIKE).matches("${aws:username}", {"aws:username": "x"})


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_strings_match_as_in_a_shell(pattern: str, value: str) -> None:
    """StringLike knows * and ? and no other wildcards."""
    assert Pattern(pattern, Kind.LIKE).matches(value, {}) is fnmatchcase(value, pattern)


@given(st.text("ab:*?", max_size=14), st.text("ab:", max_size=14))
def test_an_arn_matches_as_if_every_place_were_tried_for_every_wildcard(
    pattern: str, arn: str
) -> None:
    """That a place is never tried twice changes nothing about what matches."""
    tokens = matching._tokens(pattern, variables=False, wildcards=True)
    trying_all = "".join(matching._regexes(tokens, arn=True))
    assert Pattern(pattern, Kind.ARN).matches(arn, {}) is (
        re.fullmatch(trying_all, arn) is not None
    )


_SEGMENT = st.text("ab-/", max_size=4)


@given(st.lists(_SEGMENT, min_size=6, max_size=8), st.integers(0, 5))
def test_an_arn_matches_itself_and_a_star_for_any_of_its_segments(
    segments: list[str], position: int
) -> None:
    """A star stands for any one segment, empty ones too."""
    arn = ":".join(segments)
    assert Pattern(arn, Kind.ARN).matches(arn, {})
    starred = ":".join([*segments[:position], "*", *segments[position + 1 :]])
    assert Pattern(starred, Kind.ARN).matches(arn, {})

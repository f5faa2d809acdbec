"""A signature counts for some minutes, a presigned URL for as long as it says."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from localstack_parity.authentication import clock
from localstack_parity.authentication.claims import Claim, Place, Version
from localstack_parity.authentication.problems import Problem, Refused
from localstack_parity.authentication.received import Received

NOW = datetime(2026, 1, 2, 0, 5, tzinfo=UTC)
NOTHING = Received("GET", "/", "", {})
HEADER = Claim(Version.FOUR, Place.HEADER, "k", "s", region="us-east-1", service="s3")
URL = replace(HEADER, place=Place.QUERY, expires="60")


def at(claim: Claim, time: datetime, **more: str) -> Claim:
    return replace(claim, time=f"{time:%Y%m%dT%H%M%SZ}", date=f"{time:%Y%m%d}", **more)  # type: ignore[arg-type]


def problem_of(claim: Claim, received: Received = NOTHING) -> Problem | None:
    try:
        clock.check(received, claim, NOW)
    except Refused as refused:
        return refused.problem
    return None


@pytest.mark.parametrize(("service", "minutes"), [("s3", 15), ("sns", 5)])
def test_clocks_may_differ_by_minutes(service: str, minutes: int) -> None:
    """AWS: S3 API Reference, "Error responses", RequestTimeTooSkewed; the others: IAM User Guide,
    "Troubleshoot signed requests for AWS APIs"."""
    claim = replace(HEADER, service=service)
    for seconds, problem in ((-1, None), (1, Problem.SKEWED)):
        away = timedelta(minutes=minutes, seconds=seconds)
        assert problem_of(at(claim, NOW - away)) is problem
        assert problem_of(at(claim, NOW + away)) is problem


def test_the_scope_has_the_day_of_the_signature() -> None:
    """AWS: IAM User Guide, "Troubleshoot signed requests for AWS APIs", "Date"."""
    claim = replace(at(HEADER, NOW), date="20260101")
    assert problem_of(claim) is Problem.WRONG_SCOPE


@pytest.mark.parametrize(
    ("expires", "age", "problem"),
    [
        ("60", 59, None),
        ("60", 61, Problem.EXPIRED_URL),
        ("604800", 600_000, None),
        ("604801", 0, Problem.BAD_QUERY),
        ("-1", 0, Problem.BAD_QUERY),
        ("soon", 0, Problem.BAD_QUERY),
        ("9" * 5000, 0, Problem.BAD_QUERY),
        ("", 0, Problem.INCOMPLETE_QUERY),
        ("60", -3600, Problem.SKEWED),
    ],
)
def test_a_url_expires(expires: str, age: int, problem: Problem | None) -> None:
    """AWS: S3 API Reference, "Authenticating requests: using query parameters"."""
    assert problem_of(at(URL, NOW - timedelta(seconds=age), expires=expires)) is problem


@pytest.mark.parametrize(
    ("expires", "problem"),
    [
        (str(int(NOW.timestamp()) + 1), None),
        (str(int(NOW.timestamp()) - 1), Problem.EXPIRED_URL),
        ("never", Problem.BAD_EXPIRY),
        ("²", Problem.BAD_EXPIRY),
        ("9" * 5000, Problem.BAD_EXPIRY),
    ],
)
def test_a_url_of_version_2_expires(expires: str, problem: Problem | None) -> None:
    """AWS: S3 User Guide, "Signing and authenticating REST requests", query string."""
    assert problem_of(replace(URL, version=Version.TWO, expires=expires)) is problem


@pytest.mark.parametrize(
    ("date", "problem"),
    [
        ("Fri, 02 Jan 2026 00:00:00 GMT", None),
        ("Thu, 01 Jan 2026 00:00:00 GMT", Problem.SKEWED),
        ("yesterday", Problem.MALFORMED),
        ("", Problem.MALFORMED),
    ],
)
def test_version_2_has_a_date(date: str, problem: Problem | None) -> None:
    """AWS: S3 User Guide, "Signing and authenticating REST requests", "Time stamp requirement"."""
    claim = Claim(Version.TWO, Place.HEADER, "k", "s")
    assert problem_of(claim, Received("GET", "/", "", {"date": date})) is problem

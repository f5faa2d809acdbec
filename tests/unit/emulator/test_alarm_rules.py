"""Which state an alarm's datapoints put it in, row by row as AWS documents it.

Source: Amazon CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data".
"""

from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localstack_parity.cloudwatch.alarm_rules import Datapoint, Rule, Verdict, judge

TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
KEEP = "KEEP"
NO_DATA = "INSUFFICIENT_DATA"
START = 1_795_456_800  # 2026-11-23T18:00:00Z


def _rule(**changes: Any) -> Rule:
    return Rule(
        **{
            "comparison": "GreaterThanThreshold",
            "threshold": 5.0,
            "periods": 3,
            "to_alarm": 3,
            **changes,
        }
    )


def _points(row: str) -> list[Datapoint]:
    """A row of the documentation's tables: 0 is not breaching, X breaching, - missing."""
    values = {"0": 0.0, "X": 6.0, "-": None}
    return [
        Datapoint(START + 300 * number, values[sign], 1)
        for number, sign in zip(count(), row.split(), strict=False)
    ]


def _state(verdict: Verdict | None) -> str:
    return verdict.state if verdict else KEEP


@pytest.mark.parametrize(
    ("row", "states"),
    [
        ("0 - X - X", ("OK", "OK", "OK", "OK")),
        ("0 - - - -", ("OK", "OK", "OK", "OK")),
        ("- - - - -", (NO_DATA, KEEP, "ALARM", "OK")),
        ("0 X X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("- - X - -", ("ALARM", KEEP, "ALARM", "OK")),
        ("- - - - X", (NO_DATA, KEEP, "ALARM", "OK")),
        ("X - - - -", ("ALARM", KEEP, "ALARM", "OK")),
    ],
)
def test_three_of_three_is_as_in_the_documentations_table(
    row: str, states: tuple[str, ...]
) -> None:
    """The states of a 3 out of 3 alarm are those of the documentation's first table."""
    found = tuple(_state(judge(_rule(missing=how), _points(row))) for how in TREATMENTS)
    assert found == states


@pytest.mark.parametrize(
    ("row", "states"),
    [
        ("0 - X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0 0 X 0 X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0 - X - -", ("OK", "OK", "ALARM", "OK")),
        ("- - - - 0", ("OK", "OK", "ALARM", "OK")),
        ("- - - X -", ("ALARM", KEEP, "ALARM", "OK")),
    ],
)
def test_two_of_three_is_as_in_the_documentations_table(row: str, states: tuple[str, ...]) -> None:
    """The states of a 2 out of 3 alarm are those of the documentation's second table."""
    rule = {"to_alarm": 2, "explicit": True}
    found = tuple(_state(judge(_rule(missing=how, **rule), _points(row))) for how in TREATMENTS)
    assert found == states


def test_one_of_one_looks_at_the_latest_datapoint() -> None:
    """An older breach does not count once there is a newer datapoint."""
    verdict = judge(_rule(periods=1, to_alarm=1), _points("X X 0"))
    assert _state(verdict) == "OK"


@pytest.mark.parametrize(
    ("comparison", "value", "state"),
    [
        ("GreaterThanThreshold", 5.0, "OK"),
        ("GreaterThanOrEqualToThreshold", 5.0, "ALARM"),
        ("LessThanThreshold", 5.0, "OK"),
        ("LessThanOrEqualToThreshold", 5.0, "ALARM"),
    ],
)
def test_a_value_at_the_threshold_breaches_where_the_comparison_has_it(
    comparison: str, value: float, state: str
) -> None:
    """A value at the threshold breaches it only where the comparison includes it."""
    rule = _rule(comparison=comparison, periods=1, to_alarm=1)
    assert _state(judge(rule, [Datapoint(START, value)])) == state


@pytest.mark.parametrize(
    ("rule", "row", "reason"),
    [
        (
            {"periods": 1, "to_alarm": 1, "explicit": True},
            "X",
            "Threshold Crossed: 1 out of the last 1 datapoints [6.0 (23/11/26 18:00:00)] was"
            " greater than the threshold (5.0) (minimum 1 datapoint for OK -> ALARM transition).",
        ),
        (
            {"periods": 1, "to_alarm": 1},
            "X",
            "Threshold Crossed: 1 datapoint [6.0 (23/11/26 18:00:00)] was greater than the"
            " threshold (5.0).",
        ),
        (
            {"periods": 1, "to_alarm": 1},
            "0",
            "Threshold Crossed: 1 datapoint [0.0 (23/11/26 18:00:00)] was not greater than the"
            " threshold (5.0).",
        ),
        (
            {"periods": 2, "to_alarm": 2},
            "X X",
            "Threshold Crossed: 2 datapoints [6.0 (23/11/26 18:05:00), 6.0 (23/11/26 18:00:00)]"
            " were greater than the threshold (5.0).",
        ),
        (
            {"periods": 5, "to_alarm": 3, "explicit": True},
            "0 0 X X 0",
            "Threshold Crossed: 3 out of the last 5 datapoints [0.0 (23/11/26 18:20:00), 0.0"
            " (23/11/26 18:05:00), 0.0 (23/11/26 18:00:00)] were not greater than the threshold"
            " (5.0) (minimum 3 datapoints for ALARM -> OK transition).",
        ),
        (
            {"periods": 2, "to_alarm": 2, "missing": "breaching"},
            "- -",
            "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints"
            " were treated as [Breaching].",
        ),
        (
            {"periods": 1, "to_alarm": 1, "missing": "notBreaching"},
            "-",
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint"
            " was treated as [NonBreaching].",
        ),
        (
            {"periods": 3, "to_alarm": 3, "missing": "breaching"},
            "0 - -",
            "Threshold Crossed: 1 datapoint [0.0 (23/11/26 18:00:00)] was not greater than the"
            " threshold (5.0) and 2 missing datapoints were treated as [Breaching].",
        ),
        ({"periods": 1, "to_alarm": 1}, "-", "Insufficient Data: 1 datapoint was unknown."),
        ({"periods": 3}, "- - -", "Insufficient Data: 3 datapoints were unknown."),
    ],
)
def test_a_reason_reads_as_on_aws(rule: dict[str, Any], row: str, reason: str) -> None:
    """Reasons read as those in notifications and histories of alarms on AWS."""
    verdict = judge(_rule(**rule), _points(row))
    assert verdict
    assert verdict.reason == reason


def test_alarms_on_dynamodb_ignore_missing_data() -> None:
    """Alarms on AWS/DynamoDB ignore missing data whatever they are told."""
    alarm = {
        "Namespace": "AWS/DynamoDB",
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 1.0,
        "EvaluationPeriods": 1,
        "TreatMissingData": "breaching",
    }
    assert Rule.of(alarm).missing == "ignore"


@given(
    row=st.lists(st.sampled_from("0X"), min_size=3, max_size=5),
    to_alarm=st.integers(1, 3),
    missing=st.sampled_from(TREATMENTS),
)
def test_without_gaps_the_treatment_of_missing_data_does_not_matter(
    row: list[str], to_alarm: int, missing: str
) -> None:
    """With enough datapoints, the latest three decide alone."""
    rule = _rule(to_alarm=to_alarm, missing=missing, explicit=True)
    expected = "ALARM" if row[-3:].count("X") >= to_alarm else "OK"
    assert _state(judge(rule, _points(" ".join(row)))) == expected


@pytest.mark.parametrize(("period", "looked_at"), [(10, 7), (20, 4), (30, 3), (60, 3), (300, 3)])
def test_an_alarm_looks_back_two_periods_more_and_a_minute_at_least(
    period: int, looked_at: int
) -> None:
    """So whatever came in the last minute is found, by the second or by the minute."""
    assert _rule(periods=1, to_alarm=1).range(period) == looked_at

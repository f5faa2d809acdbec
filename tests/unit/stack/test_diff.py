"""Properties of a template beside those of a resource."""

from typing import Any

import pytest

from harness.stack.diff import compare
from harness.stack.intrinsics import Unknown


def differences(expected: Any, actual: Any) -> list[str]:
    """What is not the same, as "path verdict"."""
    return [
        f"{found.path} {found.verdict}"
        for found in compare(expected, actual)
        if found.verdict != "same"
    ]


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (5, "5"),
        (5, 5.0),
        (True, "true"),
        ({"A": "x", "B": ""}, {"A": "x"}),
        (["x", "y"], ["y", "x"]),
        ([{"Name": "a", "Value": 1}, {"Name": "b"}], [{"Name": "b"}, {"Name": "a", "Value": "1"}]),
        ({"DashboardBody": '{"a": [1]}'}, {"DashboardBody": {"a": [1]}}),
        (
            {"PolicyDocument": {"Statement": {"Action": "s3:*", "Effect": "Allow"}}},
            {"PolicyDocument": '{"Statement": [{"Effect": "Allow", "Action": ["s3:*"]}]}'},
        ),
    ],
)
def test_the_same_in_another_way_of_writing(expected: Any, actual: Any) -> None:
    """Numbers as text, lists in another order, single values for lists of one: no difference."""
    assert differences(expected, actual) == []


@pytest.mark.parametrize(
    ("expected", "actual", "listed"),
    [
        (5, 6, [" altered"]),
        ({"A": {"B": 1}}, {"A": {"B": 2}}, ["A.B altered"]),
        ({"A": {"B": 1}}, {"A": {}}, ["A ignored"]),
        ({"A": 0}, {"A": None}, ["A ignored"]),
        ({}, {"A": 1, "B": None, "C": {"D": []}}, ["A defaulted"]),
        (["x"], ["y"], ["[x] ignored", "[y] added"]),
        ([{"Id": "a", "Days": 1}], [{"Id": "a", "Days": 2}], ["[a].Days altered"]),
        ([{"Id": "a"}], [{"Id": "a"}, {"Id": "b"}], ["[b] added"]),
        ([{"X": 1, "Y": 1}, {"X": 2}], [{"X": 2}, {"X": 1, "Y": 3}], ["[0].Y altered"]),
        ([{"X": 1}], [{"X": 1, "Y": 2}], ["[0].Y defaulted"]),
        ({"A": Unknown("x")}, {"A": 1}, ["A not verified"]),
        ({"A": Unknown("x")}, {}, ["A not verified"]),
        ({"A": 1}, {"A": Unknown("x")}, ["A not verified"]),
        (
            {"PolicyDocument": {"Statement": [{"Sid": "A", "Action": ["x", "y"]}]}},
            {"PolicyDocument": {"Statement": [{"Sid": "A", "Action": ["y", "x"], "Effect": "z"}]}},
            ["PolicyDocument[A] ignored", "PolicyDocument[A] added"],
        ),
    ],
)
def test_each_property_that_differs_is_listed(
    expected: Any, actual: Any, listed: list[str]
) -> None:
    """Each property at which they part is listed with what became of it."""
    assert differences(expected, actual) == listed

"""The rules of composite alarms: CloudWatch API Reference, PutCompositeAlarm, AlarmRule."""

import pytest

from localstack_parity.cloudwatch.composite_rules import AtLeast, InvalidRule, parse

_STATES = {"a": "ALARM", "b": "OK", "c": "INSUFFICIENT_DATA", "arn:aws:d": "ALARM", "e (x) f": "OK"}


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("TRUE", True),
        ("FALSE", False),
        ("ALARM(a)", True),
        ('ALARM( "a" )', True),
        ("ALARM(b)", False),
        ("OK(b) AND INSUFFICIENT_DATA(c)", True),
        ("ALARM(arn:aws:d)", True),
        ('OK("e (x) f")', True),
        ("NOT ALARM(a)", False),
        ("NOT NOT ALARM(a)", True),
        ("NOT ALARM(a) OR OK(b)", True),
        ("NOT (ALARM(a) OR OK(b))", False),
        ("TRUE OR TRUE AND FALSE", True),
        ("(TRUE OR TRUE) AND FALSE", False),
        ("((ALARM(a)) AND\n NOT OK(a))", True),
    ],
)
def test_a_rule_holds_or_not(rule: str, holds: bool) -> None:
    assert parse(rule).holds(_STATES.__getitem__) is holds


def test_a_rule_names_each_alarm_once() -> None:
    assert parse('ALARM(a) OR OK("b") AND NOT ALARM("a")').names == ("a", "b")


@pytest.mark.parametrize(
    "text",
    [
        *("", "junk", "ALARM", "ALARM()", "ALARM(a", "ALARM(a b)", "(TRUE", "TRUE)", "()"),
        *("TRUE FALSE", "AND TRUE", "TRUE OR", "NOT", "ALARM((a))", 'ALARM("a)', "alarm(a)"),
    ],
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(InvalidRule):
        parse(text)


def test_at_least_has_an_error_of_its_own() -> None:
    with pytest.raises(AtLeast):
        parse("TRUE AND AT_LEAST(1, ALARM, (a, b))")

"""Which log events a filter pattern matches, by the examples of AWS's documentation.

Source: Amazon CloudWatch Logs User Guide, "Filter pattern syntax"
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html).
"""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localstack_parity.logs.conditions import PatternError
from localstack_parity.logs.patterns import compile_pattern


def _matches(pattern: str, message: str) -> bool:
    return compile_pattern(pattern)(message) is not None


@pytest.mark.parametrize(
    ("pattern", "message", "matched"),
    [
        ("", "anything", True),
        ("ERROR", "[ERROR] A fatal exception has occurred", True),
        ("ERROR", "Exiting with ERRORCODE: -1", True),
        ("ERROR", "error", False),
        ('"ERROR" - "Exiting"', "Exiting with ERRORCODE: -1", False),
        ("ERROR -Exiting", "[ERROR] A fatal exception has occurred", True),
        ("ERROR Exception", "[ERROR] Caught IllegalArgumentException", True),
        ("ERROR Exception", "[ERROR] A fatal problem", False),
        ('"Failed to process the request"', "[WARN] Failed to process the request", True),
        ('"Failed to process the request"', "the request Failed to process", False),
        ('"say \\"hi\\""', 'they say "hi"', True),
        ("?ERROR ?WARN", "WARN message", True),
        ("?ERROR ?WARN", "ERROR message", True),
        ("?ERROR ?WARN", "INFO message", False),
        ("ERROR -WARN", "ERROR WARN message", False),
        ("-ERROR", "INFO message", True),
        ("%AUTHORIZED%", "[ERROR 401] UNAUTHORIZED REQUEST", True),
        (r"%10\.10\.0\.\d{1,3}%", "from 10.10.0.42", True),
        ("%^ERROR%", "an ERROR", False),
    ],
)
def test_terms_are_looked_for_in_the_message(pattern: str, message: str, matched: bool) -> None:
    """Terms are texts that are all in the message, or not in it, or one of several."""
    assert _matches(pattern, message) is matched


EVENT = {
    "eventType": "UpdateTrail",
    "sourceIPAddress": "111.111.111.111",
    "arrayKey": ["value", "another value"],
    "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
    "SomeObject": None,
    "ThisFlag": True,
    "latency": 501.5,
    "errorCode": 400,
    "detail-type": "x",
    "cluster.name": "c",
}

USERS = {
    "user": {"id": 1, "email": "John.Stiles@example.com"},
    "users": [
        {"id": 2, "email": "John.Doe@example.com"},
        {"id": 3, "email": "Jane.Doe@example.com"},
    ],
    "actions": ["GET", "PUT", "DELETE"],
    "coordinates": [[0, 1, 2], [4, 5, 6], [7, 8, 9]],
}


@pytest.mark.parametrize(
    ("pattern", "document", "matched"),
    [
        ('{ $.eventType = "UpdateTrail" }', EVENT, True),
        ("{$.eventType=UpdateTrail}", EVENT, True),
        ('{ $.eventType = "*Trail" }', EVENT, True),
        ("{ $.eventType = Update* }", EVENT, True),
        ("{ $.eventType = *dateT* }", EVENT, True),
        ("{ $.eventType = Up*Trail }", EVENT, False),
        ("{ $.sourceIPAddress != 123.123.* }", EVENT, True),
        ('{ $.arrayKey[0] = "value" }', EVENT, True),
        ("{ $.objectList[1].id = 2 }", EVENT, True),
        ("{ $.SomeObject IS NULL }", EVENT, True),
        ("{ $.eventType IS NULL }", EVENT, False),
        ("{ $.SomeOtherObject NOT EXISTS }", EVENT, True),
        ("{ $.SomeObject NOT EXISTS }", EVENT, False),
        ("{ $.ThisFlag IS TRUE }", EVENT, True),
        ("{ $.ThisFlag IS FALSE }", EVENT, False),
        ('{ $.latency = "*" }', EVENT, True),
        ("{ $.latency = * }", EVENT, True),
        ("{ $.missing = * }", EVENT, False),
        ("{ $.latency >= 500 }", EVENT, True),
        ("{ $.latency < 10e3 }", EVENT, True),
        ("{ $.latency < 10e-3 }", EVENT, False),
        ("{ $.latency > +1000 }", EVENT, False),
        ("{ $.errorCode = 400 }", EVENT, True),
        ("{ $.errorCode != 500 }", EVENT, True),
        ("{ $.errorCode = 4* }", EVENT, True),
        ("{ $.detail-type = x }", EVENT, True),
        ("{ $.['cluster.name'] = c }", EVENT, True),
        ("{ $.eventType = %[Uu]pdate% }", EVENT, True),
        ("{ $.missing != 1 }", EVENT, False),
        ("{ $.arrayKey = 1 }", EVENT, False),
        ("{ $.arrayKey != 1 }", EVENT, False),
        ('{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }', USERS, True),
        (
            '{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }',
            USERS,
            False,
        ),
        (
            '{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch'
            " && $.actions[2] = nomatch }",
            USERS,
            True,
        ),
        (
            '{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch)'
            " && $.actions[2] = nomatch }",
            USERS,
            False,
        ),
    ],
)
def test_conditions_look_at_properties_of_json(
    pattern: str, document: object, matched: bool
) -> None:
    """Conditions on properties of a JSON event."""
    assert _matches(pattern, json.dumps(document)) is matched


def test_json_patterns_do_not_match_other_text() -> None:
    """A message that is no JSON object has no properties."""
    assert not _matches("{ $.a NOT EXISTS }", "START RequestId: 1")


LINE = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'


@pytest.mark.parametrize(
    ("pattern", "matched"),
    [
        ("[ip, user, username, timestamp, request, status_code, bytes]", True),
        ("[ip, user, username, timestamp, request, status_code]", False),
        ("[..., status_code, bytes]", True),
        ("[ip, user, ..., status_code, bytes]", True),
        ("[ip, user, ...]", True),
        ("[ip, user, username, timestamp, request, status_code, bytes > 1000]", True),
        ("[ip, user, username, timestamp, request, status_code = 200, bytes]", False),
        ("[ip, user, username, timestamp, request = *html*, status_code = 4*, bytes]", True),
        ("[..., status_code = 4* && status_code != 403, bytes]", True),
        ("[..., status_code = 403 || status_code = 404, bytes]", True),
        ('[ip, user, username = "frank", ...]', True),
        ("[ip = %127\\.0\\.0\\.[0-9]%, ...]", True),
    ],
)
def test_conditions_look_at_fields_between_spaces(pattern: str, matched: bool) -> None:
    """Conditions on the fields of a space-delimited event."""
    assert _matches(pattern, LINE) is matched


@pytest.mark.parametrize(
    ("message", "matched"),
    [("ERROR WARN message", False), ("ERROR message", True), ("WARN message", True)],
)
def test_alternatives_for_a_field(message: str, matched: bool) -> None:
    """A pattern of two fields matches events of two fields alone."""
    assert _matches("[w1=ERROR || w1=WARN, w2]", message) is matched


def test_a_field_is_found_by_its_name_or_place() -> None:
    """Fields are found by name, or by place if they have none."""
    found = compile_pattern("[..., request=*.html*, status_code=4*,]")(LINE)
    assert found
    assert found.fields == {
        "$1": "127.0.0.1",
        "$2": "-",
        "$3": "frank",
        "$4": "10/Oct/2000:13:25:15 -0700",
        "$request": "GET /index.html HTTP/1.0",
        "$status_code": "404",
        "$7": "1534",
    }


@pytest.mark.parametrize(
    ("selector", "value"),
    [("$.latency", 501.5), ("$.objectList[0].name", "a"), ("$.nothing", None), ("$.", None)],
)
def test_a_selector_gives_a_propertys_value(selector: str, value: object) -> None:
    """A selector gives the value of a property, or nothing."""
    found = compile_pattern("{ $.latency = * }")(json.dumps(EVENT))
    assert found
    assert found.value(selector) == value


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("?Status: timeout", "Invalid character(s) in term ':'"),
        ("(x", "Invalid character(s) in term '('"),
        (" {$.ThisFlag IS TRUE}", "Invalid character(s) in term '{$.'"),
        ("{ $.eventType > UpdateTrail }", "Invalid metric filter pattern"),
        ('{ $.eventType >= "UpdateTrail" }', "Invalid metric filter pattern"),
        ('{ $.message = "x", $.path = "y" }', "Invalid metric filter pattern"),
        ("{ $.a = 1", "Invalid metric filter pattern"),
        ("{ ($.a = 1 }", "Invalid metric filter pattern"),
        ("{ a = 1 }", "Invalid metric filter pattern"),
        ("{ $.a }", "Invalid metric filter pattern"),
        ("{}", "Invalid metric filter pattern"),
        ("[a, ..., b, ...]", "Invalid metric filter pattern"),
        ("[a ~ 1]", "Invalid metric filter pattern"),
        ("[a", "Invalid metric filter pattern"),
        ("%(group)%", "Invalid metric filter pattern"),
        ('"open', "Invalid metric filter pattern"),
        ("x" * 1025, "Invalid metric filter pattern"),
    ],
)
def test_a_wrong_pattern_is_refused_in_awss_words(pattern: str, message: str) -> None:
    """A pattern that CloudWatch Logs refuses is a PatternError with its words."""
    with pytest.raises(PatternError) as refused:
        compile_pattern(pattern)
    assert str(refused.value) == message


@given(st.text('{}[]()$.abAND&|=!<>*%?-" ,1…', max_size=24), st.text(max_size=20))
def test_no_text_breaks_the_compiler(pattern: str, message: str) -> None:
    """Any text is a pattern that can be asked about any message, or a PatternError."""
    with suppress(PatternError):
        compile_pattern(pattern)(message)


@given(st.from_regex(r"\w+( \w+)*", fullmatch=True), st.text(max_size=10), st.text(max_size=10))
def test_quoted_phrases_are_found_wherever_they_are(phrase: str, before: str, after: str) -> None:
    """A quoted phrase matches every message that contains it."""
    assert _matches(f'"{phrase}"', f"{before}{phrase}{after}")

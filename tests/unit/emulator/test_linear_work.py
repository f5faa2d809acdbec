"""Whatever the emulator reads, four times as much takes about four times as long.

Patterns are chosen by whoever has an account, texts by anybody who may upload or print; one of them
that takes hours stops everybody's emulator. The work is measured as CPU time of this thread, as a
ratio, so that a busy machine does not matter.
"""

import contextlib
import json
import time
from collections.abc import Callable

import pytest

from iam_policies.conditions import parse as parse_conditions
from iam_policies.matching import Kind, Pattern
from iam_policies.policies import InvalidPolicy, parse_resource_policy
from localstack_parity.chaos import rules
from localstack_parity.cloudwatch import dashboards, expressions
from localstack_parity.lambda_runtime.log_levels import wanted_from
from localstack_parity.lambda_runtime.log_stream import LogStream
from localstack_parity.logs.patterns import compile_pattern

STARS = "*a*a*a*a*a*b"


def _policy(text: str) -> str:
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": text}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def _in_pieces(data: bytes) -> None:
    stream = LogStream()
    for start in range(0, len(data), 4096):
        stream.feed(data[start : start + 4096])


def _matches(pattern: str) -> Callable[[str], object]:
    return compile_pattern(pattern)


def _parsed_policy(text: str) -> None:
    with contextlib.suppress(InvalidPolicy):
        parse_resource_policy(_policy(text))


def _expression(text: str) -> None:
    with contextlib.suppress(expressions.ExpressionError):
        expressions.parse(text)


# What reads a text, and the text of a size.
CASES: dict[str, tuple[Callable[[str], object], Callable[[int], str]]] = {
    "a key against an ARN of a policy": (
        lambda text: Pattern(f"arn:aws:s3:::b/{STARS}", Kind.ARN).matches(text, {}),
        lambda n: "arn:aws:s3:::b/" + "a" * n,
    ),
    "segments of an ARN": (
        lambda text: Pattern("arn:a*a*a*b:*:a*a*b:*:x", Kind.ARN).matches(text, {}),
        lambda n: "arn:" + "a" * n + ":" + "a" * n + "::::",
    ),
    "a value against StringLike": (
        lambda text: Pattern(STARS, Kind.LIKE).matches(text, {}),
        lambda n: "a" * n,
    ),
    "question marks between stars": (
        lambda text: Pattern("*?a?*a?*?b", Kind.LIKE).matches(text, {}),
        lambda n: "a" * n,
    ),
    "a condition on a header": (
        lambda text: parse_conditions({"StringLike": {"aws:UserAgent": STARS}}, variables=True)[
            0
        ].met({"aws:useragent": text}),
        lambda n: "a" * n,
    ),
    "a variable of a policy": (
        _parsed_policy,
        lambda n: "arn:aws:s3:::b/${a" + " " * n + "x, '}",
    ),
    "brackets of variables": (_parsed_policy, lambda n: "arn:aws:s3:::b/" + "${" * n),
    "a regular expression of CloudWatch Logs": (_matches("%a*a*a*a*a*b%"), lambda n: "a" * n),
    "repetitions with bounds": (_matches("%a{1,50}a{1,50}b%"), lambda n: "a" * n),
    "a regular expression in a JSON pattern": (
        _matches("{ $.a = %[ab]*[bc]*d% }"),
        lambda n: json.dumps({"a": "b" * n}),
    ),
    "a number in a JSON pattern": (
        _matches("{ $.a > 5 }"),
        lambda n: json.dumps({"a": "1" * n + "x"}),
    ),
    "open brackets in a space-delimited event": (_matches("[a, b]"), lambda n: "[ " * n),
    "open quotes in a space-delimited event": (_matches("[a, b, ...]"), lambda n: '" [' * n),
    "terms": (_matches('?"aaab" ?"aab" -c'), lambda n: "a" * n),
    "a line without an end": (lambda text: _in_pieces(text.encode()), lambda n: "x" * n),
    "beginnings of frames": (lambda text: _in_pieces(b"\xa5\x5a" * len(text)), lambda n: "x" * n),
    "a line with a level": (
        wanted_from("WARN"),
        lambda n: json.dumps({"level": "INFO", "timestamp": "2" * n}),
    ),
    "a glob of the chaos rules": (lambda text: rules.matches(STARS, text), lambda n: "a" * n),
    "metric math": (_expression, lambda n: "-1+" * n),
    "a dashboard": (dashboards.problems, lambda n: '{"widgets": [' + "{}," * n + "{}]}"),
}


def _cpu(read: Callable[[str], object], text: str) -> float:
    began = time.thread_time()
    read(text)
    return time.thread_time() - began


@pytest.mark.parametrize("name", CASES)
def test_four_times_the_text_takes_four_times_as_long(name: str) -> None:
    """With room for noise: quadratic work would be sixteen times as much."""
    read, text = CASES[name]
    length = 500
    _cpu(read, text(length))  # compiles
    # So long a text that the clock can see it, but no longer than AWS takes.
    while (small := _cpu(read, text(length))) < 0.005 and length < 250_000:
        length *= 2
    large = min(_cpu(read, text(4 * length)) for _ in range(2))
    assert large < max(10 * small, 0.1), (
        f"{small:.4f} s for {length}, {large:.4f} s for 4 times that"
    )

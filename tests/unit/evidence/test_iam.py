"""How `tapstack iam` words the emulator's record."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.evidence.iam import read_usage, readable
from harness.problems import Problem
from harness.targets.target import Target


def test_each_role_has_its_lines() -> None:
    """What was used, then what was refused and why, then what was never needed."""
    usage: dict[str, Any] = {
        "used": {"s3:PutObject": 30},
        "denied": [
            {
                "action": "sns:Publish",
                "resource": "arn:aws:sns:us-east-1:1:t",
                "count": 2,
                "last": None,
                "message": "User: … is not authorized",
            }
        ],
        "unused": [{"policy": "p", "statement": "Read", "action": "s3:GetObject"}],
    }
    lines = [" ".join(line.split()) for line in readable({"arn:aws:iam::1:role/worker": usage})]
    assert lines == [
        "worker",
        "used 30 × s3:PutObject",
        "denied 2 × sns:Publish on arn:aws:sns:us-east-1:1:t",
        "User: … is not authorized",
        "unused s3:GetObject (p, Read)",
        "",
    ]


def test_what_was_denied_for_one_reason_is_said_once() -> None:
    """A right that is missing is denied for every object: a day of them is one line."""
    denied = [
        {
            "action": "s3:GetObject",
            "resource": f"arn:aws:s3:::b/{key}",
            "count": 3,
            "last": None,
            "message": f"not authorized on arn:aws:s3:::b/{key} because {reason}",
        }
        for key, reason in (("1", "nothing allows it"), ("2", "nothing allows it"), ("3", "a deny"))
    ]
    usage: dict[str, Any] = {"used": {}, "denied": denied, "unused": []}
    lines = [" ".join(line.split()) for line in readable({"arn:aws:iam::1:role/worker": usage})]
    assert lines[1:5] == [
        "denied 6 × s3:GetObject on arn:aws:s3:::b/1 and 1 more",
        "not authorized on arn:aws:s3:::b/1 because nothing allows it",
        "denied 3 × s3:GetObject on arn:aws:s3:::b/3",
        "not authorized on arn:aws:s3:::b/3 because a deny",
    ]


@pytest.mark.parametrize("endpoint", [None, "http://127.0.0.1:9"])
def test_a_target_without_a_record_is_a_problem(endpoint: str | None) -> None:
    """AWS itself, another emulator, or ours with TAPSTACK_IAM=off."""
    target = cast(Target, SimpleNamespace(name="endpoint", endpoint=endpoint))
    with pytest.raises(Problem, match="keeps no record"):
        read_usage(target)

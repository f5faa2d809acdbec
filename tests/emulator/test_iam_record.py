"""What `tapstack iam` shows: what each role used, was refused, and never needed."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.targets import own_routes
from tests.emulator.conftest import Emulator
from tests.emulator.iam import allow, bucket_of, session_of


def usage(emulator: Emulator, role: str) -> dict[str, Any]:
    found: dict[str, Any] = own_routes.ask(emulator.endpoint, "/_tapstack/iam")["roles"][role]
    return found


def test_the_record_has_what_was_used_unused_and_refused(emulator: Emulator) -> None:
    """A grant is used as soon as one request needed it; each refusal is there with its reason."""
    with session_of(
        emulator, allow(["sqs:List*", "sqs:SendMessage"], Sid="Queues"), allow("sns:*")
    ) as (role, client):
        client("sqs").list_queues()
        client("sqs").list_queues()
        with pytest.raises(ClientError):
            client("s3").list_buckets()

        seen = usage(emulator, role)

    assert seen["used"] == {"sqs:ListQueues": 2}
    assert seen["unused"] == [
        {"policy": "test", "statement": "Queues", "action": "sqs:SendMessage"},
        {"policy": "test", "statement": "2", "action": "sns:*"},
    ]
    (denial,) = seen["denied"]
    assert (denial["action"], denial["resource"], denial["count"]) == (
        "s3:ListAllMyBuckets",
        "*",
        1,
    )
    assert "because no identity-based policy allows" in denial["message"]


def test_of_many_deletions_each_is_recorded(emulator: Emulator) -> None:
    """One request that S3 judges key by key."""
    with bucket_of(emulator) as bucket:
        mine = f"arn:aws:s3:::{bucket}/mine/*"
        with session_of(emulator, allow("s3:DeleteObject", mine)) as (role, client):
            keys = [{"Key": key} for key in ("mine/1", "mine/2", "theirs/3")]
            client("s3").delete_objects(Bucket=bucket, Delete={"Objects": keys})
            seen = usage(emulator, role)
        assert seen["used"] == {"s3:DeleteObject": 2}
        assert [(one["resource"], one["count"]) for one in seen["denied"]] == [
            (f"arn:aws:s3:::{bucket}/theirs/3", 1)
        ]

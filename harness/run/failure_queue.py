"""Failure queue: the events that failed for good, and their outputs once they are redriven."""

from collections.abc import Callable, Sequence

from botocore.exceptions import ClientError

from harness.polling import DeadlineExceeded, wait_until
from harness.redrive import redrive
from harness.stack.deployed import Stack
from harness.targets.target import Target

_DEADLINE_S = 60.0


def waiting_failures(target: Target, stack: Stack, keys: Sequence[str]) -> list[str]:
    """Those of `keys` whose event is in the failure queue, as often as it is, sorted.

    Looks until all are there, or until they should be.
    """

    def look() -> list[str]:
        found = redrive(target, stack).items  # a dry run, which leaves everything where it is
        images = [image for item in found if item.failure for image in item.failure.images]
        return sorted(key for image in images if (key := image["key"] or "") in keys)

    return _look_until(look, len(keys), "the events in the failure queue")


def outputs_of(target: Target, stack: Stack, keys: Sequence[str]) -> list[str]:
    """Those of `keys` that have an output, or will have one soon."""
    s3, bucket = target.client("s3"), stack.processed_bucket

    def there(key: str) -> bool:
        try:
            s3.head_object(Bucket=bucket, Key=stack.keys.output(key))
        except ClientError:
            return False
        return True

    return _look_until(
        lambda: [key for key in keys if there(key)], len(keys), "the outputs of what was sent again"
    )


def _look_until(look: Callable[[], list[str]], count: int, what: str) -> list[str]:
    try:
        return wait_until(
            look,
            until=lambda found: len(found) >= count,
            deadline_s=_DEADLINE_S,
            describe=what,
        )
    except DeadlineExceeded as late:
        return list(late.last) if isinstance(late.last, list) else []

"""Custom resource: the event notifications that a bucket sends to a function.

`Custom::BucketNotifications` puts our entries into the bucket's notification configuration, leaves
all others untouched, and always answers at the request's ResponseURL. The template says why it
exists.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

import json
import logging
import signal
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

LOG = logging.getLogger(__name__)

# How long S3 and IAM may take to agree with what was just created, and the part of the function's
# timeout that is kept for the answer.
PATIENCE_S = 30.0
PAUSE_S = 1.0
ANSWER_S = 12.0
# The whole answer may have 4096 bytes; the ids in it need less than the rest.
MAX_REASON_CHARACTERS = 500
# The id of a resource whose Create failed.
NOT_CREATED = "not-created"

type Entry = dict[str, Any]
type Configuration = dict[str, Any]


class OutOfTimeError(BaseException):
    """The function is about to time out. Not an Exception, so that no client retries on it."""


@dataclass(frozen=True)
class Notifications:
    """What the template asks for: events for keys `prefix`*`suffix` of `bucket` go to a function.

    `id_prefix` marks the entries as ours; a colon follows it, which no stack name contains.
    """

    bucket: str
    function_arn: str
    id_prefix: str
    prefix: str
    suffixes: tuple[str, ...]

    @classmethod
    def of(cls, properties: Mapping[str, Any]) -> "Notifications":
        """Read ResourceProperties. Raises ValueError that names what is missing or wrong."""
        for name in ("Bucket", "FunctionArn", "IdPrefix", "Prefix"):
            if not isinstance(properties.get(name), str) or not properties[name]:
                raise ValueError(f"The property {name} must be a text that is not empty.")
        suffixes = properties.get("Suffixes")
        if not isinstance(suffixes, list) or not suffixes or not all(suffixes):
            raise ValueError("The property Suffixes must be a list of texts that are not empty.")
        return cls(
            bucket=properties["Bucket"],
            function_arn=properties["FunctionArn"],
            id_prefix=properties["IdPrefix"],
            prefix=properties["Prefix"],
            suffixes=tuple(suffixes),
        )

    @property
    def physical_id(self) -> str:
        """Another bucket or another owner is another resource; anything else is an update."""
        return f"{self.bucket}/{self.id_prefix}"

    def entries(self) -> list[Entry]:
        """One LambdaFunctionConfiguration per suffix: S3 allows one suffix in a filter."""
        return [
            {
                "Id": f"{self.id_prefix}:{suffix}",
                "LambdaFunctionArn": self.function_arn,
                "Events": ["s3:ObjectCreated:*"],
                "Filter": {
                    "Key": {
                        "FilterRules": [
                            {"Name": "prefix", "Value": self.prefix},
                            {"Name": "suffix", "Value": suffix},
                        ]
                    }
                },
            }
            for suffix in self.suffixes
        ]


def handler(event: dict[str, Any], context: Any) -> None:
    """Do what CloudFormation asks and answer it, with the reason if that failed.

    Raises OSError only if the answer itself cannot be delivered; Lambda then tries again, and doing
    everything twice changes nothing.
    """
    request = f"{event['RequestType']} {event['LogicalResourceId']}"
    physical_id = event.get("PhysicalResourceId", NOT_CREATED)
    status, reason = "SUCCESS", "done"
    try:
        with time_limit(context.get_remaining_time_in_millis() / 1000 - ANSWER_S):
            physical_id = carry_out(event, boto3.client("s3", config=Config(read_timeout=10)))
    except (Exception, OutOfTimeError) as error:
        LOG.exception("%s failed", request)
        status, reason = "FAILED", f"{type(error).__name__}: {error}"
    LOG.info("%s %s: %s (%s)", request, physical_id, status, reason)
    answer(event, status=status, reason=reason, physical_id=physical_id)


def carry_out(event: Mapping[str, Any], s3: Any) -> str:
    """Create, update or delete; return the physical id of the resource as it is now."""
    if event["RequestType"] == "Delete":
        physical_id = str(event["PhysicalResourceId"])
        remove(event["ResourceProperties"], physical_id, s3)
        return physical_id
    wanted = Notifications.of(event["ResourceProperties"])
    owners = {wanted.id_prefix}
    old = event.get("OldResourceProperties", {})
    if old.get("Bucket") == wanted.bucket and old.get("IdPrefix"):
        # Otherwise entries of the former owner would overlap with the new ones, which S3 refuses.
        owners.add(old["IdPrefix"])
    converge(s3, wanted.bucket, owners, wanted.entries())
    return wanted.physical_id


def remove(properties: Mapping[str, Any], physical_id: str, s3: Any) -> None:
    """Take our entries off the bucket; a bucket that is gone has none.

    What a failed Create may have left is removed as well as it goes: whatever made it fail must not
    keep the stack from being deleted.
    """
    try:
        found = Notifications.of(properties)
        converge(s3, found.bucket, {found.id_prefix}, [])
    except Exception as error:
        if physical_id != NOT_CREATED and error_code(error) != "NoSuchBucket":
            raise
        LOG.info("Nothing to delete: %s", error)


def converge(s3: Any, bucket: str, owners: set[str], entries: Sequence[Entry]) -> None:
    """Write until a read shows exactly `entries` as ours, and leave all other entries alone.

    S3 replaces the whole configuration with each write and has no conditional write for it, so only
    a read afterwards shows whether another writer came in between. Faults that pass (see
    `is_passing`) are tried again for PATIENCE_S; then the last of them is raised.
    """
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            current = s3.get_bucket_notification_configuration(Bucket=bucket)
            current.pop("ResponseMetadata", None)
            if agrees(current, owners, entries):
                return
            s3.put_bucket_notification_configuration(
                Bucket=bucket,
                NotificationConfiguration=merged(current, owners, entries),
                # With nothing to add, a dead destination among the others must not be in the way.
                SkipDestinationValidation=not entries,
            )
            if agrees(s3.get_bucket_notification_configuration(Bucket=bucket), owners, entries):
                return
            fault: Exception = RuntimeError(f"Another writer keeps changing {bucket}.")
        except (ClientError, BotoCoreError) as error:
            if not is_passing(error):
                raise
            fault = error
        if time.monotonic() > deadline:
            raise fault
        LOG.info("Trying again: %s", fault)
        time.sleep(PAUSE_S)


def is_owned(entry: Entry, owners: set[str]) -> bool:
    """Whether one of `owners` made this entry."""
    return any(entry.get("Id", "").startswith(f"{owner}:") for owner in owners)


def merged(current: Configuration, owners: set[str], entries: Sequence[Entry]) -> Configuration:
    """Return `current` with `entries` in place of whatever `owners` had in it."""
    others = [
        entry
        for entry in current.get("LambdaFunctionConfigurations", [])
        if not is_owned(entry, owners)
    ]
    return {**current, "LambdaFunctionConfigurations": [*others, *entries]}


def agrees(current: Configuration, owners: set[str], entries: Sequence[Entry]) -> bool:
    """Whether what `owners` have in `current` means the same as `entries`."""
    ours = [
        entry
        for entry in current.get("LambdaFunctionConfigurations", [])
        if is_owned(entry, owners)
    ]
    return sorted(map(meaning, ours)) == sorted(map(meaning, entries))


def meaning(entry: Entry) -> str:
    """Return what an entry says, whatever the order and the spelling (S3 answers "Prefix")."""
    rules = entry.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    return json.dumps(
        [
            entry["Id"],
            entry["LambdaFunctionArn"],
            sorted(entry["Events"]),
            sorted((rule["Name"].lower(), rule["Value"]) for rule in rules),
        ]
    )


def is_passing(error: Exception) -> bool:
    """Whether the same call may well succeed in a moment.

    OperationAborted: somebody else changes the bucket (its policy, say) right now. AccessDenied and
    "Unable to validate ...": our role's or S3's permission has just been made and is not yet known
    everywhere. Everything that is not S3's own verdict: the network.
    """
    if not isinstance(error, ClientError):
        return True
    code, message = error_code(error), error.response["Error"].get("Message", "")
    return code in {
        "OperationAborted",
        "AccessDenied",
        "SlowDown",
        "ServiceUnavailable",
        "InternalError",
    } or (code == "InvalidArgument" and message.startswith("Unable to validate the following"))


def error_code(error: Exception) -> str:
    """Return AWS's code for an error, or "" for an error that is not AWS's."""
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else ""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise OutOfTimeError in the block after `seconds`, even while it waits for an answer."""

    def expire(*_: object) -> None:
        raise OutOfTimeError("The function's time was nearly over.")

    before = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def answer(event: Mapping[str, Any], *, status: str, reason: str, physical_id: str) -> None:
    """PUT the answer to CloudFormation, three times at most. Raises OSError if none arrives."""
    body = json.dumps(
        {
            "Status": status,
            "Reason": reason[:MAX_REASON_CHARACTERS],
            "PhysicalResourceId": physical_id,
            "StackId": event["StackId"],
            "RequestId": event["RequestId"],
            "LogicalResourceId": event["LogicalResourceId"],
        },
        ensure_ascii=False,
    ).encode()
    # The URL is signed for a request without a content type; urllib would add one of its own.
    put = urllib.request.Request(
        event["ResponseURL"], data=body, method="PUT", headers={"Content-Type": ""}
    )
    for attempts_left in (2, 1, 0):
        try:
            with urllib.request.urlopen(put, timeout=3):
                return
        except OSError as error:
            LOG.warning("The answer did not arrive: %s", error)
            if not attempts_left:
                raise
            time.sleep(0.5)

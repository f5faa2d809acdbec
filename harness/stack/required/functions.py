"""What is required of the function: its size, its retries, its events, and its log.

Source of the defaults: AWS::Lambda::Function and AWS::Lambda::EventInvokeConfig of the AWS
CloudFormation Template Reference.
"""

from collections.abc import Iterator, Mapping

from harness.stack.intrinsics import mentions_unknown
from harness.stack.required.described import (
    FUNCTION,
    Described,
    Part,
    Unmet,
    equal,
    number,
)
from harness.stack.required.file import Required

# "Error handling for asynchronous invocations" of the Lambda guide: a minute before the second
# attempt, two before the third.
RETRY_WAITS_S = (60, 120)
DEFAULT_RETRIES, DEFAULT_EVENT_AGE_S = 2, 21_600
DEFAULT_TIMEOUT_S, DEFAULT_MEMORY_MB = 3, 128


def event_age_needed_s(retries: int, timeout_s: float) -> float:
    """How old an event may become until its last retry begins: the waits, and what ran before."""
    return sum(RETRY_WAITS_S[:retries]) + retries * timeout_s


def function_unmet(
    values: Mapping[str, Required], function: Part, stack: Described
) -> Iterator[Unmet]:
    """Memory, timeout, and retries that can really be made."""
    if memory := values.get("function.memory_mb"):
        yield from equal(memory, function, ("MemorySize",), "{} MB of memory", DEFAULT_MEMORY_MB)
    if timeout := values.get("function.timeout_s"):
        yield from equal(timeout, function, ("Timeout",), "a timeout of {} s", DEFAULT_TIMEOUT_S)
    if retries := values.get("function.retries"):
        for config in stack.of("AWS::Lambda::EventInvokeConfig"):
            if config.properties.get("FunctionName") in (function.ref, function.arn):
                yield from _retries(retries, function, config)


def _retries(required: Required, function: Part, config: Part) -> Iterator[Unmet]:
    path = ("MaximumRetryAttempts",)
    yield from equal(required, config, path, "{} retries of a failed event", DEFAULT_RETRIES)
    timeout_s = number(function.properties.get("Timeout", DEFAULT_TIMEOUT_S))
    age_s = number(config.properties.get("MaximumEventAgeInSeconds", DEFAULT_EVENT_AGE_S))
    if timeout_s is None or age_s is None:
        return
    needed_s = event_age_needed_s(required.value, timeout_s)
    if age_s < needed_s:
        what = (
            f"{required.value} retries of a failed event, which take up to {needed_s:g} s, and "
            f"events live for {age_s:g} s"
        )
        yield Unmet(required, config.logical_id, ("MaximumEventAgeInSeconds",), what)


def filters_unmet(
    values: Mapping[str, Required], function: Part, bucket: Part | None, stack: Described
) -> Iterator[Unmet]:
    """Every key that is required is one whose events S3 sends to the function."""
    suffixes, prefix = values.get("uploads.suffixes"), values.get("uploads.prefix")
    if bucket is None or suffixes is None:
        return
    found = [
        each
        for each in stack.filters
        if each.bucket == bucket.logical_id and each.target in (function.arn, function.ref)
    ]
    if mentions_unknown([[each.prefix, each.suffix] for each in found]):
        return
    below = "" if prefix is None else prefix.value
    sent = [e for e in found if (e.prefix == below if prefix else below.startswith(e.prefix))]
    missing = [
        suffix for suffix in suffixes.value if not any(suffix.endswith(e.suffix) for e in sent)
    ]
    if not missing:
        return
    maker, path = (found[0].maker, found[0].path) if found else (bucket.logical_id, ())
    having = ", ".join(f"{each.prefix}…{each.suffix}" for each in found) or "nothing"
    wanted = ", ".join(f"{below}…{suffix}" for suffix in missing)
    what = f"{function.logical_id} to be notified of {wanted}, and S3 notifies it of {having}"
    place = prefix if prefix and not sent else suffixes
    yield Unmet(place, maker, path, what)


def log_groups_unmet(required: Required | None, stack: Described) -> Iterator[Unmet]:
    """Every function logs to a group of the stack that keeps its events as long as required."""
    if required is None:
        return
    groups = {group.name: group for group in stack.of("AWS::Logs::LogGroup")}
    for function in stack.of(FUNCTION):
        name = (function.properties.get("LoggingConfig") or {}).get("LogGroup")
        if mentions_unknown(name):
            continue
        name = str(name or f"/aws/lambda/{function.name}")
        what = f"log groups to keep events for {required.value} days"
        if group := groups.get(name):
            yield from equal(required, group, ("RetentionInDays",), what)
        else:
            what += f", and {name} is none of the stack's"
            yield Unmet(required, function.logical_id, ("LoggingConfig",), what)

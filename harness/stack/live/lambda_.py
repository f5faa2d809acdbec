"""Lambda: functions, who may invoke them, and what becomes of their asynchronous events."""

import json
from typing import Any

from harness.stack.live.common import Gone, Properties, picked, read, tags
from harness.targets.target import Target

_SAME_NAMES = (
    *("Architectures", "DeadLetterConfig", "Description", "EphemeralStorage", "Environment"),
    *("FunctionName", "Handler", "LoggingConfig", "MemorySize", "PackageType", "Role", "Runtime"),
    *("Timeout", "TracingConfig"),
)


def function(target: Target, physical_id: str, _: Properties) -> Properties:
    """AWS::Lambda::Function; its Code is identified by the SHA-256 of the package."""
    client = target.client("lambda")
    found = read(client.get_function, "ResourceNotFoundException", FunctionName=physical_id)
    if not found:
        raise Gone(physical_id)
    configuration = found["Configuration"]
    reserved = client.get_function_concurrency(FunctionName=physical_id)
    return {
        **picked(configuration, *_SAME_NAMES),
        "Code": {"CodeSha256": configuration["CodeSha256"]},
        "Layers": [layer["Arn"] for layer in configuration.get("Layers", [])],
        "Tags": tags(found.get("Tags", {})),
        # 0 is a reservation too.
        "ReservedConcurrentExecutions": reserved.get("ReservedConcurrentExecutions"),
    }


def permission(target: Target, physical_id: str, properties: Properties) -> Properties:
    """AWS::Lambda::Permission: the statement that has its id, or one that grants the same."""
    name = str(properties["FunctionName"])
    answer = read(
        target.client("lambda").get_policy, "ResourceNotFoundException", FunctionName=name
    )
    statements = json.loads(answer.get("Policy", "{}")).get("Statement", [])
    ids = {physical_id, physical_id.rsplit("|", 1)[-1]}
    found = [_granted(name, s) for s in statements if s.get("Sid") in ids]
    found = found or [
        granted
        for statement in statements
        if (granted := _granted(name, statement)).items()
        >= {k: properties.get(k) for k in ("Action", "Principal")}.items()
    ]
    if not found:
        raise Gone(f"the permission {physical_id} of {name}")
    return found[0]


def event_invoke_config(target: Target, _: str, properties: Properties) -> Properties:
    """AWS::Lambda::EventInvokeConfig."""
    name = {"FunctionName": properties["FunctionName"], "Qualifier": properties["Qualifier"]}
    found = read(
        target.client("lambda").get_function_event_invoke_config,
        "ResourceNotFoundException",
        **name,
    )
    if not found:
        raise Gone(f"the configuration of {properties['FunctionName']}'s events")
    destinations = {
        when: to for when, to in found.get("DestinationConfig", {}).items() if to.get("Destination")
    }
    return {
        **name,
        **picked(found, "MaximumRetryAttempts", "MaximumEventAgeInSeconds"),
        "DestinationConfig": destinations,
    }


def _granted(name: str, statement: dict[str, Any]) -> dict[str, Any]:
    """A statement of a function's policy, by the names of AWS::Lambda::Permission."""
    principal = statement.get("Principal", {})
    condition = statement.get("Condition", {})
    keys = {key.lower(): value for test in condition.values() for key, value in test.items()}
    return {
        "FunctionName": name,
        "Action": statement.get("Action"),
        "Principal": (principal.get("Service") or principal.get("AWS"))
        if isinstance(principal, dict)
        else principal,
        "SourceArn": keys.get("aws:sourcearn"),
        "SourceAccount": keys.get("aws:sourceaccount"),
        "PrincipalOrgID": keys.get("aws:principalorgid"),
        "FunctionUrlAuthType": keys.get("lambda:functionurlauthtype"),
    }

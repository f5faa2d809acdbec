"""Custom resources, by what they are there to bring about."""

from typing import Any

from harness.stack.live.common import UNREADABLE, Gone, Properties, read
from harness.targets.target import Target


def bucket_notifications(target: Target, _: str, properties: Properties) -> Properties:
    """Custom::BucketNotifications: what the bucket sends to the function under the given ids."""
    name, prefix = str(properties["Bucket"]), str(properties["IdPrefix"])
    answer = read(
        target.client("s3").get_bucket_notification_configuration, "NoSuchBucket", Bucket=name
    )
    ours = [
        entry
        for entry in answer.get("LambdaFunctionConfigurations", [])
        if str(entry.get("Id", "")).startswith(f"{prefix}:")
    ]
    if not ours:
        raise Gone(f"any notification of {name} with an id that starts with {prefix}")
    filters = [_filter(entry) for entry in ours]
    return {
        "ServiceToken": UNREADABLE,
        "ServiceTimeout": UNREADABLE,
        "Bucket": name,
        "IdPrefix": prefix,
        "FunctionArn": _common(entry["LambdaFunctionArn"] for entry in ours),
        "Prefix": _common(found.get("prefix", "") for found in filters),
        "Suffixes": [found.get("suffix", "") for found in filters],
    }


def _filter(entry: dict[str, Any]) -> dict[str, str]:
    rules = entry.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    return {rule["Name"].lower(): rule["Value"] for rule in rules}


def _common(values: Any) -> str:
    """The one value that all have, or all that there are."""
    return ", ".join(sorted(set(values)))

"""Which uploads S3 notifies the function of.

A Probe and the story of an upload ask.
"""

from dataclasses import dataclass

from harness.stack.deployed import Stack
from harness.targets.target import Target


@dataclass(frozen=True)
class Filter:
    """Keys that S3 notifies the function of when they are uploaded."""

    prefix: str
    suffix: str

    def matches(self, key: str) -> bool:
        """Whether it is such a key."""
        return key.startswith(self.prefix) and key.endswith(self.suffix)


def filters(target: Target, stack: Stack) -> list[Filter]:
    """Which keys S3 notifies the function of, as the upload bucket has it now."""
    found = target.client("s3").get_bucket_notification_configuration(Bucket=stack.upload_bucket)
    named = [
        {rule["Name"].lower(): rule["Value"] for rule in rules}
        for entry in found.get("LambdaFunctionConfigurations", [])
        if entry["LambdaFunctionArn"].startswith(stack.function_arn)
        for rules in [entry.get("Filter", {}).get("Key", {}).get("FilterRules", [])]
    ]
    return [Filter(each.get("prefix", ""), each.get("suffix", "")) for each in named]

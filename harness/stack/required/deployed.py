"""A deployed stack as requirements see it: every resource that one may be about, read back."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from harness.stack.intrinsics import Place
from harness.stack.live import READERS
from harness.stack.live.common import Gone
from harness.stack.physical_ids import IDENTITIES, attribute, name_of
from harness.stack.required.described import Described, Filter, Part
from harness.targets.target import Target

# Others are known by their names alone.
_READ = {
    *("AWS::S3::Bucket", "AWS::Lambda::Function", "AWS::Lambda::EventInvokeConfig"),
    *("AWS::Logs::LogGroup", "AWS::CloudWatch::Alarm"),
}


def deployed(
    target: Target,
    place: Place,
    ids: Mapping[str, str],
    resources: Mapping[str, Any],
    outputs: Sequence[Mapping[str, str]],
) -> Described:
    """The stack whose resources have these physical ids.

    `resources` are those of the template, with their values: some are read by what they belong to.
    `outputs` are as DescribeStacks returns them.
    """
    parts = [
        _part(target, place, name, physical_id, resources.get(name, {}))
        for name, physical_id in ids.items()
    ]
    return Described(
        parts,
        {output["OutputKey"]: output["OutputValue"] for output in outputs},
        [output["OutputKey"] for output in outputs if output.get("ExportName")],
        [each for part in parts for each in _filters(part)],
    )


def _part(
    target: Target, place: Place, name: str, physical_id: str, resource: Mapping[str, Any]
) -> Part:
    kind = str(resource.get("Type"))
    named, actual = name_of(kind, physical_id), {}
    arn_attribute = IDENTITIES[kind].arn_attribute if kind in IDENTITIES else "Arn"
    if kind in _READ:
        with suppress(Gone):  # which is a finding of its own
            actual = dict(READERS[kind](target, physical_id, resource.get("Properties") or {}))
    arn = attribute(kind, named, arn_attribute, place)
    return Part(name, kind, named, physical_id, arn, actual)


def _filters(part: Part) -> Iterator[Filter]:
    """The events that S3 sends to functions, as a bucket has them, however they were set."""
    configuration = part.properties.get("NotificationConfiguration") or {}
    for number, entry in enumerate(configuration.get("LambdaConfigurations") or []):
        rules = ((entry.get("Filter") or {}).get("S3Key") or {}).get("Rules") or []
        named = {str(rule["Name"]).lower(): str(rule["Value"]) for rule in rules}
        path = ("NotificationConfiguration", "LambdaConfigurations", number)
        prefix, suffix = named.get("prefix", ""), named.get("suffix", "")
        if str(entry["Event"]).startswith("s3:ObjectCreated:"):
            yield Filter(part.logical_id, path, part.logical_id, entry["Function"], prefix, suffix)

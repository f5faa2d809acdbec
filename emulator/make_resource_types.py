"""Makes what the emulator knows of resource types: resource_types.json and property_schemas.json.

The resource schemas are those that cfn-lint ships (MIT-0 licence), which come from CloudFormation's
registry. The first file has every type of us-east-1 with the attributes for Fn::GetAtt, the
properties whose change needs a replacement, and how it takes tags; the second has, for the types
below, which the emulator makes, the properties with their names, types and limits. (The emulator
does not ask cfn-lint itself: to import it costs two seconds and 100 MB.) To renew both, raise
cfn-lint's version and run

    python emulator/make_resource_types.py
"""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cfnlint.schema import Schema
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

REGION = "us-east-1"
TARGET = Path(__file__).parent / "localstack_parity" / "cloudformation"

# The types of each service whose properties are checked.
EMULATED = {
    "ApiGateway": "Account ApiKey BasePathMapping Deployment DomainName GatewayResponse Method"
    " Model RequestValidator Resource RestApi Stage UsagePlan UsagePlanKey",
    "CloudFormation": "Macro Stack",
    "CloudWatch": "Alarm CompositeAlarm Dashboard",
    "Events": "ApiDestination Connection EventBus EventBusPolicy Rule",
    "IAM": "AccessKey Group InstanceProfile ManagedPolicy Policy Role ServiceLinkedRole User",
    "KMS": "Alias Key",
    "Lambda": "Alias CodeSigningConfig EventInvokeConfig EventSourceMapping Function LayerVersion"
    " LayerVersionPermission Permission Url Version",
    "Logs": "LogGroup LogStream SubscriptionFilter",
    "S3": "Bucket BucketPolicy",
    "SNS": "Subscription Topic TopicPolicy",
    "SQS": "Queue QueuePolicy",
    "SSM": "Parameter",
    "Scheduler": "Schedule ScheduleGroup",
    "SecretsManager": "ResourcePolicy RotationSchedule Secret SecretTargetAttachment",
    "StepFunctions": "Activity StateMachine",
}

# What of a schema says how a property has to be, and what holds further schemas by name.
_RULES = {
    "$ref",
    "additionalProperties",
    "anyOf",
    "enum",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "oneOf",
    "pattern",
    "required",
    "type",
    "uniqueItems",
}
_NAMED = {"definitions", "patternProperties", "properties"}


def main() -> None:
    """Write the files, with a line for each type, so that renewals can be read."""
    every = [
        name
        for name in PROVIDER_SCHEMA_MANAGER.get_resource_types(REGION)
        if name.startswith(("AWS::", "Alexa::"))
    ]
    _write("resource_types.json", {name: _described(name) for name in every})
    emulated = [
        f"AWS::{service}::{name}" for service, names in EMULATED.items() for name in names.split()
    ]
    _write("property_schemas.json", {name: _properties(name) for name in emulated})


def _write(name: str, types: dict[str, dict[str, Any]]) -> None:
    lines = [
        f"  {json.dumps(name)}: {json.dumps(about, separators=(',', ':'))}"
        for name, about in sorted(types.items())
    ]
    source = json.dumps(f"cfn-lint {version('cfn-lint')}: CloudFormation registry, {REGION}")
    text = f'{{"source": {source},\n "types": {{\n' + ",\n".join(lines) + "\n }\n}\n"
    (TARGET / name).write_text(text)


def _properties(name: str) -> dict[str, Any]:
    """The schema of a resource's properties as a template may give them."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, name).schema
    made: dict[str, Any] = _rules(schema)
    for pointer in schema.get("readOnlyProperties", []):
        made["properties"].pop(pointer.removeprefix("/properties/"), None)
    return made


def _rules(schema: Any) -> Any:
    match schema:
        case str():  # a pattern may name classes of Unicode that Python's re does not know
            return schema.replace(r"\p{L}\p{Z}\p{N}_", r"\w\s")
        case dict():
            return {
                key: {_rules(name): _rules(one) for name, one in value.items()}
                if key in _NAMED
                else _rules(value)
                for key, value in schema.items()
                if key in _RULES | _NAMED
            }
        case list():
            return [_rules(one) for one in schema]
    return schema


def _described(name: str) -> dict[str, Any]:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, name)
    about = {
        "attributes": [attribute.replace("\\", "") for attribute in schema.get_atts],
        "replaced_by": [
            pointer.removeprefix("/properties/")
            for pointer in schema.schema.get("createOnlyProperties", [])
        ],
        "tags": _kind_of_tags(schema),
    }
    return {key: value for key, value in about.items() if value}


def _kind_of_tags(schema: Schema) -> str | None:
    """`list` of Key and Value, `map`, or None where a type takes no tags as the property Tags."""
    if schema.schema.get("tagging", {}).get("tagProperty") != "/properties/Tags":
        return None
    tags = schema.schema["properties"].get("Tags", {})
    if reference := tags.get("$ref"):
        _, tags = schema.resolver.resolve(reference)
    return {"array": "list", "object": "map"}.get(str(tags.get("type")))


if __name__ == "__main__":
    main()

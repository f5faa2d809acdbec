"""Lambda."""

from typing import Any

from tests.conformance.scenario import Call, Package, Scenario, Text

_TRUST = Text(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
_ROLE = Call("iam", "create_role", {"RoleName": "$name", "AssumeRolePolicyDocument": _TRUST})
_NO_ROLE = Call("iam", "delete_role", {"RoleName": "$name"})
_NO_FUNCTION = Call("lambda", "delete_function", {"FunctionName": "$name"})
_ACTIVE = Call(
    "lambda",
    "get_function_configuration",
    {"FunctionName": "$name"},
    keep="[State, LastUpdateStatus]",
    until="State == 'Active' && LastUpdateStatus == 'Successful'",
)
_SOURCE = """
import os, sys, time
count = 0
def handler(event, context):
    global count
    count += 1
    match event:
        case "sleep": time.sleep(9)
        case "exit": sys.exit(3)
        case "die": os._exit(4)
        case "raise": raise ValueError("no such thing")
        case "count": return count
        case "big": return "x" * 6_300_000
        case "set": return {1}
        case "environment":
            names = ("AWS_LAMBDA_FUNCTION_NAME", "AWS_REGION", "AWS_EXECUTION_ENV", "MINE", "TZ",
                     "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "_HANDLER", "LAMBDA_TASK_ROOT")
            return [os.environ.get(name) for name in names]
        case "write":
            try:
                open("/var/task/x", "w")
            except OSError as error:
                return error.strerror
            return "written"
        case _: return event
"""


def _create(**change: Any) -> Call:
    request = {
        "FunctionName": "$name",
        "Role": "arn:aws:iam::$account:role/$name",
        "Runtime": "python3.13",
        "Handler": "handler.handler",
        "Code": {"ZipFile": Package(_SOURCE)},
        "Timeout": 2,
        **change,
    }
    # A new role can be assumed after some seconds on AWS.
    wait = () if change.get("Role") else ("InvalidParameterValueException",)
    return Call("lambda", "create_function", request, retry=wait if not change else ())


def _invoke(event: str, keep: str = "[StatusCode, FunctionError, Payload]", **more: Any) -> Call:
    request = {"FunctionName": "$name", "Payload": event, **more}
    return Call("lambda", "invoke", request, keep=keep)


SCENARIOS = (
    Scenario(
        "lambda-limits",
        ("34", "115e", "123"),
        (
            _ROLE,
            _create(Timeout=901),
            _create(MemorySize=64),
            _create(MemorySize=10_241),
            _create(EphemeralStorage={"Size": 256}),
            _create(Runtime="python2.8"),
            _create(Architectures=["mips"]),
            _create(FunctionName="no spaces"),
            _create(Environment={"Variables": {"AWS_REGION": "x"}}),
            _create(Environment={"Variables": {"1st": "x"}}),
            _create(Environment={"Variables": {"LONG": "x" * 4097}}),
            _create(Handler=""),
        ),
        (_NO_ROLE,),
    ),
    Scenario(
        "lambda-roles-and-packages",
        ("8b", "90b"),
        (
            _ROLE,
            _create(Role="arn:aws:iam::$account:role/$name-no"),
            _create(Role="no-arn"),
            _create(Code={"ZipFile": b"not a zip"}),
            _create(Code={"S3Bucket": "$name-no", "S3Key": "k"}),
            _create(Layers=["arn:aws:lambda:$region:$account:layer:no:1"]),
            _create(Layers=["no-arn"]),
        ),
        (_NO_ROLE,),
    ),
    Scenario(
        "lambda-missing",
        ("73b", "115b"),
        (
            Call("lambda", "get_function", {"FunctionName": "$name"}),
            Call("lambda", "invoke", {"FunctionName": "$name"}),
            Call("lambda", "delete_function", {"FunctionName": "$name"}),
            Call("lambda", "get_policy", {"FunctionName": "$name"}),
            Call("lambda", "get_function", {"FunctionName": "no spaces"}),
            Call("lambda", "get_layer_version", {"LayerName": "$name", "VersionNumber": 1}),
        ),
    ),
    Scenario(
        "lambda-invocations",
        ("13", "31c", "49a", "49b", "83", "85", "86", "88"),
        (
            _ROLE,
            _create(),
            _ACTIVE,
            Call(
                "lambda",
                "update_function_configuration",
                {"FunctionName": "$name", "Environment": {"Variables": {"MINE": "own"}}},
            ),
            _ACTIVE,
            _invoke('"count"'),
            _invoke('"count"'),
            _invoke('"environment"'),
            _invoke('"write"'),
            _invoke('"raise"'),
            _invoke('"set"'),
            _invoke('"big"'),
            _invoke('"exit"'),
            _invoke('"die"'),
            _invoke('"sleep"'),
            _invoke("{"),
            _invoke('"x"', InvocationType="DryRun"),
            _invoke('"x"', Qualifier="9"),
        ),
        (_NO_FUNCTION, _NO_ROLE),
    ),
    Scenario(
        "lambda-configuration",
        ("66", "73b", "9b", "34"),
        (
            _ROLE,
            _create(),
            _ACTIVE,
            _create(Description="again"),
            Call(
                "lambda",
                "put_function_concurrency",
                {"FunctionName": "$name", "ReservedConcurrentExecutions": 100_000},
            ),
            Call(
                "lambda",
                "put_function_event_invoke_config",
                {"FunctionName": "$name", "MaximumRetryAttempts": 3},
            ),
            Call(
                "lambda",
                "put_function_event_invoke_config",
                {"FunctionName": "$name", "MaximumEventAgeInSeconds": 59},
            ),
            Call(
                "lambda",
                "put_function_event_invoke_config",
                {
                    "FunctionName": "$name",
                    "DestinationConfig": {
                        "OnFailure": {"Destination": "arn:aws:sqs:$region:$account:$name"}
                    },
                },
            ),
            Call(
                "lambda",
                "put_function_event_invoke_config",
                {"FunctionName": "$name", "MaximumRetryAttempts": 1},
                keep="[MaximumRetryAttempts, MaximumEventAgeInSeconds, DestinationConfig]",
            ),
            *(
                Call(
                    "lambda",
                    "add_permission",
                    {
                        "FunctionName": "$name",
                        "StatementId": "s",
                        "Action": "lambda:InvokeFunction",
                        "Principal": "s3.amazonaws.com",
                        "SourceArn": "arn:aws:s3:::b",
                        "SourceAccount": "$account",
                    },
                    keep="Statement",
                ),
            )
            * 2,
            Call("lambda", "remove_permission", {"FunctionName": "$name", "StatementId": "no"}),
        ),
        (_NO_FUNCTION, _NO_ROLE),
    ),
    Scenario(
        "lambda-layers",
        ("97f",),
        (
            Call(
                "lambda",
                "publish_layer_version",
                {
                    "LayerName": "$name",
                    "Content": {"ZipFile": Package(_SOURCE)},
                    "CompatibleRuntimes": ["python3.13"],
                    "CompatibleArchitectures": ["x86_64"],
                },
                keep="[Version, CompatibleRuntimes, CompatibleArchitectures]",
            ),
            *(
                Call(
                    "lambda",
                    "list_layer_versions",
                    {"LayerName": "$name", **of},
                    keep="LayerVersions[].Version",
                )
                for of in (
                    {},
                    {"CompatibleRuntime": "python3.13"},
                    {"CompatibleRuntime": "nodejs22.x"},
                    {"CompatibleArchitecture": "arm64"},
                )
            ),
        ),
        (Call("lambda", "delete_layer_version", {"LayerName": "$name", "VersionNumber": 1}),),
    ),
)

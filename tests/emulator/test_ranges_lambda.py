"""Lambda refuses what its model does not allow, and what would have no effect.

The words are those that AWS answered to LocalStack's tests:
https://github.com/localstack/localstack/tree/main/tests/aws/services/lambda_
"""

from typing import Any

import pytest

from tests.emulator.conftest import Emulator
from tests.emulator.functions import zipped
from tests.emulator.refused import refusal

ROLE = "arn:aws:iam::000000000000:role/r"
CODE = {"ZipFile": zipped("def handler(event, context): pass")}
ARN = "arn:aws:lambda:us-east-1:000000000000"


@pytest.mark.parametrize(
    ("operation", "request_", "said"),
    [
        ("invoke", {"InvocationType": "Sometime"}, "Value 'Sometime' at 'invocationType' failed"),
        ("invoke", {"LogType": "All"}, "Value 'All' at 'logType' failed to satisfy constraint"),
        ("invoke", {"Qualifier": "a b"}, "Value 'a b' at 'qualifier' failed to satisfy constraint"),
        ("get_function", {"FunctionName": "a b"}, "Value 'a b' at 'functionName' failed"),
        (
            "publish_layer_version",
            {"LayerName": "a b", "Content": CODE},
            "Value 'a b' at 'layerName'",
        ),
        ("add_permission", {"StatementId": "a b"}, "Value 'a b' at 'statementId' failed"),
        ("add_permission", {"SourceAccount": "junk"}, "Value 'junk' at 'sourceAccount' failed"),
        ("create_alias", {"Name": "1"}, "Value '1' at 'name' failed to satisfy constraint"),
        (
            "put_function_concurrency",
            {"ReservedConcurrentExecutions": -1},
            "Value '-1' at 'reserved",
        ),
        (
            "create_function_url_config",
            {"AuthType": "SOME"},
            "Value 'SOME' at 'authType' failed to satisfy constraint: Member must satisfy enum",
        ),
        (
            "put_function_event_invoke_config",
            {"DestinationConfig": {"OnFailure": {"Destination": "junk"}}},
            "Value 'junk' at 'destinationConfig.onFailure.destination' failed to satisfy",
        ),
        ("list_functions", {"MaxItems": 0}, "Value '0' at 'maxItems' failed to satisfy constraint"),
    ],
)
def test_requests_that_break_the_model(
    emulator: Emulator, operation: str, request_: dict[str, Any], said: str
) -> None:
    names = (
        {} if operation in ("list_functions", "publish_layer_version") else {"FunctionName": "f"}
    )
    more = {
        "add_permission": {
            "StatementId": "s",
            "Action": "lambda:InvokeFunction",
            "Principal": "s3.amazonaws.com",
        },
        "create_alias": {"FunctionVersion": "$LATEST"},
    }.get(operation, {})
    refused = refusal(emulator, "lambda", operation, {**names, **more, **request_})
    assert refused.startswith("ValidationException: 1 validation error detected: ")
    assert said in refused


@pytest.mark.parametrize(
    ("configuration", "said"),
    [
        (
            {"Role": "r"},
            "Value 'r' at 'role' failed to satisfy constraint: Member must satisfy reg",
        ),
        ({"Handler": "a b"}, "Value 'a b' at 'handler' failed to satisfy constraint"),
        ({"PackageType": "Tar"}, "Value 'Tar' at 'packageType' failed to satisfy constraint"),
        ({"TracingConfig": {"Mode": "Some"}}, "Value 'Some' at 'tracingConfig.mode' failed"),
        (
            {"Layers": ["junk"]},
            "Value '[junk]' at 'layers' failed to satisfy constraint: Member mu",
        ),
        ({"DeadLetterConfig": {"TargetArn": "x"}}, "Value 'x' at 'deadLetterConfig.targetArn'"),
        (
            {"LoggingConfig": {"LogFormat": "XML"}},
            "Value 'XML' at 'loggingConfig.logFormat' failed",
        ),
        ({"LoggingConfig": {"LogGroup": "a b"}}, "Value 'a b' at 'loggingConfig.logGroup' failed"),
        (
            {"SnapStart": {"ApplyOn": "invalidOption"}},
            "Value 'invalidOption' at 'snapStart.applyOn'",
        ),
        ({"KMSKeyArn": "junk"}, "at 'kMSKeyArn' failed to satisfy constraint"),
        (
            {"KMSKeyArn": "arn:aws:kms:us-east-1:000000000000:key/k"},
            "InvalidParameterValueException: KMSKeyArn of a function is not emulated here",
        ),
        (
            {"CodeSigningConfigArn": f"{ARN}:code-signing-config:csc-0123456789abcdef0"},
            "InvalidParameterValueException: CodeSigningConfigArn of a function is not emulated",
        ),
        (
            {"ImageConfig": {"Command": ["c"]}},
            "InvalidParameterValueException: ImageConfig is for functions of the package type Im",
        ),
        (
            {"LoggingConfig": {"LogFormat": "Text", "ApplicationLogLevel": "DEBUG"}},
            'LogLevel is not supported when LogFormat is set to "Text".',
        ),
        ({"Tags": {"t" * 129: "v"}}, "Tag keys have between 1 and 128 characters."),
    ],
)
def test_a_configuration_beyond_its_limits_is_refused(
    emulator: Emulator, configuration: dict[str, Any], said: str
) -> None:
    request = {
        "FunctionName": "never-made",
        "Runtime": "python3.13",
        "Handler": "h.handler",
        "Role": ROLE,
        "Code": CODE,
        **configuration,
    }
    assert said in refusal(emulator, "lambda", "create_function", request)

"""Lambda answers what AWS answered to LocalStack's tests (v4.14.0, `lambda_/test_lambda_api.py`).

The tests here name those whose recordings they hold to.
"""

import uuid
from typing import Any

import pytest

from harness.polling import wait_until
from tests.emulator.conftest import Emulator
from tests.emulator.functions import function_of, role_for, zipped
from tests.emulator.refused import refusal

ECHO = zipped("def handler(event, context):\n    return event\n")


def test_a_runtime_that_lambda_does_not_have_is_refused_with_those_that_it_has(
    emulator: Emulator, role: str
) -> None:
    """TestLambdaFunction::test_create_lambda_exceptions."""
    request = {
        "FunctionName": "of-no-runtime",
        "Role": role,
        "Runtime": "python0.0",
        "Handler": "handler.handler",
        "Code": {"ZipFile": ECHO},
    }
    message = refusal(emulator, "lambda", "create_function", request)
    assert message.startswith(
        "InvalidParameterValueException: Value python0.0 at 'runtime' failed to satisfy constraint"
    )
    assert message.endswith(" or be a valid ARN")


def test_code_is_looked_at_before_the_runtime_that_a_machine_may_lack(
    emulator: Emulator, role: str
) -> None:
    """TestLambdaFunction::test_create_lambda_exceptions."""
    request = {
        "FunctionName": "of-no-zip",
        "Role": role,
        "Runtime": "python3.9",
        "Handler": "handler.handler",
        "Code": {"ZipFile": b"this is not a zip file"},
    }
    assert refusal(emulator, "lambda", "create_function", request) == (
        "InvalidParameterValueException: Could not unzip uploaded file. "
        "Please check your file, then try to upload again."
    )


def test_a_url_says_that_it_answers_at_once(emulator: Emulator, role: str) -> None:
    """TestLambdaUrl::test_url_config_lifecycle, ::test_url_config_list_paging: when it is read."""
    client = emulator.client("lambda")
    with function_of(emulator, ECHO, role) as arn:
        created = client.create_function_url_config(FunctionName=arn, AuthType="NONE")
        read = client.get_function_url_config(FunctionName=arn)
        (listed,) = client.list_function_url_configs(FunctionName=arn)["FunctionUrlConfigs"]

    assert "InvokeMode" not in created
    assert read["InvokeMode"] == listed["InvokeMode"] == "BUFFERED"


@pytest.mark.parametrize(
    ("operation", "request_", "said"),
    [
        (
            "put_function_recursion_config",
            {"FunctionName": "f", "RecursiveLoop": "No"},
            "Member must satisfy enum value set: [Terminate, Allow]",
        ),
        (
            "tag_resource",
            {"Resource": "arn:aws:something", "Tags": {"a": "b"}},
            "|layer:([a-zA-Z0-9-_]+)|code-signing-config:",
        ),
        (
            "get_layer_version_by_arn",
            {"Arn": "arn:aws:lambda:us-east-1:000000000000:layer:of-no-version"},
            "|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)",
        ),
    ],
)
def test_what_a_value_has_to_be_is_said_as_aws_says_it(
    emulator: Emulator, operation: str, request_: dict[str, Any], said: str
) -> None:
    """TestLambdaTags::test_tag_exceptions, TestLambdaRecursion, TestLambdaLayer."""
    assert said in refusal(emulator, "lambda", operation, request_)


def test_a_layer_of_an_unknown_runtime_is_refused(emulator: Emulator) -> None:
    """TestLambdaLayer::test_layer_exceptions: AWS lists more runtimes than functions may have."""
    message = refusal(emulator, "lambda", "list_layers", {"CompatibleRuntime": "python0.0"})
    assert "at 'compatibleRuntime' failed to satisfy constraint" in message
    assert "[ruby3.5, ruby2.6, dotnetcore1.0," in message


def test_layers_of_an_unknown_architecture_are_not_listed(emulator: Emulator) -> None:
    """TestLambdaLayer::test_layer_exceptions: refused, and not a list of none."""
    message = refusal(emulator, "lambda", "list_layers", {"CompatibleArchitecture": "unknown"})
    assert message == (
        "ValidationException: 1 validation error detected: Value 'unknown' at "
        "'compatibleArchitecture' failed to satisfy constraint: Member must satisfy enum value "
        "set: [x86_64, arm64]"
    )


def test_the_policy_of_a_function_that_is_not_there_is_not_there(emulator: Emulator) -> None:
    """TestLambdaPermissions::test_permission_exceptions."""
    message = refusal(emulator, "lambda", "get_policy", {"FunctionName": "not-there"})
    assert message == "ResourceNotFoundException: The resource you requested does not exist."


def test_each_runtime_has_versions_of_its_own(emulator: Emulator, role: str) -> None:
    """TestLambdaRevisions::test_function_revisions_basic: another runtime, another version of it.

    LocalStack has one and the same for all; here it follows from the runtime's name.
    """
    client = emulator.client("lambda")
    with function_of(emulator, ECHO, role) as one, function_of(emulator, ECHO, role) as other:
        versions = {
            client.get_function(FunctionName=arn)["Configuration"]["RuntimeVersionConfig"][
                "RuntimeVersionArn"
            ]
            for arn in (one, other)
        }
        said = client.invoke(FunctionName=one, LogType="Tail")
    assert len(versions) == 1
    (version,) = versions
    assert version.startswith("arn:aws:lambda:us-east-1::runtime:")
    assert not version.endswith("8eeff65f6809a3ce81507fe733fe09b835899b99481ba22fd75b5a7338290ec1")
    assert "FunctionError" not in said


def test_a_function_in_a_vpc_says_whether_ipv6_may_leave_it(emulator: Emulator, role: str) -> None:
    """TestLambdaFunction::test_vpc_config."""
    ec2 = emulator.client("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    within = {"SubnetIds": [subnet["SubnetId"]], "SecurityGroupIds": [group]}
    with function_of(emulator, ECHO, role, VpcConfig=within) as arn:
        configuration = emulator.client("lambda").get_function_configuration(FunctionName=arn)
    assert configuration["VpcConfig"]["Ipv6AllowedForDualStack"] is False


def test_a_function_that_cannot_start_is_not_provisioned(emulator: Emulator, role: str) -> None:
    """test_lambda.py::TestLambdaConcurrency::test_provisioned_concurrency_init_failure."""
    client = emulator.client("lambda")
    with function_of(emulator, zipped("raise SystemExit(1)"), role) as arn:
        published = client.publish_version(FunctionName=arn)["Version"]
        version = {"FunctionName": arn, "Qualifier": published}
        client.put_provisioned_concurrency_config(**version, ProvisionedConcurrentExecutions=1)
        found = wait_until(
            lambda: client.get_provisioned_concurrency_config(**version),
            until=lambda it: it["Status"] != "IN_PROGRESS",
            deadline_s=30,
            describe="an environment to be made in advance",
        )
    assert (found["Status"], found["StatusReason"]) == ("FAILED", "FUNCTION_ERROR_INIT_FAILURE")


def test_what_lambda_sends_to_a_destination_has_no_attributes(emulator: Emulator) -> None:
    """test_lambda_destinations.py::test_assess_lambda_destination_invocation."""
    client, sqs = emulator.client("lambda"), emulator.client("sqs")
    queue = sqs.create_queue(QueueName=f"test-{uuid.uuid4().hex}")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    with (
        role_for(emulator, "sqs:SendMessage") as sender,
        function_of(emulator, ECHO, sender) as function,
    ):
        client.put_function_event_invoke_config(
            FunctionName=function,
            DestinationConfig={"OnSuccess": {"Destination": attributes["QueueArn"]}},
        )
        client.invoke(FunctionName=function, InvocationType="Event", Payload=b"{}")
        (message,) = sqs.receive_message(
            QueueUrl=queue, MessageAttributeNames=["All"], WaitTimeSeconds=20
        )["Messages"]
    sqs.delete_queue(QueueUrl=queue)
    assert "MessageAttributes" not in message

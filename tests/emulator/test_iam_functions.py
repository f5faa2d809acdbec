"""Functions have the rights of their role, and no role that does not trust Lambda."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.polling import wait_until
from tests.emulator.conftest import Emulator
from tests.emulator.functions import function_of, zipped
from tests.emulator.iam import LAMBDA, Statement, allow, role_of, set_policy, trust
from tests.emulator.queues import create_queue

READS = """
import boto3

def handler(event, context):
    print("called")
    try:
        boto3.client("sqs").list_queues()
    except Exception as problem:
        return {"code": problem.response["Error"]["Code"], "message": str(problem)}
"""
LOGS = allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"])

type MakeFunction = Callable[..., tuple[str, str]]


@pytest.fixture
def make_function(emulator: Emulator) -> Iterator[MakeFunction]:
    """Make functions: `make_function(*statements)` returns the ARNs of a function and its role."""
    with ExitStack() as ending:

        def make(*statements: Statement, trusting: str | None = None, **more: Any) -> Any:
            role = ending.enter_context(role_of(emulator, *statements, trusting=trusting))
            code = zipped(more.pop("source", "def handler(event, context): print('called')"))
            return ending.enter_context(function_of(emulator, code, role, **more)), role

        yield make


def invoke(emulator: Emulator, function: str) -> Any:
    answer = emulator.client("lambda").invoke(FunctionName=function)
    return json.loads(answer["Payload"].read())


def test_a_call_without_permission_fails_in_the_function(
    emulator: Emulator, make_function: MakeFunction
) -> None:
    """AWS: Lambda Developer Guide, "Defining Lambda function permissions with an execution role":
    the function's calls have the rights of that role, also after they have changed."""
    function, role = make_function(LOGS, source=READS, Timeout=60, MemorySize=512)
    refused = invoke(emulator, function)
    assert refused["code"] == "AccessDenied"
    session = f"assumed-role/{role.rsplit('/', 1)[1]}/{function.rsplit(':', 1)[1]}"
    assert session in refused["message"]
    set_policy(emulator, role, LOGS, allow("sqs:ListQueues"))
    assert invoke(emulator, function) is None


@pytest.mark.parametrize(
    "trusting",
    [
        trust({"AWS": "000000000000"}),
        trust({"Service": "ec2.amazonaws.com"}),
        trust(LAMBDA, Condition={"StringEquals": {"aws:SourceAccount": "111122223333"}}),
    ],
    ids=["an account", "another service", "Lambda for another account"],
)
def test_a_role_that_does_not_trust_lambda_makes_no_function(
    make_function: MakeFunction, trusting: str
) -> None:
    """AWS: Lambda Developer Guide, "Troubleshoot deployment issues": "The role defined for the
    function cannot be assumed by Lambda"; conditions: "Working with AWS managed policies in the
    execution role"."""
    with pytest.raises(ClientError, match="cannot be assumed by Lambda") as error:
        make_function(LOGS, trusting=trusting)
    assert error.value.response["Error"]["Code"] == "InvalidParameterValueException"


def test_a_role_for_functions_of_this_account_makes_one(make_function: MakeFunction) -> None:
    """The template's condition on aws:SourceAccount."""
    condition = {"StringEquals": {"aws:SourceAccount": "000000000000"}}
    make_function(LOGS, trusting=trust(LAMBDA, Condition=condition))


def test_a_role_that_does_not_exist_makes_no_function(emulator: Emulator) -> None:
    """AWS: the same error as for a role that does not trust Lambda."""
    missing = "arn:aws:iam::000000000000:role/missing"
    with (
        pytest.raises(ClientError, match="cannot be assumed by Lambda"),
        function_of(emulator, zipped(""), missing),
    ):
        pass


def test_a_functions_new_role_has_to_trust_lambda_too(
    emulator: Emulator, make_function: MakeFunction
) -> None:
    """AWS: Lambda API Reference, UpdateFunctionConfiguration."""
    function, _ = make_function(LOGS)
    with (
        role_of(emulator, trusting=trust({"AWS": "000000000000"})) as role,
        pytest.raises(ClientError, match="cannot be assumed by Lambda"),
    ):
        emulator.client("lambda").update_function_configuration(FunctionName=function, Role=role)


def test_without_permission_nothing_is_logged(
    emulator: Emulator, make_function: MakeFunction
) -> None:
    """AWS: Lambda Developer Guide, "Sending Lambda function logs to CloudWatch Logs": the function
    runs, and its logs are nowhere."""
    function, role = make_function()
    logs, group = emulator.client("logs"), f"/aws/lambda/{function.rsplit(':', 1)[1]}"
    invoke(emulator, function)
    lost = f"Logs of {function}:$LATEST are lost"
    wait_until(
        lambda: lost in emulator.log.read_text(),
        deadline_s=20,
        interval_s=0.1,
        describe="the refusal in the emulator's log",
    )
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"] == []

    set_policy(emulator, role, LOGS)
    invoke(emulator, function)
    wait_until(
        lambda: logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"],
        until=bool,
        deadline_s=20,
        interval_s=0.1,
        describe="the log group",
    )


def test_the_log_groups_arn_ends_with_a_star(
    emulator: Emulator, make_function: MakeFunction
) -> None:
    """AWS: CloudWatch Logs User Guide, "CloudWatch Logs resources and operations": without ":*" a
    policy does not cover the streams of a group."""
    function, role = make_function()
    group = f"/aws/lambda/{function.rsplit(':', 1)[1]}"
    logs = emulator.client("logs")
    logs.create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{group}"
    actions = ["logs:CreateLogStream", "logs:PutLogEvents"]

    def streams() -> list[Any]:
        found: list[Any] = logs.describe_log_streams(logGroupName=group)["logStreams"]
        return found

    try:
        set_policy(emulator, role, allow(actions, arn))
        invoke(emulator, function)
        lost = f"Logs of {function}:$LATEST are lost"
        wait_until(
            lambda: lost in emulator.log.read_text(),
            deadline_s=20,
            interval_s=0.1,
            describe="the refusal in the emulator's log",
        )
        assert streams() == []
        set_policy(emulator, role, allow(actions, f"{arn}:*"))
        invoke(emulator, function)
        wait_until(streams, until=bool, deadline_s=20, interval_s=0.1, describe="the log stream")
    finally:
        logs.delete_log_group(logGroupName=group)


def test_a_destination_needs_the_roles_permission(
    emulator: Emulator, make_function: MakeFunction
) -> None:
    """AWS: Lambda Developer Guide, "Adding a destination": the execution role must allow it."""
    function, role = make_function(LOGS)
    client, sqs = emulator.client("lambda"), emulator.client("sqs")
    queue = create_queue(sqs, "sns")
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    target = {"OnFailure": {"Destination": found["Attributes"]["QueueArn"]}}
    with pytest.raises(ClientError, match="does not have permissions to call SendMessage"):
        client.put_function_event_invoke_config(FunctionName=function, DestinationConfig=target)
    set_policy(emulator, role, LOGS, allow("sqs:SendMessage"))
    client.put_function_event_invoke_config(FunctionName=function, DestinationConfig=target)
    sqs.delete_queue(QueueUrl=queue)


def test_a_dead_letter_queue_needs_the_roles_permission(
    emulator: Emulator, make_function: MakeFunction
) -> None:
    """AWS: Lambda Developer Guide, "Adding a dead-letter queue"."""
    queue = "arn:aws:sqs:us-east-1:000000000000:letters"
    with pytest.raises(ClientError, match="permissions to call SendMessage on SQS"):
        make_function(LOGS, DeadLetterConfig={"TargetArn": queue})

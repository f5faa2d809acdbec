"""A stack's resources are made with the rights of who asks, or with those of its service role.

AWS: CloudFormation User Guide, "CloudFormation service role" and "Control access with IAM".
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator
from tests.emulator.iam import ACCOUNT, LAMBDA, allow, role_of, session_of, trust
from tests.emulator.stacks import Stack

CLOUDFORMATION = trust({"Service": "cloudformation.amazonaws.com"})
TOPIC = {"Type": "AWS::SNS::Topic"}
TEMPLATE = {"Resources": {"Topic": TOPIC}}
MORE = {"Resources": {"Topic": TOPIC, "Other": TOPIC}}


@pytest.fixture
def stack(emulator: Emulator) -> Iterator[Stack]:
    """A stack of the account's own key, which deletes what is left of it in the end."""
    found = Stack(emulator.client("cloudformation"))
    yield found
    found.cloudformation.delete_stack(StackName=found.name)


def of(client: Callable[[str], Any], stack: Stack) -> Stack:
    """The same stack for somebody else."""
    return replace(stack, cloudformation=client("cloudformation"))


def error_of(call: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def test_who_may_not_make_a_topic_makes_no_stack_with_one(emulator: Emulator, stack: Stack) -> None:
    """The resource fails in the words of IAM, and nothing of it is left."""
    with session_of(emulator, allow("cloudformation:*")) as (_, client):
        theirs = of(client, stack)
        assert theirs.create(TEMPLATE) == "ROLLBACK_COMPLETE"
        (reason,) = theirs.reasons("CREATE_FAILED")
    assert "is not authorized to perform: SNS:CreateTopic" in reason
    assert "HandlerErrorCode: AccessDenied" in reason


def test_who_may_make_topics_makes_them_by_a_stack(emulator: Emulator, stack: Stack) -> None:
    """Each operation has the rights of who asks for it."""
    with session_of(emulator, allow(["cloudformation:*", "sns:*"])) as (_, client):
        theirs = of(client, stack)
        assert theirs.create(TEMPLATE) == "CREATE_COMPLETE"
        assert theirs.update(MORE) == "UPDATE_COMPLETE"
    with session_of(emulator, allow("cloudformation:*")) as (_, client):
        others = of(client, theirs)
        assert others.delete() == "DELETE_FAILED"
        assert "SNS:DeleteTopic" in " ".join(others.reasons("DELETE_FAILED"))


def test_a_service_role_acts_in_place_of_who_asks(emulator: Emulator, stack: Stack) -> None:
    """Once given, for all that follows; DescribeStacks names it."""
    with (
        role_of(emulator, allow("sns:*"), trusting=CLOUDFORMATION) as role,
        session_of(emulator, allow("cloudformation:*"), allow("iam:PassRole", role)) as (_, client),
    ):
        theirs = of(client, stack)
        assert theirs.create(TEMPLATE, RoleARN=role) == "CREATE_COMPLETE"
        (described,) = theirs.cloudformation.describe_stacks(StackName=stack.name)["Stacks"]
        assert described["RoleARN"] == role
        assert theirs.update(MORE) == "UPDATE_COMPLETE"
        assert theirs.delete() == "DELETE_COMPLETE"


def test_a_service_role_does_no_more_than_it_may(emulator: Emulator, stack: Stack) -> None:
    """Not even for the account's own key."""
    with role_of(emulator, allow("sqs:*"), trusting=CLOUDFORMATION) as role:
        assert stack.create(TEMPLATE, RoleARN=role) == "ROLLBACK_COMPLETE"
        assert "SNS:CreateTopic" in " ".join(stack.reasons("CREATE_FAILED"))
        assert stack.delete() == "DELETE_COMPLETE"


def test_a_service_role_exists_and_trusts_cloudformation(emulator: Emulator, stack: Stack) -> None:
    """Refused at once; no stack is left."""
    stacks, body = stack.cloudformation, json.dumps(TEMPLATE)
    nowhere = f"arn:aws:iam::{ACCOUNT}:role/nowhere"
    plan = {"ChangeSetName": "c", "ChangeSetType": "CREATE"}
    with role_of(emulator, allow("*"), trusting=trust(LAMBDA)) as other:
        for role in (nowhere, other):
            expected = ("ValidationError", f"Role {role} is invalid or cannot be assumed")
            request = {"StackName": stack.name, "TemplateBody": body, "RoleARN": role}
            assert error_of(stacks.create_stack, **request) == expected
            assert error_of(stacks.create_change_set, **request, **plan) == expected
    assert error_of(stacks.describe_stacks, StackName=stack.name)[0] == "ValidationError"


def test_a_service_role_has_to_be_passed(emulator: Emulator, stack: Stack) -> None:
    with (
        role_of(emulator, allow("*"), trusting=CLOUDFORMATION) as role,
        session_of(emulator, allow("cloudformation:*")) as (_, client),
    ):
        code, message = error_of(
            client("cloudformation").create_stack,
            StackName=stack.name,
            TemplateBody=json.dumps(TEMPLATE),
            RoleARN=role,
        )
    assert (code, "iam:PassRole" in message) == ("AccessDenied", True)


def test_the_role_of_a_change_set_acts_when_it_is_executed(
    emulator: Emulator, stack: Stack
) -> None:
    with (
        role_of(emulator, allow("sns:*"), trusting=CLOUDFORMATION) as role,
        session_of(emulator, allow("cloudformation:*"), allow("iam:PassRole", role)) as (_, client),
    ):
        theirs, name = of(client, stack), {"StackName": stack.name, "ChangeSetName": "c"}
        theirs.arn = theirs.cloudformation.create_change_set(
            **name, ChangeSetType="CREATE", TemplateBody=json.dumps(TEMPLATE), RoleARN=role
        )["StackId"]
        theirs.cloudformation.execute_change_set(**name)
        assert theirs.settled() == "CREATE_COMPLETE"
        assert theirs.delete() == "DELETE_COMPLETE"

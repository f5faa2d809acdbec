"""Fixtures of the tests in this folder."""

from collections.abc import Iterator

import pytest

from tests.emulator.conftest import Emulator
from tests.emulator.custom_resources.thing import FUNCTION, Thing, function_of
from tests.emulator.queues import create_queue
from tests.emulator.stacks import Stack


@pytest.fixture(scope="module")
def function(emulator: Emulator) -> Iterator[str]:
    """The function behind the custom resources; its ARN."""
    with function_of(emulator, FUNCTION) as arn:
        yield arn


@pytest.fixture
def thing(emulator: Emulator, function: str) -> Iterator[Thing]:
    sqs = emulator.client("sqs")
    queue = create_queue(sqs, "sns")
    stack = Stack(emulator.client("cloudformation"))
    yield Thing(stack, sqs, queue, function)
    stack.delete()
    sqs.delete_queue(QueueUrl=queue)

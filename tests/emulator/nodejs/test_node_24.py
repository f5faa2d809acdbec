"""Node.js 24, whose runtime at AWS is another: without callbacks, and nothing waits."""

from collections.abc import Callable

import pytest

from tests.emulator.invocations import Invocation
from tests.emulator.nodejs.conftest import Invoke


@pytest.fixture(scope="module")
def invoked_24(invoked: Invoke) -> Callable[[str], Invocation]:
    return lambda source: invoked(source, Runtime="nodejs24.x")


def test_a_handler_with_a_callback_is_an_init_error(invoked_24: Invoke) -> None:
    """Known by its third parameter."""
    answer = invoked_24("exports.handler = (event, context, callback) => callback(null, 1);")

    assert answer.payload["errorType"] == "Runtime.CallbackHandlerDeprecated"
    assert "removed support for callback-based function handlers" in answer.payload["errorMessage"]
    assert "\tundefined\tERROR\tInit Error \t" in answer.log


def test_the_context_has_no_methods_to_answer_with(invoked_24: Invoke) -> None:
    """And a handler may answer without being async."""
    answer = invoked_24("exports.handler = (event, context) => [context.done, process.version];")

    assert answer.payload[0] is None
    assert answer.payload[1].startswith("v24.")


def test_what_nobody_handles_ends_the_process(invoked_24: Invoke) -> None:
    """Node.js itself writes why, and leaves with 1."""
    answer = invoked_24("""
    exports.handler = async () => {
        Promise.reject(new Error('lost'));
        await new Promise((done) => setTimeout(done, 5000));
    };
    """)

    assert answer.payload["errorType"] == "Runtime.ExitError"
    assert answer.payload["errorMessage"].endswith("exit status 1")
    assert "Error: lost" in answer.lines

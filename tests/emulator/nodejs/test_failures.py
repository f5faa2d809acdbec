"""How functions in Node.js fail: in AWS's words, by what the runtime posts and what it logs."""

import pytest

from tests.emulator.conftest import Emulator
from tests.emulator.invocations import Run, invoke
from tests.emulator.nodejs.conftest import Function, Invoke


def test_an_exception_is_returned_with_its_trace(run: Run) -> None:
    """The log has it as one event, after the words that AWS's runtime puts before it."""
    answer = run("throw new TypeError('no such picture')")

    assert answer.error == "Unhandled"
    assert answer.payload["errorType"] == "TypeError"
    assert answer.payload["errorMessage"] == "no such picture"
    assert answer.payload["trace"][0] == "TypeError: no such picture"
    assert f"\t{answer.request_id}\tERROR\tInvoke Error \t" in answer.log
    assert '"errorType":"TypeError","errorMessage":"no such picture","stack":[' in answer.log
    assert "Status" not in answer.report


def test_what_is_no_error_has_the_name_of_its_type(run: Run) -> None:
    """Anything can be thrown."""
    assert run("throw 'a text'").payload == {
        "errorType": "string",
        "errorMessage": "a text",
        "trace": [],
    }


def test_an_answer_has_to_be_json(run: Run) -> None:
    """What cannot be written as JSON is an error of the invocation."""
    answer = run("const it = {}; it.self = it; return it")

    assert answer.payload["errorMessage"] == "Unable to stringify response body"


@pytest.mark.parametrize(
    ("source", "error_type", "message"),
    [
        (
            "require('not_in_the_package');",
            "Runtime.ImportModuleError",
            "Error: Cannot find module 'not_in_the_package'\nRequire stack:\n"
            "- /var/task/index.js\n- /var/runtime/index.mjs",
        ),
        (
            "exports.other = 1;",
            "Runtime.HandlerNotFound",
            "index.handler is undefined or not exported",
        ),
        ("exports.handler = 1;", "Runtime.HandlerNotFound", "index.handler is not a function"),
        (
            "exports.handler = (",
            "Runtime.UserCodeSyntaxError",
            "SyntaxError: Unexpected end of input",
        ),
        ("throw new RangeError('SETTING');", "RangeError", "SETTING"),
        (
            "exports.handler = awslambda.streamifyResponse(async () => {});",
            "Error",
            "awslambda.streamifyResponse is not emulated here: return the response as a whole.",
        ),
    ],
)
def test_a_module_that_cannot_be_loaded_is_an_init_error(
    invoked: Invoke, source: str, error_type: str, message: str
) -> None:
    """The runtime's init error is the result; the log has both attempts."""
    answer = invoked(source)

    assert answer.error == "Unhandled"
    assert answer.payload["errorType"] == error_type
    assert answer.payload["errorMessage"] == message
    assert "\tundefined\tERROR\tUncaught Exception \t" in answer.log
    assert any("Phase: invoke\tStatus: error" in line for line in answer.lines)


def test_a_module_that_is_not_there_is_an_init_error(invoked: Invoke) -> None:
    """Also for ES modules, whose errors Node.js words otherwise."""
    absent = invoked("", Handler="other.handler")
    imported = invoked({"index.mjs": "import 'absent'; export const handler = async () => 1;"})

    assert absent.payload["errorType"] == "Runtime.ImportModuleError"
    assert absent.payload["errorMessage"].startswith("Error: Cannot find module 'other'")
    assert imported.payload["errorMessage"] == (
        "Cannot find package 'absent' imported from /var/task/index.mjs"
    )


def test_a_rejection_that_nobody_handles_ends_the_environment(run: Run) -> None:
    """The caller gets the rejection, the log the exit; the next invocation works again."""
    lost = run(
        "Promise.reject(new Error('lost')); await new Promise(done => setTimeout(done, 500))"
    )

    assert lost.payload["errorType"] == "Runtime.UnhandledPromiseRejection"
    assert lost.payload["errorMessage"] == "Error: lost"
    assert f"\t{lost.request_id}\tERROR\tUnhandled Promise Rejection \t" in lost.log
    exit_line = f"RequestId: {lost.request_id} Error: Runtime exited with error: exit status 128"
    assert exit_line in lost.lines
    assert lost.report["Error Type"] == "Runtime.ExitError"
    assert run("return 1").payload == 1


def test_an_exit_is_an_exit_error(run: Run) -> None:
    """However the process ends by itself."""
    answer = run("process.exit(3)")

    assert answer.payload == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {answer.request_id} Error: "
        "Runtime exited with error: exit status 3",
    }


def test_a_promise_that_is_never_settled_is_an_error(run: Run) -> None:
    """Nothing is left to do, and no answer has come."""
    answer = run("await new Promise(() => {})")

    assert answer.payload["errorType"] == "Runtime.NodeJsExit"


def test_a_timeout_ends_the_invocation(emulator: Emulator, function: Function) -> None:
    """In AWS's words, and the next invocation starts afresh."""
    code = "exports.handler = async (event) => { for (;event.loops;); return 'ended'; };"
    with function(code, Timeout=3) as arn:
        late, fine = invoke(emulator, arn, {"loops": True}), invoke(emulator, arn)

    assert late.payload == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {late.request_id} Error: Task timed out after 3.00 seconds",
    }
    assert fine.payload == "ended"


def test_more_memory_than_configured_ends_the_invocation(run: Run) -> None:
    """Buffers are no heap of JavaScript's, and count all the same."""
    answer = run("const all = []; for (;;) all.push(Buffer.alloc(1e7, 1));")

    assert answer.payload["errorType"] == "Runtime.OutOfMemory"
    assert answer.report["Max Memory Used"] == "256"

"""Handlers in Node.js 20 and 22: what they are given, how they answer, where they are found."""

import json

from tests.emulator.conftest import Emulator
from tests.emulator.invocations import Run, invoke
from tests.emulator.nodejs.conftest import Function, Invoke


def test_it_has_awss_variables_and_nothing_of_the_machines(run: Run, runtime: str) -> None:
    """The layout is AWS's: the package, the layers, what the runtime brings along."""
    variables = run("return process.env").payload
    major = runtime.removeprefix("nodejs").removesuffix(".x")

    assert variables["AWS_EXECUTION_ENV"] == f"AWS_Lambda_{runtime}"
    assert variables["LAMBDA_TASK_ROOT"] == variables["PWD"] == "/var/task"
    assert variables["NODE_PATH"] == (
        f"/opt/nodejs/node{major}/node_modules:/opt/nodejs/node_modules:"
        "/var/runtime/node_modules:/var/runtime:/var/task"
    )
    assert run("return process.execPath").payload == "/var/lang/bin/node"
    assert run("return process.versions.node").payload.startswith(f"{major}.")
    assert not {"HOME", "USER", "PYTHONPATH", "TAPSTACK_RUNTIMES"} & variables.keys()
    assert not [name for name in variables if name.startswith("AWS_SDK")]


def test_its_own_options_of_node_count(run: Run, invoked: Invoke) -> None:
    """Lambda sizes the heap, and switches off what is experimental, unless NODE_OPTIONS does."""
    options = "--max_old_space_size=99 --experimental-require-module"
    source = "exports.handler = async () => process.execArgv;"
    own = invoked(source, Environment={"Variables": {"NODE_OPTIONS": options}}).payload
    usual = run("return process.execArgv").payload

    assert {"--max-semi-space-size=12", "--max-old-space-size=231"} <= set(usual)
    assert "--no-experimental-require-module" in usual
    assert not any("space-size" in one or "require-module" in one for one in own)


def test_only_tmp_can_be_written_to(run: Run) -> None:
    """As for functions in Python; the person's files are out of sight."""
    answer = run("""
    const fs = require('node:fs');
    fs.writeFileSync('/tmp/mine', 'x');
    const seen = fs.existsSync('/root') || fs.existsSync('/home');
    try { fs.writeFileSync('/var/task/mine', 'x'); } catch (error) { return [error.code, seen]; }
    """)

    assert answer.payload == ["EROFS", False]


def test_the_context_says_whose_invocation_it_is(run: Run) -> None:
    """Names, the request's id, the time that is left."""
    answer = run("return {...context, left: context.getRemainingTimeInMillis()}")

    context = answer.payload
    assert context["awsRequestId"] == answer.request_id
    assert context["functionVersion"] == "$LATEST"
    assert context["memoryLimitInMB"] == "256"
    assert context["invokedFunctionArn"].endswith(f":function:{context['functionName']}")
    assert context["logGroupName"] == f"/aws/lambda/{context['functionName']}"
    assert 0 < context["left"] <= 10_000


def test_an_answer_by_callback_waits_for_the_event_loop(invoked: Invoke) -> None:
    """What the handler has begun goes on, within the same invocation."""
    answer = invoked("""
    exports.handler = (event, context, callback) => {
        setTimeout(() => console.log('later'), 50);
        callback(null, 'early');
    };
    """)

    assert answer.payload == "early"
    assert any(line.endswith("\tINFO\tlater") for line in answer.lines)


def test_an_answer_by_callback_need_not_wait(invoked: Invoke) -> None:
    """callbackWaitsForEmptyEventLoop = false sends it at once."""
    answer = invoked(
        """
    exports.handler = (event, context, callback) => {
        context.callbackWaitsForEmptyEventLoop = false;
        setInterval(() => {}, 1000);
        callback(null, 'early');
    };
    """
    )

    assert answer.payload == "early"


def test_an_answer_by_promise_does_not_wait(invoked: Invoke) -> None:
    """An interval that never ends keeps no async handler from answering."""
    answer = invoked("exports.handler = async () => { setInterval(() => {}, 1000); return 1; };")

    assert answer.payload == 1


def test_a_handler_that_never_answers_answers_null(invoked: Invoke) -> None:
    """Neither callback nor promise, and nothing left to do."""
    answer = invoked("exports.handler = () => { setTimeout(() => {}, 20); };")

    assert (answer.payload, answer.error) == (None, None)


def test_the_methods_of_the_context_answer_at_once(invoked: Invoke) -> None:
    """succeed, fail and done are older than the callback; the first answer counts."""
    answer = invoked(
        "exports.handler = (event, context) => { context.succeed(1); context.fail(2); };"
    )

    assert answer.payload == 1


def test_an_environment_keeps_its_memory(emulator: Emulator, function: Function) -> None:
    """A warm start continues where the last invocation ended."""
    with function("let calls = 0; exports.handler = async () => ++calls;") as arn:
        answers = [invoke(emulator, arn) for _ in range(3)]

    assert [answer.payload for answer in answers] == [1, 2, 3]
    assert "Init Duration" in answers[0].report
    assert "Init Duration" not in answers[1].report


def test_es_modules_are_known_by_name_and_by_package(invoked: Invoke) -> None:
    """`.mjs`, or `.js` beside a package.json that says so; else `.js` is CommonJS."""
    module = "import path from 'node:path'; export const handler = async () => path.sep;"
    description = json.dumps({"type": "module"})

    assert invoked({"index.mjs": module}).payload == "/"
    assert invoked({"index.js": module, "package.json": description}).payload == "/"
    assert invoked({"index.js": module}).payload["errorType"] == "Runtime.UserCodeSyntaxError"


def test_a_handler_may_be_in_a_folder_and_in_an_object(invoked: Invoke) -> None:
    """folder/module.object.method"""
    code = "exports.of = {pictures: async () => 'found'};"

    assert invoked({"src/app.js": code}, Handler="src/app.of.pictures").payload == "found"

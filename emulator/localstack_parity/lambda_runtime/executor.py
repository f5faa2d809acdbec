"""Runs a function's execution environment as a local process: LocalStack's executor plugin.

Chosen with LAMBDA_RUNTIME_EXECUTOR=process. Source: AWS Lambda Developer Guide, "Understanding the
Lambda execution environment lifecycle".
"""

import math
import shutil
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localstack.services.lambda_.invocation.lambda_models import FunctionVersion
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from localstack_parity.chaos.invocations import endangered
from localstack_parity.lambda_runtime import (
    configurations,
    debugging,
    faults,
    folders,
    isolation,
    layers,
    log_levels,
    runtimes,
)
from localstack_parity.lambda_runtime.faults import Fault
from localstack_parity.lambda_runtime.interpreter import LAYERS
from localstack_parity.lambda_runtime.log_stream import LogStream
from localstack_parity.lambda_runtime.platform_log import Failure, PlatformLog, Report
from localstack_parity.lambda_runtime.process import Answer, Launch, RuntimeProcess, Stop
from localstack_parity.lambda_runtime.result import ParityInvocationResult
from localstack_parity.server import listening

INIT_LIMIT_S = 10.0
_MIB = 1024 * 1024
_live: set["ProcessExecutor"] = set()


class InitializationError(Exception):
    """A function failed while an environment was made for its provisioned concurrency."""


@dataclass(frozen=True)
class InitFailure:
    """A failed init phase; `payload` is what the runtime posted about it, if it could."""

    fault: Fault
    payload: bytes | None
    peak: int


class ProcessExecutor(RuntimeExecutor):
    """One execution environment: a folder, and at any time at most one runtime process."""

    def __init__(self, id: str, function_version: FunctionVersion) -> None:  # noqa: A002
        super().__init__(id, function_version)
        self._config = function_version.config
        self._lock = threading.Lock()  # held while the environment starts or works
        self._logs = _log_stream(function_version.config.logging_config or {})
        self._process: RuntimeProcess | None = None
        self._folder: Path | None = None
        self._init_ms: float | None = None  # of a cold start that no invocation has reported yet
        self._stopped = False
        self._debug_port: int | None = None  # at which it waits for a debugger

    # What LocalStack calls

    def start(self, env_vars: dict[str, str]) -> None:
        """Start the environment: the init phase, limited to ten seconds.

        A function that fails here fails again, with all AWS says about it, when it is invoked; an
        environment that is made in advance is not made then: InitializationError.
        """
        self._debug_port = debugging.port()
        with self._lock:
            _live.add(self)
            self._prepare(env_vars)
            self._say(self._platform.init_start(self._initialization, "init", self._memory_mb))
            began = time.monotonic()
            limit = debugging.LIMIT_S if self._debug_port else INIT_LIMIT_S
            provisioned = self._initialization == "provisioned-concurrency"
            if self._init("init", began + limit) is None:
                self._init_ms = _ms_since(began)
                if provisioned and self._process:
                    self._process.freeze()
            elif provisioned:
                raise InitializationError("The init phase failed.")

    def stop(self) -> None:
        """End all processes of the environment and remove its folder."""
        self._stopped = True
        self._kill()
        with self._lock:
            self._drop_process()
            if self._folder:
                shutil.rmtree(self._folder, ignore_errors=True)
        _live.discard(self)

    def invoke(self, payload: dict[str, str]) -> ParityInvocationResult:
        """Run one invocation to its end."""
        with self._lock:
            return self._invoke(
                payload["invoke-id"],
                payload["payload"].encode(),
                {
                    "Lambda-Runtime-Aws-Request-Id": payload["invoke-id"],
                    "Lambda-Runtime-Invoked-Function-Arn": payload["invoked-function-arn"],
                    "Lambda-Runtime-Trace-Id": payload["trace-id"],
                },
            )

    def get_address(self) -> str:
        """Return where the environment runs."""
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        """Return the host at which the function finds LocalStack."""
        return listening.host_for_functions()

    def get_runtime_endpoint(self) -> str:
        """Return nothing: the function talks to the Runtime API of its own process."""
        return ""

    def get_logs(self) -> str:
        """Return nothing: every result carries its logs."""
        return ""

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        """Unpack the code and make sure that this machine can run it.

        Raises runtimes.Unsupported with the reason, which becomes the function's StateReason.
        """
        config = function_version.config
        runtimes.check_architecture(config.architectures)
        interpreter = runtimes.find(config.runtime)
        folders.keep_package(function_version)
        if content := folders.layers(function_version):
            layers.check(folders.package(function_version), content)
        isolation.available(interpreter)

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """Remove this version's package; LocalStack looks after the code it came from."""
        folders.remove_package(function_version)

    # The phases of an environment's life

    def _prepare(self, env_vars: dict[str, str]) -> None:
        config, version = self._config, self.function_version.id
        interpreter = runtimes.find(config.runtime)
        isolated = isolation.available(interpreter)
        task_root = folders.package(self.function_version)
        content = folders.layers(self.function_version)
        opt = LAYERS if isolated else str(content or LAYERS)
        logging = config.logging_config or {}
        self._folder = folder = folders.create(self.id)
        self._memory_mb = int(config.memory_size)
        self._access_key = str(env_vars.get("AWS_ACCESS_KEY_ID", ""))
        self._initialization = str(env_vars.get("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"))
        self._platform = PlatformLog(
            function_name=version.function_name,
            function_arn=version.unqualified_arn(),
            version=version.qualifier,
            runtime_version=interpreter.version_name,
            runtime_version_arn=configurations.runtime_version_arn(
                (config.runtime_version_config or {}).get("RuntimeVersionArn", ""), config.runtime
            ),
            json_format=logging.get("LogFormat") == "JSON",
            system_level=logging.get("SystemLogLevel", "INFO"),
        )
        env = runtimes.environment(
            interpreter,
            task_root,
            opt,
            isolated=isolated,
            private=folder / "tmp",
            given=env_vars,
            own=config.environment or {},
            logging=logging,
        )
        visible = runtimes.visible_folders(interpreter, task_root, content)
        memory = self._memory_mb * _MIB
        if self._debug_port:
            visible |= debugging.visible()
            memory += debugging.MEMORY_BYTES
        command = runtimes.command(
            interpreter, env, opt, isolated=isolated, debugger=self._debug_port
        )
        self._launch = Launch(
            isolated=isolated,
            root=folder / "root",
            tmp=folder / "tmp",
            visible=visible,
            cwd=env["LAMBDA_TASK_ROOT"],
            argv=command,
            env=env,
            memory_limit=memory,
        )

    def _init(self, phase: str, deadline: float) -> InitFailure | None:
        """Start a process and wait until it asks for work."""
        began = time.monotonic()
        self._process = process = RuntimeProcess(self._launch, self._logs)
        if self._stopped:
            self._kill()
        stop = process.run(lambda: bool(process.waiting or process.init_error), deadline)
        if stop is Stop.DONE and not process.init_error:
            return None
        if process.init_error:
            fault = faults.of_init_error(process.init_error)
        else:
            fault = faults.of_process(stop, process, self._config.timeout)
        self._drop_process()
        failed = InitFailure(fault, process.init_error, process.peak)
        self._say(
            self._platform.init_report(
                self._initialization, phase, _ms_since(began), failed.fault.failure
            )
        )
        return failed

    def _invoke(
        self, request_id: str, event: bytes, headers: dict[str, str]
    ) -> ParityInvocationResult:
        timeout = debugging.LIMIT_S if self._debug_port else float(self._config.timeout)
        began, deadline = time.monotonic(), time.monotonic() + timeout
        headers["Lambda-Runtime-Deadline-Ms"] = str(int((time.time() + timeout) * 1000))
        init_ms, self._init_ms = self._init_ms, None
        # What was said before, in the init phase, is in the log, and not in the answer's LogResult.
        # Recorded in LocalStack's tests at v4.14.0,
        # lambda_/test_lambda.py::TestLambdaFeatures::test_invocation_with_logs.
        earlier = self._logs.take()
        if self._process and not self._process.ready():
            self._drop_process()
        # After a failure the environment starts again with the next invocation and within its time.
        failed_init = None if self._process else self._init("invoke", deadline)
        self._say(self._platform.start(request_id))

        if failed_init:
            fault: Fault | None = failed_init.fault
            payload, peak = failed_init.payload, failed_init.peak
            answer = Answer(is_error=True, payload=payload) if payload else None
        else:
            answer, fault, peak = self._handle(request_id, event, headers, deadline, timeout)
        duration_ms = _ms_since(began)
        if fault and fault.outcome == "timeout":
            duration_ms = timeout * 1000

        report = Report(
            duration_ms=duration_ms,
            memory_size_mb=self._memory_mb,
            max_memory_mb=min(math.ceil(peak / _MIB), self._memory_mb),
            init_ms=init_ms,
        )
        if fault and fault.message:
            self._say(self._platform.fault(request_id, fault.message, fault.error_type))
        if answer is None and fault:
            answer = fault.answer(request_id)
        assert answer is not None
        failure = fault.failure if fault else Failure("error") if answer.is_error else None
        self._say(self._platform.end(request_id, duration_ms, failure))
        self._say(self._platform.report(request_id, report, failure))
        events = self._logs.take()
        outcome = fault.outcome if fault else "error" if answer.is_error else "success"
        return ParityInvocationResult(
            request_id=request_id,
            payload=answer.payload,
            is_error=answer.is_error,
            logs="".join(text if text.endswith("\n") else f"{text}\n" for _, text in events),
            duration_ms=duration_ms,
            init_ms=init_ms,
            max_memory_mb=report.max_memory_mb,
            log_events=[*earlier, *events],
            outcome=outcome,
        )

    def _handle(
        self,
        request_id: str,
        event: bytes,
        headers: dict[str, str],
        deadline: float,
        timeout: float,
    ) -> tuple[Answer | None, Fault | None, int]:
        """Have the process handle an event: its answer, what became of it, its peak of memory."""
        process = self._process
        assert process
        name = self.function_version.id.function_name
        with endangered(process, name, self._access_key, request_id, event) as invocation:
            process.send(headers, event)
            invocation.begun()
            stop = process.run(lambda: process.waiting is not None and invocation.over(), deadline)
        if stop is Stop.DONE:
            process.freeze()
            return faults.within_limit(process.answer or Answer(False, b"null")), None, process.peak
        fault = faults.of_process(stop, process, timeout)
        self._drop_process()
        answer = process.answer if process.answer and process.answer.is_error else None
        return answer, fault, process.peak

    def _say(self, message: str | None) -> None:
        if message:
            self._logs.end_line()
            self._logs.add(message)

    def _drop_process(self) -> None:
        process, self._process = self._process, None
        if process:
            process.close()

    def _kill(self) -> None:
        if process := self._process:
            process.kill()


def stop_all() -> None:
    """End every environment, busy ones too: the emulator is stopping."""
    environments = list(_live)
    for environment in environments:
        environment._stopped = True
        environment._kill()
    for environment in environments:
        environment.stop()


def _log_stream(logging: Mapping[str, str]) -> LogStream:
    if logging.get("LogFormat") != "JSON":
        return LogStream()
    return LogStream(log_levels.wanted_from(logging.get("ApplicationLogLevel", "INFO")))


def _ms_since(began: float) -> float:
    return (time.monotonic() - began) * 1000

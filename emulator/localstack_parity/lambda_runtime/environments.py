"""Execution environments of a function version: lent to one invocation at a time, stopped if idle.

Takes the place of LocalStack's get_environment, which starts a timer thread after every invocation
and can hand a new environment to two invocations at once.
"""

import contextlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from localstack import config
from localstack.services.lambda_.invocation.assignment import AssignmentException
from localstack.services.lambda_.invocation.execution_environment import (
    ExecutionEnvironment,
    InvalidStatusException,
    RuntimeStatus,
)
from localstack.services.lambda_.invocation.lambda_models import InitializationType
from localstack.services.lambda_.invocation.version_manager import LambdaVersionManager

from localstack_parity.lambda_runtime import debugging
from localstack_parity.lambda_runtime.logs import log_group_name


class Environment(ExecutionEnvironment):
    """An execution environment that logs where AWS does and has no timer of its own."""

    status: RuntimeStatus

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._created = datetime.now(UTC)

    def get_log_group_name(self) -> str:
        """The group that the function is configured to log to."""
        return log_group_name(self.function_version)

    def get_log_stream_name(self) -> str:
        """One stream for the life of the environment: ``2026/03/01/[$LATEST]<32 hex digits>``."""
        return f"{self._created:%Y/%m/%d}/[{self.function_version.id.qualifier}]{self.id}"

    def _get_startup_timeout_seconds(self) -> int:
        """A debugger comes when a person starts it."""
        return (
            int(debugging.LIMIT_S) if debugging.port() else super()._get_startup_timeout_seconds()
        )

    def release(self) -> None:
        """Make the environment available again."""
        with self.status_lock:
            if self.status != RuntimeStatus.INVOKING:
                raise InvalidStatusException(f"{self.id} is {self.status}, so it is not released")
            self.last_returned = datetime.now()
            self.status = RuntimeStatus.READY


class EnvironmentPool:
    """The environments of one function version."""

    def __init__(self, version_manager: LambdaVersionManager) -> None:
        self._manager = version_manager
        self._watch_lock = threading.Lock()
        self._watching = False

    @contextlib.contextmanager
    def borrow(self, provisioning_type: InitializationType) -> Iterator[Environment]:
        """An environment for one invocation: an idle one, or else a new one.

        An environment in which the invocation raises is stopped and not used again.
        """
        service = self._manager.assignment_service
        environment = self._reserve_idle(provisioning_type)
        if environment is None:
            if provisioning_type == InitializationType.provisioned_concurrency:
                raise AssignmentException("No provisioned environment is idle.")
            environment = service.start_environment(
                self._manager.id, self._manager.function_version
            )
            environment.reserve()
            service.environments[self._manager.id][environment.id] = environment
        try:
            yield environment
        except Exception:
            service.stop_environment(environment)
            raise
        # A version that was stopped meanwhile has stopped its environments.
        with contextlib.suppress(InvalidStatusException):
            environment.release()
            self._watch(config.LAMBDA_KEEPALIVE_MS / 1000)

    @contextlib.contextmanager
    def debugged(self, port: int) -> Iterator[Environment]:
        """A new environment that waits for a debugger at a port, and serves one invocation."""
        service = self._manager.assignment_service
        version = self._manager.function_version
        with debugging.at(port):
            environment = Environment(
                function_version=version,
                initialization_type=InitializationType.on_demand,
                on_timeout=service.on_timeout,
                version_manager_id=self._manager.id,
            )
            service.environments[self._manager.id][environment.id] = environment
            try:
                with debugging.ending(version.id.function_name, environment):
                    environment.start()
                    environment.reserve()
                    yield environment
            finally:
                service.stop_environment(environment)

    def _all(self) -> list[Environment]:
        return list(self._manager.assignment_service.environments[self._manager.id].values())

    def _reserve_idle(self, provisioning_type: InitializationType) -> Environment | None:
        for environment in self._all():
            if (
                environment.status == RuntimeStatus.READY
                and environment.initialization_type == provisioning_type
            ):
                with contextlib.suppress(InvalidStatusException):  # another was faster
                    environment.reserve()
                    return environment
        return None

    def _watch(self, delay_s: float) -> None:
        """Look for idle environments after a while, unless that is under way."""
        with self._watch_lock:
            if self._watching or self._manager.shutdown_event.is_set():
                return
            self._watching = True
        timer = threading.Timer(delay_s, self._stop_idle)
        timer.daemon = True
        timer.start()

    def _stop_idle(self) -> None:
        """Stop what has been idle for LAMBDA_KEEPALIVE_MS; look again when the next one is due."""
        with self._watch_lock:
            self._watching = False
        now = datetime.now()
        keepalive = timedelta(milliseconds=config.LAMBDA_KEEPALIVE_MS)
        expiries = []
        for environment in self._all():
            if environment.initialization_type != InitializationType.on_demand:
                continue
            idle = environment.status == RuntimeStatus.READY
            expiry = (environment.last_returned if idle else now) + keepalive
            if expiry <= now:
                environment.keepalive_passed()
            else:
                expiries.append(expiry)
        if expiries:
            self._watch((min(expiries) - now).total_seconds())

"""Runs one invocation: lease, execution environment, result, logs, metrics.

Takes the place of LambdaVersionManager.invoke, which starts threads and calls PutMetricData for
every invocation.
"""

import threading
import time
from collections.abc import Mapping

from localstack.aws.api.lambda_ import (
    InvocationType,
    ServiceException,
    TooManyRequestsException,
)
from localstack.runtime import events as runtime_events
from localstack.services.lambda_.invocation import assignment, lambda_service
from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import (
    InitializationType,
    Invocation,
    InvocationResult,
)
from localstack.services.lambda_.invocation.version_manager import LambdaVersionManager

from localstack_parity import activity
from localstack_parity.lambda_runtime import debugging, metrics
from localstack_parity.lambda_runtime.environments import Environment, EnvironmentPool
from localstack_parity.lambda_runtime.events import EventManager
from localstack_parity.lambda_runtime.logs import LogWriter, events_of


def install(version_manager: LambdaVersionManager) -> None:
    """Give a new version manager our log writer and our way to invoke and to stop.

    The ``lambda_inject_ldm_provisioner`` hook calls this while the manager is being constructed,
    before LocalStack makes environments and an event manager for it: those are ours as well.
    """
    assignment.ExecutionEnvironment = Environment
    lambda_service.LambdaEventManager = EventManager
    version_manager.log_handler = LogWriter(version_manager.function_version)
    invoker = Invoker(version_manager)
    version_manager.invoke = invoker.invoke
    version_manager.stop = invoker.stop


class Invoker:
    """Invokes one function version."""

    def __init__(self, version_manager: LambdaVersionManager) -> None:
        self._manager = version_manager
        self._stop_manager = version_manager.stop
        self._pool = EnvironmentPool(version_manager)
        self._running = 0
        self._running_changed = threading.Condition()

    def invoke(self, *, invocation: Invocation) -> InvocationResult:
        """Run an invocation to its end and return the result, an error of the function included.

        Raises TooManyRequestsException when no concurrency is left, ServiceException while the
        version is being stopped, and what the executor raises when the platform itself fails.
        """
        with self._running_changed:
            if self._manager.shutdown_event.is_set():
                raise ServiceException(f"{self._manager.function_arn} is being stopped.")
            self._running += 1
        try:
            name = self._manager.function_version.id.function_name
            with activity.doing(f"an invocation of {name}"):
                return self._invoke(invocation)
        finally:
            with self._running_changed:
                self._running -= 1
                self._running_changed.notify_all()

    def stop(self) -> None:
        """Take no more invocations, let the running ones end, then stop the version.

        So an update loses nothing: Lambda finishes what runs on the previous version. When the
        emulator itself is stopped nobody waits.
        """
        manager = self._manager
        with self._running_changed:
            manager.shutdown_event.set()
            deadline = time.monotonic() + manager.function_version.config.timeout + 10
            while (
                self._running
                and not runtime_events.infra_stopping.is_set()
                and time.monotonic() < deadline
            ):
                self._running_changed.wait(timeout=1)
        self._stop_manager()

    def _invoke(self, invocation: Invocation) -> InvocationResult:
        manager = self._manager
        invoked_at = time.time()
        try:
            with manager.counting_service.get_invocation_lease(
                manager.function, manager.function_version, manager.provisioned_state
            ) as provisioning_type:
                concurrency, region_concurrency = self._concurrent_executions()
                result = self._run(invocation, provisioning_type)
        except TooManyRequestsException:
            self._measure(invocation, invoked_at, {"Throttles": (1, "Count")})
            raise
        result.executed_version = manager.function_version.id.qualifier
        duration_ms = getattr(result, "duration_ms", (time.time() - invoked_at) * 1000)
        self._measure(
            invocation,
            invoked_at,
            {
                "Invocations": (1, "Count"),
                "Errors": (int(result.is_error), "Count"),
                "Throttles": (0, "Count"),
                "Duration": (duration_ms, "Milliseconds"),
                "ConcurrentExecutions": (concurrency, "Count"),
            },
            {"ConcurrentExecutions": (region_concurrency, "Count")},
        )
        return result

    def _run(self, invocation: Invocation, provisioning: InitializationType) -> InvocationResult:
        synchronous = invocation.invocation_type == InvocationType.RequestResponse
        name = self._manager.function_version.id.function_name
        port = debugging.claim(name) if synchronous else None
        lent = self._pool.debugged(port) if port else self._pool.borrow(provisioning)
        try:
            with lent as environment:
                result = environment.invoke(invocation)
                self._manager.log_handler.add_events(
                    environment.get_log_group_name(),
                    environment.get_log_stream_name(),
                    events_of(result),
                )
                return result
        except StatusErrorException as failed_init:
            return InvocationResult(
                request_id=invocation.request_id,
                payload=failed_init.payload,
                is_error=True,
                logs="",
            )

    def _concurrent_executions(self) -> tuple[int, int]:
        """How many invocations run now, this one included: of the function, and in the region."""
        version = self._manager.function_version.id
        counting = self._manager.counting_service
        scope = (version.account, version.region)
        on_demand = counting.on_demand_concurrency_trackers[scope].concurrent_executions
        provisioned = counting.provisioned_concurrency_trackers[scope].concurrent_executions
        return (
            on_demand[version.unqualified_arn()] + provisioned[version.qualified_arn()],
            sum(list(on_demand.values())) + sum(list(provisioned.values())),
        )

    def _measure(
        self,
        invocation: Invocation,
        at: float,
        values: Mapping[str, tuple[float, str]],
        region_values: Mapping[str, tuple[float, str]] | None = None,
    ) -> None:
        version = self._manager.function_version.id
        metrics.record_values(version, invocation.invoked_arn, at, values, region_values)

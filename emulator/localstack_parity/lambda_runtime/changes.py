"""Creating and updating a function takes a moment, in which it takes no further change.

Meanwhile a new function is Pending and cannot be invoked; one that exists runs what it was, and its
LastUpdateStatus is InProgress. Source: Lambda Developer Guide, "Lambda function states"; the words
are recorded in LocalStack's tests at v4.14.0, `lambda_/test_lambda_api.py`:
`TestLambdaFunction::test_lambda_concurrent_code_updates`. What CloudFormation changes is done when
it is answered: on AWS, too, a stack's next operation finds it settled. So is what a request with
the header X-Tapstack-At-Once changes, which AWS does not know. A function whose update fails stays
Active, and runs what it was.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import replace

from localstack.aws.api import RequestContext
from localstack.aws.api.lambda_ import LastUpdateStatus, ResourceConflictException, State
from localstack.services.lambda_ import provider
from localstack.services.lambda_.invocation.lambda_models import (
    Function,
    FunctionVersion,
    UpdateStatus,
    VersionState,
)
from localstack.services.lambda_.invocation.lambda_service import LambdaService
from localstack.services.lambda_.invocation.models import lambda_stores
from localstack.services.lambda_.invocation.version_manager import LambdaVersionManager

from localstack_parity.authentication.gate import is_internal

VARIABLE = "TAPSTACK_LAMBDA_UPDATE_S"
# AWS takes from half a second to several; a client that looks once a second waits for one anyway.
_USUAL_S = "0.3"
_LONGEST_S = 10.0  # for what another service waits for
_AT_ONCE = "X-Tapstack-At-Once"

_takes_s: ContextVar[float] = ContextVar("seconds that a change takes", default=0.0)


def install() -> None:
    """Have the Lambda service take its time, also the one after a reset."""
    provider.LambdaService = UnhurriedLambdaService


@contextmanager
def taking_time(context: RequestContext) -> Iterator[None]:
    """Let the change that a request makes take as long as on AWS, or no time if it says so.

    The changes that services make take none.
    """
    usual = float(os.environ.get(VARIABLE, _USUAL_S))
    at_once = is_internal(context) or _AT_ONCE in context.request.headers
    token = _takes_s.set(0.0 if at_once else usual)
    try:
        yield
    finally:
        _takes_s.reset(token)


class UnhurriedLambdaService(LambdaService):
    """Creates and updates functions in the time that the request gives it."""

    def __init__(self) -> None:
        super().__init__()
        self._due: dict[str, float] = {}  # by ARN, on the monotonic clock
        self._settled = threading.Condition()

    def create_function_version(self, function_version: FunctionVersion) -> Future[None]:
        """Begin to prepare a version; return when it is done if that takes no time on purpose."""
        takes = _takes_s.get()
        if takes:
            self._due[function_version.qualified_arn] = time.monotonic() + takes
        future: Future[None] = super().create_function_version(function_version)
        if not takes:
            wait([future], _LONGEST_S)
        return future

    def stop_version(self, qualified_arn: str) -> None:
        """Stop a version; one that could not be prepared has nothing to stop."""
        with suppress(ValueError):  # there is no version manager
            super().stop_version(qualified_arn)

    def await_settled(self, function: Function, changes: Callable[[FunctionVersion], bool]) -> None:
        """Wait until nothing `changes` a function any more, or for ten seconds."""
        with self._settled:
            self._settled.wait_for(lambda: not changes(function.latest()), _LONGEST_S)

    def update_version_state(
        self, function_version: FunctionVersion, new_state: VersionState
    ) -> None:
        """Note how the preparation of a version ended."""
        runs_another = function_version.qualified_arn in self.lambda_running_versions
        super().update_version_state(function_version, new_state)
        if runs_another and new_state.state == State.Failed:
            _stay_active(function_version, new_state)

    def _start_lambda_version(self, version_manager: LambdaVersionManager) -> None:
        state = version_manager.start()
        left = self._due.pop(version_manager.function_arn, 0.0) - time.monotonic()
        if left <= 0:
            self._settle(version_manager, state)
            return
        timer = threading.Timer(left, self._settle, (version_manager, state))
        timer.daemon = True
        timer.start()

    def _settle(self, manager: LambdaVersionManager, state: VersionState) -> None:
        with self._settled:
            # Unless the function was deleted meanwhile.
            if self.lambda_starting_versions.get(manager.function_arn) is manager:
                self.update_version_state(manager.function_version, state)
            self._settled.notify_all()


def _stay_active(version: FunctionVersion, failure: VersionState) -> None:
    """Have a function be Active whose update failed: LastUpdateStatus says so, and why."""
    functions = lambda_stores[version.id.account][version.id.region].functions
    if function := functions.get(version.id.function_name):
        known = function.versions[version.id.qualifier]
        update = UpdateStatus(LastUpdateStatus.Failed, failure.code, failure.reason)
        config = replace(known.config, state=VersionState(State.Active), last_update=update)
        function.versions[version.id.qualifier] = replace(known, config=config)


def pending(version: FunctionVersion) -> bool:
    """Say whether a version is being created."""
    return bool(version.config.state.state == State.Pending)


def changing(version: FunctionVersion) -> bool:
    """Say whether a version is being created or updated."""
    update: UpdateStatus | None = version.config.last_update
    if update and update.status == LastUpdateStatus.InProgress:
        return True
    return pending(version)


def refuse_while_changing(version: FunctionVersion) -> None:
    """Raise ResourceConflictException if a version is being created or updated."""
    if not changing(version):
        return
    why = f"An update is in progress for resource: {version.id.unqualified_arn()}"
    if pending(version):
        why = f"The function is currently in the following state: {State.Pending}"
    raise ResourceConflictException(
        f"The operation cannot be performed at this time. {why}", Type="User"
    )

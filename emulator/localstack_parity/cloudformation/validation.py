"""What is wrong with the properties in a template, found before anything is deployed.

AWS: CloudFormation User Guide, "Validate stack deployments". Since June 2026 CreateStack,
UpdateStack and CreateChangeSet look at all properties by the schemas of CloudFormation's registry
first; DisableValidation leaves that out. DescribeEvents returns the findings, of which one alone
fails the operation.

The findings are the FATAL ones of AWS's own validator, the package cloudformation-validate, in its
words. It runs in a process of its own (validator.py), which ends when nobody has asked it for a
while. Findings are kept for each template and its parameters. Names that
are taken are found in existence.py.
"""

import json
import logging
import select
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from localstack.aws.api import RequestContext
from localstack.services.cloudformation.v2.entities import ChangeSet

from localstack_parity.cloudformation import conditions

LOG = logging.getLogger(__name__)

_PATIENCE_S = 60.0
_IDLE_S = 60.0
_KEPT = 256
_BY_SCHEMA = "F3"  # the validator's rules about resources


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a resource; `path` leads to it from the template's root."""

    resource: str
    resource_type: str
    path: str
    message: str
    validation: str = "PROPERTY_VALIDATION"
    mode: str = "FAIL"  # or WARN


class _Process:
    """The validator's process; it is started when it is asked, or before, and ended when idle."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._end: threading.Timer | None = None

    def prepare(self) -> None:
        """Start it, so that the first answer does not have to wait for that."""
        with self._lock:
            self._running()

    def ask(self, request: Mapping[str, Any]) -> Any:
        """Return its answer. Raises OSError if there is none.

        A process that ends before it answers is replaced and asked once more.
        """
        line = json.dumps(request) + "\n"
        with self._lock:
            try:
                return json.loads(self._exchange(line))
            except BrokenPipeError:
                return json.loads(self._exchange(line))

    def _exchange(self, line: str) -> str:
        child = self._running()
        assert child.stdin
        assert child.stdout
        try:
            child.stdin.write(line)
            child.stdin.flush()
            if not select.select([child.stdout], [], [], _PATIENCE_S)[0]:
                raise TimeoutError(f"no answer within {_PATIENCE_S:.0f} s")
            if not (answer := child.stdout.readline()):
                raise BrokenPipeError("the process has ended")
        except OSError:
            self._stop()
            raise
        return answer

    def _running(self) -> subprocess.Popen[str]:
        if self._end:
            self._end.cancel()
        self._end = threading.Timer(_IDLE_S, self._stop_when_idle)
        self._end.daemon = True
        self._end.start()
        if self._child is None or self._child.poll() is not None:
            self._child = subprocess.Popen(
                [sys.executable, "-P", "-m", "localstack_parity.cloudformation.validator"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        return self._child

    def _stop_when_idle(self) -> None:
        with self._lock:
            if threading.current_thread() is self._end:
                self._stop()

    def _stop(self) -> None:
        child, self._child = self._child, None
        if child:
            child.kill()
            child.communicate()


_process = _Process()
_known: OrderedDict[str, list[dict[str, str]]] = OrderedDict()
_keeping = threading.Lock()


def prepare() -> None:
    """Start the validator in the background: a client of CloudFormation may soon deploy."""
    threading.Thread(target=_process.prepare, daemon=True).start()


def is_disabled(context: RequestContext) -> bool:
    """Say whether a request has DisableValidation, which LocalStack's model of it lacks."""
    return str(context.request.values.get("DisableValidation")).lower() == "true"


def findings(change_set: ChangeSet) -> tuple[Finding, ...]:
    """Return what is wrong with the properties in the template of a change set.

    There is nothing if the validator does not answer: the emulator's log says so, and resources
    are looked at when their turn comes (property_checks.py). What the validator says of a
    template's form is left to template_checks.py, which has the words of AWS's answers.
    """
    template = change_set.processed_template
    found = _findings(change_set, template)
    if found and "Conditions" in template:
        # The validator knows less of conditions: what they leave out is wrong in nothing.
        there = {
            (one.resource, one.message)
            for one in _findings(change_set, conditions.in_force(change_set, template))
        }
        found = tuple(one for one in found if (one.resource, one.message) in there)
    return found


def _findings(change_set: ChangeSet, template: Mapping[str, Any]) -> tuple[Finding, ...]:
    answer = _answer(
        {
            "template": json.dumps(template, default=str),
            "parameters": dict(_parameters(change_set)),
            "pseudo_parameters": {
                "account_id": change_set.account_id,
                "region": change_set.region_name,
                "stack_name": change_set.stack.stack_name,
            },
        }
    )
    return tuple(
        Finding(
            one["resource"],
            one["resource_type"],
            "/".join(["/Resources", one["resource"], *one["property_path"].split(".")]),
            one["message"],
        )
        for one in answer
        if one["rule"].startswith(_BY_SCHEMA) and one["property_path"].startswith("Properties")
    )


def _answer(request: Mapping[str, Any]) -> list[dict[str, str]]:
    """The validator's answer to a request, or what it answered when that was asked before."""
    digest = sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
    answer = _known.get(digest)
    if answer is None:
        try:
            answer = list[dict[str, str]](_process.ask(request))
        except OSError as error:
            LOG.warning("A template was not validated: %s", error)
            return []
        with _keeping:
            _known[digest] = answer
            if len(_known) > _KEPT:
                _known.popitem(last=False)
    return answer


def _parameters(change_set: ChangeSet) -> Iterator[tuple[str, str]]:
    """The parameters' values as texts; of a parameter of the Parameter Store what is stored."""
    for name, parameter in change_set.resolved_parameters.items():
        for kind in ("resolved_value", "given_value", "default_value"):
            if (value := parameter.get(kind)) is not None:
                yield name, ",".join(value) if isinstance(value, list) else str(value)
                break

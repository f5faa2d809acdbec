"""Deployment: from a template to a running stack.

Packages are built and uploaded, a change set is executed, and its events are printed as they come.
A failure is a Problem that names the resource, the reason and the log to read.
"""

import time
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from harness.alive import OnProgress
from harness.polling import wait_until
from harness.settings import Settings
from harness.stack.abandoned import undo_abandoned
from harness.stack.artifacts import upload_code
from harness.stack.deployed import Stack
from harness.stack.deployment_lock import deployment_lock
from harness.stack.events import EventLines
from harness.stack.failures import (
    DeploymentFailed,
    deletion_failure,
    deployment_failure,
    validation_findings,
)
from harness.stack.function_code import swap_code
from harness.stack.in_the_way import deployed_ids, make_way, refuse_replacement
from harness.stack.intrinsics import Place
from harness.stack.parameters import deployment_values
from harness.stack.pipeline import Pipeline, read_pipeline
from harness.stack.status import DEADLINE_S, POLL_S, described, new_events, settled_status
from harness.stack.template import (
    CAPABILITIES,
    Template,
    dependency_cycle,
    load_template,
    template_body,
)
from harness.stack.verify import missing_from
from harness.targets import emulator_state
from harness.targets.target import Target

# Nothing but deletion leads on from these ("Stack status codes" of the CloudFormation guide).
_BEYOND_REPAIR = {"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"}
_USABLE = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}
_VALIDATION = "AWS::EarlyValidation"
_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")


def deploy(
    target: Target,
    settings: Settings,
    parameters: Mapping[str, str] | None = None,
    *,
    replace: bool = False,
    on_progress: OnProgress = lambda line: None,
) -> Stack:
    """Bring the stack of these settings to what the template says; nothing to change is success.

    `parameters` are values beyond the suffix, the email and the architecture, which come from the
    settings and the target. A stack that an earlier failure left unusable is deleted first. Without
    `replace`, a stack of which another template would leave less than half is not touched. Raises
    DeploymentFailed, and Problem for bad input.
    """
    with deployment_lock(settings, on_progress):
        return _deploy(target, settings, parameters or {}, replace=replace, on_progress=on_progress)


def bring_up(
    target: Target,
    settings: Settings,
    parameters: Mapping[str, str] | None = None,
    *,
    replace: bool = False,
    state_from: str | None = None,
    on_progress: OnProgress = lambda line: None,
) -> Stack:
    """Start the target, undo what killed runs have left on it, and deploy the stack.

    What is as it should be already is left alone. `state_from` names a saved state to begin with,
    if the target does not run yet. Raises Problem.
    """
    load_template(settings.template)  # before anything is started in vain
    read_pipeline(settings.pipeline)
    if state_from and emulator_state.keeps_files_here(target):
        emulator_state.require_saved(target, state_from)
    with deployment_lock(settings, on_progress):
        started = target.start()
        on_progress(f"{target.name}: {'started' if started else 'runs already'}, {target.endpoint}")
        if state_from:
            _begin_with(state_from, target, started=started, on_progress=on_progress)
        try:
            undo_abandoned(target, on_progress)
            return _deploy(
                target, settings, parameters or {}, replace=replace, on_progress=on_progress
            )
        except KeyboardInterrupt:
            on_progress(f"{target.name} runs on at {target.endpoint}; `tapstack down` stops it")
            raise


def _begin_with(name: str, target: Target, *, started: bool, on_progress: OnProgress) -> None:
    """Load a state into a target that was started for it; otherwise say that it is not loaded."""
    if not started:
        on_progress(
            f"{name} is not loaded, as {target.name} ran already: `tapstack state load` replaces"
        )
        return
    try:
        emulator_state.load(target, name)
    except BaseException:
        target.stop()
        raise
    on_progress(f"{name} is loaded")


def _deploy(
    target: Target,
    settings: Settings,
    parameters: Mapping[str, str],
    *,
    replace: bool,
    on_progress: OnProgress,
) -> Stack:
    template = load_template(settings.template)
    if cycle := dependency_cycle(template):
        raise DeploymentFailed(
            f"The template has a circular dependency: {' → '.join(cycle)}.",
            "Let one of them refer to the other's name instead, or use a custom resource.",
        )
    values = deployment_values(template, settings, target.architecture, parameters)
    cloudformation = target.client("cloudformation")
    account = str(target.client("sts").get_caller_identity()["Account"])
    architecture = values.get("Architecture", target.architecture)
    name = settings.stack_name
    status = settled_status(cloudformation, name)
    deployed = deployed_ids(cloudformation, name) if status in _USABLE else []
    if not replace:
        refuse_replacement(settings, deployed, template)
    zips = upload_code(template, target, settings, account, architecture, on_progress)

    if status in _BEYOND_REPAIR:
        on_progress(f"{name} is {status} since an earlier failure; deleting it first")
        delete_stack(target, name, on_progress=on_progress)
        status = None
    create = status in {None, "REVIEW_IN_PROGRESS"}
    make_way(target, template, values, Place(target.region, account, name), deployed, on_progress)
    changed = _execute_change_set(cloudformation, name, template, values, create=create)
    if changed:
        _follow(target, template, name, seen=changed, on_progress=on_progress)
    else:
        on_progress(f"{name}: nothing to change")
    for function in swap_code(target, name, template, zips):
        on_progress(
            f"{function}: its code was changed outside of the stack; it is the package's again"
        )
    stack = _verified(target, template, settings, account)
    on_progress(f"{name}: {len(template['Resources'])} resources, {len(stack.outputs)} outputs")
    return stack


def find_stack(target: Target, settings: Settings) -> Stack | None:
    """The stack of these settings if it is there and usable, else None."""
    found = described(target.client("cloudformation"), settings.stack_name)
    if not found or found["StackStatus"] not in _USABLE:
        return None
    return _stack(target, found, read_pipeline(settings.pipeline))


def delete_stack(target: Target, name: str, *, on_progress: OnProgress = lambda line: None) -> None:
    """Delete the stack `name` and wait until it is gone. Problem if something of it stays."""
    cloudformation = target.client("cloudformation")
    found = described(cloudformation, name)
    if not found:
        return
    stack_id = found["StackId"]
    before = {event["EventId"] for event in new_events(cloudformation, stack_id, seen=set())}
    cloudformation.delete_stack(StackName=stack_id)
    status = wait_until(
        lambda: (described(cloudformation, stack_id) or {"StackStatus": "DELETE_COMPLETE"})[
            "StackStatus"
        ],
        until=lambda seen: seen in {"DELETE_COMPLETE", "DELETE_FAILED"},
        deadline_s=DEADLINE_S,
        interval_s=POLL_S,
        describe=f"{name} to be deleted",
    )
    if status == "DELETE_FAILED":
        events = list(new_events(cloudformation, stack_id, seen=before))
        raise deletion_failure(name, events, target.log)
    on_progress(f"{name}: deleted")


def _execute_change_set(
    cloudformation: Any,
    name: str,
    template: Template,
    values: Mapping[str, str],
    *,
    create: bool,
) -> set[str]:
    """Make and execute a change set; return the ids of the events before it, or {} if no change.

    A change set and not UpdateStack, for a failure of the latter is a success on LocalStack.
    """
    try:
        made = cloudformation.create_change_set(
            StackName=name,
            ChangeSetName=f"deploy-{time.time_ns()}",
            ChangeSetType="CREATE" if create else "UPDATE",
            TemplateBody=template_body(template),
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value} for key, value in values.items()
            ],
            Capabilities=list(CAPABILITIES),
        )
    except ClientError as error:
        said = error.response["Error"]["Message"].rstrip(".")
        raise DeploymentFailed(
            f"CloudFormation does not accept the template: {said}.",
            "Correct the template; `tapstack gate` runs cfn-lint on it.",
        ) from error
    change_set = made["Id"]
    made_ready = wait_until(
        lambda: cloudformation.describe_change_set(ChangeSetName=change_set),
        until=lambda seen: seen["Status"] in {"CREATE_COMPLETE", "FAILED"},
        deadline_s=DEADLINE_S,
        interval_s=POLL_S,
        describe=f"the change set of {name}",
    )
    if made_ready["Status"] == "FAILED":
        reason = made_ready.get("StatusReason", "no reason given")
        findings = validation_findings(cloudformation, change_set) if _VALIDATION in reason else []
        cloudformation.delete_change_set(ChangeSetName=change_set)
        if any(phrase in reason for phrase in _NO_CHANGES):
            return set()
        said = "; ".join(findings) or reason.rstrip(".")
        raise DeploymentFailed(
            f"The change set of {name} failed: {said}.",
            "Correct the template or the parameters; nothing has been changed.",
        )
    before = {event["EventId"] for event in new_events(cloudformation, made["StackId"], seen=set())}
    cloudformation.execute_change_set(ChangeSetName=change_set)
    return before | {change_set}


def _follow(
    target: Target, template: Template, name: str, *, seen: set[str], on_progress: OnProgress
) -> None:
    """Tell the events of the stack until it is done. Problem if it did not become usable."""
    cloudformation = target.client("cloudformation")
    events: list[dict[str, Any]] = []
    lines = EventLines(on_progress)

    def look() -> str:
        status = str(described(cloudformation, name, required=True)["StackStatus"])
        for event in new_events(cloudformation, name, seen):
            events.append(event)
            lines.take(event)
        lines.waiting(time.time())
        return status

    status = wait_until(
        look,
        until=lambda seen: not seen.endswith("_IN_PROGRESS"),
        deadline_s=DEADLINE_S,
        interval_s=POLL_S,
        describe=f"{name} to be deployed",
    )
    if status not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        raise deployment_failure(name, status, template, events, target.log)


def _verified(target: Target, template: Template, settings: Settings, account: str) -> Stack:
    """The stack, if all that the template declares is there."""
    name = settings.stack_name
    found = described(target.client("cloudformation"), name, required=True)
    stack = _stack(target, found, read_pipeline(settings.pipeline), account)
    if missing := missing_from(target, template, name, stack.outputs):
        raise DeploymentFailed(
            f"{name} is complete by its status but lacks: {', '.join(missing)}.",
            f"Look for the cause in {target.log}; on AWS the deployment would have failed.",
        )
    return stack


def _stack(
    target: Target, found: Mapping[str, Any], pipeline: Pipeline, account: str | None = None
) -> Stack:
    outputs = {o["OutputKey"]: o["OutputValue"] for o in found.get("Outputs", [])}
    # arn:aws:cloudformation:<region>:<account>:stack/<name>/<id>
    owner = account or found["StackId"].split(":")[4]
    return Stack(found["StackName"], target.region, owner, outputs, pipeline)

"""Stacks of a scenario's own, from their first deployment to their removal.

Two environments, side by side and neither of them the person's own, are deployed, changed and
deleted by guarantees about them. Whatever happens, nothing of either environment stays.
"""

import json
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from harness.evidence.check import Check
from harness.evidence.ledger import Ledger
from harness.evidence.observations import Observations, Run
from harness.images.edge_cases import picture
from harness.problems import Problem
from harness.run.contracts import Guarantee, tried, untried
from harness.run.probe import Broken, Probe
from harness.run.scenario import Context
from harness.stack.abandoned import environment_removal
from harness.stack.deploy import delete_stack, deploy
from harness.stack.deployed import Stack
from harness.stack.orphans import Found, empty_buckets, found_of, remove
from harness.stack.package import build
from harness.stack.pipeline import PARTS
from harness.stack.template import Template, load_template
from harness.stack.verify import physical_ids, verify
from harness.targets.undo_log import note

type Facts = Mapping[str, str]  # all that can be read of an environment, each fact by its name
type Changes = Mapping[str, Mapping[str, Any]]  # properties by logical id

_DEADLINE_S = 45.0
_NAMED = 4  # of many things that are wrong


class Environment:
    """A stack under a suffix of its own. `stack` is what it was when it was last deployed."""

    stack: Stack

    def __init__(self, context: Context, suffix: str, home: Path) -> None:
        self.target, self.suffix = context.target, suffix
        self._context = context
        self._settings = replace(
            context.settings,
            suffix=suffix,
            given_stack_name="",
            template=home / f"{suffix}.json",
            # The packages are there already, and the person's own stay as they are.
            build_dir=home,
        )
        self.template = _with_absolute_code(context.settings.template)
        self.parameters: Mapping[str, str] = {}
        self.email = context.settings.email

    @property
    def declared(self) -> frozenset[str]:
        """The parameters that its template has."""
        return frozenset(self.template.get("Parameters") or {})

    def playing(self, part: str) -> str:
        """The logical id of the resource that plays one of the pipeline's parts."""
        value = self.stack.part(part)
        found = [name for name, physical_id in self.ids().items() if physical_id == value]
        if not found:
            raise Broken(f"the output for {PARTS[part]} names no resource of the stack")
        return found[0]

    # --- Changing it --------------------------------------------------------------------------

    def deploy(self, template: Template | None = None, **parameters: str) -> None:
        """Deploy it, with another template or other values from now on, and verify it.

        Raises Broken if it is not as the template says afterwards, Problem if it was not deployed;
        then all stays as it was.
        """
        before = self.template, self.parameters
        self.template = template or self.template
        self.parameters = {**self.parameters, **parameters}
        self._settings.template.write_text(json.dumps(self.template), encoding="utf-8")
        try:
            self.stack = deploy(self.target, self._settings, self.parameters)
        except Problem:
            self.template, self.parameters = before
            self._settings.template.write_text(json.dumps(self.template), encoding="utf-8")
            raise
        self.verify()

    def refuse(self, template: Template | None = None, **parameters: str) -> str:
        """Why such a deployment failed. Broken if it did not, or left anything behind."""
        before = self.facts()
        try:
            self.deploy(template, **parameters)
        except Problem as problem:
            require_same(before, self.facts())
            return problem.happened
        raise Broken("it was deployed all the same")

    def changed(self, changes: Changes, added: Mapping[str, Any] | None = None) -> Template:
        """Its template with other values of some properties, and further resources."""
        template = deepcopy(self.template)
        for name, properties in changes.items():
            if name not in template["Resources"]:
                raise Broken(f"the template has no {name}")
            template["Resources"][name].setdefault("Properties", {}).update(properties)
        template["Resources"].update(added or {})
        return template

    def delete(self) -> None:
        """Delete it. Problem if something of it stays."""
        delete_stack(self.target, self._settings.stack_name)

    def empty(self) -> None:
        """Remove all that its buckets hold."""
        empty_buckets(self.target, self.suffix)

    # --- Looking at it ------------------------------------------------------------------------

    def verify(self) -> None:
        """Read every resource back. Broken if one is not as the template says."""
        verification = verify(self.target, self._settings, self._settings.stack_name)
        if not verification.passed:
            failed = [str(reading) for reading in verification.failed]
            raise Broken(f"it is not as the template says: {listed(failed) or 'nothing is known'}")

    def facts(self) -> Facts:
        """Its template, parameters, outputs, resources with all they have, and what is there."""
        cloudformation, name = self.target.client("cloudformation"), self._settings.stack_name
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        template = cloudformation.get_template(StackName=name)["TemplateBody"]
        readings = verify(self.target, self._settings, name).readings
        return {
            "template": json.dumps(template, sort_keys=True),
            "description": str(stack.get("Description")),
            "tags": str(sorted(stack.get("Tags", []), key=str)),
            **{p["ParameterKey"]: p["ParameterValue"] for p in stack.get("Parameters", [])},
            **{f"output {o['OutputKey']}": o["OutputValue"] for o in stack.get("Outputs", [])},
            **{f"id of {key}": id_ for key, id_ in physical_ids(self.target, name).items()},
            **{
                f"{r.resource}.{r.difference.path}": f"{r.verdict} {r.difference.actual!r}"
                for r in readings
            },
            **{str(found): "there" for found in self.found()},
        }

    def found(self) -> frozenset[Found]:
        """All that carries its suffix, whether its stack knows of it or not."""
        return found_of(self.target, self.suffix)

    def status(self) -> str:
        """The status of its stack."""
        found = self.target.client("cloudformation").describe_stacks(
            StackName=self._settings.stack_name
        )
        return str(found["Stacks"][0]["StackStatus"])

    def ids(self) -> dict[str, str]:
        """Physical ids of its complete resources, by logical id."""
        return physical_ids(self.target, self._settings.stack_name)

    # --- Using it -----------------------------------------------------------------------------

    @contextmanager
    def probing(self) -> Iterator[Probe]:
        """Upload to it and receive its notifications as long as the context lasts."""
        context = self._context
        seen = Observations(
            upload_bucket=self.stack.upload_bucket,
            processed_bucket=self.stack.processed_bucket,
            started=time.time(),
            late_after_s=context.options.late_after_s,
            shows=tuple(sorted(self.target.shows)),
            areas=self.stack.pipeline.judged,
        )
        deadline_s = min(_DEADLINE_S, context.options.patience_s)
        probe = Probe(self.target, self.stack, seen, context.settings.pictures, deadline_s)
        with probe.listening():
            yield probe

    def prove(self) -> None:
        """Upload a picture: its output is right, it is announced and logged."""
        with self.probing() as probe:
            probe.prove([picture("photo.jpg")])
            probe.wait("a line in the function's log", lambda: self.log_lines(probe.seen.started))

    def log_lines(self, since: float) -> list[str]:
        """The first lines that the image function has logged since a time."""
        found = self.target.client("logs").filter_log_events(
            logGroupName=self.stack.log_group, startTime=int(since * 1000)
        )
        return [str(event["message"]) for event in found["events"]]


class Life:
    """Two environments: `one` is changed and deleted, the `other` is there meanwhile.

    `before` is what the other was like once it was deployed.
    """

    before: Facts

    def __init__(self, context: Context, home: Path) -> None:
        build(context.settings, context.target.architecture)
        run = f"life-{secrets.token_hex(3)}"
        self.one, self.other = (Environment(context, f"{run}-{end}", home) for end in "ab")

    def end(self) -> list[str]:
        """Delete both and remove what their stacks leave behind, which is reported."""
        return [line for each in (self.one, self.other) for line in _end(each)]


def live(
    context: Context, birth: Guarantee[Life], steps: Sequence[Guarantee[Life]]
) -> tuple[Run, list[Check]]:
    """Try `birth`, which deploys both environments, then each step, and remove both.

    Without a birth there are no steps. Ctrl-C ends it with what is known so far; what was deployed
    is removed then, too.
    """
    started, reason, kept = time.time(), "", list[Check]()
    left: list[str] | None = None
    with TemporaryDirectory(prefix="tapstack-life-") as home:
        life = Life(context, Path(home))
        suffixes = (life.one.suffix, life.other.suffix)
        undone = note(context.target, *map(environment_removal, suffixes))
        try:
            for each in (birth, *steps):
                kept.append(tried(each, life))
                context.console.print(f"{_word(kept[-1])} {each.title}", highlight=False)
                if each is birth and not kept[-1].passed:
                    break
        except KeyboardInterrupt:
            reason = "it was interrupted"
            context.console.print("interrupted – removing both environments", highlight=False)
        finally:
            left = life.end() if context.target.running() else None
            undone()
    gone = left is None
    if gone:
        reason = f"{context.target.name} stopped during the run"
    seen = Observations(
        upload_bucket=context.stack.upload_bucket,
        processed_bucket=context.stack.processed_bucket,
        started=started,
        late_after_s=context.options.late_after_s,
        elapsed_s=time.time() - started,
        ended_early=reason,
        interrupted=bool(reason) and not gone,
        gone=gone,
        shows=tuple(sorted(context.target.shows)),
    )
    kept += [untried(each) for each in (birth, *steps)[len(kept) :]]
    # The pictures are judged by the guarantees: no ledger knows two pipelines.
    return Run(Ledger([]), seen), [*kept, _nothing_left(left)]


def require_same(before: Facts, after: Facts) -> None:
    """Broken, with what is different, unless both are the same facts."""
    different = [
        f"{name} was {_short(before.get(name))} and is {_short(after.get(name))}"
        for name in (*before, *(name for name in after if name not in before))
        if before.get(name) != after.get(name)
    ]
    if different:
        raise Broken(f"{len(different)} things are not as before: {listed(different)}")


def listed(things: Sequence[object]) -> str:
    """The first few things, and how many more there are."""
    more = f" and {len(things) - _NAMED} more" if len(things) > _NAMED else ""
    return "; ".join(map(str, things[:_NAMED])) + more


def _end(environment: Environment) -> list[str]:
    """Remove an environment; what was left of it when its stack had been deleted."""
    try:
        environment.empty()
        environment.delete()
    except (Problem, BotoCoreError, ClientError) as failure:
        left = [str(getattr(failure, "happened", failure))]
    else:
        left = [str(found) for found in sorted(environment.found())]
    stayed = remove(environment.target, environment.found())
    return left + stayed


def _nothing_left(left: Sequence[str] | None) -> Check:
    return Check(
        "nothing-left",
        "When its stack is deleted, nothing of an environment is left",
        None if left is None else not left,
        "the target is gone" if left is None else listed(left) or "neither of both",
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/"
        "aws-attribute-deletionpolicy.html",
    )


def _with_absolute_code(path: Path) -> Template:
    """The template with each local `Code:` path made absolute, so that it may be anywhere."""
    template = load_template(path)
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if isinstance(properties.get("Code"), str):
            properties["Code"] = str((path.parent / properties["Code"]).resolve())
    return template


def _word(check: Check) -> str:
    return "kept  " if check.passed else "BROKEN"


def _short(value: str | None) -> str:
    text = "not there" if value is None else value
    return text if len(text) <= 100 else f"{text[:100]}…"

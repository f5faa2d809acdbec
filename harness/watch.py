"""Watch: what is saved is deployed at once, and judged by lint beside it.

A function's source becomes its code as UpdateFunctionCode would make it, which replaces its warm
execution environments; a template becomes a change set of the stack. What does not compile, or
what CloudFormation refuses, is said in one line, and what was deployed before stays.
"""

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from watchfiles import DefaultFilter
from watchfiles import watch as changes_below

from harness.alive import OnProgress
from harness.background_lint import BackgroundLint
from harness.error_report import problem_of
from harness.files import shown
from harness.problems import Problem
from harness.settings import Settings
from harness.stack.artifacts import local_code, upload_code
from harness.stack.deploy import deploy
from harness.stack.deployment_lock import deployment_lock
from harness.stack.function_code import swap_code
from harness.stack.parameters import deployment_values
from harness.stack.required.file import FILE_NAME
from harness.stack.template import load_template
from harness.targets.target import Target

_SETTLED_MS = 50  # after the last of several files that an editor or Git writes
_TICK_MS = 250  # how often lint is asked whether it is done


@dataclass(frozen=True)
class Place:
    """The stack that is kept up to date, and with which settings and parameters."""

    target: Target
    settings: Settings
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class Sources:
    """What a deployment is made of: the template, its requirements, the folders of functions."""

    template: Path
    requirements: Path
    functions: frozenset[Path]

    @property
    def folders(self) -> list[Path]:
        """The folders to look at, each with all below it."""
        wanted = {self.template.parent, *self.functions}
        inner = {each for each in wanted for other in wanted if other in each.parents}
        return sorted(folder for folder in wanted - inner if folder.is_dir())

    def holds(self, path: Path) -> bool:
        """Whether a change of this file is one of what is deployed or judged."""
        ours = path in {self.template, self.requirements}
        return ours or any(folder in path.parents for folder in self.functions)


def watch(place: Place, on_progress: OnProgress) -> None:
    """Deploy every change until interrupted; `on_progress` is given one line about each.

    Raises Problem where the target has stopped, or where what is there already cannot be deployed.
    """
    deploy(place.target, place.settings, place.parameters, on_progress=on_progress)
    with BackgroundLint(place.settings, place.target.architecture, place.parameters) as lint:
        lint.begin()
        _follow(place, lint, on_progress)


def _follow(place: Place, lint: BackgroundLint, on_progress: OnProgress) -> None:
    sources = _sources(place.settings)
    while True:
        on_progress(f"watching {', '.join(map(shown, sources.folders))}; Ctrl-C ends it")
        for changed in _changes(sources):
            for line in lint.said():
                on_progress(line)
            if not changed:
                continue
            if _apply(place, sources, changed, on_progress):
                lint.begin()
            if (now := _sources(place.settings, sources)) != sources:
                sources = now
                break  # there is another function: its folder, too


def _changes(sources: Sources) -> Iterator[frozenset[Path]]:
    """The files of each change; none every now and then, so that other work can be looked at."""
    ignored = DefaultFilter()
    for changes in changes_below(
        *sources.folders,
        watch_filter=lambda change, path: ignored(change, path) and sources.holds(Path(path)),
        step=_SETTLED_MS,
        rust_timeout=_TICK_MS,
        yield_on_timeout=True,
        ignore_permission_denied=True,
    ):
        yield frozenset(Path(path) for _, path in changes)


def _apply(
    place: Place, sources: Sources, changed: Collection[Path], on_progress: OnProgress
) -> bool:
    """Deploy a change and tell what came of it; whether there is anything new to lint."""
    began = time.monotonic()
    files = ", ".join(sorted({path.name for path in changed}))
    try:
        if sources.template in changed:
            done = _changed_stack(place)
        elif changed == {sources.requirements}:
            done = "nothing to deploy"
        else:
            done = _changed_functions(place)
    except (Problem, BotoCoreError, ClientError, OSError) as error:
        if not place.target.running():
            raise Problem(
                f"The target {place.target.name} has stopped.", "`tapstack up` starts it again."
            ) from error
        problem = problem_of(error, place.settings.state_dir)
        on_progress(f"{_clock()} {files}: NOT deployed. {_one_line(problem)}")
        return sources.template in changed
    on_progress(f"{_clock()} {files}: {done}, {time.monotonic() - began:.1f} s")
    return True


def _changed_stack(place: Place) -> str:
    lines: list[str] = []
    stack = deploy(place.target, place.settings, place.parameters, on_progress=lines.append)
    same = any(line.endswith("nothing to change") for line in lines)
    return f"{stack.name} {'is as it was' if same else 'updated'}"


def _changed_functions(place: Place) -> str:
    target, settings = place.target, place.settings
    with deployment_lock(settings, lambda line: None):
        template = load_template(settings.template)
        values = deployment_values(template, settings, target.architecture, place.parameters)
        account = str(target.client("sts").get_caller_identity()["Account"])
        architecture = values.get("Architecture", target.architecture)
        zips = upload_code(template, target, settings, account, architecture, lambda line: None)
        swapped = swap_code(target, settings.stack_name, template, zips)
    return f"new code of {', '.join(swapped)}" if swapped else "no function has changed"


def _sources(settings: Settings, before: Sources | None = None) -> Sources:
    """What is deployed now; of a template that cannot be read just now, what it was before."""
    template = settings.template
    try:
        code = local_code(load_template(template), template)
    except Problem:
        if before:
            return before
        raise
    built = settings.build_dir
    folders = {
        settings.root / "lambda" / folder.name if folder.parent == built else folder
        for folder in code.values()
    }
    return Sources(template, template.parent / FILE_NAME, frozenset(folders))


def _one_line(problem: Problem) -> str:
    text = " ".join(f"{problem.happened} {problem.details}".split())
    return text.replace(f"{Path.cwd()}/", "")


def _clock() -> str:
    return f"{datetime.now():%H:%M:%S}"

"""Lint: what is wrong with a template and its functions' packages, before anything is deployed.

cfn-lint and AWS's own validator check the template against AWS's schemas, the rules in rules/ check
what schemas do not know. A finding has a place, a sentence and a source. No network is needed.
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cfnlint.config import ConfigMixIn
from cfnlint.context.parameters import ParameterSet
from cfnlint.match import Match
from cfnlint.runner import Runner

from harness.alive import OnProgress
from harness.files import shown
from harness.lint.aws_validator import opinions
from harness.lint.rules import all_rules
from harness.settings import Settings
from harness.stack.package import build
from harness.stack.parameters import deployment_values
from harness.stack.required.file import FILE_NAME, requirements_of
from harness.stack.template import load_template


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is wrong, at a line and column of a file, found by the rule `id`."""

    file: str
    line: int
    column: int
    id: str
    message: str
    source: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}"
        return f"{place} {self.id} {self.message} ({self.source})"


def lint(
    settings: Settings,
    architecture: str,
    parameters: Mapping[str, str],
    *,
    on_progress: OnProgress,
) -> list[Finding]:
    """All findings in what these settings deploy; the functions' packages are built if need be.

    `architecture` and `parameters` are those that a deployment gives. Problem if the template is no
    template, its requirements are malformed, or the packages cannot be built.
    """
    template = load_template(settings.template)
    if requirements_of(settings.template) is None:
        on_progress(
            f"{settings.template.name} has no {FILE_NAME} beside it: no figure in it is required"
        )
    values = deployment_values(template, settings, architecture, parameters)
    if any(map(partial(_is_built, settings), template["Resources"].values())):
        for package in build(settings, architecture):
            if package.fresh:
                on_progress(
                    f"{package.name}: built, {package.unzipped_bytes / 1e6:.1f} MB unzipped"
                )
    return lint_template(settings.template, values, settings.region)


def lint_template(
    template: Path, parameters: Mapping[str, str], region: str = "us-east-1"
) -> list[Finding]:
    """All findings in a template deployed with these parameters, in the order of their places.

    Packages are judged where the template's Code: paths lead to them.
    """
    sets = [ParameterSet(None, dict(parameters))] if parameters else []
    runner = Runner(ConfigMixIn(["--template", str(template)], regions=[region], parameters=sets))
    runner.rules.extend(all_rules())
    found = {_finding(match) for match in runner.run()}
    return sorted({*found, *_unsaid(found, template, parameters, region)})


def _unsaid(
    found: Set[Finding], path: Path, parameters: Mapping[str, str], region: str
) -> Iterator[Finding]:
    """What AWS's validator adds: no rule of the same number has spoken about that line."""
    said = {(one.line, one.id[1:]) for one in found}
    for one in opinions(path, load_template(path), parameters, region):
        if (one.line, one.id[1:]) not in said:
            yield Finding(shown(path), one.line, one.column, one.id, one.message, one.source)


def _is_built(settings: Settings, resource: Mapping[str, Any]) -> bool:
    """Whether a resource is a function with a package below build/."""
    code = resource.get("Properties", {}).get("Code")
    if resource["Type"] != "AWS::Lambda::Function" or not isinstance(code, str):
        return False
    return (settings.template.parent / code).resolve().parent == settings.build_dir


def _finding(match: Match) -> Finding:
    message = " ".join(match.message.split())
    return Finding(
        shown(Path(match.filename or "")),
        match.linenumber,
        match.columnnumber,
        match.rule.id,
        message,
        match.rule.source_url,
    )

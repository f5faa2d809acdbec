"""Whether a change may go to AWS.

A target and the settings come in; the template is linted and deployed and the gate's scenarios are
run; a verdict and its exit code go out. `tapstack gate` calls it.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from harness.deploy import DeploymentFailed, bring_up
from harness.problems import Problem
from harness.scenario import RunOptions, run_scenario, scenarios
from harness.settings import Settings
from harness.targets import Target
from harness.template import load_template


def run_gate(target: Target, settings: Settings, *, tell: Callable[[str], None]) -> int:
    """Lint, deploy and run the gate's scenarios; return 0 if all passed, 1 if not, 130 if stopped.

    Everything that can still be judged is judged. Raises Problem if the template cannot be read or
    the environment does not allow a verdict.
    """
    load_template(settings.template)
    failed = []
    findings = lint(settings.template)
    for finding in findings:
        tell(finding)
    if findings:
        failed.append(f"cfn-lint ({len(findings)} findings)")
    try:
        stack = bring_up(target, settings, tell=tell)
    except DeploymentFailed as problem:
        tell(str(problem))
        failed.append("deployment")
    else:
        for scenario in scenarios():
            if not scenario.gate:
                continue
            outcome = run_scenario(scenario.name, target, settings, stack, RunOptions())
            if outcome.interrupted:
                return 130
            if not outcome.passed:
                failed.append(scenario.name)
    tell(f"gate: FAILED – {', '.join(failed)}" if failed else "gate: passed")
    return 1 if failed else 0


def lint(template: Path) -> list[str]:
    """What cfn-lint finds in the template, one line per finding. Problem if it cannot tell."""
    command = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run(
        [command, "--format", "parseable", template], capture_output=True, text=True, check=False
    )
    findings = done.stdout.splitlines()
    if bool(findings) != bool(done.returncode):
        raise Problem(
            f"cfn-lint ended with {done.returncode} and no finding.",
            "Its own words are above; ./tapstack install repairs the installation.",
            details=done.stderr.strip(),
        )
    return findings

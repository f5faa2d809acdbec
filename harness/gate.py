"""Whether a change may go to AWS.

A target and the settings come in; the template is linted and deployed, the stack is read back and
the gate's scenarios are run; a verdict and its exit code go out. `tapstack gate` calls it.
"""

from collections.abc import Callable

from harness.deploy import DeploymentFailed, bring_up
from harness.lint import lint
from harness.scenario import RunOptions, run_scenario, scenarios
from harness.settings import Settings
from harness.targets import Target
from harness.verify import verify

# A small day: what is new in a larger one is load, and the gate asks whether all is right.
_OPTIONS = RunOptions(images=300, day_s=20.0)


def run_gate(target: Target, settings: Settings, *, tell: Callable[[str], None]) -> int:
    """Lint, deploy, verify and run the gate's scenarios: 0 if all passed, 1 if not, 130 if stopped.

    Everything that can still be judged is judged. Raises Problem if the template cannot be read or
    the environment does not allow a verdict.
    """
    failed = []
    findings = lint(settings, target.architecture, {}, tell=tell)
    for finding in findings:
        tell(str(finding))
    if findings:
        failed.append(f"lint ({len(findings)} findings)")
    try:
        stack = bring_up(target, settings, tell=tell)
    except DeploymentFailed as problem:
        tell(str(problem))
        failed.append("deployment")
    else:
        verification = verify(target, settings, stack.name)
        for line in verification.lines():
            tell(line)
        if not verification.passed:
            failed.append(f"verify ({len(verification.failed)} properties)")
        for scenario in sorted(scenarios(), key=lambda scenario: scenario.gate):
            if not scenario.gate:
                continue
            try:
                outcome = run_scenario(scenario.name, target, settings, stack, _OPTIONS)
            except DeploymentFailed as problem:
                tell(str(problem))
                failed.append(scenario.name)
                continue
            if outcome.interrupted:
                return 130
            if not outcome.passed:
                failed.append(scenario.name)
    tell(f"gate: FAILED – {', '.join(failed)}" if failed else "gate: passed")
    return 1 if failed else 0

"""The command line: arguments in, exit codes out; the work is done by the modules it calls.

`python -m harness` and ./tapstack come here. Progress goes to standard error, results to standard
output, so that --json can be piped.
"""

import functools
import json
import os
import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from harness.choosing import choose_target, target_to_start, targets_to_stop
from harness.deploy import Stack, bring_up, deploy, find_stack
from harness.iam import read_usage
from harness.iam import readable as permissions_as_text
from harness.logs import follow, log_events, log_groups, readable
from harness.package import archive, build
from harness.problems import Problem
from harness.settings import Settings, positive_count, read_settings
from harness.targets import Target
from harness.unexpected import problem_of

INTERRUPTED = 130  # 128 + SIGINT, as shells say it

EPILOG = """\b
Exit codes:
  0    passed, done
  1    a check failed, or the stack could not be deployed as the template says
  2    usage or environment: bad input, nothing running, no network, no space …
  130  interrupted with Ctrl-C
\b
Environment:
  ENVIRONMENT, NOTIFICATION_EMAIL, TARGET, TAPSTACK_PORT, TAPSTACK_REGION,
  TAPSTACK_TEMPLATE and TAPSTACK_STATE stand for the options; TAPSTACK_REPORTS
  is where reports go; TAPSTACK_DEBUG=1 shows tracebacks. Your own AWS_*
  variables and ~/.aws are never used for a local target.
\b
Targets:
  embedded   the emulator as a process of this machine
  compose    the same emulator in Docker: BASE_IMAGE is what its image is built
             on, TAPSTACK_IMAGE one to use instead; TAPSTACK_MEMORY, TAPSTACK_CPUS
  endpoint   whatever answers at ENDPOINT_URL, on this machine or, with
             ENDPOINT_PRIVATE=1, at an address of a private network
  auto       the one that runs; else compose if Docker answers and the image can
             be had, and embedded if not
"""

_SETTINGS = {
    "suffix": ("NAME", "Environment suffix; ends the name of everything deployed.  [dev]"),
    "email": ("ADDRESS", "Who is subscribed to the notifications.  [ops@example.com]"),
    "target": ("NAME", "Where the stack runs: embedded, compose, endpoint or auto.  [auto]"),
    "port": ("PORT", "Port of the emulator on 127.0.0.1; 0 takes any free one.  [4566]"),
    "region": ("REGION", "AWS region.  [us-east-1]"),
    "template": ("FILE", "CloudFormation template.  [infra/TapStack.yml]"),
    "state": ("FOLDER", "What runs here, and its logs.  [.tapstack]"),
}


def configured(*names: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Give a command the options `names` of _SETTINGS, and its function the Settings they make."""

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        @functools.wraps(command)
        def with_settings(**options: object) -> int:
            chosen = {name: options.pop(name) for name in names}
            chosen["state_dir"] = chosen.pop("state", None)
            return command(read_settings(chosen), **options)

        decorated: Callable[..., int] = with_settings
        for name in reversed(names):
            metavar, text = _SETTINGS[name]
            decorated = click.option(f"--{name}", metavar=metavar, help=text)(decorated)
        return decorated

    return decorate


_ALL = tuple(_SETTINGS)
_as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
_parameters = click.option(
    "--parameter",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter of the template, e.g. ReservedConcurrency=5; may be repeated.",
)


@click.group(
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
def cli() -> None:
    """Run the image pipeline on this machine, drive it, and prove that it works.

    \b
      tapstack up                  start the emulator and deploy the stack
      tapstack run daily-load      2,000 images through it, each one judged
      tapstack down                stop everything
    """


@cli.command()
@configured(*_ALL)
@_parameters
def up(settings: Settings, parameters: tuple[str, ...]) -> int:
    """Start the target and deploy the stack.

    What runs already stays, what is deployed already is updated.

    \b
      tapstack up
      tapstack up --suffix pr-42 --port 4570
    """
    target = target_to_start(settings, _tell)
    stack = bring_up(target, settings, _pairs(parameters), tell=_tell)
    _show_stack(target, stack)
    return 0


@cli.command()
@configured("state", "target")
def down(settings: Settings) -> int:
    """Stop everything; what was deployed is gone.

    The emulator's state is part of its process: nothing is kept between two runs.
    """
    stopped = [target.stop() for target in targets_to_stop(settings)]
    if any(stopped):
        click.echo("Stopped. The emulator keeps nothing: `tapstack up` deploys anew.")
    else:
        click.echo("Nothing was running.")
    return 0


@cli.command()
@configured("suffix", "target", "state")
@_as_json
def status(settings: Settings, *, as_json: bool) -> int:
    """Show what runs and what is deployed.

    \b
      tapstack status
      tapstack status --json | jq -r .stack.outputs.UploadBucketName
    """
    target = choose_target(settings)
    facts = target.status()
    stack = find_stack(target, settings) if target.running() else None
    if as_json:
        _print_json(
            {
                "target": {"name": target.name, **facts},
                "stack": _stack_facts(stack) if stack else None,
            }
        )
        return 0
    click.echo(f"{target.name}: {'running' if target.running() else 'not running'}")
    for name, value in facts.items():
        if value is not None:
            click.echo(f"  {name:<14} {value}")
    if stack:
        _show_stack(target, stack)
    else:
        click.echo(f"{settings.stack_name}: not deployed. `tapstack up` does both.")
    return 0


@cli.command()
@configured("suffix", "target", "state")
@click.option("--follow", "-f", "following", is_flag=True, help="Go on until Ctrl-C.")
@click.option("--lines", "-n", default="50", metavar="N", help="How many of the last.  [50]")
@click.option("--emulator", is_flag=True, help="The emulator's own log instead.")
def logs(settings: Settings, *, following: bool, lines: str, emulator: bool) -> int:
    """Show what the functions logged.

    The last lines of every log group of the stack, oldest first, JSON made readable.

    \b
      tapstack logs --follow
      tapstack logs --emulator -n 200
    """
    count = positive_count(lines, "lines")
    target = choose_target(settings)
    if emulator:
        for line in target.log_lines(count):
            click.echo(line)
        return 0
    stack = _running_stack(target, settings)
    groups = log_groups(target, stack.name)
    events = log_events(target, groups)[-count:]
    for event in events:
        click.echo(readable(event))
    if following:
        shown = {event.id for event in events}
        since = events[-1].time_ms if events else int(time.time() * 1000)
        for event in follow(target, groups, since):
            if event.id not in shown:
                click.echo(readable(event))
    return 0


@cli.command()
@configured("state", "target")
@_as_json
def iam(settings: Settings, *, as_json: bool) -> int:
    """Show what each role used, was denied, and was granted but never used.

    \b
      tapstack run daily-load && tapstack iam
      tapstack iam --json | jq '.[].denied'
    """
    target = choose_target(settings)
    _require_running(target)
    roles = read_usage(target)
    if as_json:
        _print_json(roles)
        return 0
    for line in permissions_as_text(roles):
        click.echo(line)
    return 0


@cli.command(name="build")
@configured("target", "state")
def build_command(settings: Settings) -> int:
    """Build the functions' packages.

    Sources and pinned wheels for the target's architecture; what is up to date is left alone. The
    folders under build/ are what `aws cloudformation package` uploads.
    """
    target = choose_target(settings)
    for package in build(settings, target.architecture):
        zipped = archive(package.folder, settings.state_dir / "artifacts")
        click.echo(
            f"{package.name:<24} {'built' if package.fresh else 'up to date':<10} "
            f"{package.unzipped_bytes / 1e6:6.1f} MB  {zipped}"
        )
    return 0


@cli.command()
@configured(*_ALL)
@_parameters
@_as_json
def lint(settings: Settings, parameters: tuple[str, ...], *, as_json: bool) -> int:
    """Look for what AWS would refuse, before anything is deployed.

    cfn-lint and the project's own rules on the template, with the parameters a deployment would
    give, and on the functions' packages. One line per finding: place, rule, what is wrong, source.

    \b
      tapstack lint --suffix staging
      tapstack lint --json | jq -r .findings[].id
    """
    from harness.lint import lint as find

    target = choose_target(settings)
    findings = find(settings, target.architecture, _pairs(parameters), tell=_tell)
    if as_json:
        _print_json({"passed": not findings, "findings": [asdict(found) for found in findings]})
    else:
        for found in findings:
            click.echo(str(found))
        click.echo(f"{len(findings)} findings" if findings else "No findings.", err=True)
    return 1 if findings else 0


@cli.command(name="deploy")
@configured(*_ALL)
@_parameters
@_as_json
def deploy_command(settings: Settings, parameters: tuple[str, ...], *, as_json: bool) -> int:
    """Deploy the stack to the running target.

    Builds and uploads the packages, executes a change set, tells its events as they come, checks
    that all of the template is there, and prints the outputs.

    \b
      tapstack deploy --parameter ReservedConcurrency=5
    """
    target = choose_target(settings)
    _require_running(target)
    stack = deploy(target, settings, _pairs(parameters), tell=_tell)
    if as_json:
        _print_json(_stack_facts(stack))
    else:
        _show_stack(target, stack)
    return 0


@cli.command()
@configured("suffix", "target", "template", "state")
@_as_json
def verify(settings: Settings, *, as_json: bool) -> int:
    """Prove that the deployed stack is what its template says.

    Reads every resource back through its service's API and compares it, property by property, with
    the template whose parameters have the stack's values; outputs and exports too. What was ignored
    or altered is listed, and what could not be verified.

    \b
      tapstack verify
      tapstack verify --json | jq .failed
    """
    from harness.verify import verify as read_back

    target = choose_target(settings)
    verification = read_back(target, settings, _running_stack(target, settings).name)
    if as_json:
        _print_json(verification.report())
    else:
        for line in verification.lines():
            click.echo(line)
    return 0 if verification.passed else 1


@cli.command()
@click.argument("scenario")
@configured(*_ALL)
@click.option("--images", metavar="N", help="How many images are sent.  [the scenario's own]")
@click.option("--day", metavar="TIME", help="What the day is compressed to, e.g. 60s or 5m.")
@click.option("--seed", default="1", metavar="N", help="The same seed makes the same images.  [1]")
@_as_json
def run(
    settings: Settings,
    scenario: str,
    images: str | None,
    day: str | None,
    seed: str,
    *,
    as_json: bool,
) -> int:
    """Run SCENARIO and judge what came out.

    Starts and deploys first what is not there yet. The report is written below reports/, and
    reports/latest points at it.

    \b
      tapstack run daily-load
      tapstack run daily-load --images 200 --day 30s
      tapstack run daily-load --json | jq .passed
    """
    # Imported late: images and numbers take their time to load, and no other command needs them.
    from harness.scenario import RunOptions, find_scenario, run_scenario

    find_scenario(scenario)
    options = RunOptions(
        images=positive_count(images, "images") if images is not None else None,
        day_s=_seconds(day) if day is not None else None,
        seed=positive_count(seed, "a seed"),
    )
    target = target_to_start(settings, _tell)
    stack = bring_up(target, settings, tell=_tell)
    outcome = run_scenario(scenario, target, settings, stack, options)
    if as_json:
        _print_json(outcome.report)
    if outcome.interrupted:
        return INTERRUPTED
    return 0 if outcome.passed else 1


@cli.command(name="scenarios")
def scenarios_command() -> int:
    """List the scenarios (* belongs to the gate)."""
    from harness.scenario import scenarios

    for known in scenarios():
        click.echo(f"{'*' if known.gate else ' '} {known.name:<20} {known.title}")
    return 0


@cli.command()
@configured(*_ALL)
def gate(settings: Settings) -> int:
    """Judge whether a change may go to AWS.

    Lints the template and the packages, deploys, verifies, and runs the gate's scenarios.
    """
    from harness.gate import run_gate

    return run_gate(target_to_start(settings, _tell), settings, tell=_tell)


@cli.command()
@configured(*_ALL)
@click.option("--images", default="400", metavar="N", help="How many images each way.  [400]")
@_as_json
def bench(settings: Settings, images: str, *, as_json: bool) -> int:
    """Measure the pipeline against a bare loop.

    1280 × 960 JPEGs through the function's imaging on all cores, then through the pipeline, on the
    same machine in the same minute. The result is written to reports/bench.json.
    """
    from harness.bench import run_bench

    count = positive_count(images, "images")
    target = target_to_start(settings, _tell)
    stack = bring_up(target, settings, tell=_tell)
    result = run_bench(target, settings, stack, count, tell=_tell)
    file = settings.reports_dir / "bench.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(result, indent=2) + "\n")
    if as_json:
        _print_json(result)
        return 0
    for name, value in result.items():
        shown = (
            value
            if not isinstance(value, dict)
            else ", ".join(f"{k} {v}" for k, v in value.items())
        )
        click.echo(f"{name:<24} {shown}")
    click.echo(f"{'report':<24} {file}")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code. Whatever happens, no traceback is shown."""
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    try:
        return int(cli.main(given, prog_name="tapstack", standalone_mode=False) or 0)
    except click.Abort:
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    except click.ClickException as error:
        command = (
            error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else ""
        )
        click.echo(f"{error.format_message()} See `{command or 'tapstack'} --help`.", err=True)
        return Problem.exit_code
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get("TAPSTACK_DEBUG") == "1":
            raise
        problem = problem_of(error, _state_dir())
        click.echo(str(problem), err=True)
        return problem.exit_code


def _state_dir() -> Path:
    return Path(os.environ.get("TAPSTACK_STATE") or Settings.state_dir)


def _tell(line: str) -> None:
    click.echo(line, err=True)


def _print_json(document: object) -> None:
    click.echo(json.dumps(document, indent=2, ensure_ascii=False, default=str))


def _pairs(parameters: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for text in parameters:
        name, equals, value = text.partition("=")
        if not (equals and name.isalnum()):
            raise Problem(
                f"{text!r} is not a parameter.", "Write NAME=VALUE, e.g. ReservedConcurrency=5."
            )
        pairs[name] = value
    return pairs


def _seconds(text: str) -> float:
    """The seconds that "90", "90s", "5m" or "1h" say."""
    form = re.fullmatch(r"(\d{1,6}(?:\.\d+)?)(s|m|h|)", text, re.ASCII)
    if not form or float(form[1]) <= 0:
        raise Problem(f"{text!r} is not a time.", "Write it as 60s, 5m or 1h.")
    return float(form[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[form[2]]


def _require_running(target: Target) -> None:
    if not target.running():
        raise Problem(
            f"The target {target.name} is not running.", "`tapstack up` starts it and deploys."
        )


def _running_stack(target: Target, settings: Settings) -> Stack:
    _require_running(target)
    stack = find_stack(target, settings)
    if not stack:
        raise Problem(f"{settings.stack_name} is not deployed.", "`tapstack up` deploys it.")
    return stack


def _stack_facts(stack: Stack) -> dict[str, Any]:
    return {
        "name": stack.name,
        "region": stack.region,
        "account": stack.account,
        "outputs": dict(stack.outputs),
    }


def _show_stack(target: Target, stack: Stack) -> None:
    click.echo(f"\n{stack.name} is deployed in {stack.region}, account {stack.account}\n")
    width = max((len(name) for name in stack.outputs), default=0)
    for name, value in sorted(stack.outputs.items()):
        click.echo(f"  {name:<{width}}  {value}")
    if target.endpoint:
        bucket = stack.outputs.get("UploadBucketName", "BUCKET")
        click.echo(
            f"""
The AWS CLI reaches it with any credentials:
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION={stack.region}
  aws --endpoint-url {target.endpoint} s3 cp photo.jpg s3://{bucket}/uploads/photo.jpg

Next: tapstack run daily-load"""
        )

"""The scenario stack-lifecycle: it passes on the project, and fails on one that breaks a guarantee.

A defect is tried with the guarantees that are about it; the whole is tried on the project as it is.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from harness.evidence.check import Check
from harness.evidence.observations import Run
from harness.run.contracts import Guarantee, guarantee
from harness.run.environments import Environment, Life, live
from harness.run.scenario import Context, RunOptions
from harness.settings import Settings, read_settings
from harness.stack.deploy import delete_stack, deploy
from harness.stack.deployed import Stack
from harness.stack.orphans import found_of
from harness.stack.package import build
from harness.targets.embedded import EmbeddedTarget
from scenarios import stack_lifecycle as scenario
from tests.mutants.code_edits import Rewrite
from tests.mutants.mutant import Editing, copy_project
from tests.mutants.mutant_emulator import mutant_emulator
from tests.mutants.template_edits import Add, Remove, Set

HANDLER = "image_processor/handler"
CUSTOM = "bucket_notifications/handler"

HERE = EmbeddedTarget(Settings()).architecture

LifeStep = Guarantee[Life]


@pytest.fixture
def settings(target: EmbeddedTarget, project_root: Path, tmp_path: Path) -> Settings:
    """Settings of a copy of the project that a test may change."""
    sound = read_settings({"state_dir": tmp_path / "state", "suffix": "person"}, env={})
    build(sound, target.architecture)
    root = tmp_path / "project"
    copy_project(project_root, root)
    shutil.copytree(sound.build_dir, root / "build", copy_function=os.link)
    return replace(
        sound,
        root=root,
        build_dir=root / "build",
        template=root / "infra" / "TapStack.yml",
        reports_dir=tmp_path / "reports",
    )


@pytest.fixture
def context(target: EmbeddedTarget, settings: Settings) -> Context:
    """A run of that copy; it is told of a stack that nobody has deployed, and must not miss it."""
    outputs = {"UploadBucketName": "none", "ProcessedBucketName": "none"}
    stack = Stack(settings.stack_name, target.region, "000000000000", outputs)
    console = Console(quiet=True)
    return Context(target, settings, stack, RunOptions(patience_s=15), console)


Try = Callable[..., dict[str, Check]]


@pytest.fixture
def tried(context: Context) -> Try:
    """Make defects, deploy two environments and try guarantees: all checks by id."""

    def run(edits: Sequence[Editing], *steps: LifeStep) -> dict[str, Check]:
        for edit in edits:
            edit.apply(context.settings.root)
        return by_id(live(context, scenario.deployed, steps))

    return run


def by_id(finished: tuple[Run, list[Check]]) -> dict[str, Check]:
    """The checks of a run."""
    return {check.id: check for check in finished[1]}


def test_it_passes_and_leaves_the_persons_own_stack_alone(
    target: EmbeddedTarget, settings: Settings, context: Context
) -> None:
    """Every guarantee is kept; what was there is as before, and nothing else is left."""
    context.stack = deploy(target, settings)
    own = Environment(context, settings.suffix, settings.root)
    own.deploy()
    before, buckets = own.facts(), _buckets(target)

    finished, checks = scenario.run(replace(context, options=RunOptions()))

    assert [f"{check.id}: {check.detail}" for check in checks if not check.passed] == []
    assert not finished.seen.ended_early
    assert own.facts() == before
    assert _buckets(target) == buckets
    assert found_of(target, "life-") == frozenset()
    delete_stack(target, settings.stack_name)


def _buckets(target: EmbeddedTarget) -> list[str]:
    return [bucket["Name"] for bucket in target.client("s3").list_buckets()["Buckets"]]


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        pytest.param(
            [Set("Outputs.FunctionArn.Export.Name", "TapStack-FunctionArn")],
            "TapStack-FunctionArn is already exported",
            id="an export without the stack's name",
        ),
        pytest.param(
            [Set("ImageProcessorLogGroup.Properties.LogGroupName", "/aws/lambda/image-processor")],
            "ImageProcessorLogGroup",
            id="a log group without the environment's name",
        ),
    ],
)
def test_environments_that_clash_are_found(
    tried: Try, target: EmbeddedTarget, edits: list[Editing], said: str
) -> None:
    """The second environment cannot be deployed; nothing more is tried, and nothing stays."""
    checks = tried(edits, scenario.apart)
    assert checks["deployed"].passed is False
    assert said in checks["deployed"].detail
    assert checks["apart"].passed is None
    assert found_of(target, "life-") == frozenset()


def test_a_metric_that_two_environments_share_is_found(tried: Try) -> None:
    """Without the function's name as a dimension, one's rejections are in the other's alarm."""
    edits = [
        Rewrite(HANDLER, "", "metrics.set_default_dimensions($...DIMENSIONS)", "pass"),
        Remove("RejectedImagesAlarm.Properties.Dimensions.function_name"),
    ]
    checks = tried(edits, scenario.apart)
    assert checks["deployed"].passed, checks["deployed"].detail
    assert checks["apart"].passed is False
    assert "a datapoint of ImagesRejected" in checks["apart"].detail


@pytest.mark.parametrize(
    ("edits", "step"),
    [
        pytest.param(
            [Set("EmailSubscription.Properties.Endpoint", "ops@example.com")],
            scenario.email,
            id="email",
        ),
        pytest.param(
            [
                Set(
                    "ImageProcessor.Properties.ReservedConcurrentExecutions",
                    "!If [ReserveConcurrency, 2, !Ref AWS::NoValue]",
                )
            ],
            scenario.concurrency,
            id="reserved concurrency",
        ),
        pytest.param(
            [
                Set(f"{name}.Properties.Architectures", f"[{HERE}]")
                for name in ("ImageProcessor", "FailureNotifier", "BucketNotificationsFunction")
            ],
            scenario.architecture,
            id="architecture",
        ),
    ],
)
def test_a_parameter_without_effect_is_found(
    tried: Try, edits: list[Editing], step: LifeStep
) -> None:
    """The stack is as its template says, and yet not as whoever gave the parameter wants it."""
    checks = tried(edits, step)
    assert checks["deployed"].passed, checks["deployed"].detail
    assert checks[step.id].passed is False


def test_a_custom_resource_that_ignores_updates_is_found(tried: Try) -> None:
    """After a replacement the bucket still tells the old function, which is gone."""
    ignore = Rewrite(
        CUSTOM,
        "carry_out",
        'wanted = Notifications.of(event["ResourceProperties"])',
        'if event["RequestType"] == "Update":\n'
        '    return str(event["PhysicalResourceId"])\n'
        'wanted = Notifications.of(event["ResourceProperties"])',
    )
    checks = tried([ignore], scenario.replacement)
    assert checks["deployed"].passed, checks["deployed"].detail
    assert checks["replacement"].passed is False


@pytest.fixture
def careless(project_root: Path, tmp_path: Path, settings: Settings) -> Iterator[EmbeddedTarget]:
    """An emulator that says it has updated a log group, and has not."""
    ignore = Rewrite(
        "cloudformation/properties/log_group",
        "update",
        "_configure(request, model)",
        "pass",
        folder="localstack_parity",
    )
    root = tmp_path / "careless"
    installed = project_root / ".tapstack"
    mutant_emulator(project_root, installed, root / ".tapstack", [ignore])
    one = EmbeddedTarget(replace(settings, sources=root, state_dir=root / "state", port=0))
    one.start(background=False)
    yield one
    one.stop()


def test_an_emulator_that_ignores_a_change_is_found(
    context: Context, careless: EmbeddedTarget
) -> None:
    """The stack is UPDATE_COMPLETE; what its services say of it is not what the template says."""
    context = replace(context, target=careless)
    checks = by_id(live(context, scenario.deployed, [scenario.in_place]))
    assert checks["deployed"].passed, checks["deployed"].detail
    assert checks["in-place"].passed is False
    assert "RetentionInDays" in checks["in-place"].detail


def test_a_rollback_that_is_not_exact_is_found(tried: Try) -> None:
    """A custom resource with a new id each time is deleted after its update, and what it made."""
    rename = Rewrite(CUSTOM, "carry_out", "wanted.physical_id", "str(time.time_ns())")
    checks = tried([rename], scenario.failed_update)
    assert checks["deployed"].passed, checks["deployed"].detail
    assert checks["failed-update"].passed is False
    assert "id of BucketNotifications was" in checks["failed-update"].detail


def test_a_role_that_is_left_behind_is_found_and_removed(
    tried: Try, target: EmbeddedTarget
) -> None:
    """DeletionPolicy Retain leaves it in the account; the run says so and does not leave it."""
    kept = Add("ImageProcessorRole.DeletionPolicy", "Retain")
    checks = tried([kept], scenario.deletion)
    assert checks["deletion"].passed is False
    assert "AWS::IAM::Role tapstack-life-" in checks["deletion"].detail
    assert checks["nothing-left"].passed is False
    assert found_of(target, "life-") == frozenset()


def test_buckets_that_outlive_their_stack_are_found(tried: Try, target: EmbeddedTarget) -> None:
    """With DeletionPolicy Retain the stack goes, and its full buckets are nobody's."""
    edits = [
        Set(f"{name}.DeletionPolicy", "Retain") for name in ("UploadBucket", "ProcessedBucket")
    ]
    checks = tried(edits, _filled, scenario.refused_deletion)
    assert checks["filled"].passed, checks["filled"].detail
    assert checks["refused-deletion"].passed is False
    assert found_of(target, "life-") == frozenset()


@guarantee("filled", "")
def _filled(life: Life) -> str:
    """There is something in the buckets."""
    life.one.prove()
    return ""


@guarantee("interrupted", "")
def _interrupted(life: Life) -> str:
    """Somebody presses Ctrl-C."""
    raise KeyboardInterrupt


def test_ctrl_c_leaves_nothing(context: Context, target: EmbeddedTarget) -> None:
    """Both environments are removed, with what is in them, and the rest was not checked."""
    finished, checks = live(context, scenario.deployed, [_filled, _interrupted, scenario.untouched])
    kept = {check.id: check.passed for check in checks}
    assert kept == {
        "deployed": True,
        "filled": True,
        "interrupted": None,
        "untouched": None,
        "nothing-left": True,
    }
    assert finished.seen.interrupted
    assert found_of(target, "life-") == frozenset()

"""The scenario bad-images: it passes on the sound project, and fails on a broken promise."""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from rich.console import Console

from harness.deploy import deploy
from harness.package import build
from harness.scenario import RunOptions, RunResult, run_scenario
from harness.settings import Settings, read_settings
from harness.targets import EmbeddedTarget
from tests.mutants.mutant import Edit, copy_project, template

_OPTIONS = RunOptions(images=4, day_s=2.0)


@dataclass(frozen=True)
class Place:
    """An emulator for the tests of this file, and where they put their projects."""

    target: EmbeddedTarget
    settings: Settings
    folder: Path

    def run(self, name: str, edits: Sequence[Edit] = (), patience_s: float = 250) -> RunResult:
        """Run the scenario on the project with these edits, deployed as an environment `name`."""
        root = self.folder / name
        copy_project(self.settings.root, root)
        for edit in edits:
            edit.apply(root)
        settings = replace(
            self.settings,
            root=root,
            build_dir=root / "build",
            template=root / "infra" / "TapStack.yml",
            reports_dir=root / "reports",
            suffix=name,
        )
        build(settings, self.target.architecture)
        stack = deploy(self.target, settings)
        options = replace(_OPTIONS, patience_s=patience_s)
        quiet = Console(file=io.StringIO())
        return run_scenario("bad-images", self.target, settings, stack, options, quiet)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """It is gone when the tests of this file are."""
    folder = tmp_path_factory.mktemp("bad-images")
    settings = read_settings({"state_dir": folder / "state", "port": "0"}, env={})
    target = EmbeddedTarget(settings)
    target.start(background=False)
    yield Place(target, settings, folder)
    target.stop()


def test_the_project_as_it_is_passes(place: Place) -> None:
    """Good ones processed, bad ones refused once, the alarm raised and over."""
    result = place.run("sound")
    assert _broken(result) == {}
    images = result.report["images"]
    assert result.passed
    assert images["rejected"] > 20
    assert images["processed"] + images["rejected"] == images["planned"]
    assert all(check["passed"] for check in result.report["checks"])
    assert any("ahead of the clock" in each for each in result.report["compressed"])


def _function(module: str, old: str, new: str) -> Edit:
    return Edit(f"lambda/image_processor/{module}.py", old, new)


@pytest.mark.parametrize(
    ("edits", "check", "words"),
    [
        pytest.param(
            [
                _function(
                    "handler", "except Rejection as rejection:", "except KeyError as rejection:"
                )
            ],
            "errors",
            "errors in",
            id="a bad image is a fault and is tried again",
        ),
        pytest.param(
            [_function("announcements", '"action": rejection.action', '"action": ""')],
            "reasons",
            "without action",
            id="nobody is told what to do",
        ),
        pytest.param(
            [_function("handler", '_count("ImagesRejected")', "pass")],
            "rejection-metric",
            "0 of",
            id="rejections are not counted",
        ),
        pytest.param(
            [
                _function(
                    "handler",
                    'if not receipts.claim(_S3, upload, invocation, "rejected"):',
                    "announcements.publish(_SNS, TOPIC_ARN, announcements.rejected(upload, "
                    "rejection, announcements.timestamp(), invocation.request_id))\n"
                    '    if not receipts.claim(_S3, upload, invocation, "rejected"):',
                )
            ],
            "one-notification",
            "with exactly one",
            id="a bad image is announced twice",
        ),
        pytest.param(
            [
                template("AlarmActions: [!Ref NotificationTopic]", "", "RejectedImagesAlarm"),
            ],
            "alarm-raised",
            "nobody was told",
            id="the alarm tells nobody",
        ),
        pytest.param(
            [template("OKActions: [!Ref NotificationTopic]", "", "RejectedImagesAlarm")],
            "alarm-ended",
            "nobody was told",
            id="nobody hears that it is over",
        ),
        pytest.param(
            [
                _function(
                    "containers",
                    "    if not order:\n        return 1",
                    "    if not order:\n        raise _cut_off(exif)",
                )
            ],
            "no-errors-told",
            "rejected",
            id="broken EXIF is refused",
        ),
    ],
)
def test_a_broken_promise_is_seen(
    place: Place, request: pytest.FixtureRequest, edits: Sequence[Edit], check: str, words: str
) -> None:
    """The check that is there for it fails, and says what was seen."""
    name = re.sub("[^a-z]+", "-", request.node.callspec.id.lower())[:18].strip("-")
    result = place.run(name, edits, patience_s=10)
    assert not result.passed
    assert words in _broken(result)[check]


def _broken(result: RunResult) -> dict[str, str]:
    """What failed, and its words."""
    return {c["id"]: c["detail"] for c in result.report["checks"] if c["passed"] is False}

"""The harness for a pipeline of another project: examples/previews, from outside the checkout."""

import json
import shutil
from pathlib import Path

import pytest

from harness.targets.embedded import EmbeddedTarget
from tests.integration.conftest import Tapstack

STACK = "previews"


@pytest.fixture
def project(project_root: Path, tmp_path: Path) -> Path:
    """A copy of the example."""
    return Path(shutil.copytree(project_root / "examples" / "previews", tmp_path / "previews"))


@pytest.fixture
def here(project: Path, target: EmbeddedTarget) -> dict[str, str]:
    """What its commands find in the environment."""
    return {
        "TAPSTACK_STATE": str(target.state_dir),
        "TAPSTACK_TEMPLATE": str(project / "infra" / "template.yml"),
        "TAPSTACK_STACK_NAME": STACK,
    }


def test_each_picture_is_judged_by_the_projects_own_scenario(
    tapstack: Tapstack, project: Path, here: dict[str, str], tmp_path: Path
) -> None:
    """It passes as it is, and fails when previews are not grey any more."""
    linted = tapstack("lint", **here)
    assert linted.returncode == 0, linted.stdout
    up = tapstack("up", **here)
    assert up.returncode == 0, up.stderr
    assert "run preview-day`" in up.stdout
    status = json.loads(tapstack("status", "--json", **here).stdout)
    assert status["stack"]["name"] == STACK
    verified = tapstack("verify", **here)
    assert verified.returncode == 0, verified.stdout
    day = ("run", "preview-day", "--images", "40", "--day", "5s")
    passed = tapstack(*day, **here)
    assert passed.returncode == 0, passed.stderr
    assert "40 planned, 40 uploaded, 40 processed" in passed.stderr
    ledger = (tmp_path / "reports" / "latest" / "ledger.jsonl").read_text().splitlines()
    image = json.loads(ledger[0])
    explained = tapstack("explain", image["output_key"], **here)
    assert explained.stdout.startswith(image["key"]), explained.stderr

    handler = project / "lambda" / "make_preview" / "handler.py"
    text = handler.read_text()
    assert 'grey = upright.convert("RGB").convert("L")' in text
    handler.write_text(text.replace('convert("RGB").convert("L")', 'convert("RGB")'))
    failed = tapstack(*day, **here)
    report = json.loads((tmp_path / "reports" / "latest" / "report.json").read_text())
    assert failed.returncode == 1, failed.stderr
    wrong = {check["id"] for check in report["checks"] if check["passed"] is False}
    assert wrong == {"pixels"}
    assert report["images"]["wrong"] > 30


def test_its_stack_is_not_replaced_by_ours(
    tapstack: Tapstack, here: dict[str, str], target: EmbeddedTarget
) -> None:
    """Nor ours by it; nobody was asked, so it is 2, and nothing has changed."""
    assert tapstack("up", **here).returncode == 0
    ours = tapstack("up", "--stack-name", STACK, TAPSTACK_STATE=here["TAPSTACK_STATE"])
    assert ours.returncode == 2
    assert f"{STACK} was deployed from another template" in ours.stderr
    assert "--replace" in ours.stderr
    assert tapstack("destroy", **here).returncode == 2
    stacks = target.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    assert {each["OutputKey"] for each in stacks[0]["Outputs"]} >= {"Pictures", "PreviewMaker"}

    gone = tapstack("destroy", "--yes", **here)
    assert gone.returncode == 0, gone.stderr
    assert f"{STACK} is not deployed" in tapstack("verify", **here).stderr


def test_scenarios_lists_its_own_first(tapstack: Tapstack, here: dict[str, str]) -> None:
    listed = tapstack("scenarios", **here).stdout.splitlines()
    assert listed[0].split()[:2] == ["gate", "preview-day"]
    assert [line for line in listed[1:] if line.startswith("gate")] == []

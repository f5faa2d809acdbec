"""`tapstack lint` as a person or a CI job runs it."""

import json
from pathlib import Path

import pytest

from tests.integration.conftest import Tapstack


@pytest.fixture
def template(project_root: Path, tmp_path: Path) -> Path:
    """A copy of the project's template that leads to the same packages."""
    text = (project_root / "infra" / "TapStack.yml").read_text()
    copy = tmp_path / "TapStack.yml"
    copy.write_text(text.replace("../build/", f"{project_root / 'build'}/"))
    return copy


def test_the_project_has_no_findings(tapstack: Tapstack) -> None:
    """cfn-lint and every rule of our own, on the template and on the packages as they are built."""
    done = tapstack("lint")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.endswith("No findings.\n")


def test_a_finding_is_one_line_with_its_place_and_source(
    tapstack: Tapstack, template: Path
) -> None:
    """File, line, column, rule, what is wrong and where to read about it; exit code 1."""
    before, found, after = template.read_text().partition("MemorySize: 512")
    template.write_text(f"{before}MemorySize: 20000{after}")
    number = before.count("\n") + 1
    done = tapstack("lint", "--template", str(template))
    assert (bool(found), done.returncode) == (True, 1)
    (line,) = done.stdout.splitlines()
    assert line.startswith(
        f"{template}:{number}:7 E9201 20000 MB; Lambda has 10240 (https://docs.aws."
    )


def test_findings_can_be_had_as_json(tapstack: Tapstack, template: Path) -> None:
    """For machines: whether it passed, and every finding with its parts."""
    template.write_text(template.read_text().replace("MemorySize: 512", "MemorySize: 64"))
    done = tapstack("lint", "--template", str(template), "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["passed"]) == (1, False)
    assert {finding["id"] for finding in report["findings"]} == {"E3034"}
    assert {"file", "line", "column", "id", "message", "source"} == set(report["findings"][0])


def test_parameters_of_the_deployment_count(tapstack: Tapstack) -> None:
    """What a deployment would be given is judged, not only the defaults."""
    done = tapstack("lint", "--parameter", "ReservedConcurrency=10001")
    assert done.returncode == 1
    assert "E9111 ReservedConcurrency=10001: more than MaxValue 10000" in done.stdout


def test_findings_as_annotations_and_in_the_summary_of_a_step(
    tapstack: Tapstack, template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As GitHub Actions takes them; the summary is the file that it names."""
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    template.write_text(template.read_text().replace("MemorySize: 512", "MemorySize: 20000"))
    done = tapstack("lint", "--template", str(template), "--format", "github")
    assert done.returncode == 1
    assert done.stdout.startswith(f"::error file={template},line=")
    assert summary.read_text(encoding="utf-8").startswith("## ✖ lint: 1 finding\n")

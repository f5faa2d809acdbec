from pathlib import Path

from harness.gate import lint


def test_the_projects_template_has_no_findings(project_root: Path) -> None:
    """infra/TapStack.yml is cfn-lint clean."""
    assert lint(project_root / "infra" / "TapStack.yml") == []


def test_a_finding_is_one_line_with_its_place(tmp_path: Path) -> None:
    """File, line and rule are in it."""
    template = tmp_path / "template.yml"
    template.write_text("Resources:\n  Topic: {Type: AWS::SNS::Topic, Properties: {Nope: 1}}\n")
    (finding,) = lint(template)
    assert finding.startswith(f"{template}:2:")
    assert "E3002" in finding

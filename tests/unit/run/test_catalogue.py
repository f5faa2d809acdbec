"""The scenarios of a project's own, beside TapStack's."""

from pathlib import Path

import pytest

from harness.problems import Problem
from harness.run.catalogue import find_scenario, scenarios
from harness.settings import ROOT, Settings, read_settings

OWN = 'TITLE = "its own"\nNEEDS = {"faults"}\n\n\ndef run(context):\n    """Nothing."""\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a template, a function and a scenario of its own."""
    for name in ("infra", "lambda", "scenarios"):
        (tmp_path / name).mkdir()
    (tmp_path / "scenarios" / "preview_day.py").write_text(OWN)
    return tmp_path


def settings_of(project: Path) -> Settings:
    return read_settings({"template": project / "infra" / "template.yml"}, env={})


def gate_of(project: Path, gate: str) -> None:
    text = (ROOT / "infra" / "pipeline.yml").read_text()
    (project / "infra" / "pipeline.yml").write_text(f"{text}\ngate: {gate}\n")


def test_a_projects_scenarios_stand_beside_ours(project: Path) -> None:
    known = scenarios(settings_of(project))
    found = find_scenario("preview-day", settings_of(project))
    assert (found.title, found.gate, set(found.needs)) == ("its own", 0, {"faults"})
    assert {each.name for each in known} - {each.name for each in scenarios()} == {"preview-day"}
    assert [e.name for e in known if e.gate] == [e.name for e in scenarios() if e.gate]


def test_the_gate_is_what_pipeline_yml_says(project: Path) -> None:
    gate_of(project, "[preview-day, daily-load]")
    known = scenarios(settings_of(project))
    assert [each.name for each in known if each.gate] == ["preview-day", "daily-load"]
    gate_of(project, "[nightly]")
    with pytest.raises(Problem, match="the gate has a scenario 'nightly', and there is none"):
        scenarios(settings_of(project))


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("daily_load", OWN, "has the name of a scenario of TapStack's own, daily-load."),
        ("other", 'TITLE = "x"\n', "is no scenario: it has no run."),
        ("other", "import nosuch\n", "cannot be imported: ModuleNotFoundError: No module named"),
    ],
)
def test_a_file_that_is_no_scenario_is_named(
    project: Path, name: str, text: str, sentence: str
) -> None:
    (project / "scenarios" / f"{name}.py").write_text(text)
    with pytest.raises(Problem) as raised:
        scenarios(settings_of(project))
    assert f"{name}.py" in raised.value.happened
    assert sentence in raised.value.happened
    assert raised.value.exit_code == 2

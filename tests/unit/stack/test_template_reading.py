from pathlib import Path

import pytest

from harness.problems import Problem
from harness.stack.template import dependency_cycle, load_template, template_body


def _template(folder: Path, text: str) -> Path:
    path = folder / "template.yml"
    path.write_text(text)
    return path


def test_short_tags_become_the_long_forms(tmp_path: Path) -> None:
    """CloudFormation's intrinsic functions survive, also nested and as sequences."""
    path = _template(
        tmp_path,
        """
        Resources:
          Topic:
            Type: AWS::SNS::Topic
            Properties:
              Version: 2012-10-17
              Sub: !Sub "${A}-x"
              GetAtt: !GetAtt A.B.C
              Join: !Join ["", [a, !Ref B]]
              If: !If [C, !Ref AWS::NoValue, 1]
              With: !Sub ["${a}", {a: !Ref B}]
              And: !And [!Condition D, !Equals [a, b]]
        """,
    )
    assert load_template(path)["Resources"]["Topic"]["Properties"] == {
        "Version": "2012-10-17",
        "Sub": {"Fn::Sub": "${A}-x"},
        "GetAtt": {"Fn::GetAtt": ["A", "B.C"]},
        "Join": {"Fn::Join": ["", ["a", {"Ref": "B"}]]},
        "If": {"Fn::If": ["C", {"Ref": "AWS::NoValue"}, 1]},
        "With": {"Fn::Sub": ["${a}", {"a": {"Ref": "B"}}]},
        "And": {"Fn::And": [{"Condition": "D"}, {"Fn::Equals": ["a", "b"]}]},
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Resources:\n  A: [1\n", "line 3"),
        ("Resources:\n\tA: 1\n", "line 2, column 1"),
        ("", "not a CloudFormation template"),
        ("just text", "not a CloudFormation template"),
        ("Resources: {A: {Properties: {}}}", "not a CloudFormation template"),
        ("Resources: {A: {Type: AWS::SNS::Topic, Properties: 7}}", "not a CloudFormation template"),
        ("Resources: []", "not a CloudFormation template"),
        ("Resources: \x00", "does not parse"),
    ],
)
def test_what_is_no_template_is_a_problem(tmp_path: Path, text: str, said: str) -> None:
    """The problem names the file, and the place where there is one."""
    path = _template(tmp_path, text)
    with pytest.raises(Problem, match=said) as problem:
        load_template(path)
    assert str(path) in problem.value.happened


@pytest.mark.parametrize("endless", [False, True])
def test_a_template_without_an_end_is_a_problem(tmp_path: Path, endless: bool) -> None:
    """No more of it is read than CloudFormation takes."""
    path = Path("/dev/zero") if endless else _template(tmp_path, "#" * (1024**2 + 1))
    with pytest.raises(Problem, match="longer than 1 MB"):
        load_template(path)


def test_a_missing_template_is_a_problem(tmp_path: Path) -> None:
    """The problem names the file that is not there."""
    with pytest.raises(Problem, match=r"nowhere\.yml cannot be read"):
        load_template(tmp_path / "nowhere.yml")


def test_a_template_longer_than_cloudformation_takes_is_a_problem() -> None:
    """51,200 bytes are the limit of a template that is sent along."""
    with pytest.raises(Problem, match="51200"):
        template_body({"Description": "x" * 60_000, "Resources": {}})


def test_the_projects_template_loads(project_root: Path) -> None:
    """The template of the repository is one that deploy can send."""
    template = load_template(project_root / "infra" / "TapStack.yml")
    assert "ImageProcessor" in template["Resources"]
    assert template_body(template)


@pytest.mark.parametrize(
    "reference",
    [
        "{DependsOn: B}",
        "{DependsOn: [B]}",
        "{Properties: {Name: !Ref B}}",
        "{Properties: {Name: [{Deep: !GetAtt B.Arn}]}}",
        '{Properties: {Name: !Sub "x-${B.Arn}"}}',
        '{Properties: {Name: !Sub ["x-${B}", {}]}}',
    ],
)
def test_resources_that_wait_for_each_other_are_found(tmp_path: Path, reference: str) -> None:
    """Whatever form the references have, the cycle is told by name."""
    template = load_template(
        _template(
            tmp_path,
            f"""
            Resources:
              A: {{Type: T, {reference[1:]}
              B: {{Type: T, Properties: {{Name: !Ref A}}}}
              C: {{Type: T, DependsOn: B}}
            """,
        )
    )
    cycle = dependency_cycle(template)
    assert cycle[0] == cycle[-1]
    assert set(cycle) == {"A", "B"}


def test_names_of_others_are_no_dependencies(project_root: Path, tmp_path: Path) -> None:
    """Parameters, pseudo parameters and literals do not count; the project's own is in order."""
    text = 'Resources: {A: {Type: T, Properties: {X: !Sub "${!A} ${AWS::Region}", Y: !Ref P}}}'
    assert not dependency_cycle(load_template(_template(tmp_path, text)))
    assert not dependency_cycle(load_template(project_root / "infra" / "TapStack.yml"))


# Each level is nine times the one before: 9 to the 11th texts, out of 400 bytes.
_BOMB = "Resources: {A: {Type: AWS::SNS::Topic}}\nX:\n  a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + (
    "".join(f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(_BOMB, "line 4, column 12: CloudFormation takes no YAML aliases", id="bomb"),
        pytest.param("Resources: " + "[" * 3000, "nested more than 200 deep", id="YAML"),
        pytest.param('{"Resources": ' + '{"a": ' * 3000, "nested more than 200 deep", id="JSON"),
        pytest.param("A: &a {B: c}\nD: {<<: *a}", "no YAML aliases", id="merge"),
        pytest.param("Resources: {[1, 2]: {Type: A}}", "a name must be text", id="key"),
    ],
)
def test_what_cloudformation_cannot_read_is_refused_at_once(
    tmp_path: Path, text: str, said: str
) -> None:
    """Whatever it would become, it is no larger than its file, with the place that is wrong."""
    with pytest.raises(Problem, match=said):
        load_template(_template(tmp_path, text))


def test_names_are_texts_whatever_yaml_makes_of_them(tmp_path: Path) -> None:
    """CloudFormation reads YAML as JSON, whose names are all texts: 1, yes and 2012-10-17 too."""
    text = "Resources: {1: {Type: AWS::SNS::Topic}, yes: {Type: AWS::SNS::Topic}}"
    assert list(load_template(_template(tmp_path, text))["Resources"]) == ["1", "yes"]


def test_what_was_read_may_be_changed(tmp_path: Path) -> None:
    """A template is parsed once, and each who reads it has one of their own."""
    path = tmp_path / "template.yml"
    path.write_text("Resources: {Queue: {Type: 'AWS::SQS::Queue', Properties: {}}}")
    load_template(path)["Resources"].clear()
    assert list(load_template(path)["Resources"]) == ["Queue"]
    path.write_text("Resources: {Topic: {Type: 'AWS::SNS::Topic', Properties: {}}}")
    assert list(load_template(path)["Resources"]) == ["Topic"]

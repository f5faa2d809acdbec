"""Each rule finds its defect in the project's template, and nothing else is found in it."""

import ast
import pkgutil
from importlib import import_module
from pathlib import Path

import pytest
from cfnlint.config import ConfigMixIn
from cfnlint.runner import Runner
from cloudformation_validate import CompositeEngine

from harness.lint import lint_template, rules
from harness.lint.rule import StackRule
from harness.lint.rules import all_rules
from harness.lint.sources import imports_of
from harness.stack.required.file import FILE_NAME
from tests.unit.lint.conftest import Lint
from tests.unit.lint.defects import ACCESS_LOGS, DEFECTS, SUFFIX


@pytest.fixture(scope="module")
def template(project_root: Path) -> Path:
    """The project's template."""
    return project_root / "infra" / "TapStack.yml"


@pytest.fixture(scope="module")
def infra(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder beside packages with the functions' sources and empty modules they depend on."""
    root = tmp_path_factory.mktemp("project")
    for source in (project_root / "lambda").glob("*/"):
        package = root / "build" / source.name
        package.mkdir(parents=True)
        for file in source.glob("*.py"):
            (package / file.name).write_bytes(file.read_bytes())
    for file in (project_root / "lambda" / "image_processor").glob("*.py"):
        for found in imports_of(ast.parse(file.read_text()), str(file)):
            if found.module.startswith(("PIL", "aws_lambda_powertools")):
                package = root / "build" / "image_processor"
                package.joinpath(*found.module.split(".")).mkdir(parents=True, exist_ok=True)
    (root / "infra").mkdir()
    (root / "infra" / FILE_NAME).write_bytes((project_root / "infra" / FILE_NAME).read_bytes())
    return root / "infra"


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [pytest.param(rule, old, new, id=f"{rule}-{what}") for rule, what, old, new in DEFECTS],
)
def test_a_rule_finds_its_defect(
    template: Path, infra: Path, lint: Lint, rule: str, old: str, new: str
) -> None:
    """One change to the template is found by the rule that is about it."""
    text = template.read_text()
    assert old in text
    found = lint(text.replace(old, new, 1), folder=infra)
    assert rule in {finding.split()[0] for finding in found}, found


def test_the_template_has_no_finding(template: Path, infra: Path, lint: Lint) -> None:
    """What is right is not found fault with."""
    assert lint(template.read_text(), folder=infra) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(
            "Resource: !Sub ${UploadBucket.Arn}/uploads/*\n",
            "Resource: !Sub ${UploadBucket.Arn}/uploads/*\n                Condition:\n"
            "                  StringEquals: {aws:ResourceAccount: !Ref AWS::AccountId}\n"
            '                  NumericGreaterThanEquals: {s3:TlsVersion: "1.2"}\n',
            id="conditions that every request of a function meets",
        ),
        pytest.param(
            "\nConditions:\n",
            "\nRules:\n  Prod:\n    RuleCondition: !Equals [!Ref EnvironmentSuffix, prod]\n"
            "    Assertions:\n      - Assert: !Not [!Equals [!Ref NotificationEmail, "
            "ops@example.com]]\n"
            "Conditions:\n  Prod: !Equals [!Ref EnvironmentSuffix, prod]\n",
            id="a value that the template's own rules refuse",
        ),
        pytest.param(
            "\nOutputs:\n",
            ACCESS_LOGS,
            id="access logs that expire",
        ),
        pytest.param(
            "[.jpg, .jpeg, .png]", "[.jpg, .jpeg, .png, .JPG]", id="more than what is required"
        ),
        pytest.param(
            "Threshold: 5\n      ComparisonOperator: GreaterThanThreshold",
            "Threshold: 6\n      ComparisonOperator: GreaterThanOrEqualToThreshold",
            id="what is required, in other words",
        ),
    ],
)
def test_what_aws_takes_is_not_found_fault_with(
    template: Path, infra: Path, lint: Lint, old: str, new: str
) -> None:
    """GIVEN a change that is right on AWS THEN no rule complains."""
    text = template.read_text()
    assert old in text
    assert lint(text.replace(old, new, 1), folder=infra) == []


def test_the_template_has_no_finding_in_china(template: Path, infra: Path, lint: Lint) -> None:
    """Another partition has other ARNs, and the same template fits it."""
    assert lint(template.read_text(), folder=infra, region="cn-north-1") == []


def test_every_rule_says_what_it_is_about() -> None:
    """Each rule has an id of its own, one line of reason and a source."""
    rules = all_rules()
    assert len({rule.id for rule in rules}) == len(rules)
    assert all(rule.shortdesc and rule.source_url.startswith("https://") for rule in rules)


def test_every_rule_is_registered_under_the_service_that_its_file_is_named_after() -> None:
    """A rule that is only defined would never be applied."""
    defined = {
        (module.name, name)
        for module in pkgutil.iter_modules(rules.__path__)
        for name, found in vars(import_module(f"{rules.__name__}.{module.name}")).items()
        if isinstance(found, type) and found.__module__ == f"{rules.__name__}.{module.name}"
        if issubclass(found, StackRule)
    }
    registered = [
        (rule.__module__.rpartition(".")[2], rule.__name__, service)
        for service, group in rules.RULES.items()
        for rule in group
    ]
    assert sorted(defined) == sorted((module, name) for module, name, _ in registered)
    assert [each for each in registered if not each[0].startswith(each[2].lower())] == []


def test_no_rule_knows_another() -> None:
    """What several rules need lies below them."""
    folder = Path(rules.__file__).parent
    imported = {
        (file.name, node.module)
        for file in folder.glob("[!_]*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(rules.__name__)
    }
    assert imported == set()


def test_no_id_has_two_meanings(template: Path) -> None:
    """Suppressing a rule by its id must not suppress one of cfn-lint's or of AWS's validator."""
    theirs = {rule.id for rule in CompositeEngine().list_rules()}
    theirs |= set(Runner(ConfigMixIn(["--template", str(template)])).rules)
    assert {"E3002", "E9101"} <= theirs
    assert {rule.id for rule in all_rules()} & theirs == set()


def test_every_rule_about_templates_has_a_defect() -> None:
    """No rule is left without a test; those about packages have tests of their own."""
    tested = {rule for rule, *_ in DEFECTS}
    assert {
        rule.id
        for rule in all_rules()
        if not rule.id.startswith(("E921", "W921", "E922", "E923", "W923"))
    } == tested


def test_cfn_lint_is_asked_too(template: Path, tmp_path: Path) -> None:
    """A circle through a bucket's notifications, which LocalStack accepts, is found by its rule."""
    text = template.read_text().replace(
        "      BucketEncryption:",
        "      NotificationConfiguration:\n        LambdaConfigurations:\n"
        "          - Event: s3:ObjectCreated:*\n            Function: !GetAtt ImageProcessor.Arn\n"
        "      BucketEncryption:",
        1,
    )
    broken = tmp_path / "template.yml"
    broken.write_text(text)
    found = lint_template(broken, {})
    assert "E3004" in {finding.id for finding in found}
    first = next(finding for finding in found if finding.id == "E3004")
    assert first.line > 1
    assert str(first).startswith(f"{broken}:{first.line}:{first.column} E3004 ")


def test_awss_validator_is_asked_too(template: Path, tmp_path: Path) -> None:
    """What it alone finds has its id, place and source; what cfn-lint said is not repeated."""
    text = template.read_text().replace("MemorySize: 512", "MemorySize: 64", 1)
    broken = tmp_path / "template.yml"
    queue = "  Never:\n    Type: AWS::SQS::Queue\n    Properties: {FifoQueue: true, QueueName: n}\n"
    broken.write_text(text.replace("Outputs:\n", f"{queue}Outputs:\n", 1))
    found = {finding.id: finding for finding in lint_template(broken, {})}
    assert found.keys() >= {"E3034", "E2504"}
    assert found.keys().isdisjoint({"F3034", "W1030"})
    assert str(found["E2504"]).startswith(f"{broken}:")
    assert found["E2504"].source.startswith("https://github.com/aws-cloudformation/")


def test_a_parameter_that_is_given_is_what_counts(template: Path, infra: Path, lint: Lint) -> None:
    """A value is judged with the names that it makes, and the default is not."""
    text = template.read_text().replace(f"    AllowedPattern: {SUFFIX}\n", "")
    found = lint(text, folder=infra, parameters={"EnvironmentSuffix": "Prod"})
    assert any(finding.startswith("E9107 UploadBucket would be called") for finding in found)

"""The project's rules, run on a template without cfn-lint's own."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cfnlint.context.parameters import ParameterSet
from cfnlint.decode.decode import decode
from cfnlint.template import Template

from harness.lint.rules import all_rules

Lint = Callable[..., list[str]]
Judge = Callable[..., list[str]]

# A function and what it needs, without a fault but for what its package may have.
TEMPLATE = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {{Effect: Allow, Principal: {{Service: lambda.amazonaws.com}}, Action: sts:AssumeRole}}
      ManagedPolicyArns:
        - !Sub arn:${{AWS::Partition}}:iam::aws:policy/AdministratorAccess
  LogGroup:
    Type: AWS::Logs::LogGroup
    Properties: {{LogGroupName: /aws/lambda/copier, RetentionInDays: 7}}
  Function:
    Type: AWS::Lambda::Function
    DependsOn: LogGroup
    Properties:
      FunctionName: copier
      Runtime: {runtime}
      Handler: app.handler
      Architectures: [x86_64]
      Role: !GetAtt Role.Arn
      Code: ./code
      Environment: {{Variables: {{BUCKET: photos}}}}
"""


@pytest.fixture
def lint(tmp_path: Path) -> Lint:
    """Run the rules on the template `text`; "<id> <message>" of each finding.

    `folder` is where the template is, for its Code: paths.
    """

    def run(
        text: str,
        *,
        folder: Path = tmp_path,
        parameters: dict[str, str] | None = None,
        region: str = "us-east-1",
    ) -> list[str]:
        file = tmp_path / "template.yml"
        file.write_text(text)
        content, faults = decode(str(file))
        assert not faults
        sets = [ParameterSet(None, parameters)] if parameters else []
        cfn = Template(str(folder / "template.yml"), content, [region], sets)
        return [
            f"{found.rule.id} {found.message}"
            for rule in all_rules()
            for found in rule.matchall(str(file), cfn)
        ]

    return run


@pytest.fixture
def judge(lint: Lint, tmp_path: Path) -> Judge:
    """Lint a function whose package has these files."""

    def run(runtime: str = "python3.13", **files: str | bytes) -> list[str]:
        for name, content in files.items():
            file = tmp_path / "code" / name.replace("__", "/").replace("_dot_", ".")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)
        return lint(TEMPLATE.format(runtime=runtime), folder=tmp_path)

    return run

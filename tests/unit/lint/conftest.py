"""The project's rules, run on a template without cfn-lint's own."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cfnlint.context.parameters import ParameterSet
from cfnlint.decode.decode import decode
from cfnlint.template import Template

from harness.lint.rules import all_rules

Lint = Callable[..., list[str]]


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

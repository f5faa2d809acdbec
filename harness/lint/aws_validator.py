"""AWS's own offline validator of templates, asked beside cfn-lint.

Its FATAL findings, whose ids begin with F, are what CloudFormation's pre-deployment validation
refuses. Many of its other rules are cfn-lint's, with cfn-lint's ids.

Source: https://github.com/aws-cloudformation/cloudformation-validate
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cloudformation_validate import (
    CompositeEngine,
    PseudoParameterOverrides,
    RuleFilterConfig,
    Severity,
    ValidateConfig,
    ValidationError,
)

_SOURCE = "https://github.com/aws-cloudformation/cloudformation-validate"


@dataclass(frozen=True)
class Opinion:
    """What the validator says about one place in a template."""

    line: int
    column: int
    id: str
    message: str
    source: str


def opinions(
    path: Path, template: Mapping[str, Any], parameters: Mapping[str, str], region: str
) -> Iterator[Opinion]:
    """Yield what it warns of or refuses when the template is deployed with these parameters.

    A parameter that is not given has its default. Rules that the template has cfn-lint ignore
    are left out. Nothing is said of a text that is no template.
    """
    ignored = template.get("Metadata", {}).get("cfn-lint", {}).get("config", {})
    defaults = {
        name: str(parameter["Default"])
        for name, parameter in (template.get("Parameters") or {}).items()
        if "Default" in parameter
    }
    config = ValidateConfig(
        severity_level=Severity.WARN,
        exclude=RuleFilterConfig(ids=list(ignored.get("ignore_checks", []))),
        parameter_overrides=defaults | dict(parameters),
        pseudo_parameter_overrides=PseudoParameterOverrides(region=region),
    )
    try:
        report = CompositeEngine().validate_template(path, config)
    except ValidationError:
        return
    for found in report.diagnostics:
        yield Opinion(
            found.start_line or 1,
            found.start_column or 1,
            found.rule_id,
            " ".join(found.message.split()),
            found.documentation_url or _SOURCE,
        )

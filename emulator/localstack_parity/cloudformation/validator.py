"""The process that holds AWS's own validator of templates: started by validation.py.

The package cloudformation-validate takes 250 MB and most of a second to get ready, so it lives
outside the emulator. Reads one request a line on standard input, a JSON object with `template`,
`parameters` and `pseudo_parameters`; answers with one line, the JSON list of the FATAL findings.
Ends with its input.

Source: https://github.com/aws-cloudformation/cloudformation-validate
"""

import json
import sys
from typing import Any

from cloudformation_validate import (
    CompositeEngine,
    DetailLevel,
    PseudoParameterOverrides,
    Severity,
    TemplateContent,
    ValidateConfig,
)


def main() -> None:
    """Answer requests until there are no more."""
    engine = CompositeEngine()
    for line in sys.stdin:
        print(json.dumps(_findings(engine, json.loads(line))), flush=True)


def _findings(engine: CompositeEngine, request: dict[str, Any]) -> list[dict[str, str]]:
    report = engine.validate_template(
        TemplateContent(request["template"]),
        ValidateConfig(
            severity_level=Severity.FATAL,
            detail_level=DetailLevel.STANDARD,
            parameter_overrides=request["parameters"],
            pseudo_parameter_overrides=PseudoParameterOverrides(**request["pseudo_parameters"]),
        ),
    )
    return [
        {
            "rule": found.rule_id,
            "message": found.message,
            "resource": getattr(found.entity, "logical_id", None) or "",
            "resource_type": getattr(found.entity, "resource_type", None) or "",
            "property_path": found.property_path or "",
        }
        for found in report.diagnostics
    ]


if __name__ == "__main__":
    main()

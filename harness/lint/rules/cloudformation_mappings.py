"""E9122: mappings, with every value that their parameters may have."""

from collections.abc import Iterable

from harness.lint.intrinsic_calls import calls_of, referenced
from harness.lint.rule import Finding, StackRule
from harness.lint.stack import Stack
from harness.stack.parameters import refusal

_SECTIONS = ("Conditions", "Resources", "Outputs")
# A name that nobody thought of when a mapping was written.
_ANY_NAME = ("x1", "other")


class MappingsAreComplete(StackRule):
    """CloudFormation answers "Template error: Unable to get mapping for …"."""

    id = "E9122"
    in_variants = False  # it looks at every value itself
    shortdesc = "Mappings have every value that a parameter allows"
    source_url = (
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"
        "intrinsic-function-reference-findinmap.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each FindInMap by a parameter with the first value that is in no mapping."""
        mappings = stack.template.get("Mappings") or {}
        parameters = stack.template.get("Parameters") or {}
        sections = {name: stack.template.get(name) for name in _SECTIONS}
        for path, found in calls_of("Fn::FindInMap", sections):
            if not isinstance(found, list) or len(found) != 3 or not isinstance(found[0], str):
                continue  # a DefaultValue is a fourth
            declared = parameters.get(referenced(found[1]))
            mapping = mappings.get(found[0])
            if not isinstance(declared, dict) or not isinstance(mapping, dict):
                continue
            for value in declared.get("AllowedValues") or _ANY_NAME:
                if refusal(declared, str(value)) is None and str(value) not in map(str, mapping):
                    yield path, f"{referenced(found[1])}={value} is allowed and not in {found[0]}"
                    break

"""E9121: the rules applied again, to variants of the stack: other Regions, other conditions.

It is made with the rules that it applies and knows none of them. cfn-lint takes it for one more
rule, so its findings have a line and can be suppressed as theirs.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from harness.lint.intrinsic_calls import calls_of, referenced
from harness.lint.rule import Finding, StackRule
from harness.lint.stack import Stack
from harness.stack.parameters import refusal, violated_rules

# Another Region, and one of a partition whose ARNs do not begin with arn:aws:.
_REGIONS = ("eu-west-1", "cn-north-1")


class HoldsInVariants(StackRule):
    """What is written out for one place, or behind a condition, is seen only where it fails."""

    id = "E9121"
    shortdesc = "What holds here holds in every Region and partition, and whatever is conditional"
    source_url = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html"

    def __init__(self, rules: Sequence[StackRule] = ()) -> None:
        super().__init__()
        self.rules = [rule for rule in rules if rule.in_variants]

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """What the rules find in a variant of the stack and not in the stack itself."""
        known = {(rule.id, str(path)) for rule in self.rules for path, _ in rule.findings(stack)}
        for what, variant in _variants(stack):
            for rule in self.rules:
                for path, message in rule.findings(variant):
                    if (rule.id, str(path)) not in known:
                        known.add((rule.id, str(path)))
                        yield path, f"{what}: {message} ({rule.id})"


def _variants(stack: Stack) -> Iterator[tuple[str, Stack]]:
    """The stack in other Regions, and with each value that a condition asks for.

    Where the template's own Rules refuse such a value, that is what they are for.
    """
    for region in _REGIONS:
        if region != stack.place.region:
            yield f"in {region}", stack.variant(region=region)
    for name, value in dict.fromkeys(_compared(stack.template.get("Conditions"))):
        declared = (stack.template.get("Parameters") or {}).get(name)
        if isinstance(declared, dict) and refusal(declared, value) is None:
            other = stack.variant(**{name: value})
            if not any(violated_rules(other.template, other.parameters, other.place)):
                yield f"with {name}={value}", other


def _compared(conditions: Any) -> Iterator[tuple[str, str]]:
    """Each parameter with a constant that it is compared with."""
    for _, sides in calls_of("Fn::Equals", conditions):
        if isinstance(sides, list) and len(sides) == 2:
            for one, other in (sides, sides[::-1]):
                if (name := referenced(one)) and isinstance(other, str | int | float):
                    yield name, str(other)

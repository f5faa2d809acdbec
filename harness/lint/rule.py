"""What the project's rules have in common.

A subclass names itself (id, shortdesc, source_url) and yields findings from a Stack; cfn-lint finds
the line of each and knows how to leave a rule out. The rules stand in rules/, listed in its RULES.
"""

from collections.abc import Iterable
from typing import Any

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template as CfnTemplate

from harness.lint.stack import PathInTemplate, Stack, described

type Finding = tuple[PathInTemplate, str]


class StackRule(CloudFormationLintRule):
    """A rule about the stack that a template makes."""

    tags = ("tapstack",)
    in_variants = True  # whether it is applied to variants of the stack too, by E9121

    def __init_subclass__(cls) -> None:
        cls.description = cls.shortdesc

    def match(self, cfn: CfnTemplate) -> list[Any]:
        """Cfn-lint's entry: the findings, each at the nearest part that the template has."""
        if not isinstance(cfn.template.get("Resources"), dict):
            return []
        return [
            RuleMatch(_existing(cfn.template, path), message)
            for path, message in self.findings(described(cfn))
        ]

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each place in the template with one sentence of what is wrong there."""
        raise NotImplementedError


def _existing(template: Any, path: PathInTemplate) -> PathInTemplate:
    """`path` as far as the template has it; an intrinsic function may stand in its way."""
    here, reached = template, []
    for step in path:
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):
            break
        reached.append(step)
    return reached

"""E960x: what the pipeline is required to be, whatever its template says."""

from collections.abc import Iterable

from harness.lint.events import connections
from harness.lint.rule import Finding, StackRule
from harness.lint.stack import Stack
from harness.stack.pipeline import pipeline_of
from harness.stack.required import unmet
from harness.stack.required.described import Described, Filter, Part
from harness.stack.required.file import requirements_of


class Requirements(StackRule):
    """A wrong figure deploys as well as a right one; only a second statement of it can tell."""

    id = "E9601"
    shortdesc = "The template keeps to requirements.yml"
    source_url = "https://docs.aws.amazon.com/wellarchitected/latest/framework/welcome.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each requirement that it does not keep to, at the property that does not."""
        requirements = requirements_of(stack.file)
        if requirements is None:
            return
        for each in unmet(requirements, described(stack), pipeline_of(stack.file)):
            path = stack.resources[each.part].path(*each.path) if each.part else list(each.path)
            yield path, each.sentence


def described(stack: Stack) -> Described:
    """The stack as its template has it."""
    outputs = {
        name: output
        for name, output in (stack.template.get("Outputs") or {}).items()
        if isinstance(output, dict) and stack.resolver.included(output)
    }
    return Described(
        [
            Part(each.logical_id, each.kind, each.name, each.ref, each.arn, each.properties)
            for each in stack.resources.values()
        ],
        {name: stack.resolver.value(output.get("Value")) for name, output in outputs.items()},
        [name for name, output in outputs.items() if "Export" in output],
        [
            Filter(
                each.maker.logical_id,
                tuple(each.path[3:]),
                each.bucket.logical_id,
                each.target,
                each.prefix,
                each.suffix,
            )
            for each in connections(stack)
            if each.event.startswith("s3:ObjectCreated:")
        ],
    )

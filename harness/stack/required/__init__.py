"""Requirements: what a pipeline has to be, whatever its template says.

A template that says 50 where 5 was agreed on is deployed exactly as it is written, and comparing
the stack with it proves nothing. So the figures stand in a file of their own, requirements.yml
beside the template (file.py), and both the template and what is deployed are held to it.
"""

from collections.abc import Iterator

from harness.stack.pipeline import Pipeline
from harness.stack.required.alarms import alarm_unmet
from harness.stack.required.buckets import BUCKETS
from harness.stack.required.described import BUCKET, FUNCTION, Described, Unmet
from harness.stack.required.file import Required, Requirements
from harness.stack.required.functions import filters_unmet, function_unmet, log_groups_unmet


def unmet(requirements: Requirements, stack: Described, pipeline: Pipeline) -> Iterator[Unmet]:
    """Each requirement that the stack does not keep to."""
    values, outputs = requirements.values, pipeline.outputs
    for output, prefix in (
        (outputs["upload_bucket"], values.get("uploads.prefix", Required("", "")).value),
        (outputs["processed_bucket"], pipeline.keys.outputs),
    ):
        required = {name: each for name, each in values.items() if name.startswith("buckets.")}
        if bucket := stack.named_by(output, BUCKET):
            for name, each in required.items():
                yield from BUCKETS[name](each, bucket, prefix)
        elif required:
            yield _nameless(next(iter(required.values())), output, "bucket")
    if exported := values.get("outputs.exported"):
        for name in exported.value:
            if name not in stack.exported:
                yield Unmet(exported, "", ("Outputs", name), f"the output {name}, exported")
    yield from log_groups_unmet(values.get("logs.retention_days"), stack)
    about_function = [each for name, each in values.items() if name.startswith("function.")]
    about_function += [
        each for each in (*requirements.alarms, values.get("uploads.suffixes")) if each
    ]
    function = stack.named_by(outputs["function"], FUNCTION)
    if function:
        yield from function_unmet(values, function, stack)
        yield from filters_unmet(
            values, function, stack.named_by(outputs["upload_bucket"], BUCKET), stack
        )
        for alarm in requirements.alarms:
            yield from alarm_unmet(alarm, function, stack)
    elif about_function:
        yield _nameless(about_function[0], outputs["function"], "function")


def _nameless(required: Required, output: str, what: str) -> Unmet:
    return Unmet(
        required, "", ("Outputs", output), f"a {what} that this output names, and there is none"
    )

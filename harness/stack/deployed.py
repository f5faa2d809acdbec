"""A deployed stack, and what in it plays which part."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.problems import Problem
from harness.stack.intrinsics import Place
from harness.stack.physical_ids import attribute
from harness.stack.pipeline import Keys, Pipeline, own_pipeline


@dataclass(frozen=True)
class Stack:
    """A deployed stack. `outputs` are the template's outputs by name.

    What plays a part is found by `pipeline`. Problem for a part that no output plays: buckets,
    function and log group are names, the topic is an ARN, the failure queue a URL.
    """

    name: str
    region: str
    account: str
    outputs: Mapping[str, str]
    pipeline: Pipeline = field(default_factory=own_pipeline)

    @property
    def keys(self) -> Keys:
        """What the keys of uploads and outputs begin with."""
        return self.pipeline.keys

    @property
    def upload_bucket(self) -> str:
        """Where uploads go."""
        return self.part("upload_bucket")

    @property
    def upload_bucket_arn(self) -> str:
        """The ARN of the upload bucket, as an output says it, or as follows from its name."""
        return self._arn("upload_bucket", "AWS::S3::Bucket")

    @property
    def processed_bucket(self) -> str:
        """Where outputs are."""
        return self.part("processed_bucket")

    @property
    def topic(self) -> str:
        """What announces each upload's end."""
        return self.part("topic")

    @property
    def function(self) -> str:
        """What makes outputs of uploads."""
        return self.part("function")

    @property
    def function_arn(self) -> str:
        """The ARN of the function, as an output says it, or as follows from its name."""
        return self._arn("function", "AWS::Lambda::Function")

    @property
    def log_group(self) -> str:
        """Where the function logs."""
        return self.part("log_group")

    @property
    def failure_queue(self) -> str:
        """Where events are that failed for good."""
        return self.part("failure_queue")

    def part(self, part: str) -> str:
        """What plays one of pipeline.PARTS. Problem if no output does."""
        self.require(part)
        return self.pipeline.of(self.outputs, part)

    def missing(self, *parts: str) -> list[str]:
        """Which outputs it lacks for these parts, by default for all of its pipeline, in words."""
        return self.pipeline.missing(self.outputs, *parts)

    def require(self, *parts: str) -> None:
        """Problem unless an output plays each of these parts."""
        if missing := self.missing(*parts):
            raise Problem(
                f"{self.name} has no output {' and no '.join(missing)}.",
                f"Add it to the template, or name another in {self.pipeline.file}.",
            )

    def _arn(self, part: str, kind: str) -> str:
        if said := self.pipeline.of(self.outputs, f"{part}_arn"):
            return said
        place = Place(self.region, self.account, self.name)
        return str(attribute(kind, self.part(part), "Arn", place))

"""What a pipeline.yml says, and the sentence where it makes no sense."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.problems import Problem
from harness.settings import ROOT, read_settings
from harness.stack.deployed import Stack
from harness.stack.pipeline import PARTS, Keys, own_pipeline, pipeline_of, read_pipeline

OUTPUTS = {
    "upload_bucket": "Bucket",
    "processed_bucket": "Bucket",
    "topic": "Topic",
    "function": "Maker",
    "log_group": "Log",
}
FILE = f"""
outputs: {OUTPUTS}
keys: {{uploads: incoming/, outputs: previews/grey/}}
judged: [pixels]
gate: [preview-day]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A pipeline.yml beside a template."""
    path = tmp_path / "pipeline.yml"
    path.write_text(FILE)
    return path


def test_all_of_it_is_read(file: Path) -> None:
    found = pipeline_of(file.with_name("template.yml"))
    assert dict(found.outputs) == OUTPUTS
    assert found.keys == Keys("incoming/", "previews/grey/")
    assert (found.judged, found.gate) == (("pixels",), ("preview-day",))


def test_a_template_without_one_is_taken_for_ours(tmp_path: Path) -> None:
    found = pipeline_of(tmp_path / "template.yml")
    assert found == own_pipeline()
    assert set(found.outputs) == set(PARTS)
    assert found.file == ROOT / "infra" / "pipeline.yml"


def test_an_output_is_called_as_its_upload_but_for_the_prefix() -> None:
    keys = Keys("incoming/", "previews/")
    assert keys.output("incoming/a/b.jpg") == "previews/a/b.jpg"
    assert keys.source("previews/a/b.jpg") == "incoming/a/b.jpg"
    assert keys.source("a/b.jpg") == "a/b.jpg"


def test_the_stack_says_what_plays_a_part(file: Path) -> None:
    outputs = {name: f"the {name}" for name in OUTPUTS.values()}
    stack = Stack("previews", "eu-west-1", "000000000000", outputs, read_pipeline(file))
    assert (stack.upload_bucket, stack.processed_bucket) == ("the Bucket", "the Bucket")
    assert stack.function_arn.startswith("arn:aws:lambda:eu-west-1:000000000000:function:the Maker")
    assert stack.missing() == []


def test_an_arn_that_an_output_says_is_not_worked_out() -> None:
    """So that a wrong one is noticed by what uses it."""
    names = own_pipeline().outputs
    outputs = {names["function"]: "maker", names["function_arn"]: "arn:of:another"}
    stack = Stack("any", "us-east-1", "000000000000", outputs)
    assert (stack.function, stack.function_arn) == ("maker", "arn:of:another")


def test_what_is_missing_is_named_with_its_part_and_the_file(file: Path) -> None:
    stack = Stack("previews", "us-east-1", "000000000000", {"Bucket": "b"}, read_pipeline(file))
    with pytest.raises(Problem) as raised:
        _ = stack.function
    assert raised.value.happened == "previews has no output Maker (the function)."
    assert str(file) in raised.value.remedy
    with pytest.raises(Problem, match="previews has no output for the failure queue"):
        _ = stack.failure_queue
    assert len(stack.missing()) == 3


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("judged: [pixels]", "judged: [colour]", "judged has no colour; it may have pixels, "),
        ("judged: [pixels]", "judged: pixels", "judged has to be a list of texts"),
        ("judged:", "judge:", "the file has no judge; it may have outputs, keys, judged, gate"),
        ("'topic': 'Topic'", "'queue': 'Topic'", "outputs has no queue; it may have upload_bucket"),
        ("'topic': 'Topic', ", "", "outputs needs topic"),
        ("'Topic'", "'not one'", "topic has to be the name of an output, not 'not one'"),
        ("uploads: incoming/", "uploads: incoming", "uploads has to be a prefix such as uploads/"),
        ("uploads: incoming/, ", "", "keys needs uploads"),
        ("previews/grey/", "incoming/grey/", "in one bucket neither prefix of keys may begin"),
        ("outputs: {", "outputs: [{", "cannot be read"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_sentence(
    file: Path, old: str, new: str, sentence: str
) -> None:
    assert old in FILE
    file.write_text(FILE.replace(old, new, 1))
    with pytest.raises(Problem) as raised:
        read_pipeline(file)
    assert sentence in raised.value.happened
    assert str(file) in raised.value.happened
    assert raised.value.exit_code == 2


def test_a_template_brings_its_project(file: Path, tmp_path: Path) -> None:
    """Its functions are beside it or one folder above, and so go packages and reports."""
    (tmp_path / "lambda").mkdir()
    settings = read_settings({"template": tmp_path / "template.yml"}, env={})
    assert (settings.root, settings.pipeline) == (tmp_path, file)
    assert settings.build_dir == tmp_path / "build"
    assert settings.reports_dir == tmp_path / "reports"
    here = read_settings(env={})
    elsewhere = read_settings({"template": tmp_path / "a" / "b" / "template.yml"}, env={})
    assert replace(elsewhere, template=here.template) == here


def test_a_stack_may_have_a_name_of_its_own() -> None:
    settings = read_settings({"given_stack_name": "previews"}, env={"ENVIRONMENT": "pr-42"})
    assert (settings.stack_name, settings.suffix) == ("previews", "pr-42")
    assert read_settings(env={"TAPSTACK_STACK_NAME": "previews"}).stack_name == "previews"
    with pytest.raises(Problem, match="'2nd' is not the name of a stack"):
        read_settings({"given_stack_name": "2nd"}, env={})

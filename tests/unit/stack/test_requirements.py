"""The file of requirements is read whole, or refused with one sentence."""

from pathlib import Path

import pytest

from harness.problems import Problem
from harness.stack.required.file import FILE_NAME, read_requirements, requirements_of


def test_the_project_states_its_figures(project_root: Path) -> None:
    """Those of the specification, each with the line at which it stands."""
    found = requirements_of(project_root / "infra" / "TapStack.yml")
    assert found
    values = {name: each.value for name, each in found.values.items()}
    assert len(values.pop("outputs.exported")) == 11
    assert values == {
        "buckets.encryption": "AES256",
        "buckets.versioning": True,
        "buckets.public_access_blocked": True,
        "buckets.noncurrent_versions_days": 30,
        "function.memory_mb": 512,
        "function.timeout_s": 60,
        "function.retries": 2,
        "uploads.prefix": "uploads/",
        "uploads.suffixes": [".jpg", ".jpeg", ".png"],
        "logs.retention_days": 7,
    }
    assert [
        (a.value["metric"], a.value["above"], a.value.get("within_s")) for a in found.alarms
    ] == [
        ("Errors", 5, 300),
        ("Duration", 45000, 300),
        ("Throttles", 0, None),
    ]
    lines = (project_root / "infra" / FILE_NAME).read_text().splitlines()
    for each in (*found.values.values(), *found.alarms):
        file, _, number = each.place.rpartition(":")
        assert file.endswith(f"infra/{FILE_NAME}")
        assert lines[int(number) - 1].strip()


def test_without_a_file_nothing_is_required(tmp_path: Path) -> None:
    """Nor with an empty one."""
    assert requirements_of(tmp_path / "template.yml") is None
    (tmp_path / FILE_NAME).write_text("# nothing\n")
    found = requirements_of(tmp_path / "template.yml")
    assert found
    assert (dict(found.values), found.alarms) == ({}, ())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("function:\n  memory: 512\n", ":2: function has no memory; it may have memory_mb, "),
        ("\nfunctions:\n", ":2: the file has no functions; it may have buckets, "),
        ("function:\n  memory_mb: much\n", ":2: memory_mb has to be a whole number above 0."),
        ("function:\n  timeout_s: -1\n", ":2: timeout_s has to be a whole number above 0."),
        ("function:\n  retries: 3\n", ":2: retries has to be 0, 1 or 2."),
        ("buckets:\n  versioning: false\n", ":2: versioning has to be true; leave it out"),
        ("buckets: [encryption]\n", ":1: buckets has to be names with values."),
        ("buckets:\n  encryption: AES\n", ":2: encryption has to be one of AES256, aws:kms, "),
        ("uploads:\n  suffixes: .jpg\n", ":2: suffixes has to be a list of texts"),
        ("logs:\n  retention_days: 7\n  retention_days: 8\n", ":3: retention_days is there twice."),
        ("alarms: 5\n", ":1: alarms has to be a list."),
        ("alarms:\n  - metric: Errors\n", ":2: an alarm needs statistic and above."),
        ("alarms:\n  - {metric: Errors, over: 5}\n", ":2: an alarm has no over; it may have "),
        ("? [a, b]\n: 1\n", ":1: the file has no a name of several parts"),
        ("function: {\n", ":2: it is no YAML: "),
        ("function:\n  memory_mb: !!python/name:os.system\n", ":2: memory_mb has to be a whole"),
        ("[" * 5000, ":1: it is no YAML that can be read."),
        ("- 1\n", ":1: the file has to be names with values."),
    ],
)
def test_a_malformed_file_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    """With the line, and what can stand there."""
    file = tmp_path / FILE_NAME
    file.write_text(text)
    with pytest.raises(Problem) as problem:
        read_requirements(file)
    assert sentence in problem.value.happened
    assert "\n" not in problem.value.happened


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    """Bytes that are no text, or a folder in its place."""
    file = tmp_path / FILE_NAME
    file.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(Problem, match="cannot be read"):
        read_requirements(file)
    file.unlink()
    file.mkdir()
    with pytest.raises(Problem, match="cannot be read"):
        read_requirements(file)

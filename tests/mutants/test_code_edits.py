"""Edits of code, found by its syntax."""

from pathlib import Path

import pytest

from tests.mutants.code_edits import AtTop, CodeEdit, Rewrite, SetArgument, SetEntry
from tests.mutants.mutant import DoesNotApply

CODE = '''\
"""Code with layout, comments and an ö."""

from __future__ import annotations

import os

LIMIT = (
    10  # of both
)

def first(event):
    log.info("Grüße", extra=event["x"]); send(
        event,  # all of it
        retries=3, to='somebody',
    )
    if event:
        # Twice
        count("events")
        count("events")
    return {"key": event, 'size': 1}

class Sender:
    def second(self):
        try:
            send()
        except OSError:
            raise
'''


def _edited(folder: Path, edit: CodeEdit) -> str:
    (folder / "lambda").mkdir()
    (folder / edit.file).write_text(CODE)
    edit.apply(folder)
    return (folder / edit.file).read_text()


@pytest.mark.parametrize(
    ("edit", "gone", "come"),
    [
        (Rewrite("code", "", "LIMIT = $X", "LIMIT = -$X"), "LIMIT = (", "LIMIT = -10\n"),
        (Rewrite("code", "first", 'event["x"]', "{}"), 'event["x"]', 'log.info("Grüße", extra={})'),
        (Rewrite("code", "second", "send()", "a()\nb()"), "\n            send()",
         "        try:\n            a()\n            b()\n        except"),
        (Rewrite("code", "first", "send(event, $...REST)", "later(event, $...REST)"), "send(\n",
         "; later(event, retries=3, to='somebody')\n"),
        (Rewrite("code", "first", "send($...ALL)", "pass"), "somebody", "; pass\n"),
        (Rewrite("code", "first", "if $X:\n    $...BODY", "if not $X:\n    $...BODY"), "if event",
         'if not event:\n        count("events")\n        count("events")\n    return'),
        (Rewrite("code", "first", 'count("events")', "pass", first_of=2), "Grüsse",
         "pass\n        count("),
        (Rewrite("code", "second", "raise", "pass"), "raise", "OSError:\n            pass"),
        (SetArgument("code", "first", "retries", None), "retries", "to='somebody'"),
        (SetArgument("code", "first", "retries", "x + 1"), "retries=3", "retries=x + 1"),
        (SetEntry("code", "first", "size", None), "size", "return {'key': event}"),
        (SetEntry("code", "first", "size", "2"), "1}", "'size': 2}"),
        (AtTop("code", "import this"), "Grüsse", "annotations\n\nimport this\nimport os\n"),
    ],
    ids=str,
)  # fmt: skip
def test_an_edit_changes_the_code_that_matches(
    edit: CodeEdit, gone: str, come: str, tmp_path: Path
) -> None:
    """Whatever its layout; the rest stays as it is, and it is still Python."""
    text = _edited(tmp_path, edit)
    compile(text, "code.py", "exec")
    assert come in text
    assert gone not in text


@pytest.mark.parametrize(
    "edit",
    [
        Rewrite("code", "third", "send($...ALL)", "pass"),
        Rewrite("code", "second", "absent()", "pass"),
        Rewrite("code", "", "send($...ALL)", "pass"),
        Rewrite("code", "first", 'count("events")', "pass"),
        Rewrite("code", "second", "raise", "raise"),
        Rewrite("code", "first", "send(event)", "pass"),
        SetArgument("code", "", "absent", "1"),
        SetEntry("code", "second", "size", "1"),
    ],
    ids=str,
)
def test_an_edit_that_does_not_apply_is_refused(edit: CodeEdit, tmp_path: Path) -> None:
    """A mutant that changes nothing, or more than it means to, would prove nothing."""
    with pytest.raises(DoesNotApply):
        _edited(tmp_path, edit)
    assert (tmp_path / edit.file).read_text() == CODE
